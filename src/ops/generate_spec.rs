//! The operation `generate-spec`: reads a snapshot, describes it off the async threads, keeps the text as an artifact.

use serde_json::Value;

use super::{failure::failure, snapshot::snapshot};
use crate::{
    api::GenerateSpecRequest,
    graph::Graphs,
    iac::IacError,
    jobs::Failure,
    spec::{self, Asked, DescribeError},
    work::Work,
};

pub(super) async fn run(graphs: &Graphs, request: GenerateSpecRequest, work: Work) -> Result<Value, Failure> {
    let snapshot = snapshot(graphs, request.tenant_id, None)?;
    let asked = Asked { limit: request.resource_limit };
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
