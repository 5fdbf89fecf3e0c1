//! What a body that people wrote lacks to be sent: required properties, and passwords that Azure never returns.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    model::term::{Term, spell},
    passes::{prune, secrets},
    types,
};
use crate::{
    arm::ResourceId,
    graph::model::{Label, Node},
    graph::redact,
};

/// A value that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    /// `properties.osProfile.adminPassword`.
    pub path: String,
    pub is_secret: bool,
}

/// What is missing of a body, in the order of its paths.
pub(crate) fn needed(type_name: &str, api_version: &str, id: &str, body: &Value) -> Vec<Needed> {
    let Some(parsed) = ResourceId::parse(id) else { return Vec::new() };
    let node = Node {
        label: Label::Resource,
        key: parsed.key(),
        id: id.to_owned(),
        type_name: type_name.to_owned(),
        name: parsed.name().to_owned(),
        api_version: api_version.to_owned(),
        subscription_id: parsed.subscription.clone(),
        resource_group: parsed.resource_group.clone(),
        location: None,
        tags: BTreeMap::new(),
        content_hash: String::new(),
        first_seen: 0,
        last_seen: 0,
        body: body.clone(),
    };
    let known = types::find(type_name, api_version, parsed.name()).writable();
    let pruned = prune::prune(&node, known.as_ref(), prune::Spelling::Correct);
    let missing: Vec<String> = pruned.missing.iter().map(|missing| spell(&missing.path)).collect();
    let mut term = Term::of_map(&pruned.body);
    let subject = secrets::Subject { type_name, name: parsed.name(), words: &pruned.words, missing: pruned.missing };
    let lifted = secrets::lift(&mut term, subject, &secrets::Names::default());
    let is_in_body = |path: &str| body.pointer(&pointer(path)).is_some_and(|value| !value.is_null());
    let mut needed: Vec<Needed> = lifted
        .into_iter()
        .filter(|lifted| !is_in_body(&lifted.path))
        .map(|lifted| {
            let name = lifted.path.rsplit('.').next().unwrap_or_default();
            // What people never give and Azure never returns is a password, whatever it is called.
            let is_secret = redact::is_secret_name(name) || !missing.contains(&lifted.path);
            Needed { is_secret, path: lifted.path }
        })
        .collect();
    needed.sort_by(|a, b| a.path.cmp(&b.path));
    needed.dedup();
    needed
}

/// `properties.a[0].b` as a JSON pointer.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace('[', "/").replace(']', "").replace('.', "/"))
}
