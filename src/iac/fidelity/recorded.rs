//! Recorded resource groups, as files hold them.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use super::error::FidelityError;
use crate::graph::model::Node;

/// One recorded group.
#[derive(Debug, Default)]
pub struct Recorded {
    pub resources: Vec<Resource>,
}

/// One resource: what was sent, what was answered.
#[derive(Debug)]
pub struct Resource {
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    pub put: Option<Value>,
    pub body: Value,
}

/// Every recording below a directory, by file name.
pub fn load(directory: &Path) -> Result<BTreeMap<String, Recorded>, FidelityError> {
    let failed = |error| FidelityError::Read(directory.display().to_string(), error);
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file = path.display().to_string();
        let text = std::fs::read(&path).map_err(|error| FidelityError::Read(file.clone(), error))?;
        let wrong = |cause: String| FidelityError::Recording { file: file.clone(), cause };
        let value: Value = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        found.insert(file.clone(), recorded(&value).ok_or_else(|| wrong("it has no list of resources".to_owned()))?);
    }
    Ok(found)
}

fn recorded(value: &Value) -> Option<Recorded> {
    let resources = value.get("resources")?.as_array()?;
    let text = |resource: &Value, name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let resources = resources
        .iter()
        .filter(|resource| resource.get("body").is_some_and(Value::is_object))
        .map(|resource| Resource {
            id: text(resource, "id"),
            type_name: text(resource, "type"),
            api_version: text(resource, "apiVersion"),
            put: resource.get("putRequest").filter(|put| put.is_object()).cloned(),
            body: resource["body"].clone(),
        })
        .collect();
    Some(Recorded { resources })
}

impl Recorded {
    /// As a scan would have it.
    pub fn nodes(&self) -> BTreeMap<String, Node> {
        let node = |of: &Resource| Node::of_body(&of.id, &of.type_name, &of.api_version, of.body.clone());
        self.resources.iter().filter_map(node).map(|node| (node.key.clone(), node)).collect()
    }
}
