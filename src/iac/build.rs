//! The plan, made of a survey: all passes in their order. Whatever needs more than one resource to be decided
//! is decided here, on light rows; then each body gets its references.

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio_util::sync::CancellationToken;

use super::{
    error::IacError,
    model::{
        body::Body,
        capabilities::Capabilities,
        index::{Index, hash},
        plan::{Counts, Given, Item, LeftOut, Outside, Parameter, Parent, Plan, Within},
        tags,
        words::Words,
    },
    parallel::in_order,
    passes::{
        addresses::Addresses,
        circles::{self, Ties},
        grants::{self, Roles},
        managed_groups,
        naming::Labels,
        ownership::{self, Candidate, Claims, Managers, Reason},
        placement,
        references::{self, Principals, World},
        retarget::{Moved, Target},
        secrets::Lifted,
        selection::{self, Selection, State},
        source::Source,
    },
    shelf::{Shelf, Spot},
    survey::{Row, Seen, Survey, Surveyor},
};
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::redact::Names,
};

/// Items that are worked on at once by one core: few, so that all cores have some of a small plan.
const CHUNK: usize = 32;

/// Rows whose memory is given back at once.
const GIVEN_BACK: usize = 1 << 17;

/// What a plan is made for.
#[derive(Debug)]
pub struct Order<'o> {
    pub request: &'o GenerateIacRequest,
    pub capabilities: &'o Capabilities,
    pub cancel: &'o CancellationToken,
}

/// All passes from a selection to a plan. `shelves` makes a place for bodies.
pub fn build(
    source: &dyn Source,
    mut selection: Selection,
    order: &Order<'_>,
    shelves: impl Fn() -> Shelf,
) -> Result<Plan, IacError> {
    let Order { request, capabilities, cancel } = *order;
    let target = Target::of(&selection, request);
    let moved = target.as_ref().map(|target| target.rows(&mut selection)).unwrap_or_default();
    let Moved { dropped, mut warnings } = moved;
    let names = Names::default();
    let surveyor = Surveyor { source, capabilities, target: target.as_ref(), cancel, names, roles: Roles::default() };
    let Selection { rows, pages, known, managers: may_manage, bound_reached, nothing } = selection;
    let wanted = wanted(rows, &dropped);
    let survey = surveyor.survey(&wanted, &pages, shelves())?;
    drop(wanted);
    let managers = managers(source, &may_manage, target.as_ref())?;
    warnings.extend(target.as_ref().and_then(Target::unused));
    let Planned { mut plan, shown, addresses } = planned(survey, managers, capabilities);
    plan.warnings.extend(nothing);
    plan.warnings.extend(bound_reached.then(|| "too many dependencies: the rest stays as literal ids".to_owned()));
    plan.warnings.extend(warnings);
    // Terraform reads an import before it plans: who an identity is, it knows then.
    let is_given = |id: &str| request.identity_map.values().any(|to| to.eq_ignore_ascii_case(id));
    let principals = Principals::of(&plan.items, is_given);
    let world = World {
        plan: &plan,
        known: &known,
        principals: &principals,
        capabilities,
        addresses: &addresses,
        shown: &shown,
    };
    let mut shelf = shelves();
    let Linked { mut resolved, ties, outside, outputs } = link(&world, target.as_ref(), &mut shelf, cancel)?;
    drop((principals, shown, addresses));
    for (item, outputs) in outputs {
        plan.items[item].outputs = outputs.into_iter().map(|(path, was)| (path.into(), was.into())).collect();
    }
    plan.outside = outside;
    plan.shelf = shelf;
    let parents: Vec<Parent> = plan.items.iter().map(|item| item.parent).collect();
    let cuts = circles::cut(&parents, &ties);
    drop(ties);
    open(&mut plan, target.as_ref(), &mut resolved, cuts)?;
    for (item, resolved) in plan.items.iter_mut().zip(resolved) {
        let Resolved { needs, given, tags, weight, counts, spot } = resolved;
        (item.needs, item.given, item.tags, item.weight) = (needs, given, tags, weight);
        (item.counts, item.spot) = (counts, spot);
    }
    Ok(plan)
}

