//! A job's events over WebSocket: replay, then live, with no gap and no duplicate.
//!
//! ```text
//!  upgrade ─▶ key or ticket? ─no─▶ 4401      send stuck 10 s ─▶ 4408   client frame > 4 KiB ─▶ 1009
//!                 └▶ job? ─no─▶ 4404         after `complete` ─▶ 1000  daemon stops ─▶ 1001
//! ```
//! A viewer holds at most one page of events: it reads the log at its own pace.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        FromRequestParts, Path, Request, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::submit::own_job;
use crate::{
    api::ErrorCode,
    http::{app::App, body::Query, caller::Caller, refusal::Refusal, tickets::TICKET_LIFE},
};

const PING: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_mins(1);
/// How long one message may wait for a viewer that does not read.
const STUCK: Duration = Duration::from_secs(10);
const LARGEST_FRAME: usize = 4 << 10;

/// A ticket for one WebSocket.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Ticket {
    ticket: String,
    expires_in_seconds: u64,
}

/// A single-use ticket, so that a browser can open the job's WebSocket.
#[utoipa::path(post, path = "/jobs/{id}/ws-ticket", params(("id" = Uuid, Path)),
    responses((status = 200, body = Ticket)))]
pub(in crate::http) async fn ticket(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Ticket>, Refusal> {
    let job = own_job(&app, &caller, &id)?;
    let ticket = app.tickets().issue(caller, job.job_id);
    Ok(Json(Ticket { ticket, expires_in_seconds: TICKET_LIFE.as_secs() }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct WatchQuery {
    /// Only events after this number.
    after: Option<u64>,
    /// From `ws-ticket`, instead of a key.
    ticket: Option<String>,
}

/// A job's events over WebSocket.
#[utoipa::path(get, path = "/jobs/{id}/ws", params(("id" = Uuid, Path), WatchQuery),
    responses((status = 101, description = "Events as text frames, each a JSON object")))]
pub(in crate::http) async fn watch(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<WatchQuery>,
    request: Request,
) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let caller = match &query.ticket {
        Some(ticket) => app.tickets().redeem(ticket, &id),
        None => parts.extensions.get::<Caller>().cloned(),
    };
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &app).await.map_err(|_| {
        Refusal::new(ErrorCode::InvalidRequest, "this route is a WebSocket: expected an Upgrade request")
    })?;
    let upgrade = upgrade
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
        // What a viewer costs while it does nothing; each event is flushed as it is sent.
        .read_buffer_size(LARGEST_FRAME)
        .write_buffer_size(0);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let Some(caller) = caller else { return close(socket, 4401, "the key or ticket is not valid").await };
        match own_job(&app, &caller, &id) {
            Ok(job) => follow(socket, &app, job.job_id, query.after.unwrap_or(0)).await,
            Err(refusal) if refusal.code == ErrorCode::NotFound => close(socket, 4404, "there is no such job").await,
            Err(_) => close(socket, 1011, "something went wrong inside the daemon").await,
        }
    }))
}

async fn follow(mut socket: WebSocket, app: &App, id: Uuid, after: u64) {
    let mut events = app.jobs.follow(id, after);
    let mut ping = tokio::time::interval(PING);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            event = events.next() => match event {
                Ok(Some(event)) => match serde_json::to_string(&event) {
                    Ok(text) => Message::Text(text.into()),
                    Err(_) => return close(socket, 1011, "an event can't be shown").await,
                },
                Ok(None) => return close(socket, 1000, "").await,
                Err(crate::jobs::FollowError::Stopping) => return close(socket, 1001, "the daemon is stopping").await,
                Err(error) => {
                    tracing::error!(%error, job = %id, "a viewer's events can't be read");
                    return close(socket, 1011, "something went wrong inside the daemon").await;
                }
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_))) | None => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
                Some(Err(error)) => {
                    let text = error.to_string().to_lowercase();
                    if text.contains("too long") || text.contains("too big") || text.contains("too large") {
                        return close(socket, 1009, "frames of up to 4 KiB are read").await;
                    }
                    return;
                }
            },
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    return;
                }
                Message::Ping(axum::body::Bytes::new())
            }
        };
        match tokio::time::timeout(STUCK, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => return close(socket, 4408, "events were not read; come back with after").await,
        }
    }
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let farewell = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            // The peer's own close ends the handshake; until then frames are passed over.
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        }
    };
    // A viewer that does not answer is left.
    let _ = tokio::time::timeout(Duration::from_secs(2), farewell).await;
}
