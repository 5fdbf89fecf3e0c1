//! Select: what the request's filters keep (AND over fields, OR inside one, case-insensitive, globs),
//! and what the kept resources refer to, when dependencies are wanted. What is excluded is not even a
//! dependency. A selection of nothing says which filter kept nothing, and what there is.
//!
//! Filters look at outlines; bodies are read of role definitions, and of what is kept where its
//! dependencies are wanted.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    ops::Bound,
    sync::Arc,
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tokio_util::sync::CancellationToken;

use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::{
        GraphError, Snapshot,
        model::{Label, Node},
        redact::is_secret_value,
        rules::mentions,
    },
    iac::{
        error::IacError,
        model::index::{Index, hash},
    },
};

/// Nodes read at once.
const PAGE: usize = 256;
/// Names of what there is that a selection of nothing mentions.
const MOST_NAMES: usize = 5;
/// Dependencies that are added at most; beyond that ids stay as they are, and the report says so.
const MOST_DEPENDENCIES: usize = 20_000;

/// Where nodes are read from, in the order of the graph's keys.
pub trait Source: Sync {
    /// A page of nodes without their bodies.
    fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError>;
    /// A page of nodes with their bodies.
    fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError>;
    fn node(&self, id: &str) -> Result<Option<Node>, GraphError>;
}

impl Source for Snapshot {
    fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        Self::outlines(self, after, limit)
    }

    fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        Self::nodes(self, after, limit)
    }

    fn node(&self, id: &str) -> Result<Option<Node>, GraphError> {
        Self::node(self, id)
    }
}

/// Nodes in memory, by their keys: a recording.
impl Source for BTreeMap<String, Node> {
    fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        self.nodes(after, limit)
    }

    fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.range::<str, _>((after, Bound::Unbounded)).take(limit).map(|(_, node)| node.clone()).collect())
    }

    fn node(&self, id: &str) -> Result<Option<Node>, GraphError> {
        Ok(self.get(&arm::key(id)).cloned())
    }
}

/// What is to be planned.
#[derive(Debug, Default)]
pub struct Selection {
    /// What filters kept and what was added to it, in the order of their keys.
    pub rows: Vec<Row>,
    /// Where the pages begin that hold them: behind these keys of the graph.
    pub pages: Vec<Option<String>>,
    /// What the snapshot holds besides.
    pub known: Known,
    pub bound_reached: bool,
    /// Why nothing was selected, where that is so.
    pub nothing: Option<String>,
}

/// A resource that code can be made of.
#[derive(Debug)]
pub struct Row {
    pub id: Box<str>,
    pub type_name: Arc<str>,
    pub api_version: Arc<str>,
    pub state: State,
    page: u32,
}

/// Why a resource is to be planned, or that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Filters kept it.
    Kept,
    /// What is kept refers to it.
    Dependency,
    Other,
}

/// What is not planned and known all the same, by key.
#[derive(Debug, Default)]
pub struct Known {
    /// Keys and kinds, where the keys are to be rewritten.
    rewritten: Option<Vec<(String, String)>>,
    kinds: Vec<String>,
    /// Numbers of kinds.
    by_key: Index,
    number_of: HashMap<String, usize>,
    /// Names of role definitions: the same in every subscription.
    roles: HashSet<u64>,
}

impl Known {
    /// `kind` is the `type@api-version` of what can be read by its id, else empty.
    pub fn insert(&mut self, key: &str, kind: String) {
        if let Some(keys) = &mut self.rewritten {
            keys.push((key.to_owned(), kind));
            return;
        }
        let next = self.kinds.len();
        let number = *self.number_of.entry(kind.clone()).or_insert(next);
        if number == next {
            self.kinds.push(kind);
        }
        self.by_key.insert(hash(key), number);
        self.roles.extend(role(key).map(hash));
    }

    /// Takes the keys as they are in the target.
    pub fn rewrite(&mut self, new: impl Fn(&str) -> String) {
        for (key, kind) in self.rewritten.take().unwrap_or_default() {
            self.insert(&new(&key), kind);
        }
    }

    /// The kind of what is known.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.at(hash(key))
    }

    /// By the hash of a key.
    pub fn at(&self, key: u64) -> Option<&str> {
        self.by_key.at(key).and_then(|number| self.kinds.get(number)).map(String::as_str)
    }

    /// Whether a key is that of a known role definition, seen from any scope.
    pub fn is_role(&self, key: &str) -> bool {
        role(key).is_some_and(|name| self.roles.contains(&hash(name)))
    }
}

