//! ARM templates: parameters are checked, loops unrolled, resources put in the order that they depend on each other.
//!
//! ```text
//! template ─▶ parameters ─▶ resources planned (names, ids, dependsOn) ─▶ round after round: evaluate, put
//!                                                 └ nested deployment: the same, inner or outer scope
//! ```
//! An expression that refers to what is not there yet defers its resource to a later round; a round in
//! which nothing could be put is the end, and says what was missing. In a dry run (validate, what-if)
//! nothing is put, and what is referred to is looked for among the bodies that would have been.
//! Not understood, and refused by name: `templateLink`, complete mode, user functions, lambdas.

mod frame;
mod plan;

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::{Map, Value, json};

use self::{
    frame::{Frame, NOT_YET},
    plan::Planned,
};
use super::{State, deployments, write};
use crate::arm::{self, ResourceId, Target};

/// Deepest nesting of deployments, as documented.
const NESTING: usize = 5;
/// Most resources of one template, as documented.
const RESOURCES: usize = 800;

/// Why a template is refused, or a deployment failed: ARM's code and message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub code: String,
    pub message: String,
    pub target: Option<String>,
}

impl Failure {
    fn template(message: impl Into<String>) -> Self {
        let message = format!("Deployment template validation failed: '{}'.", message.into());
        Self { code: "InvalidTemplate".to_owned(), message, target: None }
    }

    pub(super) fn shown(&self) -> Value {
        json!({"code": self.code, "message": self.message, "target": self.target})
    }
}

/// What a run brought: ids and bodies in the order of putting, and the outputs.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub resources: Vec<(String, Value)>,
    pub outputs: Map<String, Value>,
    /// Values of the parameters that are no secrets, as a deployment shows them.
    pub parameters: Map<String, Value>,
}

/// One deployment that is to be run.
pub(super) struct Run<'a> {
    pub state: &'a State,
    pub name: &'a str,
    pub target: Target,
    pub template: &'a Value,
    pub parameters: &'a Value,
    /// Bodies that would have been put: nothing is put.
    pub dry: Option<&'a RefCell<BTreeMap<String, Value>>>,
    pub depth: usize,
}

