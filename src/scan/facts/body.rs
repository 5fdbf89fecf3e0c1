//! What an answer's body is: a resource or not, and the resource that it becomes.

use serde_json::Value;

use crate::{
    arm::ResourceId,
    graph::model::{Found, Fullness, Label},
};

/// An element of a LIST as it is stored; its type is taken from its id.
pub(crate) fn element(body: Value, type_name: &str, version: &str, subscription: &str) -> Option<Found> {
    let id = body.get("id")?.as_str()?;
    let parsed = ResourceId::parse(id)?;
    let same_kind = parsed.type_name().eq_ignore_ascii_case(type_name);
    let here = parsed.subscription.as_deref().is_none_or(|of| of.eq_ignore_ascii_case(subscription));
    if !here {
        return None;
    }
    Some(Found {
        label: Label::Resource,
        id: id.to_owned(),
        type_name: if same_kind { type_name.to_owned() } else { parsed.type_name() },
        api_version: version.to_owned(),
        fullness: Fullness::Listed,
        body,
    })
}

/// The children that a parent's body holds whole in an array of its properties; `None`: it does not show them, or
/// not whole, and they are to be listed.
pub(crate) fn held_whole(parent: &Value, array: &str) -> Option<Vec<Value>> {
    let items = parent.get("properties")?.get(array)?.as_array()?;
    let is_whole = |item: &Value| item["id"].is_string() && item["properties"].is_object();
    items.iter().all(is_whole).then(|| items.clone())
}

/// Whether an answer to a GET is a body of what was asked for. The state of an operation has a `status`, and no id
/// or that of the operation.
pub(crate) fn is_resource(body: &Value, id: &str) -> bool {
    let name = |id: &str| id.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let own = body.get("id").and_then(Value::as_str);
    let is_state = body.get("status").is_some_and(Value::is_string) && own.is_none_or(|own| name(own) != name(id));
    let says = |name: &str| body.get(name).is_some();
    let is_named = own.is_some() || ["name", "type", "location", "tags", "properties"].into_iter().any(says);
    is_named && !is_state && !(own.is_none() && body.get("value").is_some_and(Value::is_array))
}

/// An id as a path: what would end it early is encoded.
pub(crate) fn encoded(id: &str) -> String {
    const PATH: &percent_encoding::AsciiSet =
        &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');
    let id = if id.starts_with('/') { id.to_owned() } else { format!("/{id}") };
    percent_encoding::utf8_percent_encode(&id, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn children_are_taken_from_a_body_only_where_all_of_them_are_whole() {
        let whole = json!({"id": "/x/a", "properties": {}});
        let held = |items: Value| held_whole(&json!({"properties": {"subnets": items}}), "subnets");
        assert_eq!(held(json!([whole])), Some(vec![whole.clone()]));
        assert_eq!(held(json!([])), Some(Vec::new()));
        for items in [json!([whole, {"id": "/x/b"}]), json!([{"properties": {}}]), Value::Null] {
            assert_eq!(held(items.clone()), None, "{items}");
        }
        assert_eq!(held_whole(&json!({"id": "/x"}), "subnets"), None);
    }
}
