//! Generate: a snapshot becomes code, off the async threads.

use serde_json::Value;

use super::failure;
use crate::{
    api::{At, GenerateIacRequest, Time},
    graph::{GraphError, Graphs, Snapshot},
    iac,
    jobs::Failure,
    work::Work,
};

pub(super) async fn run(
    graphs: &Graphs,
    settings: &iac::Settings,
    request: GenerateIacRequest,
    work: Work,
) -> Result<Value, Failure> {
    let snapshot = snapshot(graphs, &request)?;
    let settings = settings.clone();
    let generated = tokio::task::spawn_blocking(move || iac::generate(&snapshot, &request, &work, &settings)).await;
    match generated {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(iac::IacError::Cancelled)) => Err(failure("cancelled", "the generation was cancelled", false)),
        Ok(Err(error)) => Err(failure("generation", &error.to_string(), false)),
        Err(error) => Err(failure("panicked", &format!("the generation panicked: {error}"), false)),
    }
}

fn snapshot(graphs: &Graphs, request: &GenerateIacRequest) -> Result<Snapshot, Failure> {
    let of_graph = |error: GraphError| failure("graph", &error.to_string(), false);
    let none = |which: &str| {
        failure(
            "no_snapshot",
            &format!("there is no snapshot of tenant {}{which}; scan it first", request.tenant_id),
            false,
        )
    };
    let graph = graphs.existing(request.tenant_id).map_err(of_graph)?.ok_or_else(|| none(""))?;
    let found = match &request.at {
        None => graph.latest(),
        Some(At::Number(number)) => graph.snapshot(*number),
        Some(At::Time(text)) => {
            let time: Time = text.parse().map_err(|_| {
                failure("invalid_request", "at: expected a snapshot's number or an RFC 3339 time", false)
            })?;
            graph.at_time(time.millis())
        }
    };
    found.map_err(of_graph)?.ok_or_else(|| none(" at that time"))
}
