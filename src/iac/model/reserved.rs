//! Words that a name in generated code may not be: one table for the three languages, with its sources.

use std::{collections::HashSet, sync::LazyLock};

static TABLE: LazyLock<HashSet<(&'static str, &'static str)>> = LazyLock::new(|| {
    let rows = include_str!("reserved.tsv").lines().filter(|line| !line.starts_with('#'));
    let columns = rows.map(|row| row.split('\t').collect::<Vec<_>>());
    columns
        .filter_map(|columns| match columns.as_slice() {
            &[language, _, words, _] => Some(words.split(' ').map(move |word| (language, word))),
            _ => None,
        })
        .flatten()
        .collect()
});

/// Whether a symbol of a Bicep file may not be called so: a word of the language, a namespace, a type, a function.
pub fn is_bicep_symbol(word: &str) -> bool {
    TABLE.contains(&("bicep", word))
}

/// Whether a field of this name at the top level of a resource belongs to the template language.
pub fn is_arm_field(word: &str) -> bool {
    TABLE.contains(&("arm", word))
}

/// Whether a Terraform variable may not be called so.
pub fn is_terraform_variable(word: &str) -> bool {
    TABLE.contains(&("terraform", word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_namespaces_words_types_and_functions() {
        for word in ["az", "sys", "this", "null", "for", "string", "any", "resourceGroup", "description"] {
            assert!(is_bicep_symbol(word), "{word}");
        }
        assert!(!is_bicep_symbol("vault") && is_arm_field("subscriptionId") && is_terraform_variable("count"));
    }

    #[test]
    fn every_row_names_its_source() {
        let rows = include_str!("reserved.tsv").lines().filter(|line| !line.starts_with('#'));
        for row in rows {
            let columns: Vec<&str> = row.split('\t').collect();
            assert!(columns.len() == 4 && !columns[3].is_empty(), "{row}");
        }
    }
}
