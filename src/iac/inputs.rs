//! What a body that people wrote lacks to be sent: required properties, and passwords that Azure never returns.

use serde_json::Value;

use super::{model::term::spell, passes::prune, types};
use crate::graph::{model::Node, redact};

/// A value that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    /// `properties.osProfile.adminPassword`.
    pub path: String,
    pub is_secret: bool,
}

/// What is missing of a body, in the order of its paths.
pub(crate) fn needed(type_name: &str, api_version: &str, id: &str, body: &Value) -> Vec<Needed> {
    let Some(node) = Node::of_body(id, type_name, api_version, body.clone()) else { return Vec::new() };
    let known = types::find(type_name, api_version, &node.name).writable();
    let pruned = prune::prune(&node, known.as_ref(), prune::Spelling::Correct);
    let is_in_body = |path: &str| body.pointer(&pointer(path)).is_some_and(|value| !value.is_null());
    let mut needed: Vec<Needed> = pruned
        .missing
        .into_iter()
        .map(|missing| {
            let path = spell(&missing.path);
            let is_secret = missing.is_unseen || redact::is_secret_name(path.rsplit('.').next().unwrap_or_default());
            Needed { path, is_secret }
        })
        .filter(|needed| !is_in_body(&needed.path))
        .collect();
    needed.sort_by(|a, b| a.path.cmp(&b.path));
    needed.dedup();
    needed
}

/// `properties.a[0].b` as a JSON pointer.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace('[', "/").replace(']', "").replace('.', "/"))
}
