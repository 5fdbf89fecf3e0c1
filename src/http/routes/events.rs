//! A job's event log, as a JSON array or as Server-Sent Events that go on until the job ends.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{self, KeepAlive},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{blocking, submit::own_job};
use crate::{
    api::Event,
    http::{
        App,
        body::{Query, within},
        caller::Caller,
        refusal::Refusal,
    },
};

/// Between comments that keep proxies from closing a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct EventsQuery {
    /// Only events after this number.
    after: Option<u64>,
    /// 1 to 1000, usually 1000.
    limit: Option<u64>,
}

/// Events of a job.
#[utoipa::path(get, path = "/jobs/{id}/events", params(("id" = Uuid, Path), EventsQuery),
    responses((status = 200, body = Vec<Event>,
        description = "With `Accept: text/event-stream` the same as Server-Sent Events, live")))]
pub(in crate::http) async fn events(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = own_job(&app, &caller, &id)?.job_id;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let limit = within("limit", query.limit, 1_000, 1, 1_000)? as usize;
    if !text(header::ACCEPT.as_str()).is_some_and(|accept| accept.contains("text/event-stream")) {
        let after = query.after.unwrap_or(0);
        let list = blocking(move || app.jobs.events(id, after, limit).map_err(Refusal::internal)).await?;
        return Ok(Json(list).into_response());
    }
    let last = text("last-event-id").and_then(|text| text.trim().parse().ok());
    let follow = app.jobs.follow(id, last.or(query.after).unwrap_or(0));
    let stream = futures_util::stream::unfold(follow, |mut follow| async {
        // A stopping daemon ends the stream; the viewer comes back with the last number.
        let event = follow.next().await.ok().flatten()?;
        let message = sse::Event::default().id(event.seq.to_string()).json_data(&event).ok()?;
        Some((Ok::<_, Infallible>(message), follow))
    });
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response())
}
