//! Child resources, level by level below every parent that was found.
//!
//! Their types come from the provider metadata, so that none need be known; a table says what is no resource, what
//! another list gives already, what its parent's body holds whole (taken from there, one request less a parent), and
//! what comes by the thousand: the latter is listed where the request asks for it.
//! A child list that a provider refuses for several parents is not asked again in the scan, and the receipt says so;
//! where there is one child with a fixed name instead of a list, that is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{TryStreamExt, stream};
use serde_json::Value;

use super::refusable::{Question, ask, give_up, keep_note};
use crate::{
    arm,
    graph::{Entry, model::Found},
    scan::{
        error::ScanError,
        facts::{
            body::{element, encoded, held_whole},
            catalogue::{Catalogue, TypeFacts},
            child_rules::{ChildRule, rule_of},
            refusals::{AskedList, Cause, LeftOut, Reason, Refusals},
            stream_key::StreamKey,
        },
        read::{
            by_id::get,
            listing::Address,
            scan::{AT_ONCE, Scan},
        },
    },
};

/// Levels below a top-level resource.
const LEVELS: usize = 6;

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
        let Some(ChildRule::OneList(segment)) = rule_of(&facts.name) else {
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

/// Every level below what was found so far; what was left out is added.
pub(crate) async fn read(
    scan: &Scan,
    catalogue: &Catalogue,
    refusals: &Refusals,
    left_out: &mut BTreeSet<LeftOut>,
) -> Result<(), ScanError> {
    for level in 1..=LEVELS {
        let mut plan = Plan::new();
        let (mut lists, mut parents) = (0, 0);
        for cell in scan.generation.cells().into_iter().filter(|cell| cell.type_name.matches('/').count() == level) {
            let mut here = Vec::new();
            for child in catalogue.children_of(&cell.subscription, &cell.type_name) {
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
    let asked = scan.batches().map_ok(|entries| {
        let mut asked = Vec::new();
        for entry in entries.into_iter().filter(|entry| entry.type_name.matches('/').count() == level) {
            let subscription = entry.subscription.clone().unwrap_or_default();
            let children = plan.get(&(subscription, entry.type_name.to_lowercase()));
            asked.extend(children.into_iter().flatten().map(|child| Ok((entry.clone(), child.clone()))));
        }
        stream::iter(asked)
    });
    let each = asked.try_flatten().map_ok(|(entry, list)| below(scan, entry, list, refusals));
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

/// Whether a child type is to be listed; the reason where the receipt should say why not.
pub(crate) fn wanted(scan: &Scan, child: &TypeFacts) -> Result<(), Option<Reason>> {
    let filtered = |why: &str| Err(Some(Reason::new(Cause::FilteredOut, why)));
    match rule_of(&child.name) {
        Some(ChildRule::Skip | ChildRule::Needless) => Err(None),
        Some(ChildRule::Many) if !scan.filter.asks_for(&scan.request.include_child_types, &child.name) => {
            let why = "comes by the thousand; name it in include_child_types to read it";
            Err(Some(Reason::new(Cause::ByTheThousand, why)))
        }
        _ if scan.filter.excludes_type(&child.name) => filtered("excluded by the filter"),
        _ if !scan.filter.wants_children(&child.name) => filtered("the filter leaves it out"),
        _ => Ok(()),
    }
}

/// One parent of a list of children.
struct Below<'a> {
    scan: &'a Scan,
    parent: &'a Entry,
    subscription: &'a str,
    refusals: &'a Refusals,
}

async fn below(scan: &Scan, parent: Entry, list: Arc<ChildList>, refusals: &Refusals) -> Result<(), ScanError> {
    let subscription = parent.subscription.as_deref().unwrap_or_default();
    let here = Below { scan, parent: &parent, subscription, refusals };
    if list.instead_of.is_empty() {
        return here.one_list(&list.facts).await;
    }
    if here.one_of_all(&list).await? {
        return Ok(());
    }
    for child in &list.instead_of {
        here.one_list(child).await?;
    }
    Ok(())
}

impl Below<'_> {
    fn stream<'a>(&'a self, child: &'a TypeFacts) -> StreamKey<'a> {
        StreamKey::Children { parent: &self.parent.key, list: last_word(&child.name) }
    }

    fn path(&self, child: &TypeFacts) -> String {
        format!("{}/{}", encoded(&self.parent.id), last_word(&child.name))
    }

    /// A child of this parent, if the scan wants it. Some lists give more than was asked for.
    fn kept(&self, child_type: &str, found: Found) -> Option<Found> {
        let lies_below = arm::key(&found.id).starts_with(&format!("{}/", self.parent.key));
        let is_kept = lies_below && self.scan.filter.keeps_child(child_type, last_word(&found.id));
        (is_kept && self.scan.admits(&found.id)).then_some(found)
    }

    /// One list for several types of children: whether it gave any, now or before.
    async fn one_of_all(&self, list: &ChildList) -> Result<bool, ScanError> {
        let Self { scan, subscription, refusals, .. } = self;
        let (stream, asked) = (self.stream(&list.facts), AskedList::new(subscription, &list.facts.name));
        if scan.is_done(&stream)? {
            return Ok(true);
        }
        let Some(version) = list.facts.version().filter(|_| !refusals.is_given_up(&asked)) else { return Ok(false) };
        let keep = |body: Value, version: &str| {
            let mut found = element(body, &list.facts.name, version, subscription)?;
            let of = list.spelled(&found.type_name)?;
            of.clone_into(&mut found.type_name);
            self.kept(of, found)
        };
        let path = self.path(&list.facts);
        match scan.unless_fatal(scan.list(&stream, Address::of(&path), &version, keep).await)? {
            Ok(0) => Ok(false),
            Ok(read) => {
                keep_note(scan, refusals.answered(&asked, read, false)).await?;
                Ok(true)
            }
            Err(_) => {
                refusals.refused_quietly(&asked);
                Ok(false)
            }
        }
    }

    async fn one_list(&self, child: &TypeFacts) -> Result<(), ScanError> {
        let Self { scan, parent, subscription, refusals } = *self;
        let Some(version) = child.version() else { return Ok(()) };
        let (asked, path) = (AskedList::new(subscription, &child.name), self.path(child));
        let (stream, type_name, scope) = (self.stream(child), child.name.as_str(), parent.id.as_str());
        if refusals.is_given_up(&asked) || scan.is_done(&stream)? {
            return Ok(());
        }
        if let Some(ChildRule::InBody(array)) = rule_of(&child.name)
            && self.taken_from_body(child, array, &version).await?
        {
            return Ok(());
        }
        if refusals.is_single(&asked) && self.single(child, &version, &asked).await? {
            return Ok(());
        }
        let keep = |body: Value, version: &str| {
            let found = element(body, &child.name, version, subscription)?;
            self.kept(&child.name, found)
        };
        let (path, version, guessed) = (path.as_str(), version.as_str(), false);
        let question = Question { stream, asked, subscription, type_name, path, version, scope, guessed };
        let Some(error) = ask(scan, refusals, &question, keep).await? else { return Ok(()) };
        if self.single(child, version, &question.asked).await? {
            return Ok(());
        }
        give_up(scan, refusals, &question, &error).await
    }

    /// Takes children from the body of their parent: whether it holds them whole.
    async fn taken_from_body(&self, child: &TypeFacts, array: &str, version: &str) -> Result<bool, ScanError> {
        let body = self.scan.generation.body(&self.parent.key)?;
        let Some(children) = body.and_then(|body| held_whole(&body, array)) else { return Ok(false) };
        // They look as the version of their parent shows them.
        let shown = Some(self.parent.api_version.as_str()).filter(|shown| child.versions.iter().any(|of| of == shown));
        let found = children.into_iter().filter_map(|body| {
            let found = element(body, &child.name, shown.unwrap_or(version), self.subscription)?;
            self.kept(&child.name, found)
        });
        self.scan.settle(&self.stream(child), found.collect()).await?;
        Ok(true)
    }

    /// Some types have one resource below each parent, and no list: whether it was there.
    async fn single(&self, child: &TypeFacts, version: &str, asked: &AskedList) -> Result<bool, ScanError> {
        let id = format!("{}/{}/default", self.parent.id, last_word(&child.name));
        let found = match get(self.scan, &id, &child.name, version).await {
            Err(error) if self.scan.ends(&error) => return Err(error),
            found => found.ok().flatten(),
        };
        let Some(found) = found.filter(|_| self.scan.admits(&id)) else { return Ok(false) };
        self.refusals.found_single(asked);
        self.scan.settle(&self.stream(child), vec![found]).await?;
        Ok(true)
    }
}

fn last_word(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
