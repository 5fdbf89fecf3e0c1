//! The first sweep over the selected resources. Each body is read from the snapshot once: it is rewritten for the
//! target, split, pruned, its secrets become parameters, and it is put on the shelf. One light row a resource remains in memory.
//!
//! It decides nothing that needs more than one body: `build` does that, with the rows.

use std::{collections::HashMap, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{
    error::IacError,
    model::{
        body::Body,
        capabilities::{Capabilities, Split},
        ids::compare_keys,
        index::hash,
        plan::Table,
        term::{PRINCIPALS, Step},
        words::Words,
    },
    parallel::in_order,
    passes::{
        addresses, administrators,
        grants::{Grant, Roles},
        managed_groups,
        ownership::{self, Claims},
        prune,
        retarget::Target,
        secrets::{self, Lifted},
        selection::State,
        source::{PAGE, Source},
        values,
    },
    shelf::{Shelf, Spot},
    types,
};
use crate::{
    arm::{self, ResourceId},
    graph::{
        model::Node,
        redact::{Found, Names, secrets_in},
    },
};

/// All rows, in the order of their keys, and the bodies.
#[derive(Debug, Default)]
pub struct Survey {
    pub rows: Vec<Row>,
    /// Pairs of hashes of keys, sorted: a nested resource, and the resource whose body holds it whole
    /// (see `ownership::apart`).
    pub shown: Vec<(u64, u64)>,
    pub shelf: Shelf,
}

/// What remains in memory of a resource whose body was read.
#[derive(Debug)]
pub struct Row {
    pub id: Box<str>,
    /// The type, as the graph spells it.
    pub found_type: Arc<str>,
    /// The type, as the table of types spells it; as the graph does, where the table does not have it.
    pub type_name: Arc<str>,
    pub api_version: Arc<str>,
    /// `None`: no claims, as of most resources.
    pub claims: Option<Box<Claims>>,
    /// `None`: its body says nothing that concerns other rows.
    pub seen: Option<Box<Seen>>,
    /// Where its body is on the shelf. Unused where the resource has no body there.
    pub spot: Spot,
    pub table: Table,
    pub is_group: bool,
    pub is_dependency: bool,
    pub has_identity: bool,
    /// It was taken out of its parent's body, whether or not the scan also read it as a resource.
    pub is_split: bool,
}

impl Row {
    /// Of a node whose body was not looked at yet.
    fn new(node: &Node, claims: Claims) -> Self {
        Self {
            id: node.id.as_str().into(),
            found_type: node.type_name.as_str().into(),
            type_name: node.type_name.as_str().into(),
            api_version: node.api_version.as_str().into(),
            claims: (claims != Claims::default()).then(|| Box::new(claims)),
            seen: None,
            spot: Spot::default(),
            table: Table::Unknown,
            is_group: false,
            is_dependency: false,
            has_identity: false,
            is_split: false,
        }
    }
}

impl Row {
    /// Copies what remains to where only such things are: between all that a core made and forgot, a few of its letters
    /// would hold much memory.
    fn settle(&mut self) {
        self.id = self.id.clone();
        self.claims = self.claims.clone();
        self.seen = self.seen.clone();
    }
}

/// What a body says that concerns other rows.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// Ids by which other bodies may name the resource or its identity, and the paths where its body says them.
    pub principals: Box<[(String, &'static str)]>,
    pub lifted: Vec<Lifted>,
    /// What it grants, of a role assignment.
    pub grant: Option<Grant>,
    pub addresses: Box<[addresses::Said]>,
    /// What people call it, where its own name is a GUID.
    pub called: Option<Box<str>>,
}

/// A row and the bytes of its body.
type Made = (Row, Vec<u8>);

/// What a page of nodes becomes.
#[derive(Default)]
struct Page {
    made: Vec<Made>,
    shown: Vec<(u64, u64)>,
}

/// What the survey needs for every node.
pub struct Surveyor<'s> {
    pub source: &'s dyn Source,
    pub capabilities: &'s Capabilities,
    pub target: Option<&'s Target<'s>>,
    pub cancel: &'s CancellationToken,
    /// Remembers which names of fields are those of secrets.
    pub names: Names,
    pub roles: Roles,
}

impl Surveyor<'_> {
    /// Surveys all selected resources: those of which `wanted` has the hashes of their keys, in the pages that begin behind
    /// these keys of the graph.
    pub fn survey(
        &self,
        wanted: &HashMap<u64, State>,
        pages: &[Option<String>],
        mut shelf: Shelf,
    ) -> Result<Survey, IacError> {
        let (mut rows, mut shown, mut words) = (Vec::with_capacity(wanted.len()), Vec::new(), Words::default());
        let look = |at: usize| self.page(pages[at].as_deref(), wanted);
        in_order(pages.len(), look, |page| {
            let page: Page = page?;
            for (mut row, bytes) in page.made {
                for word in [&mut row.found_type, &mut row.type_name, &mut row.api_version] {
                    *word = words.get(word);
                }
                row.settle();
                if !bytes.is_empty() {
                    row.spot = shelf.put(&bytes)?;
                }
                rows.push(row);
            }
            shown.extend(page.shown);
            Ok::<_, IacError>(())
        })?;
        rows.sort_by(|a: &Row, b: &Row| compare_keys(&a.id, &b.id));
        // Of two rows of one id, the one that the scan read as a resource is kept before the one that was taken out of
        // its parent's body; `is_split` is true if it is for either.
        rows.dedup_by(|later, kept| {
            let is_same = later.id.eq_ignore_ascii_case(&kept.id) || arm::key(&later.id) == arm::key(&kept.id);
            if is_same {
                if kept.is_split && !later.is_split {
                    std::mem::swap(kept, later);
                }
                kept.is_split |= later.is_split;
            }
            is_same
        });
        shown.sort_unstable();
        Ok(Survey { rows, shown, shelf })
    }

    fn page(&self, after: Option<&str>, wanted: &HashMap<u64, State>) -> Result<Page, IacError> {
        if self.cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        let mut out = Page::default();
        let state = |node: &Node| wanted.get(&hash(&arm::key(&node.id)));
        for node in self.source.nodes(after, PAGE, &|node| state(node).is_some())? {
            let Some(state) = state(&node) else { continue };
            let is_dependency = *state == State::Dependency;
            let grant = self.roles.grant(self.source, &node)?;
            // Asked by the id of the source, which the node in the target no longer has.
            let region = self.target.and_then(|target| target.region(&node.id));
            let mut node = match self.target {
                Some(target) => target.node(node),
                None => node,
            };
            serve(&mut node);
            let parts = match (self.capabilities.split)(&node, self.capabilities) {
                Some(Split { bare, children }) => {
                    let children = children.into_iter().map(|child| (child, true));
                    std::iter::once((bare, false)).chain(children).collect()
                }
                None => vec![(node, false)],
            };
            for (node, is_split) in parts {
                out.shown.extend(ownership::shows(&node));
                let (mut row, bytes) = self.look(&node, region);
                row.is_split = is_split;
                row.is_dependency = is_dependency;
                if grant.is_some() {
                    row.seen.get_or_insert_default().grant.clone_from(&grant);
                }
                out.made.push((row, bytes));
            }
        }
        Ok(out)
    }

    /// Makes a node's row and the bytes of its body. No bytes: it is absent by its own claims, or its id can't be
    /// parsed. `region`: the one that it moves from.
    fn look(&self, node: &Node, region: Option<&str>) -> Made {
        let parsed = ResourceId::parse(&node.id);
        let name = parsed.as_ref().map(ResourceId::name).unwrap_or_default();
        let known = types::find(&node.type_name, &node.api_version, name);
        let claims = ownership::claims(node, parsed.as_ref(), &known);
        let manages = claims.manages.clone();
        let parsed = parsed.filter(|_| claims.absent.is_none());
        let mut row = Row::new(node, claims);
        let Some(mut id) = parsed else { return (row, Vec::new()) };
        row.is_group = id.namespace.is_none() && id.resource_group.is_some();
        let known = known.writable();
        let addresses = addresses::of(node, &id, known.as_ref());
        if let Some(singleton) = known.as_ref().and_then(|known| known.singleton.as_ref()) {
            id = id.with_name(singleton);
        }
        let spelling = if self.capabilities.compares { prune::Spelling::Import } else { prune::Spelling::Correct };
        let mut pruned = prune::prune(node, known.as_ref(), spelling);
        addresses::forget_own(&addresses, &mut pruned);
        if !manages.is_empty() {
            pruned.paths.extend(managed_groups::take_out(&mut pruned.body, &manages));
            if let Some(target) = self.target {
                target.managed(node, region, &mut pruned.body);
            }
        }
        pruned.marked.extend(secrets::called_by_pruned(&node.body, &pruned.paths, &self.names));
        let administrators = match self.judge(&mut pruned, node, known.as_ref(), &id) {
            Ok(administrators) => administrators,
            Err(reason) => {
                row.claims = Some(Box::new(Claims { absent: Some(reason), ..Claims::default() }));
                return (row, Vec::new());
            }
        };
        if let Some(known) = known {
            row.table = if known.is_exact { Table::Exact } else { Table::Near };
            row.type_name = known.name.into();
        }
        let subject =
            secrets::Subject { name: id.name(), words: &pruned.words, marked: &pruned.marked, missing: pruned.missing };
        let (mut term, mut lifted) = secrets::lift(serde_json::Value::Object(pruned.body), subject, &self.names);
        administrators::lift(&mut term, &administrators, &mut lifted);
        let seen =
            Seen { principals: principals(node), lifted, addresses, grant: None, called: called(node, id.name()) };
        let is_empty =
            seen.principals.is_empty() && seen.lifted.is_empty() && seen.addresses.is_empty() && seen.called.is_none();
        row.seen = (!is_empty).then(|| Box::new(seen));
        row.has_identity = term.get("identity").is_some();
        row.id = id.text.into();
        let body = Body {
            term,
            pruned: pruned.paths,
            respelled: pruned.respelled,
            against: pruned.against,
            reworded: pruned.reworded,
            unseen: pruned.unseen,
            read_only: (self.capabilities.read_only)(&node.type_name, &node.body),
            ..Body::default()
        };
        (row, body.encode())
    }
}

