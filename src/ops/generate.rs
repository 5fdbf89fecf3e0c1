//! The operation `generate-iac`: reads a snapshot, generates code off the async threads, keeps it as artifacts.

use serde_json::Value;

use super::failure::failure;
use crate::{
    api::{At, GenerateIacRequest, Time},
    azure::Azure,
    graph::{GraphError, Graphs, Snapshot, SnapshotInfo},
    iac,
    jobs::Failure,
    work::Work,
};

/// How many snapshots an error lists, newest first, where the wanted one does not exist.
const MOST_TOLD: usize = 5;

pub(super) async fn run(
    graphs: &Graphs,
    azure: &Azure,
    settings: &iac::Settings,
    request: GenerateIacRequest,
    work: Work,
) -> Result<Value, Failure> {
    let snapshot = snapshot(graphs, &request)?;
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

fn snapshot(graphs: &Graphs, request: &GenerateIacRequest) -> Result<Snapshot, Failure> {
    let of_graph = |error: GraphError| failure("graph", &error.to_string(), false);
    let none = |why: String| failure("no_snapshot", &why, false);
    let unscanned = || none(format!("there is no snapshot of tenant {}; scan it first", request.tenant_id));
    let graph = graphs.existing(request.tenant_id).map_err(of_graph)?.ok_or_else(unscanned)?;
    let (found, which) = match &request.at {
        None => (graph.latest(), String::new()),
        Some(At::Number(number)) => (graph.snapshot(*number), format!("{number}")),
        Some(At::Time(text)) => {
            let time: Time = text.parse().map_err(|_| {
                failure("invalid_request", "at: expected a snapshot's number or an RFC 3339 time", false)
            })?;
            (graph.at_time(time.millis()), format!("as early as {text}"))
        }
    };
    if let Some(found) = found.map_err(of_graph)? {
        return Ok(found);
    }
    let there: Vec<String> = graph.snapshots().map_err(of_graph)?.iter().map(told).collect();
    if there.is_empty() {
        return Err(unscanned());
    }
    let shown = there.len().min(MOST_TOLD);
    let older = if shown < there.len() { format!(" and {} older ones", there.len() - shown) } else { String::new() };
    let newest = there.iter().rev().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(none(format!("tenant {} has no snapshot {which}; there are {newest}{older}", request.tenant_id)))
}

fn told(info: &SnapshotInfo) -> String {
    format!("{} of {}", info.number, Time::from_millis(info.at_ms))
}
