//! One run of a template: what is deployed where, and what came of it. Data only.

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::{Map, Value};

use crate::{arm::Target, simulator::state::State};

/// What a run brought: ids and bodies in the order of putting, and the outputs.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Outcome {
    pub resources: Vec<(String, Value)>,
    pub outputs: Map<String, Value>,
    /// Values of the parameters that are no secrets, as a deployment shows them.
    pub parameters: Map<String, Value>,
}

/// One deployment that is to be run.
pub(in crate::simulator) struct Run<'a> {
    pub state: &'a State,
    pub name: &'a str,
    pub target: Target,
    pub template: &'a Value,
    pub parameters: &'a Value,
    /// Bodies that would have been put: nothing is put.
    pub dry: Option<&'a RefCell<BTreeMap<String, Value>>>,
    pub depth: usize,
}
