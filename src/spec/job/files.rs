//! The artifacts of a plan: `plan.json`, `plan.md`, ARM templates with their parameters, Bicep.

use std::{collections::BTreeMap, sync::Arc};

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

/// Writes all of them, off the threads that wait for Azure. What could not be made of the plan is told as a warning.
pub(in crate::spec) async fn write(
    artifacts: Arc<dyn Artifacts>,
    plan: &Plan,
    deployments: &[Deployment],
    existing: &BTreeMap<usize, Existing>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ArtifactError> {
    let (plan, deployments, existing) = (plan.clone(), deployments.to_vec(), existing.clone());
    let mut told = warnings.clone();
    let writing = tokio::task::spawn_blocking(move || {
        blocking(&*artifacts, &plan, &deployments, &existing, &mut told)?;
        Ok(told)
    });
    match writing.await {
        Ok(done) => {
            *warnings = done?;
            Ok(())
        }
        // The runtime ends, and the job with it: a later start writes them.
        Err(error) if error.is_cancelled() => std::future::pending().await,
        Err(error) => Err(ArtifactError::Io { path: "plan.md".to_owned(), source: std::io::Error::other(error) }),
    }
}

fn blocking(
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
