//! Select: what the request's filters keep (AND over fields, OR inside one, case-insensitive, globs),
//! and what the kept resources refer to, when dependencies are wanted. What is excluded is not even a
//! dependency. A selection of nothing says which filter kept nothing, and what there is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tokio_util::sync::CancellationToken;

use crate::iac::IacError;
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::{
        Snapshot,
        model::{Label, Node},
        redact::is_secret_value,
        rules::mentions,
    },
};

/// Nodes read at once.
const PAGE: usize = 500;
/// Names that are told of what there is.
const MOST_TOLD: usize = 5;
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
    pub split: BTreeSet<String>,
    pub bound_reached: bool,
    /// Why nothing was selected, where that is so.
    pub nothing: Option<String>,
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
    if selection.nodes.is_empty() {
        selection.nothing = Some(wanted.nothing(&others));
    }
    if request.include_dependencies {
        add_dependencies(&mut selection, &mut others, &wanted);
    }
    let kind = |node: Node| format!("{}@{}", node.type_name, node.api_version);
    selection.known.extend(others.into_iter().map(|(key, node)| (key, kind(node))));
    Ok(selection)
}

fn add_dependencies(selection: &mut Selection, others: &mut BTreeMap<String, Node>, wanted: &Wanted) {
    if others.is_empty() {
        return;
    }
    let mut queue: VecDeque<String> = selection.nodes.keys().cloned().collect();
    while let Some(key) = queue.pop_front() {
        let Some(node) = selection.nodes.get(&key) else { continue };
        let mut targets: Vec<String> = mentions(&node.body).into_iter().map(|mention| arm::key(&mention.id)).collect();
        targets.push(node.id.clone());
        let own = arm::key(&node.id);
        for target in targets {
            for id in prefixes(&target) {
                if others.get(&id).is_some_and(|node| wanted.excludes(node)) {
                    // What it stands below is needed for its sake alone, unless it is what we stand below.
                    if arm::key(&target) == own {
                        continue;
                    }
                    break;
                }
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

/// The filters that were given; a node must be taken by each.
struct Wanted {
    fields: Vec<Field>,
    excluded: Option<GlobSet>,
}

/// One filter.
struct Field {
    /// What it looks at, in words.
    what: &'static str,
    /// What was asked for.
    asked: Vec<String>,
    takes: Box<dyn Fn(&Node) -> bool>,
    /// What a node has of it.
    has: fn(&Node) -> Vec<String>,
}

impl Wanted {
    fn of(request: &GenerateIacRequest) -> Result<Self, IacError> {
        let mut fields = Vec::new();
        let mut like = |what, asked: &[String], has: fn(&Node) -> Vec<String>| {
            if let Some(set) = globs(asked)? {
                let takes = move |node: &Node| has(node).iter().any(|text| set.is_match(text));
                fields.push(Field { what, asked: asked.to_vec(), takes: Box::new(takes), has });
            }
            Ok::<_, IacError>(())
        };
        like("resource type", &request.resource_types, |node| vec![node.type_name.clone()])?;
        like("resource group", &request.resource_groups, |node| vec![node.resource_group.clone().unwrap_or_default()])?;
        like("name", &request.names, |node| vec![node.name.clone()])?;
        let mut among = |what, asked: Vec<String>, has: fn(&Node) -> Vec<String>| {
            if !asked.is_empty() {
                let wanted = asked.clone();
                let takes = move |node: &Node| has(node).iter().any(|text| wanted.contains(text));
                fields.push(Field { what, asked, takes: Box::new(takes), has });
            }
        };
        let regions = request.regions.iter().map(|region| arm::location_code(region)).collect();
        among("region", regions, |node| node.location.iter().cloned().collect());
        let subscriptions = request.subscription_ids.iter().map(ToString::to_string).collect();
        among("subscription", subscriptions, |node| node.subscription_id.iter().map(|id| id.to_lowercase()).collect());
        for (name, value) in request.tags.clone() {
            // Values may be secrets: only names are told.
            let asked = vec![if value.is_some() { format!("{name}=…") } else { name.clone() }];
            let takes = move |node: &Node| {
                node.tags.iter().any(|(known, is)| {
                    known.eq_ignore_ascii_case(&name)
                        && value.as_ref().is_none_or(|wanted| is.eq_ignore_ascii_case(wanted))
                })
            };
            let has: fn(&Node) -> Vec<String> =
                |node| node.tags.keys().filter(|name| !is_secret_value(name)).cloned().collect();
            fields.push(Field { what: "tag", asked, takes: Box::new(takes), has });
        }
        Ok(Self { fields, excluded: globs(&request.exclude_resource_types)? })
    }

    fn takes(&self, node: &Node) -> bool {
        !self.excludes(node) && self.fields.iter().all(|field| (field.takes)(node))
    }

    fn excludes(&self, node: &Node) -> bool {
        self.excluded.as_ref().is_some_and(|globs| globs.is_match(&node.type_name))
    }

    /// Why none of these nodes is taken.
    fn nothing(&self, nodes: &BTreeMap<String, Node>) -> String {
        let mut reasons = Vec::new();
        for field in self.fields.iter().filter(|field| !nodes.values().any(|node| (field.takes)(node))) {
            let there: BTreeSet<String> = nodes.values().flat_map(field.has).filter(|text| !text.is_empty()).collect();
            let asked: Vec<String> = field.asked.iter().map(|text| format!("{text:?}")).collect();
            reasons.push(format!("no {} is like {}; {}", field.what, asked.join(" or "), told(&there)));
        }
        if nodes.is_empty() {
            reasons = vec!["the snapshot holds no resource".to_owned()];
        } else if reasons.is_empty() {
            let is_all = nodes.values().all(|node| self.excludes(node));
            reasons.push(if is_all {
                "every resource is of an excluded type".to_owned()
            } else {
                "each filter keeps something, and nothing is kept by all of them".to_owned()
            });
        }
        format!("nothing was selected: {}", reasons.join("; "))
    }
}

/// A few names of what there is.
fn told(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "there is none".to_owned();
    }
    let few: Vec<&str> = names.iter().take(MOST_TOLD).map(String::as_str).collect();
    let more = names.len().saturating_sub(few.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are {}{more}", few.join(", "))
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
