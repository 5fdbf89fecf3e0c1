//! Child resources: their types come from the provider metadata, so that none need be known.
//!
//! Level by level below every parent that was found, then what stands at resources of other providers, and
//! below that again. A table (`child_types.tsv`) only says what is no resource, what another list gives
//! already, and what comes by the thousand; the latter is listed where the request asks for it. A child list
//! that a provider refuses for several parents is not asked again in the scan, and the receipt says so; where
//! there is one child with a fixed name instead of a list, that is read. What a body mentions below a known
//! parent and no list gave is read by its id.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    AT_ONCE, Scan, ScanError, extensions,
    filter::Filter,
    located,
    providers::{Providers, TypeFacts},
    refusals::Refusals,
    resources::{is_fatal, settle},
    types::{self, element, encoded, get},
};
use crate::{
    arm::{self, ResourceId},
    azure::AzureError,
    graph::{
        Entry, Select,
        model::{Found, Label},
        rules::each_id,
    },
};

/// Levels below a top-level resource.
const LEVELS: usize = 6;
/// Entries that are looked at in one go.
const BATCH: usize = 500;
/// Principals that something refers to are noted below this.
pub(super) const PRINCIPALS: &str = "/principals/";
/// Rounds of reading what others refer to.
const ROUNDS: usize = 4;

/// A child type that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LeftOut {
    pub subscription: String,
    pub type_name: String,
    pub reason: String,
}

/// What the table says of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// No resource, or what another list gives: never asked.
    Skip,
    /// Many: asked on request.
    Many,
    /// It comes with its siblings in one list of this name.
    Other(&'static str),
}

static TABLE: LazyLock<Vec<(Habit, globset::GlobMatcher)>> = LazyLock::new(|| {
    let rows = include_str!("child_types.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let (habit, glob) = line.split_once('\t')?;
        let habit = match habit.split_once(' ') {
            Some(("other", name)) => Habit::Other(name),
            _ if habit == "many" => Habit::Many,
            _ => Habit::Skip,
        };
        let glob = globset::GlobBuilder::new(glob).case_insensitive(true).literal_separator(true).build().ok()?;
        Some((habit, glob.compile_matcher()))
    })
    .collect()
});

fn habit(type_name: &str) -> Option<Habit> {
    TABLE.iter().find(|(_, glob)| glob.is_match(type_name)).map(|(habit, _)| *habit)
}

/// Whether a type is no resource, or comes with another list.
pub(super) fn is_skipped(type_name: &str) -> bool {
    habit(type_name) == Some(Habit::Skip)
}

/// A list below each parent of a type.
#[derive(Debug, PartialEq, Eq)]
struct ChildList {
    facts: TypeFacts,
    /// The list gives all of these; where it is empty or refused, each is listed by its own name.
    instead_of: Vec<TypeFacts>,
}

impl ChildList {
    fn of(facts: TypeFacts) -> Self {
        Self { facts, instead_of: Vec::new() }
    }

    /// How the metadata spells one of the types that it gives.
    fn spelled(&self, type_name: &str) -> Option<&str> {
        let of = self.instead_of.iter().find(|child| child.name.eq_ignore_ascii_case(type_name));
        of.map(|child| child.name.as_str())
    }
}

/// Lists below each type of parent of a subscription.
type Plan = BTreeMap<(String, String), Vec<Arc<ChildList>>>;

/// Those that come in one list of another name are made one.
fn gathered(wanted: Vec<TypeFacts>) -> Vec<Arc<ChildList>> {
    let mut lists: Vec<ChildList> = Vec::new();
    for facts in wanted {
        let Some(Habit::Other(segment)) = habit(&facts.name) else {
            lists.push(ChildList::of(facts));
            continue;
        };
        let above = facts.name.rsplit_once('/').map_or("", |(above, _)| above);
        let name = format!("{above}/{segment}");
        match lists.iter_mut().find(|list| list.facts.name == name) {
            Some(list) => list.instead_of.push(facts),
            None => lists.push(ChildList { facts: TypeFacts { name, ..facts.clone() }, instead_of: vec![facts] }),
        }
    }
    lists.into_iter().map(Arc::new).collect()
}

