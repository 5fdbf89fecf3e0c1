//! The order of a resource's fields in templates.

use crate::iac::model::term::{Term, Text};

/// Fields of a resource as people write them: `properties` comes last.
pub fn in_order(fields: &[(Text, Term)]) -> impl Iterator<Item = (&Text, &Term)> {
    let rank = |key: &Text| match key.as_literal() {
        Some("location") => 0,
        Some("tags") => 1,
        Some("properties") => 3,
        _ => 2,
    };
    let mut ordered: Vec<&(Text, Term)> = fields.iter().collect();
    ordered.sort_by_key(|(key, _)| rank(key));
    ordered.into_iter().map(|(key, value)| (key, value))
}