impl Run<'_> {
    pub(super) fn go(&self, outer: Option<&Frame<'_>>) -> Result<Outcome, Failure> {
        if self.depth > NESTING {
            return Err(Failure::template("deployments are nested too deeply"));
        }
        if !self.template.get("resources").is_some_and(|list| list.is_array() || list.is_object()) {
            return Err(Failure::template("Required property 'resources' not found in JSON"));
        }
        let mut frame = Frame::new(self, outer);
        let parameters = frame.take_parameters(self.parameters).map_err(Failure::template)?;
        let plan = plan::plan(&frame, self.template).map_err(Failure::template)?;
        if plan.len() > RESOURCES {
            return Err(Failure::template(format!(
                "the template has {} resources; {RESOURCES} are allowed",
                plan.len()
            )));
        }
        let waits = plan::dependencies(&plan).map_err(Failure::template)?;
        frame.know(&plan);
        let mut outcome = Outcome { parameters, ..Outcome::default() };
        let mut done = vec![false; plan.len()];
        let mut missing = None;
        while done.contains(&false) {
            let mut moved = false;
            for at in 0..plan.len() {
                if done[at] || waits[at].iter().any(|other| !done[*other]) {
                    continue;
                }
                match self.one(&frame, &plan[at], &mut outcome) {
                    Ok(()) => {
                        done[at] = true;
                        moved = true;
                    }
                    Err(failure) if failure.message.starts_with(NOT_YET) => missing = Some(failure),
                    Err(failure) => return Err(failure),
                }
            }
            if !moved {
                let failure = missing.unwrap_or_else(|| Failure::template("Circular dependency detected on resource"));
                let message = failure.message.trim_start_matches(NOT_YET).trim().to_owned();
                return Err(Failure { code: "ResourceNotFound".to_owned(), message, target: failure.target });
            }
        }
        if let Some(outputs) = self.template.get("outputs").and_then(Value::as_object) {
            for (name, output) in outputs {
                if output.get("condition").is_some_and(|condition| frame.value(condition).ok() != Some(json!(true))) {
                    continue;
                }
                match frame.value(&output["value"]) {
                    Ok(value) => {
                        outcome.outputs.insert(name.clone(), json!({"type": output["type"], "value": value}));
                    }
                    Err(_) if self.dry.is_some() => {}
                    Err(message) => {
                        let message = format!(
                            "The template output '{name}' is not valid: {}.",
                            message.trim_start_matches(NOT_YET)
                        );
                        return Err(Failure {
                            code: "DeploymentOutputEvaluationFailed".to_owned(),
                            message,
                            target: None,
                        });
                    }
                }
            }
        }
        Ok(outcome)
    }

    fn one(&self, frame: &Frame<'_>, planned: &Planned, outcome: &mut Outcome) -> Result<(), Failure> {
        let failed = |message: String| {
            if message.starts_with(NOT_YET) {
                Failure { code: String::new(), message, target: Some(planned.id.clone()) }
            } else {
                Failure::template(format!("{} ({})", message, planned.id))
            }
        };
        if !planned.wanted {
            return Ok(());
        }
        let _copies = frame.enter(&planned.copies);
        if planned.type_name.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
            return self.nested(frame, planned, outcome);
        }
        let mut body = planned.raw.clone();
        if let Some(fields) = body.as_object_mut() {
            for name in [
                "resources",
                "dependsOn",
                "copy",
                "condition",
                "scope",
                "name",
                "type",
                "apiVersion",
                "comments",
                "metadata",
            ] {
                fields.remove(name);
            }
        }
        let body = match frame.value(&body) {
            Err(message) if message.starts_with(NOT_YET) && self.dry.is_some() => body,
            other => other.map_err(failed)?,
        };
        let parsed = ResourceId::parse(&planned.id)
            .ok_or_else(|| Failure::template(format!("'{}' is no id of a resource", planned.id)))?;
        if planned.existing {
            return Ok(());
        }
        if let Some(dry) = self.dry {
            let shaped = write::shaped(&self.state.world(), &parsed, body.clone(), "Succeeded");
            dry.borrow_mut().insert(parsed.key(), shaped.body);
        } else {
            if let Some(refusal) = write::refused(self.state, &parsed, &body) {
                let error: Value = serde_json::from_str(&refusal.text).unwrap_or_default();
                let text = |name: &str| error["error"][name].as_str().unwrap_or_default().to_owned();
                return Err(Failure { code: text("code"), message: text("message"), target: Some(planned.id.clone()) });
            }
            write::store(&mut self.state.world_mut(), &parsed, &planned.api_version, body.clone(), "Succeeded");
        }
        outcome.resources.push((planned.id.clone(), body));
        Ok(())
    }

    fn nested(&self, frame: &Frame<'_>, planned: &Planned, outcome: &mut Outcome) -> Result<(), Failure> {
        let properties = &planned.raw["properties"];
        let inner = properties["expressionEvaluationOptions"]["scope"]
            .as_str()
            .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
        let template = &properties["template"];
        if !template.is_object() {
            return Err(Failure::template(
                "a nested deployment needs its template inline: a templateLink is not fetched",
            ));
        }
        let parameters = frame.value(&properties["parameters"]).map_err(|message| Failure {
            code: String::new(),
            message,
            target: Some(planned.id.clone()),
        })?;
        let target = plan::nested_target(frame, &planned.raw).map_err(Failure::template)?;
        let run = Run {
            state: self.state,
            name: planned.id.rsplit('/').next().unwrap_or_default(),
            target,
            template,
            parameters: &parameters,
            dry: self.dry,
            depth: self.depth + 1,
        };
        let result = run.go(if inner { None } else { Some(frame) })?;
        let id = format!("{}/providers/Microsoft.Resources/deployments/{}", run.target.scope(), run.name);
        let body = deployments::body(self.state, &id, &run, &result, "Succeeded");
        if let Some(dry) = self.dry {
            dry.borrow_mut().insert(arm::key(&planned.id), body);
        } else {
            deployments::record(self.state, &id, &body, &result);
        }
        outcome.resources.extend(result.resources);
        Ok(())
    }
}