/// Reads every child; what was left out.
pub(super) async fn read(scan: &Scan, providers: &Providers) -> Result<Vec<LeftOut>, ScanError> {
    let refusals = Refusals::recalled(scan)?;
    let mut left_out = BTreeSet::new();
    levels(scan, providers, &refusals, &mut left_out).await?;
    let before = scan.generation.count();
    extensions::read(scan, providers, &refusals).await?;
    located::read(scan, providers, &refusals).await?;
    types::remaining(scan, providers).await?;
    mentioned(scan, providers).await?;
    if scan.generation.count() > before {
        levels(scan, providers, &refusals, &mut left_out).await?;
    }
    if !scan.filter.wants_referenced() {
        drop_way(scan).await?;
    }
    left_out.extend(refusals.given_up());
    Ok(left_out.into_iter().collect())
}

/// What was only the way to wanted children goes again: a scan is never wider than what was asked.
async fn drop_way(scan: &Scan) -> Result<(), ScanError> {
    let is_way = |type_name: &str| {
        scan.filter.is_way(type_name) || type_name.matches('/').count() > 1 && !scan.filter.wants_children(type_name)
    };
    if !scan.generation.cells().iter().any(|cell| is_way(&cell.type_name)) {
        return Ok(());
    }
    let mut select = Select { after: None, limit: BATCH };
    loop {
        let entries = scan.generation.entries(&select)?;
        let Some(last) = entries.last() else { return Ok(()) };
        select.after = Some(last.key.clone());
        let way = entries
            .iter()
            .filter(|entry| entry.label == Label::Resource && is_way(&entry.type_name))
            .map(|entry| entry.key.clone());
        scan.generation.drop_found(way.collect()).await?;
    }
}

async fn levels(
    scan: &Scan,
    providers: &Providers,
    refusals: &Refusals,
    left_out: &mut BTreeSet<LeftOut>,
) -> Result<(), ScanError> {
    for level in 1..=LEVELS {
        let mut plan = Plan::new();
        let (mut lists, mut parents) = (0, 0);
        for cell in scan.generation.cells().into_iter().filter(|cell| cell.type_name.matches('/').count() == level) {
            let mut here = Vec::new();
            for child in providers.children_of(&cell.subscription, &cell.type_name) {
                match wanted(scan, child) {
                    Ok(()) => here.push(child.clone()),
                    Err(Some(reason)) => {
                        let (subscription, type_name) = (cell.subscription.clone(), child.name.clone());
                        left_out.insert(LeftOut { subscription, type_name, reason });
                    }
                    Err(None) => {}
                }
            }
            if !here.is_empty() {
                let here = gathered(here);
                lists += cell.count * here.len() as u64;
                plan.insert((cell.subscription.clone(), cell.type_name.clone()), here);
            }
            parents += cell.count;
        }
        if parents == 0 {
            break;
        }
        if !plan.is_empty() {
            one_level(scan, level, lists, &plan, refusals).await?;
        }
    }
    Ok(())
}

/// Every planned list below every parent of a level, in the order of the parents' keys. One batch of parents
/// follows the other without a stop, so that no request that the quota would allow waits for the slowest of a batch.
async fn one_level(scan: &Scan, level: usize, lists: u64, plan: &Plan, refusals: &Refusals) -> Result<(), ScanError> {
    let asked = batches(scan).map_ok(|entries| {
        let mut asked = Vec::new();
        for entry in entries.into_iter().filter(|entry| entry.type_name.matches('/').count() == level) {
            let subscription = entry.subscription.clone().unwrap_or_default();
            let children = plan.get(&(subscription, entry.type_name.to_lowercase()));
            asked.extend(children.into_iter().flatten().map(|child| Ok((entry.clone(), child.clone()))));
        }
        stream::iter(asked)
    });
    let each = asked.try_flatten().map_ok(|(entry, child)| below(scan, entry, child, refusals));
    let mut each = std::pin::pin!(each.try_buffer_unordered(AT_ONCE));
    let mut done = 0;
    while let Some(()) = each.try_next().await? {
        done += 1;
        let within = (level as f64 - 1.0 + done as f64 / lists.max(1) as f64) / LEVELS as f64;
        let message = format!("{done} of {lists} lists at level {level}");
        scan.report("children", &message, 0.45 + 0.3 * within, Some(lists.saturating_sub(done)));
    }
    Ok(())
}

/// Everything found so far, in the order of the keys, a batch at a time; what is found meanwhile behind the last
/// key shows too.
pub(super) fn batches(scan: &Scan) -> impl Stream<Item = Result<Vec<Entry>, ScanError>> {
    let begin = Select { after: None, limit: BATCH };
    stream::try_unfold(begin, async |mut select| {
        scan.check_cancel()?;
        let entries = scan.generation.entries(&select)?;
        let Some(last) = entries.last() else { return Ok(None) };
        select.after = Some(last.key.clone());
        Ok(Some((entries, select)))
    })
}

