//! Long-running operations: how a write is answered, and what a poll says.
//!
//! ```text
//! PUT ─▶ 200/201                                          at once
//!     ├▶ 201/202 + Azure-AsyncOperation (+ Location)       polls: 200 {"status": "InProgress" → "Succeeded" | "Failed"}
//!     └▶ 202 + Location                                   polls: 202, empty → 200 and the resource, 204 after a DELETE
//! ```
//! A failed operation polls as HTTP 200. What was put is there at once with a `provisioningState` that is not
//! final; it becomes `Succeeded`, or is removed, when the operation's time is over.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    inline,
    operations::{Style, Work},
    reply::Reply,
    state::State,
};
use crate::arm;

/// Does what is due, before anything is read.
pub(super) fn finish_due(state: &State) {
    for operation in state.operations.due() {
        let mut world = state.world_mut();
        match (operation.work, operation.failed) {
            (Work::Delete, false) => {
                for id in world.remove(&operation.key) {
                    world.note("Delete", &id);
                }
                inline::forget(&mut world, &operation.key);
            }
            (work, failed) => {
                let Some(mut body) = world.value(&operation.key) else { continue };
                let name = if failed && work == Work::Write { "Failed" } else { "Succeeded" };
                if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
                    properties.insert("provisioningState".to_owned(), json!(name));
                }
                let id = body["id"].as_str().unwrap_or(&operation.key).to_owned();
                world.put(&id, "", &body);
                inline::follow(&mut world, &id);
            }
        }
    }
}

/// Begins an operation and answers the write: `body` is what the resource is now.
pub(super) fn begin(state: &State, key: &str, work: Work, created: bool, failed: bool, version: &str) -> Reply {
    let parsed = arm::ResourceId::parse(key);
    let type_name = parsed.as_ref().map(arm::ResourceId::type_name).unwrap_or_default();
    let style = match state.settings.write_style.of(&type_name, work) {
        Style::AtOnce if failed => Style::AsyncOperation,
        style => style,
    };
    let time = if style == Style::AtOnce { Duration::ZERO } else { state.settings.write_time };
    let id = state.operations.begin(key, work, time, failed);
    if time.is_zero() && style == Style::AtOnce {
        finish_due(state);
    }
    let text = if work == Work::Write { state.world().text(key).unwrap_or_default() } else { String::new() };
    let status = match (style, work, created) {
        (Style::AtOnce, Work::Delete, _) => 200,
        (Style::LocationOnly | Style::Location, ..) | (_, Work::Delete, _) => 202,
        (_, _, true) => 201,
        _ => 200,
    };
    let text = if style == Style::LocationOnly { String::new() } else { text };
    let subscription =
        parsed.and_then(|id| id.subscription).map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
    let namespace = type_name.split('/').next().unwrap_or_default().to_owned();
    let long = if state.quirks.has("long-urls") { format!("&c={}", "A".repeat(4_100)) } else { String::new() };
    let url = |kind: &str| {
        format!(
            "{}{subscription}/providers/{namespace}/locations/westeurope/{kind}/{id}?api-version={version}&t=638{long}",
            state.base
        )
    };
    let mut reply = Reply::text(status, text);
    if matches!(style, Style::AsyncOperation | Style::Both) {
        reply = reply.with("azure-asyncoperation", url("operationStatuses"));
    }
    if matches!(style, Style::Location | Style::Both | Style::LocationOnly) {
        reply = reply.with("location", url("operationResults"));
    }
    if style == Style::AtOnce { reply } else { retry_after(state, reply, state.settings.write_time) }
}

/// Missing where nothing is to be waited for, else 1 to 60.
fn retry_after(state: &State, reply: Reply, left: Duration) -> Reply {
    if state.settings.write_time.is_zero() {
        return reply;
    }
    reply.with("retry-after", left.as_secs_f64().ceil().clamp(1.0, 60.0).to_string())
}

/// A poll: `…/operationStatuses/{id}` or `…/operationResults/{id}`. `None`: no such operation of a resource.
pub(super) fn poll(state: &State, words: &[&str]) -> Option<Reply> {
    let [.., kind @ ("operationstatuses" | "operationresults"), id] = words else { return None };
    let id = id.parse().ok()?;
    let Some(operation) = state.operations.get(id) else {
        return Some(Reply::error(404, "OperationNotFound", "The operation could not be found, or is too old."));
    };
    let left = operation.ready.saturating_duration_since(Instant::now());
    let body = |status: &str| json!({"id": format!("/{}", words.join("/")), "name": id, "status": status, "startTime": "2024-01-02T03:04:05Z"});
    if !left.is_zero() {
        let reply = if *kind == "operationstatuses" {
            Reply::ok(&body("InProgress"))
        } else {
            Reply::empty(202).with("location", format!("{}/{}?api-version=2024-01-01", state.base, words.join("/")))
        };
        return Some(retry_after(state, reply, left));
    }
    if operation.failed {
        let error = json!({"code": "OperationFailed", "message": "The operation failed, as a fault asked for."});
        if *kind == "operationstatuses" {
            let mut body = body("Failed");
            body["error"] = error;
            return Some(Reply::ok(&body));
        }
        return Some(Reply::json(500, &json!({"error": error})));
    }
    if *kind == "operationstatuses" {
        return Some(Reply::ok(&body("Succeeded")));
    }
    Some(match operation.work {
        Work::Delete => Reply::empty(204),
        Work::Write => Reply::text(200, state.world().text(&operation.key).unwrap_or_default()),
    })
}
