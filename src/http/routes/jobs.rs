//! Routes of jobs: list, show, result, cancel or remove, retry.

use axum::{
    Json,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    blocking,
    submit::{accepted, own_job},
};
use crate::{
    api::{
        Accepted, CancelAnswer, ErrorCode, JobList, JobResult, JobStatus, JobType, JobView, RetryRequest, Scope, Time,
    },
    http::{
        App,
        body::{self, Query, within},
        caller::Caller,
        refusal::Refusal,
    },
    jobs::JobQuery,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ListQuery {
    status: Option<JobStatus>,
    #[serde(rename = "type", alias = "job_type")]
    job_type: Option<JobType>,
    tenant_id: Option<Uuid>,
    /// Whose jobs; with the scope `admin`.
    key_id: Option<String>,
    created_after: Option<Time>,
    created_before: Option<Time>,
    /// 1 to 200, usually 50.
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Jobs of this key, newest first; `admin` sees all.
#[utoipa::path(get, path = "/jobs", params(ListQuery), responses((status = 200, body = JobList)))]
pub(in crate::http) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<JobList>, Refusal> {
    let limit = within("limit", query.limit, 50, 1, 200)? as usize;
    let key_id = if caller.is_admin() {
        query.key_id
    } else if query.key_id.as_ref().is_none_or(|key| key == caller.kid()) {
        Some(caller.kid().to_owned())
    } else {
        return Err(Refusal::new(ErrorCode::ForbiddenScope, "jobs of other keys need the scope admin"));
    };
    let wanted = JobQuery {
        status: query.status,
        job_type: query.job_type,
        tenant_id: query.tenant_id,
        key_id,
        created_after: query.created_after,
        created_before: query.created_before,
        limit,
        cursor: query.cursor,
    };
    blocking(move || Ok(app.jobs.list(&wanted)?)).await.map(Json)
}

/// One job.
#[utoipa::path(get, path = "/jobs/{id}", params(("id" = Uuid, Path)), responses((status = 200, body = JobView)))]
pub(in crate::http) async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Refusal> {
    own_job(&app, &caller, &id).map(Json)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct RemoveQuery {
    /// Remove a finished job with its artifacts and events.
    #[serde(default)]
    purge: bool,
}

/// Cancel a job, or remove a finished one.
#[utoipa::path(delete, path = "/jobs/{id}", params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 200, body = CancelAnswer), (status = 204, description = "with `purge=true`")))]
pub(in crate::http) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<RemoveQuery>,
) -> Result<Response, Refusal> {
    let job = own_job(&app, &caller, &id)?;
    if query.purge {
        app.jobs.purge(job.job_id, caller.kid(), &caller.remote).await?;
        return Ok(axum::http::StatusCode::NO_CONTENT.into_response());
    }
    cancel(&app, &caller, &job).await.map(|answer| Json(answer).into_response())
}

/// Cancelling again, or what is cancelled already, is the same answer.
pub(in crate::http) async fn cancel(app: &App, caller: &Caller, job: &JobView) -> Result<CancelAnswer, Refusal> {
    if job.status == JobStatus::Cancelled {
        return Ok(CancelAnswer { job_id: job.job_id, status: job.status, cancel_requested: true });
    }
    Ok(app.jobs.cancel(job.job_id, caller.kid(), &caller.remote).await?)
}

/// What a finished job has brought.
#[utoipa::path(get, path = "/jobs/{id}/result", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobResult)))]
pub(in crate::http) async fn result(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JobResult>, Refusal> {
    let job = own_job(&app, &caller, &id)?;
    let result = app.jobs.result(job.job_id).map_err(Refusal::internal)?;
    result.map(Json).ok_or_else(|| not_finished(&job))
}

/// `409` of a job that still waits or runs.
pub(in crate::http) fn not_finished(job: &JobView) -> Refusal {
    Refusal::new(ErrorCode::JobNotFinished, format!("job {} is {}", job.job_id, job.status.word()))
}

/// A new job with the parameters of a failed or cancelled one.
#[utoipa::path(post, path = "/jobs/{id}/retry", params(("id" = Uuid, Path)), request_body = Option<RetryRequest>,
    responses((status = 202, body = Accepted)))]
pub(in crate::http) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let job = own_job(&app, &caller, &id)?;
    caller.must_tenant(job.tenant_id)?;
    if job.job_type == JobType::CreateTenant {
        caller.must(Scope::Create)?;
    }
    let RetryRequest { secrets } = body::json_or_default(request).await?;
    let secrets = super::submit::secrets(secrets);
    let job = app.jobs.retry_with(job.job_id, caller.kid(), &caller.remote, secrets).await?;
    Ok(accepted(&app, &job))
}