/// Whether a child type is to be listed; the reason where the receipt should say why not.
fn wanted(scan: &Scan, child: &TypeFacts) -> Result<(), Option<String>> {
    match habit(&child.name) {
        Some(Habit::Skip) => Err(None),
        Some(Habit::Many) if !scan.filter.asks_for(&scan.request.include_child_types, &child.name) => {
            Err(Some("comes by the thousand; name it in include_child_types to read it".to_owned()))
        }
        _ if scan.filter.excludes_type(&child.name) => Err(Some("excluded by the filter".to_owned())),
        _ if !scan.filter.wants_children(&child.name) => Err(Some("the filter leaves it out".to_owned())),
        _ => Ok(()),
    }
}

/// Whether a plan counts a child type's lists.
pub(super) fn is_planned(asked: &[String], child: &TypeFacts) -> bool {
    match habit(&child.name) {
        Some(Habit::Skip) => false,
        Some(Habit::Many) => Filter::of(None).asks_for(asked, &child.name),
        Some(Habit::Other(_)) | None => true,
    }
}

/// The name of the list that gives a child type: its own, or one that gives its siblings too.
pub(super) fn list_of(child: &str) -> String {
    match (habit(child), child.rsplit_once('/')) {
        (Some(Habit::Other(segment)), Some((above, _))) => format!("{above}/{segment}"),
        _ => child.to_owned(),
    }
}

async fn below(scan: &Scan, parent: Entry, list: Arc<ChildList>, refusals: &Refusals) -> Result<(), ScanError> {
    if list.instead_of.is_empty() {
        return one_list(scan, &parent, &list.facts, refusals).await;
    }
    let stream = child_stream(&parent, &list.facts);
    let subscription = parent.subscription.clone().unwrap_or_default();
    let what = list.facts.name.to_lowercase();
    if !refusals.is_given_up(&subscription, &what) && !scan.reader().is_done(&stream)? {
        match one_of_all(scan, &parent, &list, &stream).await {
            Ok(0) => {}
            Ok(_) => return refusals.answered(scan, &subscription, &what, 1, false).await,
            Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => {
                refusals.refused_quietly(&subscription, &what);
            }
            Err(error) => return Err(error),
        }
    } else if scan.reader().is_done(&stream)? {
        return Ok(());
    }
    for child in &list.instead_of {
        one_list(scan, &parent, child, refusals).await?;
    }
    Ok(())
}

fn child_stream(parent: &Entry, child: &TypeFacts) -> String {
    format!("child/{}/{}", parent.key, child.name.rsplit('/').next().unwrap_or_default())
}

/// One list for several types of children: how many it gave. It is only done once it gave something.
async fn one_of_all(scan: &Scan, parent: &Entry, list: &ChildList, stream: &str) -> Result<u64, ScanError> {
    let Some(version) = list.facts.version() else { return Ok(0) };
    let subscription = parent.subscription.clone().unwrap_or_default();
    let segment = list.facts.name.rsplit('/').next().unwrap_or_default();
    let path = format!("{}/{segment}", encoded(&parent.id));
    let keep = |body: Value, version: &str| {
        let mut found = element(body, &list.facts.name, version, &subscription)?;
        let of = list.spelled(&found.type_name)?;
        of.clone_into(&mut found.type_name);
        let name = found.id.rsplit('/').next().unwrap_or_default();
        let lies_below = arm::key(&found.id).starts_with(&format!("{}/", parent.key));
        let is_kept = lies_below && scan.filter.keeps_child(of, name) && admits(scan, &found.id);
        is_kept.then_some(found)
    };
    Ok(scan.reader().versioned(stream, (&path, ""), &version, keep).await?.read)
}

