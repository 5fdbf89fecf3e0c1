//! The operation `generate-iac`: reads a snapshot, generates code off the async threads, keeps it as artifacts.

use serde_json::Value;

use super::{failure::failure, snapshot::snapshot};
use crate::{api::GenerateIacRequest, azure::Azure, graph::Graphs, iac, jobs::Failure, work::Work};

pub(super) async fn run(
    graphs: &Graphs,
    azure: &Azure,
    settings: &iac::Settings,
    request: GenerateIacRequest,
    work: Work,
) -> Result<Value, Failure> {
    let snapshot = snapshot(graphs, request.tenant_id, request.at.as_ref())?;
    let settings = settings.clone();
    // Read when it is needed: it is nowhere but in memory, and in the environment of the program that is run.
    let environment = if request.verify {
        azure.environment(request.tenant_id).map_err(|error| failure("credentials", &error.to_string(), false))?
    } else {
        iac::Environment::new()
    };
    let generate = move || iac::generate(&snapshot, &request, &work, &settings, &environment);
    let generated = tokio::task::spawn_blocking(generate).await;
    match generated {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(iac::IacError::Cancelled)) => Err(failure("cancelled", "the generation was cancelled", false)),
        Ok(Err(error)) => Err(failure("generation", &error.to_string(), false)),
        Err(error) => Err(failure("panicked", &format!("the generation panicked: {error}"), false)),
    }
}
