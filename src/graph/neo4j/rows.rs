//! Nodes and edges as rows of parameters: scalars and lists of one scalar type as they are, everything
//! else as JSON text, secrets lifted. Pure.

use neo4rs::{BoltList, BoltMap, BoltNull, BoltType};
use serde_json::Value;

use crate::graph::{
    model::{Edge, Label, Node},
    redact::{REDACTED, is_secret_value, redact, redacted_key},
};

/// Scalars of the body that people query by, and where they stand.
const LIFTED: [(&str, &str); 7] = [
    ("kind", "/kind"),
    ("sku_name", "/sku/name"),
    ("sku_tier", "/sku/tier"),
    ("managed_by", "/managedBy"),
    ("provisioning_state", "/properties/provisioningState"),
    ("display_name", "/displayName"),
    ("role_name", "/properties/roleName"),
];

fn put(map: &mut BoltMap, name: &str, value: impl Into<BoltType>) {
    map.put(name.into(), value.into());
}

/// `{id, props}` of a node.
pub(super) fn node(node: Node, tenant: &str, snapshot: i64) -> BoltType {
    let mut props = BoltMap::default();
    let mut body = node.body;
    redact(&mut body);
    put(&mut props, "tenant_id", tenant);
    let key = redacted_key(&node.key);
    put(&mut props, "id", key.as_ref());
    put(&mut props, "original_id", redacted_key(&node.id).as_ref());
    put(&mut props, "name", redacted_key(&node.name).as_ref());
    put(&mut props, "type", node.type_name.as_str());
    put(&mut props, "snapshot", snapshot);
    put(&mut props, "first_seen", node.first_seen);
    put(&mut props, "last_seen", node.last_seen);
    let optional = [
        ("location", node.location),
        ("resource_group", node.resource_group),
        ("subscription_id", node.subscription_id),
        ("api_version", Some(node.api_version).filter(|text| !text.is_empty())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            put(&mut props, name, value.as_str());
        }
    }
    if matches!(node.label, Label::Resource | Label::ResourceGroup | Label::Subscription) {
        let mut tags = serde_json::json!(node.tags);
        redact(&mut tags);
        put(&mut props, "tags", tags.to_string().as_str());
    }
    for (name, pointer) in LIFTED {
        if let Some(value) = body.pointer(pointer).and_then(scalar) {
            put(&mut props, name, value);
        }
    }
    if let Some(zones) = body.get("zones").and_then(texts) {
        put(&mut props, "zones", zones);
    }
    if !body.is_null() {
        put(&mut props, "properties", body.to_string().as_str());
    }
    let mut row = BoltMap::default();
    put(&mut row, "id", key.as_ref());
    put(&mut row, "props", BoltType::Map(props));
    BoltType::Map(row)
}

/// `{s, t, key, props}` of an edge. The key tells edges of one kind between the same two apart.
pub(super) fn edge(edge: &Edge, tenant: &str, snapshot: i64) -> BoltType {
    let mut props = BoltMap::default();
    let properties = serde_json::to_string(&edge.properties).unwrap_or_default();
    let mut hash = blake3::Hasher::new();
    hash.update(edge.path.as_bytes()).update(&[0]).update(properties.as_bytes());
    let key = hash.finalize().to_hex()[..16].to_owned();
    put(&mut props, "key", key.as_str());
    put(&mut props, "tenant_id", tenant);
    put(&mut props, "snapshot", snapshot);
    put(&mut props, "path", edge.path.as_str());
    for (name, value) in &edge.properties {
        let value = if is_secret_value(value) { REDACTED } else { value.as_str() };
        put(&mut props, name, value);
    }
    let mut row = BoltMap::default();
    put(&mut row, "s", redacted_key(&edge.source).as_ref());
    put(&mut row, "t", redacted_key(&edge.target).as_ref());
    put(&mut row, "key", key.as_str());
    put(&mut row, "props", BoltType::Map(props));
    BoltType::Map(row)
}

fn scalar(value: &Value) -> Option<BoltType> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.as_str().into()),
        Value::Bool(flag) => Some((*flag).into()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Some(number.into()),
            (None, Some(number)) => Some(number.into()),
            (None, None) => Some(BoltType::Null(BoltNull)),
        },
        _ => None,
    }
}

/// A list of texts and nothing else.
fn texts(value: &Value) -> Option<BoltType> {
    let items = value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    let items: Vec<BoltType> = items.into_iter().map(BoltType::from).collect();
    Some(BoltType::List(BoltList::from(items)))
}