async fn one_list(scan: &Scan, parent: &Entry, child: &TypeFacts, refusals: &Refusals) -> Result<(), ScanError> {
    let Some(version) = child.version() else { return Ok(()) };
    let subscription = parent.subscription.clone().unwrap_or_default();
    let key = child.name.to_lowercase();
    let segment = child.name.rsplit('/').next().unwrap_or_default();
    let stream = child_stream(parent, child);
    if refusals.is_given_up(&subscription, &key) || scan.reader().is_done(&stream)? {
        return Ok(());
    }
    if refusals.is_single(&subscription, &key) && single(scan, parent, child, refusals, &stream).await? {
        return Ok(());
    }
    let path = format!("{}/{segment}", encoded(&parent.id));
    let keep = |body: Value, version: &str| {
        let found = element(body, &child.name, version, &subscription)?;
        // Some lists give more than was asked for: only what lies below this parent.
        let lies_below = arm::key(&found.id).starts_with(&format!("{}/", parent.key));
        let name = found.id.rsplit('/').next().unwrap_or_default();
        let is_kept = lies_below && scan.filter.keeps_child(&child.name, name) && admits(scan, &found.id);
        is_kept.then_some(found)
    };
    match scan.reader().versioned(&stream, (&path, ""), &version, keep).await {
        Ok(listed) => refusals.answered(scan, &subscription, &key, listed.read, false).await,
        Err(ScanError::Azure(error)) => {
            let is_refused = matches!(error.refusal().map(|refusal| refusal.status), Some(400 | 404 | 405));
            if is_refused && single(scan, parent, child, refusals, &stream).await? {
                return Ok(());
            }
            refused(scan, parent, child, error, refusals, &stream).await
        }
        Err(error) => Err(error),
    }
}

/// Whether one more is within the limit, or was counted already.
pub(super) fn admits(scan: &Scan, id: &str) -> bool {
    scan.generation.has(id) || scan.generation.is_expected(id) || scan.receipt.admit()
}

