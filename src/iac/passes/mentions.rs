//! Where ids stand in texts: the whole text, what follows a label (`hidden-link:/subscriptions/…`), a quoted text of
//! JSON, or a part of a query or a sentence.
//!
//! It knows no plan: whether an id means something is asked of who looks for it. Names may hold blanks and
//! brackets, so where an id ends in a sentence is only known by what is asked.

use std::ops::Range;

use crate::arm;

/// How an id within a longer text begins.
const BEGIN: &str = "/subscriptions/";

/// An id in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// From its first slash to the last place where it may end.
    pub at: Range<usize>,
    /// Whether it fills the text, a quoted part of it, or what follows a label: there it stands for itself, so that
    /// its spelling does not matter.
    pub is_whole: bool,
}

/// Ids in a text, in their order.
pub fn ids(text: &str) -> Vec<Mention> {
    if arm::looks_like_id(text) {
        return vec![Mention { at: 0..text.len(), is_whole: true }];
    }
    let mut found: Vec<Mention> = Vec::new();
    let mut from = 0;
    while let Some(start) = begin(text, from) {
        let end = text[start..].find(ends_surely).map_or(text.len(), |length| start + length);
        let before = text[..start].chars().next_back();
        let is_label = before.is_none_or(|c| c == '"' || (c == ':' && !text[..start].contains(char::is_whitespace)));
        let is_whole = is_label && text[end..].chars().next().is_none_or(|c| c == '"');
        found.push(Mention { at: start..end, is_whole });
        from = end.max(start + BEGIN.len());
    }
    found
}

fn begin(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_it =
        |at: usize| bytes.get(at..at + BEGIN.len()).is_some_and(|part| part.eq_ignore_ascii_case(BEGIN.as_bytes()));
    (from..bytes.len().saturating_sub(BEGIN.len())).find(|at| bytes[*at] == b'/' && is_it(*at))
}

/// Characters that no name of a resource holds.
fn ends_surely(c: char) -> bool {
    c.is_control() || matches!(c, '"' | '\'' | '\\' | '<' | '>' | '`' | '?' | '#' | '*' | '%')
}

/// The id without what may be the sentence around it.
pub fn narrow(id: &str) -> &str {
    let is_end = |c: char| c.is_whitespace() || matches!(c, ')' | ']' | '}' | ',' | ';' | '&' | '=' | '|' | ':' | '@');
    let shorter = id.find(is_end).map_or(id, |end| &id[..end]);
    shorter.trim_end_matches(['/', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/subscriptions/s/resourceGroups/g/providers/A.B/c/d";

    fn check(text: &str, expected: &[(&str, bool)]) {
        let found: Vec<(String, bool)> =
            ids(text).into_iter().map(|found| (text[found.at].to_owned(), found.is_whole)).collect();
        let expected: Vec<(String, bool)> = expected.iter().map(|(id, is)| ((*id).to_owned(), *is)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn ids_are_found_whole_behind_a_label_in_json_and_in_sentences() {
        check(ID, &[(ID, true)]);
        check(&format!("hidden-link:{ID}"), &[(ID, true)]);
        check(&format!("{{\"a\":\"{ID}\",\"b\":[\"{ID}/e/f\"]}}"), &[(ID, true), (&format!("{ID}/e/f"), true)]);
        check(&format!("see {ID} there"), &[(&format!("{ID} there"), false)]);
        check(&format!("https://management.azure.com{ID}?api-version=1"), &[(ID, false)]);
        check("no /subscriptions", &[]);
    }

    #[test]
    fn what_follows_an_id_in_a_sentence_is_cut_off() {
        assert_eq!(narrow(&format!("{ID}) and")), ID);
        assert_eq!(narrow(&format!("{ID}.")), ID);
        assert_eq!(narrow(ID), ID);
    }
}
