//! The operation `scan`: scans a tenant into its graph, then copies the snapshot to Neo4j if one is configured.

use std::time::Duration;

use serde_json::{Value, json};

use super::{failure::failure, operations::Operations};
use crate::{
    api::ScanRequest,
    azure::AzureError,
    graph::GraphError,
    jobs::Failure,
    scan::{ScanError, discover, estimate},
    work::{JournalError, Work},
};

/// How long a job waits for Neo4j; beyond that the copy is made later.
const NEO4J_WAIT: Duration = Duration::from_mins(2);

pub(super) async fn run(ops: Operations, request: ScanRequest, work: Work) -> Result<Value, Failure> {
    let tenant = request.tenant_id;
    let client = ops.azure.tenant(tenant).map_err(|error| of_azure(&error))?;
    let graph = ops.graphs.tenant(tenant).map_err(|error| of_graph(&error))?;
    let (cancel, pause) = (work.cancel.clone(), work.pause.clone());
    let mut result = discover(client, graph, request, work).await.map_err(|error| of_scan(&error))?;
    if let Some(mirror) = &ops.mirror {
        // The graph is published: whatever Neo4j does, the scan is complete.
        let synced = tokio::select! {
            () = cancel.cancelled() => mirror.defer(tenant),
            () = pause.cancelled() => mirror.defer(tenant),
            synced = mirror.sync_now(tenant, NEO4J_WAIT) => synced,
        };
        result["neo4j"] = json!(synced);
    }
    Ok(result)
}

pub(super) async fn preview(ops: Operations, request: ScanRequest) -> Result<Value, Failure> {
    let client = ops.azure.tenant(request.tenant_id).map_err(|error| of_azure(&error))?;
    let graph = ops.graphs.existing(request.tenant_id).map_err(|error| of_graph(&error))?;
    estimate(client, graph, request).await.map_err(|error| of_scan(&error))
}

pub(super) fn of_azure(error: &AzureError) -> Failure {
    let code = match error {
        AzureError::Refused(refusal) if refusal.status == 429 => "throttled".to_owned(),
        AzureError::Refused(refusal) if matches!(refusal.status, 401 | 403) => "forbidden".to_owned(),
        AzureError::Refused(_) => "azure".to_owned(),
        other => other.word(),
    };
    // An Azure that did not answer for so long may answer later, as one that can't be reached.
    let is_transient = error.is_transient() || matches!(error, AzureError::Deadline { .. });
    failure(&code, &error.to_string(), is_transient)
}

fn of_graph(error: &GraphError) -> Failure {
    failure("graph", &error.to_string(), error.is_transient())
}

fn of_scan(error: &ScanError) -> Failure {
    match error {
        ScanError::Azure(error) => of_azure(error),
        ScanError::Graph(GraphError::Cancelled) | ScanError::Cancelled => {
            failure("cancelled", "the scan was cancelled", false)
        }
        ScanError::Paused => Failure::stopped(),
        ScanError::Graph(error) => of_graph(error),
        ScanError::Artifact(error) => failure("artifacts", &error.to_string(), false),
        ScanError::Journal(error) => failure("journal", &error.to_string(), matches!(error, JournalError::Store(_))),
        ScanError::NoSubscription(_) => failure("no_subscription", &error.to_string(), false),
    }
}
