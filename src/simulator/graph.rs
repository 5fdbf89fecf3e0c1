//! Microsoft Graph `v1.0`: the collections of the directory, their members and owners, by pages.

use serde_json::{Value, json};

use super::{State, reply::Reply};

/// `/v1.0/{collection}`, `/v1.0/{collection}/{id}` and `/v1.0/{collection}/{id}/members|owners`.
pub(super) fn answer(state: &State, segments: &[&str]) -> Reply {
    let world = state.world();
    let found = |collection: &str| {
        world.directory.iter().find(|(name, _)| name.eq_ignore_ascii_case(collection)).map(|(_, list)| list)
    };
    let one = |collection: &str, id: &str| {
        found(collection)?.iter().find(|entry| entry["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id)))
    };
    match segments {
        [collection] => match found(collection) {
            Some(list) => Reply::ok(&json!({"value": list.iter().map(shown).collect::<Vec<_>>()})),
            None => Reply::ok(&json!({"value": []})),
        },
        [collection, id] => match one(collection, id) {
            Some(entry) => Reply::ok(&shown(entry)),
            None => missing(id),
        },
        [collection, id, list @ ("members" | "owners")] => match one(collection, id) {
            Some(entry) => Reply::ok(&json!({"value": entry.get(*list).cloned().unwrap_or_else(|| json!([]))})),
            None => missing(id),
        },
        _ => Reply::error(400, "BadRequest", "Resource not found for the segment."),
    }
}

/// An object without the relations that have lists of their own.
fn shown(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(fields) = entry.as_object_mut() {
        fields.remove("members");
        fields.remove("owners");
    }
    entry
}

fn missing(id: &str) -> Reply {
    let text =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    Reply::error(404, "Request_ResourceNotFound", &text)
}
