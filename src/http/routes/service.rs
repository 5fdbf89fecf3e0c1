//! Routes of the daemon itself: health, readiness, metrics, status, and who the caller is.

use std::collections::BTreeMap;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    api::{ErrorCode, Health, JobStatus, Scope, WhoAmI},
    auth::Tenants,
    http::{App, caller::Caller, refusal::Refusal},
    jobs::{Counts, JobQuery},
    telemetry::metrics::{quantile, resident_bytes, total},
};

/// More never run at once.
const MOST_RUNNING: usize = 256;

/// Whether the daemon is alive, and how it is. Needs no key.
#[utoipa::path(get, path = "/health", responses((status = 200, body = Health)))]
pub(in crate::http) async fn health(State(app): State<App>) -> Json<Health> {
    let neo4j = app.mirror.as_ref().map_or_else(|| "off".to_owned(), crate::graph::neo4j::Mirror::health);
    let counts = app.jobs.counts();
    let store = counts.as_ref().map_or_else(ToString::to_string, |_| "ok".to_owned());
    let counts = counts.unwrap_or_default();
    let is_well = store == "ok" && matches!(neo4j.as_str(), "ok" | "off" | "unknown");
    Json(Health {
        status: if is_well { "ok" } else { "degraded" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_seconds: app.started().elapsed().as_secs(),
        store,
        neo4j,
        queue_depth: counts.pending,
        running: counts.running,
    })
}

/// Whether jobs are taken. Needs no key.
#[utoipa::path(get, path = "/readyz", responses((status = 200), (status = 503)))]
pub(in crate::http) async fn readyz(State(app): State<App>) -> Response {
    if app.jobs.is_draining() {
        return Refusal::new(ErrorCode::ShuttingDown, "the daemon is stopping").into_response();
    }
    (StatusCode::OK, Json(json!({"ready": true}))).into_response()
}

/// A key with `read`; where the configuration opens metrics to loopback, a caller from loopback needs none.
fn may_read(app: &App, caller: Option<&Caller>) -> Result<(), Refusal> {
    match caller {
        Some(caller) => caller.must(Scope::Read),
        None if app.settings().metrics_from_loopback => Ok(()),
        None => Err(Refusal::unauthenticated("this needs an API key")),
    }
}

fn text(app: &App) -> String {
    if let Ok(counts) = app.jobs.counts() {
        metrics::gauge!("atgd_queue_depth").set(counts.pending as f64);
        metrics::gauge!("atgd_running").set(counts.running as f64);
        for (job_type, status, count) in counts.by_type_status {
            metrics::gauge!("atgd_jobs", "type" => job_type.word(), "status" => status.word()).set(count as f64);
        }
    }
    metrics::gauge!("atgd_store_bytes").set(app.jobs.store_bytes() as f64);
    metrics::gauge!("atgd_uptime_seconds").set(app.started().elapsed().as_secs_f64());
    app.metrics.render()
}

fn prometheus(app: &App) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(app)).into_response()
}

/// Metrics as Prometheus text.
#[utoipa::path(get, path = "/metrics", responses((status = 200, content_type = "text/plain", body = String)))]
pub(in crate::http) async fn metrics_text(
    State(app): State<App>,
    caller: Option<Extension<Caller>>,
) -> Result<Response, Refusal> {
    may_read(&app, caller.as_deref())?;
    Ok(prometheus(&app))
}

/// Metrics as JSON; as text where `Accept` asks for it.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Counts, quantiles, memory")))]
pub(in crate::http) async fn metrics_json(
    State(app): State<App>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    may_read(&app, caller.as_deref())?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/plain") || accept.contains("openmetrics") {
        return Ok(prometheus(&app));
    }
    let counts = app.jobs.counts().map_err(Refusal::internal)?;
    let text = text(&app);
    let times = |name: &str| json!({"p50": quantile(&text, name, "0.5"), "p99": quantile(&text, name, "0.99")});
    let answer = json!({
        "queue_depth": counts.pending,
        "running": counts.running,
        "jobs": by_type(&counts),
        "success_rate": success_rate(&counts),
        "queue_wait_seconds": times("atgd_queue_wait_seconds"),
        "run_seconds": times("atgd_run_seconds"),
        "azure_requests": total(&text, "atgd_azure_requests_total") as u64,
        "throttled": total(&text, "atgd_azure_throttled_total") as u64,
        "memory_bytes": resident_bytes(),
        "uptime_seconds": app.started().elapsed().as_secs(),
    });
    Ok(Json(answer).into_response())
}