/// What is surveyed, by the hashes of keys, without what has the same id in the target as another row that is kept. The rows
/// end here: those of the survey are as many.
fn wanted(rows: Vec<selection::Row>, dropped: &HashSet<u64>) -> HashMap<u64, State> {
    let wanted = rows.into_iter().map(|row| (hash(&arm::key(&row.id)), row.state));
    wanted.filter(|(key, _)| !dropped.contains(key)).collect()
}

/// Who manages which group, of resources that are not to be planned.
fn managers(source: &dyn Source, ids: &[Box<str>], target: Option<&Target<'_>>) -> Result<Managers, IacError> {
    let mut managers = Managers::new();
    for id in ids {
        let Some(node) = source.node(id)? else { continue };
        let node = match target {
            Some(target) => target.node(node),
            None => node,
        };
        managers.extend(managed_groups::of(&node).iter().map(|group| (hash(group), Box::from(node.id.as_str()))));
    }
    Ok(managers)
}

/// Items with their numbers, labels, parents and parameters, before any reference is made.
struct Planned {
    plan: Plan,
    /// What bodies hold whole.
    shown: Vec<(u64, u64)>,
    addresses: Addresses,
}

fn planned(survey: Survey, managers: Managers, capabilities: &Capabilities) -> Planned {
    let (compares, style) = (capabilities.compares, capabilities.style);
    let Survey { mut rows, shown, shelf } = survey;
    let mut plan = Plan { shelf, ..Plan::default() };
    plan.dependencies = rows.iter().filter(|row| row.is_dependency).count();
    plan.selected = rows.len() - plan.dependencies;
    let mut reasons = apart(&rows, &shown, managers);
    plan.items.reserve_exact(rows.len() - reasons.len());
    let mut labels = Labels::new(style);
    let who = who(&rows);
    for (_, row) in rows.iter().enumerate().filter(|(number, _)| !reasons.contains_key(number)) {
        labels.count(&title(row, &labels, &who));
    }
    let holders = holders(&rows, &reasons);
    let mut addresses = Addresses::default();
    let mut writer = Writer {
        plan: &mut plan,
        labels,
        words: Words::default(),
        taken: HashSet::new(),
        compares,
        addresses: &mut addresses,
    };
    // The item in whose block each of the rows before is.
    let mut items: Vec<usize> = Vec::with_capacity(rows.len());
    // Rows end as they become items, and give their memory back.
    rows.reverse();
    for number in 0..rows.len() {
        let Some(row) = rows.pop() else { break };
        if rows.len() % GIVEN_BACK == 0 {
            rows.shrink_to_fit();
        }
        match reasons.remove(&number) {
            None => {
                items.push(writer.plan.items.len());
                // Made twice: titles of all rows at once are many.
                let title = title(&row, &writer.labels, &who);
                writer.item(row, &title);
            }
            Some(Reason::Within(holder)) => {
                let item = items[holder];
                items.push(item);
                let (id, type_name, holder) = (row.id, row.found_type, holders[&holder].clone());
                writer.plan.within.push(Within { id, type_name, holder, item });
            }
            Some(Reason::Absent(reason)) => {
                items.push(usize::MAX);
                let reason = writer.words.get(&reason);
                writer.plan.left_out.push(LeftOut { id: row.id, type_name: row.found_type, reason });
            }
        }
    }
    let apart = plan.left_out.iter().map(|left| &left.id).chain(plan.within.iter().map(|within| &within.id));
    let mut index = Index::default();
    apart.enumerate().for_each(|(number, id)| index.insert(hash(&arm::key(id)), number));
    plan.apart = index;
    addresses.settle();
    Planned { plan, shown, addresses }
}

/// The ids of what holds others in its body, by their numbers.
fn holders(rows: &[Row], reasons: &HashMap<usize, Reason>) -> BTreeMap<usize, Box<str>> {
    let of = |reason: &Reason| match reason {
        Reason::Within(holder) => Some((*holder, rows[*holder].id.clone())),
        Reason::Absent(_) => None,
    };
    reasons.values().filter_map(of).collect()
}

/// Names of resources by the object ids of their identities, where anything is granted to somebody.
fn who(rows: &[Row]) -> HashMap<String, String> {
    let seen = || rows.iter().filter_map(|row| Some((row, row.seen.as_deref()?)));
    if !seen().any(|(_, seen)| seen.grant.is_some()) {
        return HashMap::new();
    }
    seen().flat_map(|(row, seen)| grants::names(&seen.principals, &row.id)).collect()
}

