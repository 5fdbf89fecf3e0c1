//! What is planned, before it has its place in the order. Data only.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::spec::{body::Mention, model::Word, place::Place};

/// What a step makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepKind {
    ResourceGroup,
    User,
    Group,
    ServicePrincipal,
    Resource,
    Membership,
    RoleAssignment,
}

/// One thing to make.
#[derive(Debug, Clone)]
pub(in crate::spec) struct Item {
    pub kind: StepKind,
    pub place: Place,
    /// In the specification.
    pub path: String,
    /// The id in Azure, where the text alone says it; else what tells it from others.
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    pub name: String,
    pub scope: String,
    pub body: Map<String, Value>,
    pub defaults: Vec<String>,
    pub places: BTreeMap<String, Place>,
    pub mentions: Vec<Mention>,
    pub depends_on: Vec<Word>,
    pub needs: BTreeSet<usize>,
    /// Key of its resource group's id.
    pub home: String,
}

impl Item {
    /// The line of a value in the body: its own, or that of what it stands in.
    pub(in crate::spec) fn place_of(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path).filter(|place| place.line > 0) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return self.place,
            }
        }
    }
}
