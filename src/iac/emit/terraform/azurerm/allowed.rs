//! What the provider takes as a value: words of a list, a range, a duration, a UUID. Azure says more
//! than that (what is retired, what came with a newer version, what an older one wrote otherwise), and
//! one value that is refused fails a plan whole; such a body is left to azapi.
//!
//! What it takes it says itself when it is given nonsense (`facts.rs`).

use super::{
    draft::{Cell, Entry},
    facts,
    values::plain,
};
use crate::iac::model::term::Term;

#[derive(Debug)]
enum Allowed {
    Words(Vec<&'static str>),
    /// Both ends included.
    Range(i64, i64),
    Duration,
    Uuid,
    /// Lower case, two letters at least.
    LowerKeys,
}

impl Allowed {
    fn of(text: &'static str) -> Self {
        match text {
            "duration" => Self::Duration,
            "uuid" => Self::Uuid,
            "lower-keys" => Self::LowerKeys,
            text => match text.split_once("..").and_then(|(least, most)| Some((least.parse().ok()?, most))) {
                Some((least, most)) => Self::Range(least, most.parse().unwrap_or(i64::MAX)),
                None => Self::Words(text.split('|').collect()),
            },
        }
    }

    fn takes(&self, value: &Term) -> bool {
        if let (Self::LowerKeys, Term::Map(fields)) = (self, value) {
            return fields.iter().filter_map(|(key, _)| key.as_literal()).all(is_lower_key);
        }
        let Some(text) = plain(value) else { return true };
        match self {
            Self::LowerKeys => true,
            // Whether case matters is not told.
            Self::Words(words) => words.iter().any(|word| word.eq_ignore_ascii_case(&text)),
            Self::Range(least, most) => {
                // Some services say a whole number so.
                let whole = text.strip_suffix(".0").unwrap_or(&text);
                whole.parse::<i64>().is_ok_and(|number| (*least..=*most).contains(&number))
            }
            Self::Duration => text.starts_with('P'),
            Self::Uuid => uuid::Uuid::try_parse(&text).is_ok(),
        }
    }
}

fn is_lower_key(key: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    key.len() > 1 && key.starts_with(is_letter) && key.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// The first value that the provider would refuse, as `block.name: value`.
pub fn refused(kind: &str, entries: &[Entry]) -> Option<String> {
    within(kind, "", entries)
}

fn within(kind: &str, path: &str, entries: &[Entry]) -> Option<String> {
    entries.iter().find_map(|entry| {
        let name = entry.name();
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match entry {
            Entry::Block(_, inner) => within(kind, &path, inner),
            Entry::Attribute(_, Cell::Term(value)) => {
                let allowed = Allowed::of(facts::of(kind)?.takes.get(path.as_str())?);
                // Azure never said it, and no placeholder would be a word of the list.
                if value.has_parameters() && matches!(allowed, Allowed::Words(_)) {
                    return Some(format!("{path} as a variable: it wants one of a list of words"));
                }
                let refused = match value {
                    Term::List(items) => items.iter().find(|item| !allowed.takes(item)),
                    value => (!allowed.takes(value)).then_some(value),
                };
                refused.map(|value| format!("{path}: {}", plain(value).unwrap_or_default()))
            }
            Entry::Attribute(..) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iac::model::term::{Piece, Text};

    #[test]
    fn a_value_that_the_provider_refuses_is_named() {
        let of = |name: &'static str, value: &str| {
            let value = Cell::Term(Term::Text(Text::literal(value)));
            refused("azurerm_storage_account", &[Entry::Attribute(name, value)])
        };
        assert_eq!(of("min_tls_version", "TLS1_2"), None);
        assert_eq!(of("min_tls_version", "TLS1_0").as_deref(), Some("min_tls_version: TLS1_0"));
        assert_eq!(of("name", "anything"), None);
        let given = Term::Text(Text(smallvec::smallvec![Piece::Parameter(0)]));
        let given = refused("azurerm_application_insights", &[Entry::Attribute("application_type", Cell::Term(given))]);
        assert!(given.is_some_and(|why| why.starts_with("application_type as a variable")));
    }

    #[test]
    fn words_ranges_durations_and_ids_are_told_apart() {
        let takes = |text: &'static str, value: &str| Allowed::of(text).takes(&Term::Text(Text::literal(value)));
        assert!(takes("SystemAssigned, UserAssigned|UserAssigned", "SystemAssigned, UserAssigned"));
        assert!(!takes("Regular|Spot", "Low"));
        assert!(takes("4..30", "30") && !takes("4..30", "31") && takes("400..", "90000"));
        assert!(takes("duration", "PT1M") && !takes("duration", "00:01:00"));
        let keys = |key: &str| {
            let map = Term::Map(vec![(Text::literal(key), Term::Bool(true))]);
            Allowed::of("lower-keys").takes(&map)
        };
        assert!(keys("made_by2") && !keys("a") && !keys("madeBy"));
        assert!(takes("uuid", "00000000-0000-4000-8000-00000000000a") && !takes("uuid", "roleAssignmentId"));
    }
}