/// What a resource is called: an assignment by what it grants, everything else by its name, or by what people call it
/// where that is a GUID.
fn title(row: &Row, labels: &Labels, who: &HashMap<String, String>) -> String {
    let Some(id) = ResourceId::parse(&row.id) else { return String::new() };
    let seen = row.seen.as_ref();
    if let Some(grant) = seen.and_then(|seen| seen.grant.as_ref()) {
        return grants::title(grant, who.get(&grant.principal).map(String::as_str), &id);
    }
    match seen.and_then(|seen| seen.called.as_deref()) {
        Some(called) => labels.free(called.to_owned(), &id),
        None => labels.name_of(&id),
    }
}

fn apart(rows: &[Row], shown: &[(u64, u64)], managers: Managers) -> std::collections::HashMap<usize, Reason> {
    let mut numbers = Index::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        numbers.insert(hash(&arm::key(&row.id)), number);
    }
    let none = Claims::default();
    let node = |number: usize| {
        let row = &rows[number];
        Candidate { id: &row.id, claims: row.claims.as_deref().unwrap_or(&none), is_split: row.is_split }
    };
    ownership::apart(rows.len(), node, &numbers, shown, managers)
}

/// Writes items into a plan, in the order of their keys.
struct Writer<'p> {
    plan: &'p mut Plan,
    labels: Labels,
    words: Words,
    /// Names of parameters.
    taken: HashSet<String>,
    /// Ids keep Azure's spelling.
    compares: bool,
    addresses: &'p mut Addresses,
}

impl Writer<'_> {
    fn item(&mut self, row: Row, title: &str) {
        let number = self.plan.items.len();
        let Seen { principals, lifted, addresses, grant, .. } = row.seen.map(|seen| *seen).unwrap_or_default();
        self.addresses.add(number, addresses);
        let parsed = ResourceId::parse(&row.id);
        let label = self.labels.of(title, &row.id);
        if let Some(grant) = grant.filter(|grant| grant.role.is_built_in) {
            self.plan.roles.insert(number, grant.role.name);
        }
        let above = parsed.map(|id| arm::key(&id.parent())).unwrap_or_default();
        // Parents have shorter keys: they are there already.
        let parent = self.plan.numbers.get(&above).map_or(Parent::Literal, Parent::Item);
        let secrets = self.parameters(number, &label, lifted);
        self.plan.numbers.insert(hash(&arm::key(&row.id)), number);
        self.plan.items.push(Item {
            id: self.spelled(row.id, parent),
            type_name: row.type_name,
            api_version: row.api_version,
            label: label.into(),
            is_group: row.is_group,
            is_dependency: row.is_dependency,
            has_identity: row.has_identity,
            parent,
            table: row.table,
            principals,
            secrets,
            given: Box::default(),
            needs: Box::default(),
            tags: 0,
            outputs: Box::default(),
            weight: 0,
            counts: Counts::default(),
            spot: row.spot,
        });
    }

    /// An id that begins as its parent spells its own, unless spellings are compared: services spell a group in
    /// several ways, and it is one group.
    fn spelled(&self, id: Box<str>, parent: Parent) -> Box<str> {
        let Parent::Item(parent) = parent else { return id };
        let above = &self.plan.items[parent].id;
        match id.get(above.len()..).filter(|rest| rest.starts_with('/') && !self.compares) {
            Some(rest) if !id.starts_with(&**above) => format!("{above}{rest}").into(),
            _ => id,
        }
    }

    fn parameters(&mut self, item: usize, label: &str, lifted: Vec<Lifted>) -> std::ops::Range<u32> {
        let at = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let first = at(self.plan.parameters.len());
        for Lifted { called, path, why, leaf, value } in lifted {
            let name = self.labels.parameter(&format!("{label}_{called}"), &mut self.taken);
            let kind = if value.is_some() { Given::Open } else { Given::Secret };
            self.plan.parameters.push(Parameter { name, item, path, why, leaf, kind, value });
        }
        first..at(self.plan.parameters.len())
    }
}

/// What a body with references tells of its item.
struct Resolved {
    needs: Box<[u32]>,
    given: Box<[u32]>,
    tags: u64,
    weight: u32,
    counts: Counts,
    spot: Spot,
}