fn by_type(counts: &Counts) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
    let mut jobs: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (job_type, status, count) in &counts.by_type_status {
        jobs.entry(job_type.word()).or_default().insert(status.word(), *count);
    }
    jobs
}

/// Completed of those that completed or failed; none before the first.
fn success_rate(counts: &Counts) -> Option<f64> {
    let sum = |wanted: JobStatus| {
        let of = counts.by_type_status.iter().filter(|(_, status, _)| *status == wanted);
        of.map(|(_, _, count)| *count).sum::<u64>()
    };
    let (completed, failed) = (sum(JobStatus::Completed), sum(JobStatus::Failed));
    (completed + failed > 0).then(|| completed as f64 / (completed + failed) as f64)
}

/// What the daemon is doing.
#[utoipa::path(get, path = "/status", responses((status = 200, description = "Queue, limits, memory, chores")))]
pub(in crate::http) async fn status(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.must(Scope::Read)?;
    let counts = app.jobs.counts().map_err(Refusal::internal)?;
    let limits = app.limit_settings();
    let text = text(&app);
    let mut queue = BTreeMap::new();
    let mut running = BTreeMap::new();
    for (job_type, status, count) in &counts.by_type_status {
        match status {
            JobStatus::Pending => queue.insert(job_type.word(), *count),
            JobStatus::Running => running.insert(job_type.word(), *count),
            _ => None,
        };
    }
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": app.started().elapsed().as_secs(),
        "draining": app.jobs.is_draining(),
        "queue_depth": counts.pending,
        "queue": queue,
        "running": counts.running,
        "running_by_type": running,
        "running_jobs": running_jobs(&app, &caller)?,
        "lingering": app.jobs.lingering().iter().map(|(job, since)| json!({"job_id": job, "since": since}))
            .collect::<Vec<_>>(),
        "jobs": by_type(&counts),
        "limits": {
            "submit_per_minute": limits.submit_per_minute,
            "submit_burst": limits.submit_burst,
            "read_per_second": limits.read_per_second,
            "auth_failures_per_minute": limits.auth_failures_per_minute,
            "max_concurrent": app.jobs.settings().max_concurrent,
            "max_queued": app.jobs.settings().max_queued,
            "per_key": app.jobs.settings().per_key,
        },
        "memory_bytes": resident_bytes(),
        "store_bytes": app.jobs.store_bytes(),
        "azure": {
            "requests": total(&text, "atgd_azure_requests_total") as u64,
            "throttled": total(&text, "atgd_azure_throttled_total") as u64,
        },
        "neo4j": app.mirror.as_ref().map_or_else(|| "off".to_owned(), crate::graph::neo4j::Mirror::health),
        "chores": app.jobs.chores(),
    })))
}

/// What runs, as far as this key may see it.
fn running_jobs(app: &App, caller: &Caller) -> Result<Vec<Value>, Refusal> {
    let query = JobQuery {
        status: Some(JobStatus::Running),
        key_id: (!caller.is_admin()).then(|| caller.kid().to_owned()),
        limit: MOST_RUNNING,
        ..JobQuery::default()
    };
    let jobs = app.jobs.list(&query)?.jobs.into_iter();
    let shown = |job: crate::api::JobView| {
        json!({
            "job_id": job.job_id, "job_type": job.job_type, "tenant_id": job.tenant_id, "progress": job.progress,
            "current_step": job.current_step, "attempt": job.attempt, "started_at": job.started_at,
            "cancel_requested": job.cancel_requested,
        })
    };
    Ok(jobs.map(shown).collect())
}

/// Which key is asking, and what it may do.
#[utoipa::path(get, path = "/auth/whoami", responses((status = 200, body = WhoAmI)))]
pub(in crate::http) async fn whoami(caller: Caller) -> Json<WhoAmI> {
    let principal = &caller.principal;
    let tenants = match &principal.tenants {
        Tenants::All => vec!["*".to_owned()],
        Tenants::Some(some) => some.iter().map(ToString::to_string).collect(),
    };
    Json(WhoAmI {
        key_id: principal.kid.clone(),
        label: principal.label.clone(),
        scopes: principal.scopes.clone(),
        tenants,
        expires_at: principal.expires_at,
    })
}
