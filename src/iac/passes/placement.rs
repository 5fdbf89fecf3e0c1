//! Places: which resources are deployed together, and in which order. ARM templates and Bicep need it.
//!
//! A nested deployment goes to one resource group (or to a subscription) and is deployed as a whole, so
//! groups that need each other are taken apart into stages, and what is too large for one template into
//! parts. No place then needs one that comes after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::iac::model::{
    plan::{Item, Plan},
    term::{Piece, Term, Text},
};

/// Limits of ARM (800 resources, 256 parameters, 4 MB), with room to spare, of a nested template.
const MOST_RESOURCES: usize = 700;
const MOST_PARAMETERS: usize = 240;
const MOST_BYTES: usize = 1_000_000;
/// The same of a file with all that is nested in it.
const FILE_RESOURCES: usize = 790;
const FILE_PARAMETERS: usize = 250;
const FILE_BYTES: usize = 3_400_000;
/// What stands around a resource, a deployment, and a parameter with what hands it on.
const RESOURCE_BYTES: usize = 700;
const DEPLOYMENT_BYTES: usize = 1_500;
const PARAMETER_BYTES: usize = 900;
/// How deep a resource stands in a file.
const DEPTH: usize = 8;

/// Where resources are deployed together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Whether it comes after what is deployed to subscriptions first: the resource groups.
    pub is_later: bool,
    pub stage: usize,
    pub subscription: String,
    /// Lower case; none: the subscription itself.
    pub group: Option<String>,
    pub part: usize,
    /// Which of the places of its subscription or group it is, in order; what is above decides it.
    pub number: usize,
}

/// Places that one file deploys, in order.
#[derive(Debug, Default)]
pub struct Bundle<'p> {
    pub places: Vec<&'p Place>,
    /// What it has to declare.
    pub parameters: BTreeSet<usize>,
    resources: usize,
    bytes: usize,
}

/// Subscriptions of a plan, the one with most resources first.
pub fn subscriptions(plan: &Plan) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for item in &plan.items {
        *counts.entry(item.subscription()).or_default() += 1;
    }
    let mut ordered: Vec<(String, usize)> = counts.into_iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ordered.into_iter().map(|(id, _)| id).collect()
}

/// The places of a plan.
#[derive(Debug, Default)]
pub struct Places {
    /// Of each item.
    pub of: Vec<Place>,
    /// Items by place, in the order of deployment; inside a place by their needs.
    pub items: BTreeMap<Place, Vec<usize>>,
    /// The subscription with most resources: the one that the main template is deployed to.
    pub main: String,
}

impl Places {
    pub fn new(plan: &Plan) -> Self {
        let main = subscriptions(plan).into_iter().next().unwrap_or_default();
        let (of, order) = staged(plan);
        let (of, items) = numbered(parts(plan, of, &order));
        Self { of, items, main }
    }

    /// Whether a place is the main template itself.
    pub fn is_top(&self, place: &Place) -> bool {
        !place.is_later && place.subscription == self.main && place.part == 0
    }

    /// What goes into each file, to be deployed one after the other: one file, but for plans beyond ARM's
    /// limits.
    pub fn bundles(&self, plan: &Plan) -> Vec<Bundle<'_>> {
        let mut bundles = vec![Bundle::default()];
        for (place, numbers) in &self.items {
            let used = self.parameters(plan, place);
            let own: usize = numbers.iter().map(|number| bytes_of(&plan.items[*number])).sum();
            let bytes = own + DEPLOYMENT_BYTES + used.len() * PARAMETER_BYTES;
            let resources = if self.is_top(place) { numbers.len() } else { 1 };
            let at = bundles.len() - 1;
            let current = &mut bundles[at];
            let is_full = current.bytes + bytes > FILE_BYTES
                || current.resources + resources > FILE_RESOURCES
                || current.parameters.union(&used).count() > FILE_PARAMETERS;
            let current = if is_full && !current.places.is_empty() {
                bundles.push(Bundle::default());
                &mut bundles[at + 1]
            } else {
                current
            };
            current.bytes += bytes;
            current.resources += resources;
            current.parameters.extend(used);
            current.places.push(place);
        }
        bundles
    }

    /// The group's name as its resources spell it.
    pub fn group_name(&self, plan: &Plan, place: &Place) -> String {
        let first = self.items.get(place).and_then(|items| items.first());
        first.and_then(|number| plan.items[*number].parsed().resource_group).unwrap_or_default()
    }

    /// What a place needs elsewhere: items, and other places.
    pub fn needs(&self, plan: &Plan, place: &Place) -> (BTreeSet<usize>, BTreeSet<&Place>) {
        let (mut items, mut places) = (BTreeSet::new(), BTreeSet::new());
        for number in self.items.get(place).into_iter().flatten() {
            for need in plan.items[*number].needs() {
                let at = &self.of[need];
                if at == place {
                    continue;
                }
                if self.is_top(at) {
                    items.insert(need);
                } else {
                    places.insert(at);
                }
            }
        }
        (items, places)
    }

    /// Parameters that the items of a place are given.
    pub fn parameters(&self, plan: &Plan, place: &Place) -> BTreeSet<usize> {
        self.items.get(place).into_iter().flatten().flat_map(|number| given(&plan.items[*number])).collect()
    }
}

impl Place {
    /// At most 64 characters of the alphabet of deployments, the same for the same place.
    pub fn name(&self) -> String {
        let of = format!("/subscriptions/{}/{}", self.subscription, self.group.as_deref().unwrap_or_default());
        let hash = blake3::hash(crate::arm::key(&of).as_bytes()).to_hex();
        let group = self.group.as_deref().unwrap_or("subscription");
        let plain: String =
            group.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(40).collect();
        let number = if self.number == 0 { String::new() } else { format!("-{}", self.number + 1) };
        format!("{plain}-{}{number}", &hash[..8])
    }
}