/// Some types have one resource below each parent, and no list: whether it was there.
async fn single(
    scan: &Scan,
    parent: &Entry,
    child: &TypeFacts,
    refusals: &Refusals,
    stream: &str,
) -> Result<bool, ScanError> {
    let Some(version) = child.version() else { return Ok(false) };
    let segment = child.name.rsplit('/').next().unwrap_or_default();
    let id = format!("{}/{segment}/default", parent.id);
    match get(scan, &id, &child.name, &version).await {
        Ok(Some(found)) if admits(scan, &id) => {
            let subscription = parent.subscription.as_deref().unwrap_or_default();
            refusals.found_single(subscription, &child.name.to_lowercase());
            scan.reader().settle(stream, vec![found]).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

async fn refused(
    scan: &Scan,
    parent: &Entry,
    child: &TypeFacts,
    error: AzureError,
    refusals: &Refusals,
    stream: &str,
) -> Result<(), ScanError> {
    let subscription = parent.subscription.as_deref().unwrap_or_default();
    if let Some(400 | 404 | 405) = error.refusal().map(|refusal| refusal.status) {
        refusals.refused(scan, subscription, &child.name.to_lowercase(), &error.word()).await?;
        scan.reader().settle(stream, Vec::new()).await
    } else {
        scan.receipt.partial(subscription, &child.name, &error.word());
        settle::<()>(scan, &parent.id, Err(error.into()))
    }
}

/// What bodies mention and no list gave: children of known parents; with a filter, and if it is wanted,
/// whatever the kept resources refer to, and what that refers to.
async fn mentioned(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    for _ in 0..if scan.filter.wants_referenced() { ROUNDS } else { 1 } {
        let before = scan.generation.count();
        let mut after = None;
        loop {
            let page = scan.generation.mentioned(after.as_deref(), BATCH)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let mut wanted = BTreeMap::new();
            for (_, id) in &page {
                for id in lineage(scan, id) {
                    if let Some((key, facts)) = unread(scan, providers, &id) {
                        wanted.insert(key, facts);
                    }
                }
            }
            let each = stream::iter(wanted.into_iter().map(|(key, facts)| one_mentioned(scan, key, facts)));
            each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        }
        if scan.generation.count() == before {
            break;
        }
    }
    Ok(())
}

async fn one_mentioned(scan: &Scan, key: String, facts: (String, String, String)) -> Result<(), ScanError> {
    let (id, type_name, version) = facts;
    let stream = format!("mention/{key}");
    if scan.reader().is_done(&stream)? {
        return Ok(());
    }
    match get(scan, &id, &type_name, &version).await {
        Ok(Some(found)) if scan.receipt.admit() => scan.reader().settle(&stream, vec![found]).await,
        // What is mentioned need not exist.
        Ok(_) | Err(AzureError::Refused(_) | AzureError::Unreadable { .. }) => {
            scan.reader().settle(&stream, Vec::new()).await
        }
        Err(error) => settle::<()>(scan, &id, Err(error.into())),
    }
}

/// The resources that an id goes through, outermost first; without a filter only itself.
fn lineage(scan: &Scan, id: &str) -> Vec<String> {
    if !scan.filter.wants_referenced() {
        return vec![id.to_owned()];
    }
    let mut found = Vec::new();
    let mut at = Some(id.trim_end_matches('/').to_owned());
    while let Some(text) = at {
        at = match ResourceId::parse(&text) {
            Some(parsed) if parsed.namespace.is_some() => {
                let parent = parsed.is_child().then(|| parsed.parent());
                found.push(parsed.text);
                parent
            }
            Some(_) => None,
            // A sub-object with an odd number of segments.
            None => text.rfind('/').filter(|cut| *cut > 0).map(|cut| text[..cut].to_owned()),
        };
    }
    found.reverse();
    found
}

type Wanted = (String, (String, String, String));

fn unread(scan: &Scan, providers: &Providers, id: &str) -> Option<Wanted> {
    let parsed = ResourceId::parse(id)?;
    let subscription = parsed.subscription.as_deref().unwrap_or_default().to_lowercase();
    let facts = providers.type_of(&subscription, &parsed.type_name())?;
    let is_listed = habit(&facts.name).is_some() && wanted(scan, facts).is_err();
    let is_near =
        if parsed.is_child() { scan.generation.has(&parsed.parent()) } else { scan.filter.wants_referenced() };
    if is_listed || !is_near || scan.generation.has(id) || scan.filter.excludes_type(&facts.name) {
        return None;
    }
    let version = facts.version()?;
    Some((parsed.key(), (parsed.text, facts.name.clone(), version)))
}

/// Which ids a scan notes as it reads bodies: clones share what was noted.
#[derive(Clone, Default)]
pub(super) struct Mentions {
    providers: Arc<Providers>,
    /// Every resource is noted, not only children.
    is_wide: bool,
    /// Principals are noted too.
    with_principals: bool,
    noted: Arc<Mutex<HashSet<u64>>>,
}

impl Mentions {
    pub(super) fn new(providers: Arc<Providers>, filter: &Filter) -> Self {
        let (is_wide, with_principals) = (filter.wants_referenced(), !filter.is_open());
        Self { providers, is_wide, with_principals, noted: Arc::default() }
    }

    /// Ids in a body that may be resources nobody lists, each once a scan.
    pub(super) fn of(&self, found: &Found, into: &mut Vec<String>) {
        if found.label != Label::Resource {
            return;
        }
        if self.with_principals {
            self.principals_of(found, into);
        }
        let own = arm::key(&found.id);
        each_id(&found.body, &mut |id| {
            // A child has a provider, and two types with their names.
            let depth = id.trim_matches('/').split('/').count();
            if depth < if self.is_wide { 6 } else { 8 } {
                return;
            }
            let key = arm::key(id);
            if key == own || !self.is_wide && !self.is_child(&key) {
                return;
            }
            if self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(short_hash(&key)) {
                into.push(id.to_owned());
            }
        });
    }

    fn principals_of(&self, found: &Found, into: &mut Vec<String>) {
        let text = |pointer: &str| found.body.pointer(pointer).and_then(serde_json::Value::as_str);
        let assigned = found.body.pointer("/identity/userAssignedIdentities").and_then(serde_json::Value::as_object);
        let assigned = assigned.into_iter().flatten().filter_map(|(_, one)| one.get("principalId")?.as_str());
        // An assignment's principal, the identity of a resource, a user-assigned identity's own.
        let named = ["/properties/principalId", "/identity/principalId"].into_iter().filter_map(text);
        for id in named.chain(assigned).filter(|id| uuid::Uuid::try_parse(id).is_ok()) {
            let id = format!("{PRINCIPALS}{}", id.to_lowercase());
            if self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(short_hash(&id)) {
                into.push(id);
            }
        }
    }

    fn is_child(&self, key: &str) -> bool {
        // The key is lower-cased, as the types of the metadata are.
        let Some((_, below)) = key.rsplit_once("/providers/") else { return false };
        let mut parts = below.split('/');
        let mut type_name = parts.next().unwrap_or_default().to_owned();
        let mut levels = 0;
        while let (Some(kind), Some(_)) = (parts.next(), parts.next()) {
            type_name.push('/');
            type_name.push_str(kind);
            levels += 1;
        }
        let subscription = key.split('/').nth(2).unwrap_or_default();
        levels > 1 && self.providers.knows(subscription, &type_name)
    }
}

fn short_hash(key: &str) -> u64 {
    let mut head = [0; 8];
    head.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
    u64::from_be_bytes(head)
}
