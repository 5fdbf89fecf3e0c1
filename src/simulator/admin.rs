//! `/_simulator/…`: what a test or a person asks and tells a running simulator. Needs no token.
//!
//! | route | what |
//! |---|---|
//! | `GET` · `DELETE /requests` | counts of requests by kind, since the start or the last `DELETE` |
//! | `GET` · `POST` · `DELETE /faults` | those in force; one more (text, or JSON `{fault, times}`); none any more |
//! | `GET` · `PUT /quirks` | names of irregularities that are on: a JSON list |
//! | `POST /hold` · `POST /release` | answers wait; they go on |
//! | `PUT /other-client` | another client of whoever asks wants so many reads a second: a JSON number |
//! | `PUT` · `DELETE /resources/{id}` | puts or removes a body at once, without an operation: as if somebody else had |
//! | `GET /status` | what is served |

use axum::http::Method;
use serde_json::{Value, json};

use super::{faults::Fault, quirks::QUIRKS, reply::Reply, request::Asked, state::State};

pub(super) fn answer(state: &State, asked: &Asked<'_>, rest: &[&str]) -> Reply {
    match (asked.method, rest) {
        (&Method::GET, ["requests"]) => Reply::ok(&json!(state.counts())),
        (&Method::DELETE, ["requests"]) => {
            state.forget_counts();
            Reply::empty(204)
        }
        (&Method::GET, ["faults"]) => {
            let (given, of) = state.faults.replayed();
            Reply::ok(&json!({"faults": state.faults.shown(), "replayed": given, "recorded": of}))
        }
        (&Method::POST, ["faults"]) => match fault(asked.body).and_then(|fault| state.faults.add(fault, &state.base)) {
            Ok(()) => Reply::empty(204),
            Err(message) => Reply::error(400, "BadFault", &message),
        },
        (&Method::DELETE, ["faults"]) => {
            state.faults.clear();
            Reply::empty(204)
        }
        (&Method::PUT, ["quirks"]) => {
            let names: Vec<String> = serde_json::from_slice(asked.body).unwrap_or_default();
            state
                .quirks
                .set(&names)
                .map_or_else(|message| Reply::error(400, "BadQuirk", &message), |()| Reply::empty(204))
        }
        (&Method::GET, ["quirks"]) => {
            let on: Vec<&str> = QUIRKS.into_iter().filter(|name| state.quirks.has(name)).collect();
            Reply::ok(&json!(on))
        }
        (&Method::POST, ["hold"]) => {
            state.hold();
            Reply::empty(204)
        }
        (&Method::POST, ["release"]) => {
            state.release();
            Reply::empty(204)
        }
        (&Method::PUT, ["resources", ..]) => put(state, asked),
        (&Method::DELETE, ["resources", ..]) => {
            let gone = state.remove(&asked.segments[2..].join("/"));
            Reply::ok(&json!({"removed": gone}))
        }
        (&Method::PUT, ["other-client"]) => other_client(state, asked.body),
        (&Method::GET, ["status"]) => status(state),
        _ => Reply::error(
            404,
            "NotFound",
            "known are requests, faults, quirks, hold, release, other-client, resources/{id}, status",
        ),
    }
}

fn put(state: &State, asked: &Asked<'_>) -> Reply {
    let id = asked.segments[2..].join("/");
    let body: Value = serde_json::from_slice(asked.body).unwrap_or_default();
    if !body.is_object() || !state.put(&format!("/{id}"), &body) {
        return Reply::error(400, "BadResource", "an id of a resource and a JSON object were expected");
    }
    Reply::empty(204)
}

fn other_client(state: &State, body: &[u8]) -> Reply {
    let Ok(rate) = serde_json::from_slice(body) else {
        return Reply::error(400, "BadRate", "reads a second were expected, a JSON number");
    };
    state.throttle.other_client(rate);
    Reply::empty(204)
}

fn status(state: &State) -> Reply {
    let (world, other) = (state.world(), state.throttle.other());
    Reply::ok(&json!({
        "resources": world.len(), "subscriptions": world.subscriptions(), "skipped": world.skipped,
        "quota": state.settings.quota, "page_size": state.settings.page_size,
        "other_client": {"wanted": other.wanted, "got": other.got},
    }))
}

fn fault(body: &[u8]) -> Result<Fault, String> {
    let text = String::from_utf8_lossy(body);
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(fields)) => {
            let mut fault: Fault =
                fields.get("fault").and_then(Value::as_str).ok_or("a field `fault` was expected")?.parse()?;
            fault.times = fields.get("times").and_then(Value::as_u64);
            Ok(fault)
        }
        Ok(Value::String(text)) => text.parse(),
        _ => text.trim().parse(),
    }
}

/// What the faults `stale` and `wrong-case` make of an answer.
pub(super) fn spoil(reply: Reply, stale: bool, wrong_case: bool) -> Reply {
    let Ok(mut body) = serde_json::from_str::<Value>(&reply.text) else { return reply };
    let lower = |element: &mut Value| {
        if let Some(Value::String(id)) = element.get_mut("id") {
            *id = id.to_lowercase();
        }
    };
    match body.get_mut("value").and_then(Value::as_array_mut) {
        Some(elements) => {
            if stale {
                elements.pop();
            }
            if wrong_case {
                elements.iter_mut().for_each(lower);
            }
        }
        None if wrong_case => lower(&mut body),
        None => {}
    }
    Reply { text: body.to_string(), ..reply }
}
