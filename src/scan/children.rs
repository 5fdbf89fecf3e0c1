//! Child resources: their types come from the provider metadata, so that none need be known.
//!
//! Level by level below every parent that was found. A table (`child_types.tsv`) only says what is no
//! resource and what comes by the thousand; the latter is listed where the request asks for it. A
//! child list that a provider refuses for several parents is not asked again in the scan, and the
//! receipt says so. What a body mentions below a known parent and no list gave is read by its id.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    AT_ONCE, Scan, ScanError,
    filter::Filter,
    providers::{Providers, TypeFacts},
    resources::{element, encoded, get, other_version, settle},
};
use crate::{
    arm::{self, ResourceId},
    azure::AzureError,
    graph::{
        Cell, Entry, Select,
        model::{Found, Fullness},
        rules::mentions,
    },
};

/// Refusals after which a child type is not asked again.
const REFUSALS: u32 = 3;
/// Levels below a top-level resource.
const LEVELS: usize = 6;
/// Parents that are looked at in one go.
const BATCH: usize = 500;

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
    /// No resource: never asked.
    Skip,
    /// Many: asked on request.
    Many,
}

static TABLE: LazyLock<Vec<(Habit, globset::GlobMatcher)>> = LazyLock::new(|| {
    let rows = include_str!("child_types.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let (habit, glob) = line.split_once('\t')?;
        let habit = if habit == "skip" { Habit::Skip } else { Habit::Many };
        let glob = globset::GlobBuilder::new(glob).case_insensitive(true).build().ok()?;
        Some((habit, glob.compile_matcher()))
    })
    .collect()
});

fn habit(type_name: &str) -> Option<Habit> {
    TABLE.iter().find(|(_, glob)| glob.is_match(type_name)).map(|(habit, _)| *habit)
}

/// How often each child type was refused, by subscription and type.
#[derive(Default)]
struct Refusals(Mutex<BTreeMap<(String, String), (u32, String)>>);

impl Refusals {
    fn is_given_up(&self, subscription: &str, type_name: &str) -> bool {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&(subscription.to_owned(), type_name.to_owned())).is_some_and(|(count, _)| *count >= REFUSALS)
    }

    fn add(&self, subscription: &str, type_name: &str, word: String) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = refused.entry((subscription.to_owned(), type_name.to_owned())).or_default();
        entry.0 += 1;
        entry.1 = word;
    }

    /// A list that worked for one parent is asked for all.
    fn clear(&self, subscription: &str, type_name: &str) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = refused.get_mut(&(subscription.to_owned(), type_name.to_owned())) {
            entry.0 = 0;
        }
    }
}

/// Reads every child; what was left out.
pub(super) async fn read(scan: &Scan, providers: &Providers) -> Result<Vec<LeftOut>, ScanError> {
    let refusals = Refusals::default();
    let mut left_out = BTreeSet::new();
    let mut asked: BTreeSet<(String, String)> = BTreeSet::new();
    for level in 1..=LEVELS {
        let cells: Vec<Cell> = scan.generation.cells()?;
        let parents = cells.into_iter().filter(|cell| cell.type_name.matches('/').count() == level);
        let mut plan = Vec::new();
        for parent in parents {
            for child in providers.children_of(&parent.subscription, &parent.type_name) {
                if !asked.insert((parent.subscription.clone(), child.name.to_lowercase())) {
                    continue;
                }
                match wanted(scan, child) {
                    Ok(()) => plan.push((parent.clone(), child.clone())),
                    Err(Some(reason)) => {
                        let (subscription, type_name) = (parent.subscription.clone(), child.name.clone());
                        left_out.insert(LeftOut { subscription, type_name, reason });
                    }
                    Err(None) => {}
                }
            }
        }
        let types = plan.len().max(1);
        for (at, (parent, child)) in plan.into_iter().enumerate() {
            scan.check_cancel()?;
            let within = (level as f64 - 1.0 + at as f64 / types as f64) / LEVELS as f64;
            scan.report("children", &child.name, 0.45 + 0.3 * within);
            one_type(scan, &parent, &child, &refusals).await?;
        }
    }
    mentioned(scan, providers).await?;
    let refused = refusals.0.lock().unwrap_or_else(PoisonError::into_inner);
    for ((subscription, type_name), (count, word)) in refused.iter() {
        if *count >= REFUSALS {
            let reason = format!("the provider has no such list ({word}); not asked again");
            left_out.insert(LeftOut { subscription: subscription.clone(), type_name: type_name.clone(), reason });
        }
    }
    Ok(left_out.into_iter().collect())
}

/// Whether a child type is to be listed; the reason where the receipt should say why not.
fn wanted(scan: &Scan, child: &TypeFacts) -> Result<(), Option<String>> {
    match habit(&child.name) {
        Some(Habit::Skip) => Err(None),
        Some(Habit::Many) if !scan.filter.asks_for(&scan.request.include_child_types, &child.name) => {
            Err(Some("comes by the thousand; name it in include_child_types to read it".to_owned()))
        }
        _ if scan.filter.excludes_type(&child.name) => Err(Some("excluded by the filter".to_owned())),
        _ => Ok(()),
    }
}

