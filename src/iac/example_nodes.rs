//! Nodes for tests of this room, made from an id and a body.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    arm as ids,
    graph::model::{Label, Node},
};

pub(super) fn node(id: &str, body: Value) -> Node {
    let parsed = ids::ResourceId::parse(id).expect("an id");
    let label = if parsed.namespace.is_none() { Label::ResourceGroup } else { Label::Resource };
    let mut whole = json!({"id": id, "name": parsed.name(), "location": "westeurope"});
    whole.as_object_mut().expect("a map").extend(body.as_object().expect("a map").clone());
    Node {
        label,
        key: ids::key(id),
        id: id.to_owned(),
        type_name: parsed.type_name(),
        name: parsed.name().to_owned(),
        api_version: "2024-01-01".to_owned(),
        subscription_id: parsed.subscription.clone(),
        resource_group: parsed.resource_group.clone(),
        location: Some("westeurope".to_owned()),
        tags: BTreeMap::new(),
        content_hash: String::new(),
        first_seen: 0,
        last_seen: 0,
        body: whole,
    }
}