/// The name of the role definition that a key is of.
fn role(key: &str) -> Option<&str> {
    key.split_once("/providers/microsoft.authorization/roledefinitions/").map(|(_, name)| name)
}

impl Selection {
    /// Everything that a source holds, which is small.
    pub fn of_everything(nodes: &BTreeMap<String, Node>) -> Self {
        let mut words = Words::default();
        let keys: Vec<&String> = nodes.keys().collect();
        let pages = (0..keys.len().div_ceil(PAGE))
            .map(|page| page.checked_sub(1).map(|last| keys[last * PAGE + PAGE - 1].clone()));
        let mut row = |node: &Node| Row {
            id: node.id.as_str().into(),
            type_name: words.get(&node.type_name),
            api_version: words.get(&node.api_version),
            state: State::Kept,
            page: 0,
        };
        Self { pages: pages.collect(), rows: nodes.values().map(&mut row).collect(), ..Self::default() }
    }
}

/// Words that are often the same, each held once.
#[derive(Debug, Default)]
pub struct Words(HashSet<Arc<str>>);

impl Words {
    pub fn get(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let new: Arc<str> = word.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// Whether code can be made of a node at all. Of a role definition its body tells.
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

/// Reads the outlines of a source once, page by page.
pub fn select(
    source: &dyn Source,
    request: &GenerateIacRequest,
    cancel: &CancellationToken,
) -> Result<Selection, IacError> {
    let wanted = Wanted::of(request)?;
    let (mut selection, mut words) = (Selection::default(), Words::default());
    selection.known.rewritten = is_moved(request).then(Vec::new);
    let mut pages: Vec<Option<String>> = Vec::new();
    let mut is_any = false;
    each_page(source, cancel, |after, page| {
        let number = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        pages.push(after.map(str::to_owned));
        for node in page {
            if !is_candidate(&node) {
                selection.known.insert(&arm::key(&node.id), String::new());
                continue;
            }
            let is_kept = wanted.takes(&node);
            is_any |= is_kept;
            selection.rows.push(Row {
                id: node.id.as_str().into(),
                type_name: words.get(&node.type_name),
                api_version: words.get(&node.api_version),
                state: if is_kept { State::Kept } else { State::Other },
                page: number,
            });
        }
    })?;
    if !is_any {
        let mut reasons = Reasons::of(&wanted);
        each_page(source, cancel, |_, page| {
            for node in page.iter().filter(|node| is_candidate(node)) {
                reasons.see(node);
            }
        })?;
        selection.nothing = Some(reasons.told());
    }
    selection.rows.sort_by(|a, b| compare_keys(&a.id, &b.id));
    if request.include_dependencies && is_any {
        add_dependencies(source, &mut selection, &wanted)?;
    }
    let (rows, others): (Vec<Row>, Vec<Row>) = selection.rows.into_iter().partition(|row| row.state != State::Other);
    selection.rows = rows;
    for row in others {
        selection.known.insert(&arm::key(&row.id), format!("{}@{}", row.type_name, row.api_version));
    }
    let held: HashSet<u32> = selection.rows.iter().map(|row| row.page).collect();
    let numbered = (0_u32..).zip(pages);
    selection.pages = numbered.filter(|(number, _)| held.contains(number)).map(|(_, after)| after).collect();
    Ok(selection)
}

/// Whether the code is for another place than the one that was scanned.
pub fn is_moved(request: &GenerateIacRequest) -> bool {
    request.target_subscription_id.is_some()
        || request.target_tenant_id.is_some()
        || request.location.is_some()
        || request.name_suffix.is_some()
        || !request.identity_map.is_empty()
}

/// The nodes of one of the pages of a selection.
pub fn page(source: &dyn Source, after: Option<&str>) -> Result<Vec<Node>, GraphError> {
    source.nodes(after, PAGE)
}

fn each_page(
    source: &dyn Source,
    cancel: &CancellationToken,
    mut see: impl FnMut(Option<&str>, Vec<Node>),
) -> Result<(), IacError> {
    let mut after: Option<String> = None;
    loop {
        if cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        let mut page = source.outlines(after.as_deref(), PAGE)?;
        let Some(last) = page.last().map(|node| node.key.clone()) else { return Ok(()) };
        if page.iter().any(|node| node.label == Label::RoleDefinition) {
            page = source.nodes(after.as_deref(), PAGE)?;
        }
        see(after.as_deref(), page);
        after = Some(last);
    }
}

/// The order of two ids' keys.
pub fn compare_keys(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() {
        let lower = |text: &'_ str| -> Vec<u8> { text.to_ascii_lowercase().into_bytes() };
        let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        return lower(&a[same..]).cmp(&lower(&b[same..]));
    }
    arm::key(a).cmp(&arm::key(b))
}

fn add_dependencies(source: &dyn Source, selection: &mut Selection, wanted: &Wanted) -> Result<(), IacError> {
    let rows = &mut selection.rows;
    if rows.iter().all(|row| row.state != State::Other) {
        return Ok(());
    }
    let mut numbers = Index::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        numbers.insert(hash(&arm::key(&row.id)), number);
    }
    let mut added = 0;
    let mut queue: VecDeque<usize> = (0..rows.len()).filter(|number| rows[*number].state != State::Other).collect();
    while let Some(number) = queue.pop_front() {
        let Some(node) = source.node(&rows[number].id)? else { continue };
        let mut targets: Vec<String> = mentions(&node.body).into_iter().map(|mention| arm::key(&mention.id)).collect();
        targets.push(node.id.clone());
        let own = arm::key(&node.id);
        for target in targets {
            for id in prefixes(&target) {
                let found = numbers.get(&id).filter(|found| rows[*found].state == State::Other);
                let Some(found) = found else { continue };
                if wanted.excludes(&rows[found].type_name) {
                    // What it stands below is needed for its sake alone, unless it is what we stand below.
                    if arm::key(&target) == own {
                        continue;
                    }
                    break;
                }
                if added >= MOST_DEPENDENCIES {
                    selection.bound_reached = true;
                    return Ok(());
                }
                added += 1;
                rows[found].state = State::Dependency;
                queue.push_back(found);
            }
        }
    }
    Ok(())
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
        !self.excludes(&node.type_name) && self.fields.iter().all(|field| (field.takes)(node))
    }