/// Whether a plan counts a child type's lists.
pub(super) fn is_planned(asked: &[String], child: &TypeFacts) -> bool {
    match habit(&child.name) {
        Some(Habit::Skip) => false,
        Some(Habit::Many) => Filter::of(None).asks_for(asked, &child.name),
        None => true,
    }
}

async fn one_type(scan: &Scan, parent: &Cell, child: &TypeFacts, refusals: &Refusals) -> Result<(), ScanError> {
    let Some(version) = child.version() else { return Ok(()) };
    let mut after = None;
    loop {
        let select = Select {
            type_name: &parent.type_name,
            subscription: Some(&parent.subscription),
            at_most: None,
            after,
            limit: BATCH,
        };
        let entries = scan.generation.entries(&select)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = Some(last.key.clone());
        let each = stream::iter(entries.into_iter().map(|entry| below(scan, entry, child, &version, refusals)));
        each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    }
}

async fn below(
    scan: &Scan,
    parent: Entry,
    child: &TypeFacts,
    version: &str,
    refusals: &Refusals,
) -> Result<(), ScanError> {
    let subscription = parent.subscription.clone().unwrap_or_default();
    let key = child.name.to_lowercase();
    let segment = child.name.rsplit('/').next().unwrap_or_default();
    let stream = format!("child/{}/{segment}", parent.key);
    if refusals.is_given_up(&subscription, &key) || scan.reader().is_done(&stream)? {
        return Ok(());
    }
    let mut tried = vec![version.to_owned()];
    loop {
        let version = tried.last().cloned().unwrap_or_default();
        let first = format!("{}/{segment}?api-version={version}", encoded(&parent.id));
        let keep = |body: Value| {
            let found = element(body, &child.name, &version, &subscription)?;
            // Some lists give more than was asked for: only what lies below this parent.
            let lies_below = arm::key(&found.id).starts_with(&format!("{}/", parent.key));
            (lies_below && (scan.generation.has(&found.id).unwrap_or(false) || scan.receipt.admit())).then_some(found)
        };
        match scan.reader().list(&stream, &first, keep).await {
            Ok(_) => {
                refusals.clear(&subscription, &key);
                return Ok(());
            }
            Err(ScanError::Azure(error)) => {
                if let Some(next) = other_version(&error, &tried) {
                    tried.push(next);
                    continue;
                }
                return refused(scan, &parent, child, error, refusals, &stream).await;
            }
            Err(error) => return Err(error),
        }
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
        refusals.add(subscription, &child.name.to_lowercase(), error.word());
        scan.reader().settle(stream, Vec::new()).await
    } else {
        scan.receipt.partial(subscription, &child.name, &error.word());
        settle::<()>(scan, &parent.id, Err(error.into()))
    }
}

/// Children that only a body mentions: read by id where their parent and their type are known.
async fn mentioned(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    let mut wanted: BTreeMap<String, (String, String, String)> = BTreeMap::new();
    for cell in scan.generation.cells()? {
        let mut after = None;
        loop {
            let select = Select {
                type_name: &cell.type_name,
                subscription: Some(&cell.subscription),
                at_most: None,
                after,
                limit: BATCH,
            };
            let entries = scan.generation.entries(&select)?;
            let Some(last) = entries.last() else { break };
            after = Some(last.key.clone());
            for entry in &entries {
                let Some(body) = scan.generation.body(&entry.key)? else { continue };
                for mention in mentions(&body) {
                    if let Some((key, facts)) = unread_child(scan, providers, &mention.id)? {
                        wanted.insert(key, facts);
                    }
                }
            }
        }
    }
    let each = stream::iter(wanted.into_iter().map(|(key, (id, type_name, version))| async move {
        match get(scan, &id, &type_name, &version).await {
            Ok(Some(found)) if scan.receipt.admit() => {
                let found = Found { fullness: Fullness::Read, ..found };
                scan.reader().settle(&format!("get/{key}"), vec![found]).await
            }
            // What is mentioned need not exist.
            Ok(_) | Err(AzureError::Refused(_) | AzureError::Unreadable { .. }) => Ok(()),
            Err(error) => settle::<()>(scan, &id, Err(error.into())),
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

type Wanted = (String, (String, String, String));

fn unread_child(scan: &Scan, providers: &Providers, id: &str) -> Result<Option<Wanted>, ScanError> {
    let Some(parsed) = ResourceId::parse(id).filter(ResourceId::is_child) else { return Ok(None) };
    let subscription = parsed.subscription.as_deref().unwrap_or_default().to_lowercase();
    let Some(facts) = providers.type_of(&subscription, &parsed.type_name()) else { return Ok(None) };
    let listed = habit(&facts.name).is_some() && wanted(scan, facts).is_err();
    if listed || scan.generation.has(id)? || !scan.generation.has(&parsed.parent())? {
        return Ok(None);
    }
    let Some(version) = facts.version() else { return Ok(None) };
    Ok(Some((parsed.key(), (parsed.text, facts.name.clone(), version))))
}
