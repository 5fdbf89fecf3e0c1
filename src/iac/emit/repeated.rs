//! What the resources of one file say alike, so that it is written once: the region of their group, and tags.

use std::io;

use crate::{
    arm,
    iac::{
        model::{body::Body, plan::Plan, tags::is_plain, term::Term},
        passes::placement::Place,
    },
};

/// Names of the variables of tags, the set that most resources share first.
const TAGS: [&str; 5] = ["tags", "tags2", "tags3", "tags4", "tags5"];
/// The parameter of the region.
pub const LOCATION: &str = "location";

/// What is written once.
#[derive(Debug, Default)]
pub struct Repeated {
    /// The region of the group, as a code, where a resource says the same.
    location: Option<String>,
    /// Sets of tags that two or more resources have.
    tags: Vec<Term>,
}

impl Repeated {
    /// Of what is deployed to a place; `bodies` are those of its resources.
    pub fn of(plan: &Plan, place: &Place, bodies: &[Body]) -> io::Result<Self> {
        let mut counted: Vec<(&Term, usize)> = Vec::new();
        for tags in bodies.iter().filter_map(|body| body.term.get("tags")).filter(|tags| is_plain(tags)) {
            match counted.iter().position(|(known, _)| *known == tags) {
                Some(at) => counted[at].1 += 1,
                None if counted.len() < MOST_COUNTED => counted.push((tags, 1)),
                None => {}
            }
        }
        counted.retain(|(_, count)| *count > 1);
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let tags = counted.into_iter().take(TAGS.len()).map(|(tags, _)| tags.clone()).collect();
        let group = match &place.group {
            Some(group) => region(plan, &place.subscription, group)?,
            None => None,
        };
        let mut repeated = Self { location: group, tags };
        if !bodies.iter().filter_map(|body| body.term.get(LOCATION)).any(|term| repeated.is_location(term)) {
            repeated.location = None;
        }
        Ok(repeated)
    }

    /// Whether resources say the region of their group.
    pub fn has_location(&self) -> bool {
        self.location.is_some()
    }

    /// Whether a value is the region of the group.
    pub fn is_location(&self, term: &Term) -> bool {
        let Term::Text(text) = term else { return false };
        text.as_literal().is_some_and(|text| self.location.as_ref() == Some(&arm::location_code(text)))
    }

    /// The variables of tags.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &Term)> {
        TAGS.into_iter().zip(&self.tags)
    }

    /// The variable that has these tags.
    pub fn variable(&self, tags: &Term) -> Option<&'static str> {
        self.variables().find(|(_, known)| *known == tags).map(|(name, _)| name)
    }
}

/// Different sets of tags that are counted in one file.
const MOST_COUNTED: usize = 64;

/// The region of a planned group.
fn region(plan: &Plan, subscription: &str, group: &str) -> io::Result<Option<String>> {
    let key = arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}"));
    let Some(number) = plan.numbers.get(&key) else { return Ok(None) };
    let body = plan.body(number)?;
    Ok(match body.term.get(LOCATION) {
        Some(Term::Text(text)) => text.as_literal().map(arm::location_code),
        _ => None,
    })
}
