//! The operation `create-tenant`: settled before it is a job (tenant, checks, plan, hash), then planned against the
//! tenant, and made.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{failure::failure, operations::Operations, scan::of_azure};
use crate::{
    api::{CreateTenantRequest, FieldError, OnFailure},
    jobs::Failure,
    spec::{self, Finding, JobError, Plan, Ran, Reading, Refused, Target},
    work::{JournalError, Work},
};

/// The request as it becomes a job: with its tenant. All that is wrong with it is told at once.
pub(super) fn settle(
    ops: &Operations,
    mut request: CreateTenantRequest,
    secrets: BTreeSet<String>,
) -> Result<CreateTenantRequest, Failure> {
    request.secrets.clear();
    if request.timeout_seconds.is_some_and(|seconds| !(1..=7 * 86_400).contains(&seconds)) {
        return Err(invalid(vec![FieldError::new("timeout_seconds", "expected 1 to 604800")]));
    }
    let reading = Reading::of(&request.spec_content);
    let tenant = tenant_of(ops, &request, &reading)?;
    request.tenant_id = Some(tenant);
    let plan = plan(ops, &request, reading, secrets)?;
    let wanted = request.plan_hash.as_deref();
    if wanted.is_none() && !request.dry_run && ops.require_plan_hash() {
        let message = "expected the hash of a plan that a dry run showed: the configuration requires it";
        return Err(invalid(vec![FieldError::new("plan_hash", message)]));
    }
    if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&plan.hash)) {
        let message = format!("the plan is another one than that of plan_hash: it is {}", plan.hash);
        return Err(failure("plan_changed", &message, false));
    }
    Ok(request)
}

fn tenant_of(ops: &Operations, request: &CreateTenantRequest, reading: &Reading) -> Result<Uuid, Failure> {
    if let Some(tenant) = request.tenant_id {
        return Ok(tenant);
    }
    if let Some(tenant) = reading.tenant_id() {
        return Ok(tenant);
    }
    match ops.azure.tenants().as_slice() {
        [only] => Ok(*only),
        [] => Err(failure("unknown_tenant", "no tenant is configured; add a [tenants.NAME] section", false)),
        several => {
            let message = format!(
                "expected a tenant: {} are configured, and neither the request nor the text names one",
                several.len()
            );
            Err(invalid(vec![FieldError::new("tenant_id", message)]))
        }
    }
}

fn plan(
    ops: &Operations,
    request: &CreateTenantRequest,
    reading: Reading,
    secrets: BTreeSet<String>,
) -> Result<Plan, Failure> {
    let tenant = request.tenant_id.unwrap_or_default();
    let target = Target {
        tenant,
        subscription_map: request.subscription_map.clone(),
        configured: ops.azure.subscriptions_of(tenant),
    };
    let order = spec::Order { target: &target, secrets, is_dry: request.dry_run };
    spec::prepare(reading, &order).map_err(|refused| match refused {
        Refused::Fields(findings) => invalid(findings.into_iter().map(field).collect()),
        Refused::Prose => {
            let message = "this text has neither a structured block nor headings such as `# Tenant: name`, \
                `## Subscription: name`, `### Resource Group: name (location)`; free prose needs a language model, and none \
                is configured ([llm])";
            invalid(vec![FieldError { line: Some(1), column: Some(1), ..FieldError::new("spec_content", message) }])
        }
    })
}

fn field(finding: Finding) -> FieldError {
    let Finding { path, place, message } = finding;
    // What is wrong with the request and not with its text has no place in it.
    let at = |number: u32| (place.line > 0).then_some(number);
    FieldError { path, line: at(place.line), column: at(place.column), message }
}

fn invalid(fields: Vec<FieldError>) -> Failure {
    let message = match fields.as_slice() {
        [one] => match one.line {
            Some(line) => format!("line {line}: {}", one.message),
            None => format!("{}: {}", one.path, one.message),
        },
        several => format!("{} things in the request are not valid", several.len()),
    };
    Failure { partial: Some(json!({ "fields": fields })), ..failure("validation_failed", &message, false) }
}

/// The job.
pub(super) async fn run(ops: Operations, request: CreateTenantRequest, work: Work) -> Result<Value, Failure> {
    let tenant = request.tenant_id.unwrap_or_default();
    let secrets: BTreeSet<String> = work.secrets.keys().cloned().collect();
    let planning = {
        let (ops, request) = (ops.clone(), request.clone());
        tokio::task::spawn_blocking(move || plan(&ops, &request, Reading::of(&request.spec_content), secrets)).await
    };
    let plan = planning.map_err(|error| failure("panicked", &format!("the planning panicked: {error}"), false))??;
    let client = ops.azure.tenant(tenant).map_err(|error| of_azure(&error))?;
    let hash = plan.hash.clone();
    if request.dry_run {
        return spec::dry_run(&client, plan, &work).await.map_err(|error| of_job(error, &hash));
    }
    let is_rolled_back = request.on_failure == OnFailure::Rollback;
    let ran = spec::deploy(&client, plan, &work, is_rolled_back).await;
    match ran.map_err(|error| of_job(JobError::Journal(error), &hash))? {
        Ran::Completed(result) => Ok(result),
        Ran::Paused(result) => Err(Failure { partial: Some(result), ..Failure::stopped() }),
        Ran::Failed { result, message, is_transient } => {
            let code = if is_transient { "azure" } else { "step_failed" };
            Err(Failure { partial: Some(result), ..failure(code, &message, is_transient) })
        }
        Ran::Refused { mut result, error } => {
            let refused = of_job(error, &hash);
            if let Some(details) = refused.partial.as_ref().and_then(|partial| partial.get("details")) {
                result["details"] = details.clone();
            }
            Err(Failure { partial: Some(result), ..refused })
        }
        Ran::Cancelled(result) => {
            Err(Failure { partial: Some(result), ..failure("cancelled", "the job was cancelled", false) })
        }
    }
}

fn of_job(error: JobError, hash: &str) -> Failure {
    match error {
        JobError::Fields(findings) => {
            let message = JobError::Fields(findings.clone()).to_string();
            let fields: Vec<FieldError> = findings.into_iter().map(field).collect();
            let partial = json!({"plan_hash": hash, "details": {"fields": fields}});
            Failure { partial: Some(partial), ..failure("validation_failed", &message, false) }
        }
        JobError::Azure(error) => of_azure(&error),
        JobError::Journal(error) => failure("journal", &error.to_string(), matches!(error, JournalError::Store(_))),
        JobError::Artifact(error) => failure("artifacts", &error.to_string(), false),
        JobError::OtherPlan(_) => failure("plan_changed", &error.to_string(), false),
        JobError::Cancelled => failure("cancelled", "the job was cancelled", false),
    }
}
