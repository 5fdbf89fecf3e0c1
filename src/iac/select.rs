//! Select: what the request's filters keep (AND over fields, OR inside one, case-insensitive, globs),
//! and what the kept resources refer to, when dependencies are wanted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tokio_util::sync::CancellationToken;

use super::IacError;
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::{
        Snapshot,
        model::{Label, Node},
        rules::mentions,
    },
};

/// Nodes read at once.
const PAGE: usize = 500;
/// Dependencies that are added at most; beyond that ids stay as they are, and the report says so.
const MOST_DEPENDENCIES: usize = 20_000;

/// What is to be planned.
#[derive(Debug, Default)]
pub struct Selection {
    /// By the key of their ids.
    pub nodes: BTreeMap<String, Node>,
    /// Keys of those that no filter kept, but that others refer to.
    pub dependencies: BTreeSet<String>,
    /// Keys that the snapshot knows besides, with `type@api-version` of what can be read by its id.
    pub known: BTreeMap<String, String>,
    /// Keys of nested objects that are emitted as resources though Azure only lets one read them so.
    pub apart: BTreeSet<String>,
    pub bound_reached: bool,
}

/// Whether code can be made of a node at all.
fn is_candidate(node: &Node) -> bool {
    match node.label {
        Label::Resource | Label::ResourceGroup => true,
        // Built-in ones are Azure's own.
        Label::RoleDefinition => {
            let kind = node.body.pointer("/properties/type").and_then(serde_json::Value::as_str);
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case("CustomRole"))
        }
        _ => false,
    }
}

/// Reads the snapshot once, page by page.
pub fn select(
    snapshot: &Snapshot,
    request: &GenerateIacRequest,
    cancel: &CancellationToken,
) -> Result<Selection, IacError> {
    let wanted = Wanted::of(request)?;
    let mut selection = Selection::default();
    let mut others: BTreeMap<String, Node> = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        if cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        let page = snapshot.nodes(after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        for node in page {
            let key = arm::key(&node.id);
            if !is_candidate(&node) {
                selection.known.insert(key, String::new());
            } else if wanted.takes(&node) {
                selection.nodes.insert(key, node);
            } else {
                others.insert(key, node);
            }
        }
    }
    if request.include_dependencies {
        add_dependencies(&mut selection, &mut others);
    }
    let kind = |node: Node| format!("{}@{}", node.type_name, node.api_version);
    selection.known.extend(others.into_iter().map(|(key, node)| (key, kind(node))));
    Ok(selection)
}

fn add_dependencies(selection: &mut Selection, others: &mut BTreeMap<String, Node>) {
    if others.is_empty() {
        return;
    }
    let mut queue: VecDeque<String> = selection.nodes.keys().cloned().collect();
    while let Some(key) = queue.pop_front() {
        let Some(node) = selection.nodes.get(&key) else { continue };
        let mut targets: Vec<String> = mentions(&node.body).into_iter().map(|mention| arm::key(&mention.id)).collect();
        targets.push(node.id.clone());
        for target in targets {
            for id in prefixes(&target) {
                let Some(found) = others.remove(&id) else { continue };
                if selection.dependencies.len() >= MOST_DEPENDENCIES {
                    selection.bound_reached = true;
                    others.insert(id, found);
                    return;
                }
                selection.dependencies.insert(id.clone());
                selection.nodes.insert(id.clone(), found);
                queue.push_back(id);
            }
        }
    }
}

/// Keys of what an id goes through: itself, its parents, its group.
pub fn prefixes(id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = arm::key(id);
    loop {
        let Some(parsed) = ResourceId::parse(&at) else {
            // A sub-object, such as `…/ipConfigurations/x/y`: one segment less.
            match at.rsplit_once('/') {
                Some((shorter, _)) if !shorter.is_empty() => at.truncate(shorter.len()),
                _ => return found,
            }
            continue;
        };
        found.push(arm::key(&at));
        let parent = parsed.parent();
        if parent.len() <= 1 || parent.len() >= at.len() {
            return found;
        }
        at = parent;
    }
}

struct Wanted<'a> {
    request: &'a GenerateIacRequest,
    types: Option<GlobSet>,
    excluded: Option<GlobSet>,
    groups: Option<GlobSet>,
    names: Option<GlobSet>,
    regions: BTreeSet<String>,
    subscriptions: BTreeSet<String>,
}

impl<'a> Wanted<'a> {
    fn of(request: &'a GenerateIacRequest) -> Result<Self, IacError> {
        Ok(Self {
            request,
            types: globs(&request.resource_types)?,
            excluded: globs(&request.exclude_resource_types)?,
            groups: globs(&request.resource_groups)?,
            names: globs(&request.names)?,
            regions: request.regions.iter().map(|region| arm::location_code(region)).collect(),
            subscriptions: request.subscription_ids.iter().map(ToString::to_string).collect(),
        })
    }

    fn takes(&self, node: &Node) -> bool {
        let matches = |globs: &Option<GlobSet>, text: &str| globs.as_ref().is_none_or(|globs| globs.is_match(text));
        matches(&self.types, &node.type_name)
            && !self.excluded.as_ref().is_some_and(|globs| globs.is_match(&node.type_name))
            && matches(&self.groups, node.resource_group.as_deref().unwrap_or_default())
            && matches(&self.names, &node.name)
            && (self.regions.is_empty() || node.location.as_ref().is_some_and(|at| self.regions.contains(at)))
            && (self.subscriptions.is_empty()
                || node.subscription_id.as_ref().is_some_and(|id| self.subscriptions.contains(&id.to_lowercase())))
            && self.request.tags.iter().all(|(name, value)| {
                node.tags.iter().any(|(known, is)| {
                    known.eq_ignore_ascii_case(name)
                        && value.as_ref().is_none_or(|wanted| is.eq_ignore_ascii_case(wanted))
                })
            })
    }
}

fn globs(texts: &[String]) -> Result<Option<GlobSet>, IacError> {
    if texts.is_empty() {
        return Ok(None);
    }
    let wrong = |text: &str, error: globset::Error| IacError::Glob(text.to_owned(), error.kind().to_string());
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text).case_insensitive(true).literal_separator(false).build();
        set.add(glob.map_err(|error| wrong(text, error))?);
    }
    set.build().map(Some).map_err(|error| wrong(&texts.join(", "), error))
}

#[cfg(test)]
mod tests {
    use super::prefixes;

    #[test]
    fn an_id_goes_through_its_parents_up_to_the_subscription() {
        let id = "/subscriptions/S/resourceGroups/G/providers/M.N/virtualNetworks/v/subnets/a";
        assert_eq!(
            prefixes(id),
            [
                "/subscriptions/s/resourcegroups/g/providers/m.n/virtualnetworks/v/subnets/a",
                "/subscriptions/s/resourcegroups/g/providers/m.n/virtualnetworks/v",
                "/subscriptions/s/resourcegroups/g",
                "/subscriptions/s",
            ]
        );
        assert_eq!(prefixes("nonsense"), [] as [&str; 0]);
    }
}
