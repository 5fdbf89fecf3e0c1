//! The artifacts of a plan: `plan.json`, `plan.md`, ARM templates with their parameters, Bicep.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{exists::Existing, markdown, templates::Deployment};
use crate::{
    iac::{self, Written},
    spec::{
        finding::Warning,
        plan::{Plan, StepKind},
    },
    work::{ArtifactError, Artifacts},
};

/// Writes all of them. Blocking. What could not be made of the plan is told as a warning.
pub(in crate::spec) fn write(
    artifacts: &dyn Artifacts,
    plan: &Plan,
    deployments: &[Deployment],
    existing: &BTreeMap<usize, Existing>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ArtifactError> {
    artifacts.write("plan.json", &pretty(&json!(plan)))?;
    for (name, deployment) in Deployment::files(deployments) {
        artifacts.write(&format!("{name}.json"), &pretty(&deployment.template))?;
        artifacts.write(&format!("{name}.parameters.json"), &pretty(&deployment.parameters_file()))?;
    }
    match iac::bicep_of(written(plan), plan.tenant) {
        Ok(files) => {
            for (name, text) in files {
                artifacts.write(&format!("bicep/{name}"), text.as_bytes())?;
            }
        }
        Err(error) => warnings.push(Warning {
            place: crate::spec::place::Place::default(),
            message: format!("no Bicep was made: {error}"),
        }),
    }
    artifacts.write("plan.md", markdown::page(plan, existing, warnings).as_bytes())
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn written(plan: &Plan) -> Vec<Written> {
    let steps = plan.steps.iter().filter(|step| matches!(step.kind, StepKind::Resource | StepKind::ResourceGroup));
    steps
        .map(|step| Written {
            id: step.id.clone(),
            type_name: step.type_name.clone(),
            api_version: step.api_version.clone(),
            body: Value::Object(step.body.clone()),
        })
        .collect()
}
