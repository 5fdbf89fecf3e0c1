//! The plan as people and programs see it: steps in running order, secrets by name, one hash.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{item::StepKind, target::Home};
use crate::spec::{finding::Warning, model::Word, place::Place};

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Step {
    /// From 1, in running order.
    pub n: usize,
    pub kind: StepKind,
    #[serde(rename = "type")]
    pub type_name: String,
    pub name: String,
    pub scope: String,
    pub depends_on: Vec<usize>,
    /// Paths in the body that the text does not say.
    pub defaults: Vec<String>,
    pub line: u32,
    pub body: Map<String, Value>,
    /// The id in Azure, where the plan alone says it.
    #[serde(skip)]
    pub id: String,
    #[serde(skip)]
    pub api_version: String,
    /// Number of the deployment that makes it, from 0.
    #[serde(skip)]
    pub deployment: Option<usize>,
    /// In the specification.
    #[serde(skip)]
    pub path: String,
}

/// A secret that the plan needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Secret {
    pub name: String,
    /// Where it goes: the resource's name and the path in its body.
    pub path: String,
    pub line: u32,
    pub given: bool,
}

/// A name that only the tenant can explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// `n` of the step.
    pub step: usize,
    pub path: String,
    pub text: String,
    pub place: Place,
}

/// A line of prose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Narrative {
    pub line: u32,
    pub text: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Plan {
    pub hash: String,
    pub steps: Vec<Step>,
    pub secrets: Vec<Secret>,
    /// What was read and makes nothing.
    pub narrative: Vec<Narrative>,
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    pub homes: Vec<Home>,
    #[serde(skip)]
    pub lookups: Vec<Lookup>,
    #[serde(skip)]
    pub tenant: Uuid,
    #[serde(skip)]
    pub display_name: String,
    #[serde(skip)]
    pub deployments: usize,
}

pub(super) fn narrative(prose: &[Word]) -> Vec<Narrative> {
    let mut lines: Vec<Narrative> =
        prose.iter().map(|prose| Narrative { line: prose.place.line, text: prose.text.clone() }).collect();
    lines.sort_by_key(|line| line.line);
    lines.dedup();
    lines
}
