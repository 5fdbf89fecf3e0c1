//! Sets of tags that may be written once for all resources that have them.

use super::{index::hash, term::Term};

/// Whether tags are a map with something in it that needs no parameter and no reference.
pub fn is_plain(tags: &Term) -> bool {
    let Term::Map(fields) = tags else { return false };
    let is_literal = |value: &Term| matches!(value, Term::Text(text) if text.as_literal().is_some());
    !fields.is_empty() && fields.iter().all(|(key, value)| key.as_literal().is_some() && is_literal(value))
}

/// The same for equal sets; 0: they can't be written once.
pub fn hash_of(body: &Term) -> u64 {
    let Some(tags @ Term::Map(fields)) = body.get("tags") else { return 0 };
    if !is_plain(tags) {
        return 0;
    }
    let mut text = String::new();
    for (key, value) in fields {
        let value = match value {
            Term::Text(text) => text.as_literal(),
            _ => None,
        };
        text.extend([key.as_literal().unwrap_or_default(), "\0", value.unwrap_or_default(), "\0"]);
    }
    hash(&text)
}