/// The place of each item, and the items of each place.
type Placed = (Vec<Place>, BTreeMap<Place, Vec<usize>>);

/// Places by stage, and the items in the order of their needs. An item's stage is above those of what
/// it needs in other places, so that places, which are deployed as wholes, never need each other.
fn staged(plan: &Plan) -> (Vec<Place>, Vec<usize>) {
    let count = plan.items.len();
    let home: Vec<(String, Option<String>)> = plan
        .items
        .iter()
        .map(|item| {
            let group = item.parsed().resource_group.filter(|_| !item.is_group).map(|group| group.to_lowercase());
            (item.subscription(), group)
        })
        .collect();
    let mut stages: Vec<Option<usize>> = vec![None; count];
    let mut order = Vec::with_capacity(count);
    for start in 0..count {
        let mut stack = vec![(start, 0)];
        while let Some((item, next)) = stack.last_mut() {
            let item = *item;
            if stages[item].is_some() {
                stack.pop();
                continue;
            }
            if let Some(need) = plan.items[item].needs.get(*next).map(|need| *need as usize) {
                *next += 1;
                if need != item && stages[need].is_none() {
                    // Circles were cut: this ends.
                    stack.push((need, 0));
                }
                continue;
            }
            let after = |need: usize| {
                let stage = stages[need].unwrap_or_default();
                // Groups are made by the template itself, before any deployment.
                let is_free = plan.items[need].is_group || home[need] == home[item];
                if is_free { stage } else { stage + 1 }
            };
            let others = plan.items[item].needs().filter(|need| *need != item);
            stages[item] = Some(others.map(after).max().unwrap_or(0));
            order.push(item);
            stack.pop();
        }
    }
    let places = home.into_iter().zip(stages).map(|((subscription, group), stage)| {
        let stage = stage.unwrap_or_default();
        Place { is_later: group.is_some() || stage > 0, stage, subscription, group, part: 0, number: 0 }
    });
    (places.collect(), order)
}

/// Takes places apart that are too large for one template; what needs something of the same place
/// stands in the same part or in a later one.
fn parts(plan: &Plan, mut of: Vec<Place>, order: &[usize]) -> Placed {
    #[derive(Default)]
    struct Filled {
        part: usize,
        resources: usize,
        bytes: usize,
        parameters: BTreeSet<usize>,
    }
    let mut filled: BTreeMap<Place, Filled> = BTreeMap::new();
    let mut items: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for number in order {
        let item = &plan.items[*number];
        let (bytes, parameters) = (bytes_of(item), given(item).collect::<Vec<usize>>());
        let at = filled.entry(of[*number].clone()).or_default();
        let count = at.parameters.iter().chain(&parameters).collect::<BTreeSet<_>>().len();
        if at.resources >= MOST_RESOURCES || at.bytes + bytes > MOST_BYTES || count > MOST_PARAMETERS {
            *at = Filled { part: at.part + 1, ..Filled::default() };
        }
        at.resources += 1;
        at.bytes += bytes;
        at.parameters.extend(parameters);
        of[*number].part = at.part;
        items.entry(of[*number].clone()).or_default().push(*number);
    }
    for numbers in items.values_mut() {
        numbers.sort_unstable();
    }
    (of, items)
}

/// Gives places their numbers.
fn numbered((of, items): Placed) -> Placed {
    let mut counts: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let mut numbers: BTreeMap<Place, usize> = BTreeMap::new();
    for place in items.keys() {
        let count = counts.entry((&place.subscription, place.group.as_deref())).or_default();
        numbers.insert(place.clone(), *count);
        *count += 1;
    }
    let with_number = |place: Place| {
        let number = numbers.get(&place).copied().unwrap_or_default();
        Place { number, ..place }
    };
    let of = of.into_iter().map(with_number).collect();
    (of, items.iter().map(|(place, numbers)| (with_number(place.clone()), numbers.clone())).collect())
}

fn given(item: &Item) -> impl Iterator<Item = usize> + '_ {
    item.given.iter().map(|number| *number as usize)
}

fn bytes_of(item: &Item) -> usize {
    item.weight as usize + RESOURCE_BYTES + item.needs.len() * 240
}

/// How many bytes a resource's body takes at most in a template.
pub fn weight_of(body: &Term) -> u32 {
    u32::try_from(weight(body, DEPTH)).unwrap_or(u32::MAX)
}

/// How many bytes a value takes at most in a template, where each field and item has a line.
fn weight(term: &Term, depth: usize) -> usize {
    // What JSON escapes becomes longer: quotes, backslashes and controls.
    let of_literal = |text: &str| {
        let escaped = |byte: u8| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | b'\'' => 2,
            0..0x20 => 6,
            _ => 1,
        };
        text.bytes().map(escaped).sum::<usize>()
    };
    let of_text = |text: &Text| {
        let of_piece = |piece: &Piece| match piece {
            Piece::Literal(text) => of_literal(text) + 4,
            Piece::External(text) => text.len() + 80,
            Piece::Reference(_)
            | Piece::Spelled(..)
            | Piece::Output(_)
            | Piece::Parameter(_)
            | Piece::Principal(..) => 300,
        };
        text.0.iter().map(of_piece).sum::<usize>() + 8
    };
    let line = 2 * depth + 4;
    match term {
        Term::Text(text) => of_text(text),
        Term::List(items) => items.iter().map(|item| line + weight(item, depth + 1)).sum::<usize>() + line,
        Term::Map(fields) => {
            fields.iter().map(|(key, value)| line + of_text(key) + weight(value, depth + 1)).sum::<usize>() + line
        }
        _ => 24,
    }
}
