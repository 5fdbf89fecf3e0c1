//! Child resources, level by level below every parent that was found.
//!
//! The provider metadata names the child types, so that this file names none. A table (`child_types.tsv`) says which
//! types are no resources, which another list gives already, which their parent's body holds whole (they are taken
//! from there, which saves a request for each parent), which come by the thousand (they are listed only if the
//! scan's request names them), and of which only those are kept that somebody set (parameters of servers).
//! A child list that a provider refuses for several parents is not requested again in the scan, and the receipt says
//! so. Where a parent has one child with the name `default` instead of a list, that child is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{TryStreamExt, stream};
use serde_json::Value;

use super::refusable::{Question, ask, give_up, keep_note};
use crate::{
    arm::{self, Parameter},
    graph::{Entry, Select, model::Found},
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

/// How many levels below top-level resources are read.
const LEVELS: usize = 6;

/// A list that is requested below each parent of a type.
#[derive(Debug, PartialEq, Eq)]
struct ChildList {
    /// The last word of its name ends the path of the list.
    facts: TypeFacts,
    /// Several types that come in this one list. Where it is empty or refused, each is listed under its own name.
    /// Empty for the list of one type.
    covers: Vec<TypeFacts>,
}

impl ChildList {
    fn of(facts: TypeFacts) -> Self {
        Self { facts, covers: Vec::new() }
    }

    /// The metadata's spelling of a type; `None`: the list does not cover the type.
    fn spelled(&self, type_name: &str) -> Option<&str> {
        let of = self.covers.iter().find(|child| child.name.eq_ignore_ascii_case(type_name));
        of.map(|child| child.name.as_str())
    }
}

/// By subscription and type of parent, in lower case: the lists to request below each such parent.
type Plan = BTreeMap<(String, String), Vec<Arc<ChildList>>>;

/// The lists of some types; types that the table puts together ([`ChildRule::OneList`]) share one.
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
            Some(list) => list.covers.push(facts),
            None => lists.push(ChildList { facts: TypeFacts { name, ..facts.clone() }, covers: vec![facts] }),
        }
    }
    lists.into_iter().map(Arc::new).collect()
}

/// Reads every level below what was found so far; adds the types that it does not list to `left_out`.
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
                let reason = match wanted(scan, child) {
                    Ok(()) => {
                        here.push(child.clone());
                        keeps_only_set(scan, &child.name).then(|| {
                            let why =
                                "parameters that nobody set are left out; name it in include_child_types to keep them";
                            Reason::new(Cause::Defaults, why)
                        })
                    }
                    Err(reason) => reason,
                };
                if let Some(reason) = reason {
                    let (subscription, type_name) = (cell.subscription.clone(), child.name.clone());
                    left_out.insert(LeftOut { subscription, type_name, reason });
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

/// Reads every planned list below every parent of a level, in the order of the parents' keys. Batches of parents
/// overlap, so that no request that the quota allows waits for the slowest request of the batch before.
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
    let each = asked.try_flatten().map_ok(|(entry, list)| list_below(scan, entry, list, refusals));
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

/// `Ok` for a child type that is to be listed. `Err`: it is not; the reason is for the receipt, and `None` where the
/// receipt need not mention the type.
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

/// Whether of a type only those are kept that somebody set.
pub(crate) fn keeps_only_set(scan: &Scan, type_name: &str) -> bool {
    rule_of(type_name) == Some(ChildRule::OnlySet)
        && !scan.filter.asks_for(&scan.request.include_child_types, type_name)
}

/// Whether a body is that of a server's parameter that nobody set.
pub(crate) fn is_unset(body: &Value) -> bool {
    let properties = body.get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| matches!(Parameter::of(properties), Parameter::Default | Parameter::ReadOnly))
}

/// A parent whose child lists are read.
struct ListsBelow<'a> {
    scan: &'a Scan,
    parent: &'a Entry,
    subscription: &'a str,
    refusals: &'a Refusals,
}

async fn list_below(scan: &Scan, parent: Entry, list: Arc<ChildList>, refusals: &Refusals) -> Result<(), ScanError> {
    let subscription = parent.subscription.as_deref().unwrap_or_default();
    let here = ListsBelow { scan, parent: &parent, subscription, refusals };
    if list.covers.is_empty() {
        return here.one_list(&list.facts).await;
    }
    if here.one_of_all(&list).await? {
        return Ok(());
    }
    for child in &list.covers {
        here.one_list(child).await?;
    }
    Ok(())
}

impl ListsBelow<'_> {
    fn stream<'a>(&'a self, child: &'a TypeFacts) -> StreamKey<'a> {
        StreamKey::Children { parent: &self.parent.key, list: last_word(&child.name) }
    }

    fn path(&self, child: &TypeFacts) -> String {
        format!("{}/{}", encoded(&self.parent.id), last_word(&child.name))
    }

    /// The child, if the scan wants it and it lies below this parent: some lists also give children of others.
    fn kept(&self, child_type: &str, found: Found) -> Option<Found> {
        let lies_below = arm::key(&found.id).starts_with(&format!("{}/", self.parent.key));
        let is_kept = lies_below
            && self.scan.filter.keeps_child(child_type, last_word(&found.id))
            && !(keeps_only_set(self.scan, child_type) && is_unset(&found.body));
        (is_kept && self.scan.admits(&found.id)).then_some(found)
    }

    /// Reads one list for several types of children. True: it gave some, in this run or in an earlier one.
    async fn one_of_all(&self, list: &ChildList) -> Result<bool, ScanError> {
        let Self { scan, subscription, refusals, .. } = self;
        let (stream, asked) = (self.stream(&list.facts), AskedList::new(subscription, &list.facts.name));
        if scan.is_done(&stream)? {
            return self.has_children();
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

    /// Whether something below the parent is stored: an earlier run that was killed after an empty list had not yet asked
    /// for what the list stands for.
    fn has_children(&self) -> Result<bool, ScanError> {
        let below = format!("{}/", self.parent.key);
        let next = self.scan.generation.entries(&Select { after: Some(below.clone()), limit: 1 })?;
        Ok(next.iter().any(|entry| entry.key.starts_with(&below)))
    }

    /// Reads the children of one type: from the parent's body, as one child with a fixed name, or by their list.
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

    /// Takes children from the body of their parent. False: it does not hold them whole.
    async fn taken_from_body(&self, child: &TypeFacts, array: &str, version: &str) -> Result<bool, ScanError> {
        let body = self.scan.generation.body(&self.parent.key)?;
        let Some(children) = body.and_then(|body| held_whole(&body, array)) else { return Ok(false) };
        // The parent's body has the shape of the parent's api-version: the children keep it if their type has it.
        let shown = Some(self.parent.api_version.as_str()).filter(|shown| child.versions.iter().any(|of| of == shown));
        let found = children.into_iter().filter_map(|body| {
            let found = element(body, &child.name, shown.unwrap_or(version), self.subscription)?;
            self.kept(&child.name, found)
        });
        self.scan.settle(&self.stream(child), found.collect()).await?;
        Ok(true)
    }

    /// Reads the one child named `default` that some types have instead of a list. False: there is none.
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
