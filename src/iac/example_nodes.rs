//! Nodes for tests of this room, made from an id and a body.

use serde_json::{Value, json};

use crate::{arm::ResourceId, graph::model::Node};

pub(super) fn node(id: &str, body: Value) -> Node {
    let parsed = ResourceId::parse(id).expect("an id");
    let mut whole = json!({"id": id, "name": parsed.name(), "location": "westeurope"});
    whole.as_object_mut().expect("a map").extend(body.as_object().expect("a map").clone());
    Node::of_body(id, &parsed.type_name(), "2024-01-01", whole).expect("an id")
}
