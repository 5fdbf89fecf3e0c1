//! The room together: texts such as people write, and what must hold of all.

mod random;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Order, Plan, Reading, Refused, Step, Target, prepare};

pub(super) const TENANT: &str = "c0470500-0000-4000-8000-000000000001";
pub(super) const SUBSCRIPTION: &str = "5ab50000-0000-4000-8000-00000000000a";

pub(super) fn target() -> Target {
    Target { tenant: TENANT.parse().expect("a UUID"), subscription_map: BTreeMap::new(), configured: Vec::new() }
}

pub(super) fn planned(text: &str) -> Result<Plan, Refused> {
    prepare(Reading::of(text), &Order { target: &target(), secrets: BTreeSet::new(), is_dry: true })
}

/// The plan of a text that has one.
pub(super) fn plan(text: &str) -> Plan {
    planned(text).unwrap_or_else(|refused| panic!("{refused:#?}"))
}

/// The errors of a text that has some.
pub(super) fn errors(text: &str) -> Vec<Finding> {
    match planned(text) {
        Err(Refused::Fields(errors)) => errors,
        other => panic!("{other:#?}"),
    }
}

pub(super) fn step<'p>(plan: &'p Plan, name: &str) -> &'p Step {
    let found = plan.steps.iter().find(|step| step.name == name);
    found
        .unwrap_or_else(|| panic!("no step {name}: {:?}", plan.steps.iter().map(|step| &step.name).collect::<Vec<_>>()))
}
