//! Runs the operation that a job asks for; knows nothing of how a scan or a generation works.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use super::{create_tenant, failure::failure, generate, generate_spec, operations::Operations, scan};
use crate::{
    api::Operation,
    jobs::{Failure, Runner},
    work::Work,
};

impl Runner for Operations {
    fn run(&self, operation: Operation, work: Work) -> BoxFuture<'static, Result<Value, Failure>> {
        let this = self.clone();
        Box::pin(async move {
            match operation {
                Operation::Scan(request) => scan::run(this, request, work).await,
                Operation::GenerateIac(request) => {
                    generate::run(&this.graphs, &this.azure, &this.iac, request, work).await
                }
                Operation::CreateTenant(request) => create_tenant::run(this, request, work).await,
                Operation::GenerateSpec(request) => generate_spec::run(&this.graphs, request, work).await,
            }
        })
    }

    fn preview(&self, operation: Operation) -> BoxFuture<'static, Result<Value, Failure>> {
        let this = self.clone();
        Box::pin(async move {
            match operation {
                Operation::Scan(request) => scan::preview(this, request).await,
                Operation::GenerateIac(_) | Operation::CreateTenant(_) | Operation::GenerateSpec(_) => {
                    Err(failure("invalid_request", "only scans have a plan", false))
                }
            }
        })
    }

    fn settle(
        &self,
        operation: Operation,
        secrets: BTreeSet<String>,
    ) -> BoxFuture<'static, Result<Operation, Failure>> {
        let this = self.clone();
        Box::pin(async move {
            let Operation::CreateTenant(request) = operation else { return Ok(operation) };
            // A large text takes a second: not on a thread that answers requests.
            let settled = tokio::task::spawn_blocking(move || create_tenant::settle(&this, request, secrets)).await;
            let settled =
                settled.map_err(|error| failure("panicked", &format!("the check panicked: {error}"), false))?;
            settled.map(Operation::CreateTenant)
        })
    }

    fn abandon(&self, operation: Operation, job_id: Uuid) -> BoxFuture<'static, ()> {
        let this = self.clone();
        Box::pin(async move {
            let Operation::Scan(request) = operation else { return };
            let abandoned = match this.graphs.existing(request.tenant_id) {
                Ok(Some(graph)) => graph.abandon(job_id).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = abandoned {
                tracing::warn!(job = %job_id, %error, "what a scan left half done could not be removed");
            }
        })
    }

    fn admit(&self, operation: &Operation) -> Result<(), Failure> {
        let tenant = operation.tenant_id();
        if self.azure.knows(tenant) {
            return Ok(());
        }
        let message = format!("no tenant {tenant} is configured; add a [tenants.NAME] section with this tenant_id");
        Err(failure("unknown_tenant", &message, false))
    }
}
