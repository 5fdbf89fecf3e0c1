//! What a parameter is, in a sentence for whoever has to give it; the same in every language.

use crate::iac::model::plan::{Parameter, Plan};

/// `Administrator login password of flexible server mysql-contoso. Azure never returns it: supply a value.`
pub fn description(plan: &Plan, parameter: &Parameter) -> String {
    let item = &plan.items[parameter.item];
    let property = words(parameter.path.rsplit('.').next().unwrap_or_default());
    let kind = words(singular(item.type_name.rsplit('/').next().unwrap_or_default()));
    format!("{} of {kind} {}. {}.", capital(&property), item.name(), capital(parameter.why))
}

/// `administratorLoginPassword` and `storage_account_name` as people write them; what is no letter parts words.
fn words(name: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let next_is_lower = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let was_upper = at > 0 && chars[at - 1].is_ascii_uppercase();
        if c.is_alphanumeric() {
            // `DBPassword` is two words, `SQL` is one.
            let is_start = c.is_ascii_uppercase() && (!was_upper || next_is_lower);
            if is_start && !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            let is_short =
                c.is_ascii_uppercase() && (was_upper || chars.get(at + 1).is_some_and(char::is_ascii_uppercase));
            out.push(if is_short && !next_is_lower { *c } else { c.to_ascii_lowercase() });
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.trim_end().to_owned()
}

/// Types are named by their plural.
fn singular(name: &str) -> &str {
    match name.strip_suffix('s') {
        Some(one) if !one.ends_with('s') => one,
        _ => name,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        for (name, expected) in [
            ("administratorLoginPassword", "administrator login password"),
            ("storage_account_name", "storage account name"),
            ("settings[0]", "settings 0"),
            ("DB_PASSWORD", "DB PASSWORD"),
            ("clientSecretURL", "client secret URL"),
        ] {
            assert_eq!(words(name), expected);
        }
        assert_eq!((singular("flexibleServers"), singular("access")), ("flexibleServer", "access"));
        assert_eq!(capital("azure"), "Azure");
    }
}