impl Surveyor<'_> {
    /// Values as their types want them, for languages that are not compared with what Azure returns, and what is none of
    /// its type's; where names of administrators stand. An error: why the resource can't be written.
    fn judge(
        &self,
        pruned: &mut prune::Pruned,
        node: &Node,
        known: Option<&types::Type>,
        id: &ResourceId,
    ) -> Result<Vec<Vec<Step>>, &'static str> {
        if self.capabilities.compares {
            let faults = known.map(|known| values::faults(&mut pruned.body, &node.type_name, &known.shape));
            let is_new = |path: &String| !pruned.against.contains(path) && !pruned.reworded.contains(path);
            let faults: Vec<String> = faults.into_iter().flatten().filter(is_new).collect();
            pruned.against.extend(faults);
            return Ok(Vec::new());
        }
        if known.is_some() && types::is_out_of_scope(&node.type_name, &node.api_version, id) {
            return Err("its type can be deployed to a resource group only, and its id has none");
        }
        let judged = values::judge(&mut pruned.body, &node.type_name, known.map(|known| &known.shape));
        if let Some(reason) = judged.refused {
            return Err(reason);
        }
        pruned.against.retain(|path| !judged.turned.contains(path) && !judged.against.contains(path));
        pruned.against.extend(judged.against);
        let fault = types::name_fault(&node.type_name, &node.api_version, id.name());
        pruned.against.extend(fault.map(|_| "name".to_owned()));
        pruned.respelled.retain(|path| !judged.turned.contains(path));
        pruned.respelled.extend(judged.turned);
        pruned.paths.extend(judged.gone);
        Ok(if self.capabilities.asks_administrators { judged.administrators } else { Vec::new() })
    }
}

