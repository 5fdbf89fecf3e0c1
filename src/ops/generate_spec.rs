//! The operation `generate-spec`: reads a snapshot, describes it off the async threads, keeps the text as an artifact.

use serde_json::Value;

use super::{failure::failure, snapshot::snapshot};
use crate::{
    api::GenerateSpecRequest,
    graph::{GraphError, Graphs},
    iac::IacError,
    jobs::Failure,
    spec::{self, Asked, DescribeError},
    work::Work,
};

pub(super) async fn run(graphs: &Graphs, request: GenerateSpecRequest, work: Work) -> Result<Value, Failure> {
    let snapshot = snapshot(graphs, request.tenant_id, None)?;
    let seed = if request.anonymize { Some(seed(graphs, request.tenant_id).await?) } else { None };
    let asked = Asked { limit: request.resource_limit, seed };
    let described = tokio::task::spawn_blocking(move || spec::describe(&snapshot, asked, &work)).await;
    match described {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(DescribeError::Cancelled | DescribeError::Bodies(IacError::Cancelled))) => {
            Err(failure("cancelled", "the job was cancelled", false))
        }
        Ok(Err(error)) => Err(failure("generation", &error.to_string(), false)),
        Err(error) => Err(failure("panicked", &format!("the description panicked: {error}"), false)),
    }
}

/// The tenant's seed: made once, so that the same names stand for the same ones at each run.
async fn seed(graphs: &Graphs, tenant: uuid::Uuid) -> Result<[u8; 32], Failure> {
    let of_graph = |error: GraphError| failure("graph", &error.to_string(), error.is_transient());
    let graph = graphs.tenant(tenant).map_err(of_graph)?;
    graph.seed().await.map_err(of_graph)
}
