//! Code of a few nodes at once, all in memory: for recordings that are held against what people had sent,
//! and for tests.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

#[cfg(test)]
use super::emit::terraform::{self, Forms};
use super::{
    build::{self, Order},
    error::IacError,
    model::{capabilities::Capabilities, plan::Plan},
    passes::selection::Selection,
    shelf::Shelf,
};
use crate::{api::GenerateIacRequest, graph::model::Node};

/// The plan of all nodes; `known` are keys of others with their kinds.
pub fn plan(
    nodes: &BTreeMap<String, Node>,
    known: &[(String, String)],
    request: &GenerateIacRequest,
    capabilities: &Capabilities,
) -> Result<Plan, IacError> {
    let mut selection = Selection::of_everything(nodes);
    for (key, kind) in known {
        selection.known.insert(key, kind.clone());
    }
    let cancel = CancellationToken::new();
    build::build(nodes, selection, &Order { request, capabilities, cancel: &cancel }, Shelf::default)
}

#[cfg(test)]
/// The same for Terraform, with the forms of its items.
pub fn typed(
    nodes: &BTreeMap<String, Node>,
    known: &[(String, String)],
    request: &GenerateIacRequest,
) -> Result<(Plan, Forms), IacError> {
    let is_compared = request.auto_import_existing;
    let mut plan = plan(nodes, known, request, &terraform::capabilities(is_compared))?;
    let forms =
        terraform::typing(&mut plan, is_compared, &BTreeMap::new(), Shelf::default(), &CancellationToken::new())?;
    Ok((plan, forms))
}