/// Where a resource whose name is a GUID says what people call it.
const CALLED: [&str; 3] = ["displayName", "roleName", "friendlyName"];

fn called(node: &Node, name: &str) -> Option<Box<str>> {
    uuid::Uuid::try_parse(name).ok()?;
    let said = CALLED.iter().find_map(|property| node.body["properties"].get(*property)?.as_str());
    said.filter(|said| {
        said.contains(char::is_alphanumeric) && matches!(secrets_in(said, &Names::default()), Found::Nothing)
    })
    .map(Into::into)
}

/// Gives a node the api-version that it is written with.
fn serve(node: &mut Node) {
    let better = ResourceId::parse(&node.id)
        .and_then(|id| types::better_version(&node.type_name, &node.api_version, &id, &node.body));
    if let Some(version) = better {
        node.api_version = version;
    }
}

/// Ids that Azure gives to a resource's own identity, or to the resource beside its ARM id, with their paths. A
/// resource that is made anew gets other ones.
fn principals(node: &Node) -> Box<[(String, &'static str)]> {
    let is_of_type = |kind: &str| node.type_name.eq_ignore_ascii_case(kind);
    let of_itself = |path: &str| match path {
        "identity.principalId" => true,
        // Resources that send logs to a workspace name it by this id.
        "properties.customerId" => is_of_type("Microsoft.OperationalInsights/workspaces"),
        _ => is_of_type("Microsoft.ManagedIdentity/userAssignedIdentities"),
    };
    let at =
        |path: &str| node.body.pointer(&format!("/{}", path.replace('.', "/"))).and_then(serde_json::Value::as_str);
    // The nil GUID is nobody's, and a tenant's id is that of many.
    let tenants = ["identity.tenantId", "properties.tenantId"].map(at);
    let is_somebodys =
        |id: &&str| id.contains(|c: char| c.is_ascii_hexdigit() && c != '0') && !tenants.contains(&Some(*id));
    let paths = PRINCIPALS.into_iter().filter(|path| of_itself(path));
    paths.filter_map(|path| Some((at(path).filter(is_somebodys)?.to_owned(), path))).collect()
}
