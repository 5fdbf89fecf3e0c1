//! The job: from a snapshot to `specification.md` and its result. Blocking.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    anonymise::anonymise,
    model::Described,
    people::{self, Directory},
    read_back, resources,
};
use crate::{
    graph::{
        GraphError, Snapshot,
        model::{Label, Node},
    },
    iac::{self, IacError},
    work::{ArtifactError, Work},
};

/// The text's name among the artifacts.
const FILE: &str = "specification.md";
/// Nodes that are read at once.
const PAGE: usize = 500;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Resources at most.
    pub limit: Option<u64>,
    /// With other names than the tenant's own, made of this seed.
    pub seed: Option<[u8; 32]>,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DescribeError {
    #[error("the job was cancelled")]
    Cancelled,
    #[error(transparent)]
    Bodies(#[from] IacError),
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
}

/// Describes what a snapshot holds.
pub(crate) fn describe(snapshot: &Snapshot, asked: Asked, work: &Work) -> Result<Value, DescribeError> {
    let step = |message: &str, fraction: f64| {
        work.progress.report("describe", message, fraction, Map::new());
        if work.cancel.is_cancelled() { Err(DescribeError::Cancelled) } else { Ok(()) }
    };
    step("reading the directory", 0.0)?;
    let (directory, names) = directory(snapshot)?;
    step("reading resources", 0.1)?;
    let bodies = iac::bodies(snapshot, work)?;
    let tenant = snapshot.tenant_id();
    let display_name = names.get(&tenant.to_string()).cloned().unwrap_or_default();
    let mut described = Described { id: tenant.to_string(), display_name, ..Described::default() };
    step("describing resources", 0.5)?;
    let found = resources::add(&bodies, asked.limit, &names, &mut described)?;
    people::add(&directory, &found, &mut described);
    if let Some(seed) = asked.seed {
        step("putting other names in the places of the tenant's", 0.6)?;
        anonymise(&mut described, seed, &built_in(&directory));
    }
    step("writing the text, and reading it back", 0.7)?;
    let text = read_back::settle(&mut described);
    work.artifacts.write(FILE, text.as_bytes())?;
    step("done", 1.0)?;
    Ok(result(described))
}

/// Roles that every tenant has.
fn built_in(directory: &Directory) -> Vec<Uuid> {
    let is_one = |node: &Node| node.body["properties"]["type"] == "BuiltInRole";
    let ids = directory.roles.iter().filter(|(_, node)| is_one(node)).map(|(name, _)| name);
    ids.filter_map(|name| Uuid::try_parse(name).ok()).collect()
}

/// What of a snapshot is of the directory, and what subscriptions and the tenant are called.
fn directory(snapshot: &Snapshot) -> Result<(Directory, HashMap<String, String>), GraphError> {
    let (mut directory, mut names) = (Directory::default(), HashMap::new());
    let mut after: Option<String> = None;
    loop {
        let page = snapshot.nodes_with_bodies(after.as_deref(), PAGE, &|node| {
            !matches!(node.label, Label::Resource | Label::ResourceGroup)
        })?;
        let Some(last) = page.last() else { return Ok((directory, names)) };
        after = Some(last.key.clone());
        for node in page {
            let last = node.id.rsplit('/').next().unwrap_or_default().to_lowercase();
            match node.label {
                Label::Subscription | Label::Tenant => {
                    let name = node.body["displayName"].as_str();
                    names.extend(name.map(|name| (last, name.to_owned())));
                }
                Label::RoleDefinition => drop(directory.roles.insert(last, node)),
                // Who is only referred to has no body.
                Label::User | Label::Group | Label::ServicePrincipal | Label::Application if node.body.is_object() => {
                    directory.nodes.insert(node.key.clone(), node);
                }
                _ => {}
            }
        }
    }
}

fn result(described: Described) -> Value {
    let own = described.resources().count();
    let Described { nested, mut secrets, mut left_out, warnings, .. } = described;
    secrets.sort_by(|a, b| a.name.cmp(&b.name));
    left_out.sort();
    json!({
        "resources": own + nested,
        "left_out": left_out,
        "secrets": secrets,
        "warnings": warnings,
    })
}