    fn excludes(&self, type_name: &str) -> bool {
        self.excluded.as_ref().is_some_and(|globs| globs.is_match(type_name))
    }
}

/// Why none of the nodes that are seen is taken.
struct Reasons<'w> {
    wanted: &'w Wanted,
    is_any: bool,
    is_all_excluded: bool,
    /// Of each filter: whether it takes one, and what there is for it.
    fields: Vec<(bool, BTreeSet<String>)>,
}

impl<'w> Reasons<'w> {
    fn of(wanted: &'w Wanted) -> Self {
        let fields = wanted.fields.iter().map(|_| (false, BTreeSet::new())).collect();
        Self { wanted, is_any: false, is_all_excluded: true, fields }
    }

    fn see(&mut self, node: &Node) {
        self.is_any = true;
        self.is_all_excluded &= self.wanted.excludes(&node.type_name);
        for (field, (takes, there)) in self.wanted.fields.iter().zip(&mut self.fields) {
            *takes |= (field.takes)(node);
            there.extend((field.has)(node).into_iter().filter(|text| !text.is_empty()));
        }
    }

    fn told(&self) -> String {
        let mut reasons = Vec::new();
        for (field, (_, there)) in self.wanted.fields.iter().zip(&self.fields).filter(|(_, (takes, _))| !takes) {
            let asked: Vec<String> = field.asked.iter().map(|text| format!("{text:?}")).collect();
            reasons.push(format!("no {} is like {}; {}", field.what, asked.join(" or "), few(there)));
        }
        if !self.is_any {
            reasons = vec!["the snapshot holds no resource".to_owned()];
        } else if reasons.is_empty() {
            reasons.push(if self.is_all_excluded {
                "every resource is of an excluded type".to_owned()
            } else {
                "each filter keeps something, and nothing is kept by all of them".to_owned()
            });
        }
        format!("nothing was selected: {}", reasons.join("; "))
    }
}

/// A few names of what there is.
fn few(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "there is none".to_owned();
    }
    let few: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
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
    use super::{compare_keys, prefixes};

    #[test]
    fn ids_are_in_the_order_of_their_keys() {
        for (a, b) in
            [("/A/b", "/a/B"), ("/a/b", "/a/b-c"), ("/a/B-c", "/a/b/c"), ("/\u{c4}", "/\u{e4}x"), ("/_", "/A")]
        {
            assert_eq!(compare_keys(a, b), crate::arm::key(a).cmp(&crate::arm::key(b)), "{a} {b}");
        }
    }

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
