//! The order of steps: what is needed comes first; kinds only break ties. Resources of one group that need nothing of
//! another group's later are deployed together.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use super::item::{Item, StepKind};

/// Resources of one deployment at most; ARM takes 800.
const MOST_TOGETHER: usize = 700;
/// Bytes of bodies of one deployment at most; ARM takes a template of 4 MB.
const MOST_BYTES: usize = 3_000_000;

/// Items in running order, each with the number of its deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::spec) struct Ordered {
    /// Numbers of items.
    pub order: Vec<usize>,
    /// By the number of the item.
    pub deployments: Vec<Option<usize>>,
    pub deployment_count: usize,
}

/// Orders items; `Err`: numbers of those that need each other.
pub(in crate::spec) fn order(items: &[Item]) -> Result<Ordered, Vec<usize>> {
    let sorted = topological(items)?;
    let mut waves = vec![0_usize; items.len()];
    for number in &sorted {
        let item = &items[*number];
        waves[*number] = item
            .needs
            .iter()
            .map(|need| {
                let other = &items[*need];
                let comes_before = other.kind == StepKind::ResourceGroup || rank(other.kind) < rank(StepKind::Resource);
                let is_together =
                    other.kind == StepKind::Resource && item.kind == StepKind::Resource && other.home == item.home;
                let is_later_kind = rank(other.kind) < rank(item.kind);
                waves[*need] + usize::from(!comes_before && !is_together && !is_later_kind)
            })
            .max()
            .unwrap_or(0);
    }
    let mut position = vec![0; items.len()];
    for (at, number) in sorted.iter().enumerate() {
        position[*number] = at;
    }
    let mut order = sorted;
    let home = |number: usize| if items[number].kind == StepKind::Resource { items[number].home.as_str() } else { "" };
    order.sort_by_key(|number| (waves[*number], rank(items[*number].kind), home(*number), position[*number]));
    let mut deployments = vec![None; items.len()];
    let mut open: HashMap<(usize, &str), (usize, usize, usize)> = HashMap::new();
    let mut count = 0;
    for number in &order {
        let item = &items[*number];
        if item.kind != StepKind::Resource {
            continue;
        }
        let bytes = serde_json::to_string(&item.body).map_or(0, |text| text.len()) + item.id.len();
        let entry = open.entry((waves[*number], item.home.as_str())).or_insert_with(|| {
            count += 1;
            (count - 1, 0, 0)
        });
        if entry.1 >= MOST_TOGETHER || (entry.2 + bytes > MOST_BYTES && entry.1 > 0) {
            count += 1;
            *entry = (count - 1, 0, 0);
        }
        deployments[*number] = Some(entry.0);
        *entry = (entry.0, entry.1 + 1, entry.2 + bytes);
    }
    Ok(Ordered { order, deployments, deployment_count: count })
}

const fn rank(kind: StepKind) -> u8 {
    match kind {
        StepKind::ResourceGroup => 0,
        StepKind::User | StepKind::Group | StepKind::ServicePrincipal => 1,
        StepKind::Resource => 2,
        StepKind::Membership => 3,
        StepKind::RoleAssignment => 4,
    }
}

/// What is needed first; of what needs nothing more the kinds', then the text's order.
fn topological(items: &[Item]) -> Result<Vec<usize>, Vec<usize>> {
    let mut open: Vec<usize> = items.iter().map(|item| item.needs.len()).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (number, item) in items.iter().enumerate() {
        for need in &item.needs {
            needed_by[*need].push(number);
        }
    }
    let mut ready: BinaryHeap<Reverse<(u8, usize)>> = (0..items.len())
        .filter(|number| open[*number] == 0)
        .map(|number| Reverse((rank(items[number].kind), number)))
        .collect();
    let mut out = Vec::with_capacity(items.len());
    while let Some(Reverse((_, number))) = ready.pop() {
        out.push(number);
        for other in &needed_by[number] {
            open[*other] -= 1;
            if open[*other] == 0 {
                ready.push(Reverse((rank(items[*other].kind), *other)));
            }
        }
    }
    if out.len() == items.len() {
        return Ok(out);
    }
    Err(circle(items, &open))
}

/// One circle among what is left.
fn circle(items: &[Item], open: &[usize]) -> Vec<usize> {
    let Some(mut at) = open.iter().position(|count| *count > 0) else { return Vec::new() };
    let mut trail: Vec<usize> = Vec::new();
    loop {
        if let Some(start) = trail.iter().position(|seen| *seen == at) {
            return trail[start..].to_vec();
        }
        trail.push(at);
        match items[at].needs.iter().find(|need| open[**need] > 0) {
            Some(next) => at = *next,
            None => return trail,
        }
    }
}