impl Resolved {
    fn of(item: &Item, body: &Body, targets: impl Iterator<Item = usize>) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let given = body.term.parameters().into_iter().filter_map(|number| u32::try_from(number).ok());
        Self {
            needs: references::needs(item.parent, targets).into(),
            given: given.collect(),
            tags: tags::hash_of(&body.term),
            weight: placement::weight_of(&body.term),
            counts: Counts {
                external: count(body.external.len()),
                unresolved: count(body.unresolved.len()),
                circular: count(body.circular.len()),
                against: count(body.against.len()),
                left_behind: count(body.left_behind.len()),
            },
            spot: Spot::default(),
        }
    }
}

/// All bodies with their references.
struct Linked {
    resolved: Vec<Resolved>,
    ties: Vec<Ties>,
    outside: BTreeMap<String, Outside>,
    /// What is asked of items besides their ids: paths, and what was there.
    outputs: BTreeMap<usize, BTreeMap<String, String>>,
}

/// Makes the references of all bodies and puts them on another shelf.
fn link(
    world: &World<'_>,
    target: Option<&Target<'_>>,
    shelf: &mut Shelf,
    cancel: &CancellationToken,
) -> Result<Linked, IacError> {
    let count = world.plan.items.len();
    let (resolved, ties) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut linked = Linked { resolved, ties, outside: BTreeMap::new(), outputs: BTreeMap::new() };
    let chunk = |at: usize| -> Result<Vec<_>, IacError> {
        if cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        (at * CHUNK..count.min((at + 1) * CHUNK)).map(|number| one(world, target, number)).collect()
    };
    in_order(count.div_ceil(CHUNK), chunk, |chunk| {
        for One { mut resolved, ties, bytes, outside: found, outputs } in chunk? {
            resolved.spot = shelf.put(&bytes)?;
            // Copied for the same reason as rows of the survey.
            (resolved.needs, resolved.given) = (resolved.needs.clone(), resolved.given.clone());
            linked.resolved.push(resolved);
            linked.ties.push(ties.clone());
            for (item, path, was) in outputs {
                linked.outputs.entry(item).or_default().insert(path, was);
            }
            for (key, found) in found {
                linked.outside.entry(key).or_insert(found);
            }
        }
        Ok::<_, IacError>(())
    })?;
    Ok(linked)
}

/// One body: what it tells, what it is tied to, its bytes, what is outside of the plan, and what it asks of others.
struct One {
    resolved: Resolved,
    ties: Ties,
    bytes: Vec<u8>,
    outside: Vec<(String, Outside)>,
    outputs: Vec<(usize, String, String)>,
}

fn one(world: &World<'_>, target: Option<&Target<'_>>, number: usize) -> Result<One, IacError> {
    let item = &world.plan.items[number];
    let mut body = world.plan.body(number)?;
    body.term.renumber_parameters(item.secrets.start as usize);
    let outside = world.resolve(number, &mut body);
    let tied = references::ties(&body);
    let ties = tied.iter().filter_map(|(target, tie)| Some((u32::try_from(*target).ok()?, *tie))).collect();
    body.left_behind = target.map(|target| target.left(world.plan, item, &body)).unwrap_or_default();
    let outputs = references::outputs(&body);
    Ok(One { resolved: Resolved::of(item, &body, tied.into_keys()), ties, bytes: body.encode(), outside, outputs })
}

/// Breaks the circles: what is cut becomes literal in the bodies that said it.
fn open(
    plan: &mut Plan,
    moved: Option<&Target<'_>>,
    resolved: &mut [Resolved],
    cuts: circles::Cuts,
) -> Result<(), IacError> {
    let mut cuts: Vec<(usize, Vec<usize>)> = cuts.into_iter().collect();
    cuts.sort_unstable();
    for (number, targets) in cuts {
        let bytes = plan.shelf.get(resolved[number].spot)?;
        let mut body = Body::decode(&bytes).ok_or(std::io::Error::from(std::io::ErrorKind::InvalidData))?;
        for target in targets {
            references::literalise(&mut body, target, &plan.items[target]);
        }
        let item = &plan.items[number];
        body.left_behind = moved.map(|moved| moved.left(plan, item, &body)).unwrap_or_default();
        let spot = plan.shelf.put(&body.encode())?;
        resolved[number] =
            Resolved { spot, ..Resolved::of(&plan.items[number], &body, references::ties(&body).into_keys()) };
    }
    Ok(())
}
