//! Aliases for clients of the older API: the same jobs at other addresses. They say `queued` for `pending`.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::{artifacts, blocking, jobs, submit::own_job};
use crate::{
    api::{JobStatus, JobType, JobView},
    http::{
        App,
        body::{Query, within},
        caller::Caller,
        refusal::Refusal,
    },
    jobs::JobQuery,
};

/// Jobs that are looked at for one page of the older list.
const MOST: u64 = 1_000;

fn older(view: impl serde::Serialize) -> Result<Value, Refusal> {
    let mut value = serde_json::to_value(view).map_err(Refusal::internal)?;
    if value["status"] == JobStatus::Pending.word() {
        value["status"] = json!("queued");
    }
    Ok(value)
}

fn of_type(app: &App, caller: &Caller, id: &str, wanted: JobType) -> Result<Json<Value>, Refusal> {
    let job = own_job(app, caller, id)?;
    if job.job_type == wanted { older(job).map(Json) } else { Err(Refusal::no_job()) }
}

/// A scan.
#[utoipa::path(get, path = "/scan/{id}", params(("id" = Uuid, Path)), responses((status = 200, body = JobView)))]
pub(in crate::http) async fn scan(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    of_type(&app, &caller, &id, JobType::Scan)
}

/// A generation.
#[utoipa::path(get, path = "/generate-iac/{id}", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobView)))]
pub(in crate::http) async fn generate_iac(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    of_type(&app, &caller, &id, JobType::GenerateIac)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct OperationsQuery {
    status_filter: Option<JobStatus>,
    operation_type: Option<JobType>,
    limit: Option<u64>,
    offset: Option<u64>,
}

/// Jobs as a bare array; their number is in the header `X-Total-Count`.
#[utoipa::path(get, path = "/operations", params(OperationsQuery), responses((status = 200, body = Vec<JobView>)))]
pub(in crate::http) async fn operations(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<OperationsQuery>,
) -> Result<Response, Refusal> {
    let limit = within("limit", query.limit, 50, 1, 200)?;
    let offset = within("offset", query.offset, 0, 0, MOST - limit)?;
    let wanted = JobQuery {
        status: query.status_filter,
        job_type: query.operation_type,
        key_id: (!caller.is_admin()).then(|| caller.kid().to_owned()),
        limit: (offset + limit) as usize,
        ..JobQuery::default()
    };
    let list = blocking(move || Ok(app.jobs.list(&wanted)?)).await?;
    let total = list.total.or(list.total_at_least).unwrap_or_default().to_string();
    let page = list.jobs.into_iter().skip(offset as usize).map(older).collect::<Result<Vec<_>, _>>()?;
    Ok(([("x-total-count", total)], Json(page)).into_response())
}

/// Cancel a job.
#[utoipa::path(delete, path = "/operations/{id}", params(("id" = Uuid, Path)), responses((status = 200)))]
pub(in crate::http) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = own_job(&app, &caller, &id)?;
    older(jobs::cancel(&app, &caller, &job).await?).map(Json)
}

/// The zip of a job.
#[utoipa::path(get, path = "/operations/{id}/download", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The zip", content_type = "application/zip")))]
pub(in crate::http) async fn download(
    state: State<App>,
    caller: Caller,
    path: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    artifacts::zip(state, caller, path, headers).await
}
