//! Submitting jobs. The `202` is sent when the job is on disk.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{
        Accepted, CreateTenantRequest, ErrorCode, GenerateIacRequest, GenerateSpecRequest, JobView, Operation,
        ScanRequest, Scope, SecretText,
    },
    http::{
        App,
        body::{self, Query},
        caller::Caller,
        refusal::Refusal,
        validate,
    },
    jobs::{Idempotency, Secrets, Submission},
    telemetry::Secret,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ScanQuery {
    /// Only say what the scan would cost; no job is made.
    #[serde(default)]
    plan: bool,
}

/// Scan a tenant into the graph.
#[utoipa::path(post, path = "/scan", params(ScanQuery), request_body = ScanRequest,
    responses((status = 202, body = Accepted), (status = 200, description = "with `plan=true`: the cost")))]
pub(in crate::http) async fn scan(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ScanQuery>,
    request: Request,
) -> Result<Response, Refusal> {
    caller.must(Scope::Scan)?;
    let idempotency = idempotency_key(request.headers())?;
    let scan: ScanRequest = body::json(request).await?;
    validate::scan(&scan)?;
    caller.must_tenant(scan.tenant_id)?;
    let operation = Operation::Scan(scan);
    if query.plan {
        return Ok(Json(app.jobs.preview(operation).await?).into_response());
    }
    submit(&app, &caller, operation, "/scan", idempotency).await
}

/// Generate code from the scanned graph.
#[utoipa::path(post, path = "/generate-iac", request_body = GenerateIacRequest,
    responses((status = 202, body = Accepted)))]
pub(in crate::http) async fn generate_iac(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.must(Scope::Generate)?;
    let idempotency = idempotency_key(request.headers())?;
    let generate: GenerateIacRequest = body::json(request).await?;
    validate::generate(&generate)?;
    caller.must_tenant(generate.tenant_id)?;
    submit(&app, &caller, Operation::GenerateIac(generate), "/generate-iac", idempotency).await
}

/// Create what a specification describes, or only plan it.
#[utoipa::path(post, path = "/create-tenant", request_body = CreateTenantRequest,
    responses((status = 202, body = Accepted)))]
pub(in crate::http) async fn create_tenant(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.must(Scope::Create)?;
    let idempotency = idempotency_key(request.headers())?;
    let mut create: CreateTenantRequest = body::json_within(request, body::MAX_SPECIFICATION).await?;
    if let Some(tenant) = create.tenant_id {
        caller.must_tenant(tenant)?;
    }
    let secrets = secrets(std::mem::take(&mut create.secrets));
    let names = secrets.keys().cloned().collect();
    let operation = app.jobs.settle(Operation::CreateTenant(create), names).await?;
    caller.must_tenant(operation.tenant_id())?;
    submit_with(&app, &caller, operation, "/create-tenant", idempotency, secrets).await
}

/// Describe a scanned tenant as a specification.
#[utoipa::path(post, path = "/generate-spec", request_body = GenerateSpecRequest,
    responses((status = 202, body = Accepted)))]
pub(in crate::http) async fn generate_spec(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.must(Scope::Generate)?;
    let idempotency = idempotency_key(request.headers())?;
    let generate: GenerateSpecRequest = body::json(request).await?;
    validate::generate_spec(&generate)?;
    caller.must_tenant(generate.tenant_id)?;
    submit(&app, &caller, Operation::GenerateSpec(generate), "/generate-spec", idempotency).await
}

/// Values of secrets, from here on of a type that is never printed.
pub(in crate::http) fn secrets(given: BTreeMap<String, SecretText>) -> Secrets {
    given.into_iter().map(|(name, value)| (name, Secret::new(value.0))).collect()
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(text.to_owned()));
    }
    Err(Refusal::field("Idempotency-Key", "expected 1 to 128 visible characters"))
}

async fn submit(
    app: &App,
    caller: &Caller,
    operation: Operation,
    route: &'static str,
    idempotency: Option<String>,
) -> Result<Response, Refusal> {
    submit_with(app, caller, operation, route, idempotency, Secrets::new()).await
}

async fn submit_with(
    app: &App,
    caller: &Caller,
    operation: Operation,
    route: &'static str,
    idempotency: Option<String>,
    secrets: Secrets,
) -> Result<Response, Refusal> {
    let canonical = serde_json::to_vec(&operation).map_err(Refusal::internal)?;
    let body_hash = *blake3::hash(&canonical).as_bytes();
    let submission = Submission {
        operation,
        key_id: caller.kid().to_owned(),
        remote: caller.remote.clone(),
        idempotency: idempotency.map(|key| Idempotency { key, route, body_hash }),
    };
    let job = app.jobs.submit_with(submission, secrets).await?;
    Ok(accepted(app, &job))
}

/// The `202` of a job, with its addresses.
pub(in crate::http) fn accepted(app: &App, job: &JobView) -> Response {
    let base = app.base();
    let id = job.job_id;
    let status_url = format!("{base}/api/v1/jobs/{id}");
    let socket = base.replacen("http", "ws", 1);
    let body = Accepted {
        job_id: id,
        job_type: job.job_type,
        status: job.status,
        created_at: job.created_at,
        result_url: format!("{status_url}/result"),
        artifacts_url: format!("{status_url}/artifacts"),
        websocket_url: format!("{socket}/api/v1/jobs/{id}/ws"),
        status_url: status_url.clone(),
    };
    (StatusCode::ACCEPTED, [(header::LOCATION, status_url)], Json(body)).into_response()
}

/// A job of this caller, or as if it were not there.
pub(in crate::http) fn own_job(app: &App, caller: &Caller, id: &str) -> Result<JobView, Refusal> {
    let id =
        id.parse().map_err(|_| Refusal::new(ErrorCode::NotFound, format!("{id:?} is no job's id: expected a UUID")))?;
    let job = app.jobs.view(id).map_err(Refusal::internal)?.filter(|job| caller.owns(job));
    job.ok_or_else(Refusal::no_job)
}
