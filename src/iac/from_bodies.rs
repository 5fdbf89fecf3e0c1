//! Bicep of bodies that people wrote, all in memory: what a specification leaves beside its plan.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    emit::{
        bicep::Bicep,
        files::{Files, all},
    },
    error::IacError,
    model::capabilities::Capabilities,
    passes::placement::Places,
    recording,
};
use crate::{api::GenerateIacRequest, arm::ResourceId, graph::model::Node};

/// A resource or a resource group as it is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    pub body: Value,
}

/// The Bicep files of all of them, by name.
pub(crate) fn bicep_of(written: Vec<Written>, tenant: uuid::Uuid) -> Result<Files, IacError> {
    let request = serde_json::json!({"tenant_id": tenant, "output_format": "bicep"});
    let request: GenerateIacRequest =
        serde_json::from_value(request).map_err(|error| std::io::Error::other(error.to_string()))?;
    let nodes: BTreeMap<String, Node> =
        written.into_iter().filter_map(node).map(|node| (node.key.clone(), node)).collect();
    let plan = recording::plan(&nodes, &[], &request, &Capabilities::whole())?;
    let places = Places::new(&plan);
    Ok(all(&Bicep::new(&plan, &places))?)
}

fn node(written: Written) -> Option<Node> {
    let Written { id, type_name, api_version, mut body } = written;
    let parsed = ResourceId::parse(&id)?;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("id".to_owned(), Value::String(id.clone()));
        fields.insert("name".to_owned(), Value::String(parsed.name().to_owned()));
        fields.insert("type".to_owned(), Value::String(type_name.clone()));
    }
    Node::of_body(&id, &type_name, &api_version, body)
}
