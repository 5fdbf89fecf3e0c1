//! Requests to answers: what is open to all, then who asks, then what fails, then which service it is.
//!
//! ```text
//! request ─▶ held? ─▶ latency ─▶ open: metadata, tokens, data planes, /_simulator
//!                                └▶ token ─▶ faults ─▶ /v1.0: graph
//!                                                   └▶ buckets ─▶ reads, writes, deployments, Resource Graph
//!         ◀─ delay, cut ◀─ quirks, stale, wrong case ◀─┘
//! ```

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, Request, State as Shared},
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use serde_json::json;

use super::{
    admin, data_plane, deployments,
    faults::Fate,
    graph, login, long_running, metadata, reads,
    reply::{Query, Reply},
    request::Asked,
    resource_graph,
    serve::Cut,
    state::State,
    throttle::Verb,
    write,
};

/// Largest body of a request.
const BODY: usize = 4 << 20;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new().fallback(handle).with_state(state)
}

async fn handle(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY).await else {
        return Reply::error(413, "RequestEntityTooLarge", "The request is too large.").into_response();
    };
    // Who would release is not held.
    if !parts.uri.path().starts_with("/_simulator") {
        state.not_held().await;
    }
    if !state.settings.latency.is_zero() {
        tokio::time::sleep(state.settings.latency).await;
    }
    let reply = answer(&state, &parts.method, &parts.uri, &parts.headers, &body);
    if let (Some(bytes), Some(ConnectInfo(cut))) = (reply.cut, parts.extensions.get::<ConnectInfo<Cut>>()) {
        cut.after(bytes);
    }
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    reply.into_response()
}

fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Reply {
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy();
    let lower = path.to_lowercase();
    let asked = Asked {
        method,
        path: &path,
        segments: path.split('/').filter(|part| !part.is_empty()).collect(),
        words: lower.split('/').filter(|part| !part.is_empty()).collect(),
        query: Query::parse(uri.query().unwrap_or_default()),
        address: format!("{lower}?{}", uri.query().unwrap_or_default().to_lowercase()),
        headers,
        body,
    };
    if !is_open(&asked.words) {
        return guarded(state, &asked);
    }
    let fate = match asked.words.first() {
        Some(&("_simulator" | "_data")) => Fate::default(),
        _ => state.faults.fate(&asked.address, true),
    };
    if let Some(mut reply) = fate.reply {
        state.count("failed");
        reply.delay = fate.delay;
        return reply;
    }
    let mut reply = open(state, &asked, fate.wrong_tenant).unwrap_or_else(|| guarded(state, &asked));
    for hostile in &fate.hostile {
        state.count("hostile");
        reply = hostile.make(&asked, &state.base, reply);
    }
    if fate.truncated {
        reply.cut = Some(reply.text.len() as u64 / 2 + 250);
    }
    reply.delay = fate.delay;
    reply
}

/// Whether something is asked for that needs no token.
fn is_open(words: &[&str]) -> bool {
    matches!(
        words,
        [_, "oauth2" | "v2.0" | "discovery" | ".well-known", ..] | ["metadata" | "msi" | "_simulator" | "_data", ..]
    )
}

/// What needs no token.
fn open(state: &State, asked: &Asked<'_>, wrong_tenant: bool) -> Option<Reply> {
    let (settings, base) = (&state.settings, state.base.as_str());
    let version = asked.query.get("api-version").unwrap_or_default();
    Some(match asked.words.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"] if asked.method == Method::POST => {
            state.count("token");
            let (status, mut body) = state.login.grant(settings, base, tenant, asked.body);
            if wrong_tenant && status == 200 {
                body["access_token"] = json!(state.login.foreign(settings, base));
            }
            Reply::json(status, &body)
        }
        ["metadata", "identity", "oauth2", "token"] | ["msi", "token"] => {
            state.count("token");
            return Some(managed(state, asked, wrong_tenant));
        }
        ["metadata", "endpoints"] => {
            state.count("metadata");
            Reply::ok(&metadata::endpoints(base, version))
        }
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            state.count("metadata");
            Reply::ok(&metadata::openid(base, tenant, settings.tenant_id, true))
        }
        [tenant, ".well-known", "openid-configuration"] => {
            state.count("metadata");
            Reply::ok(&metadata::openid(base, tenant, settings.tenant_id, false))
        }
        ["common", "discovery", "instance"] => {
            state.count("metadata");
            Reply::ok(&metadata::instances(base, settings.tenant_id))
        }
        [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"] => {
            state.count("metadata");
            Reply::ok(&state.login.keys())
        }
        ["_simulator", rest @ ..] => admin::answer(state, asked, rest),
        ["_data", ..] => {
            state.count("data_plane");
            let authorized = state.login.check(settings, asked.header("authorization")).is_ok();
            let tenant = settings.tenant_id.to_string();
            data_plane::answer(base, &tenant, &asked.segments[1..], &asked.query, authorized)
        }
        _ => return None,
    })
}

fn managed(state: &State, asked: &Asked<'_>, wrong_tenant: bool) -> Reply {
    let service = asked.words.first() == Some(&"msi");
    if service && asked.header("x-identity-header") != Some(login::IDENTITY_HEADER) {
        return Reply::error(401, "Unauthorized", "The header x-identity-header has not the expected value.");
    }
    if !service && asked.header("metadata") != Some("true") {
        let body = json!({"error": "invalid_request", "error_description": "Required metadata header not specified"});
        return Reply::json(400, &body);
    }
    let Some(resource) = asked.query.get("resource") else {
        let body =
            json!({"error": "invalid_request", "error_description": "Required query variable 'resource' is missing"});
        return Reply::json(400, &body);
    };
    let resource = resource.trim_end_matches("/.default");
    let mut body = state.login.managed(&state.settings, &state.base, resource, asked.query.get("client_id"));
    if wrong_tenant {
        body["access_token"] = json!(state.login.foreign(&state.settings, &state.base));
    }
    Reply::ok(&body)
}

fn guarded(state: &State, asked: &Asked<'_>) -> Reply {
    let principal = match state.login.check(&state.settings, asked.header("authorization")) {
        Ok(principal) => principal,
        Err((code, message)) => {
            let tenant = state.settings.tenant_id;
            let challenge = format!("Bearer authorization_uri=\"{}/{tenant}\", error=\"invalid_token\"", state.base);
            return Reply::error(401, code, &message).with("www-authenticate", challenge);
        }
    };
    let fate = state.faults.fate(&asked.address, false);
    if let Some(mut reply) = fate.reply {
        state.count("failed");
        reply.delay = fate.delay;
        return reply;
    }
    long_running::finish_due(state);
    let mut reply = if asked.words.first() == Some(&"v1.0") {
        state.count("graph");
        graph::answer(state, asked.method.as_str(), &asked.segments[1..], &asked.query, asked.body)
    } else {
        arm(state, asked, &principal, fate.operation_failed)
    };
    if fate.stale || fate.wrong_case {
        reply = admin::spoil(reply, fate.stale, fate.wrong_case);
    }
    reply = state.quirks.distort(reply);
    for hostile in &fate.hostile {
        state.count("hostile");
        reply = hostile.make(asked, &state.base, reply);
    }
    if fate.truncated {
        state.count("failed");
        reply.cut = Some(reply.text.len() as u64 / 2 + 250);
    }
    reply.delay = fate.delay;
    reply
}

/// The resource manager, within its buckets.
fn arm(state: &State, asked: &Asked<'_>, principal: &str, operation_failed: bool) -> Reply {
    if asked.words == ["providers", "microsoft.resourcegraph", "resources"] {
        return resource_graph::answer(state, principal, asked.body);
    }
    let (scope, level) = match asked.words.as_slice() {
        ["subscriptions", id, ..] => (*id, "subscription"),
        _ => ("tenant", "tenant"),
    };
    let verb = match *asked.method {
        Method::GET | Method::HEAD => Verb::Reads,
        Method::DELETE => Verb::Deletes,
        _ => Verb::Writes,
    };
    let left = match state.throttle.take(principal, scope, verb) {
        Ok(left) => left,
        Err(seconds) => {
            state.count("throttled");
            let text =
                format!("The request is being throttled: the number of {} of the {level} is exhausted.", verb.word());
            return Reply::error(429, "SubscriptionRequestsThrottled", &text)
                .with("retry-after", seconds.to_string())
                .with("x-ms-failure-cause", "gateway");
        }
    };
    let Some(version) = asked.query.get("api-version") else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Reply::error(400, "MissingApiVersionParameter", text);
    };
    let header = format!("x-ms-ratelimit-remaining-{level}-{}", verb.word());
    manager(state, asked, version, operation_failed).with(header, left.to_string())
}

fn manager(state: &State, asked: &Asked<'_>, version: &str, operation_failed: bool) -> Reply {
    if let Some(reply) = deployments::answer(state, asked) {
        return reply;
    }
    if let Some(reply) = long_running::poll(state, &asked.words).filter(|_| asked.method == Method::GET) {
        state.count("polls");
        return reply;
    }
    match *asked.method {
        Method::GET => reads::answer(state, asked, version),
        Method::HEAD => reads::head(state, asked, version),
        Method::POST => reads::action(state, asked, version),
        Method::PUT | Method::PATCH | Method::DELETE => {
            state.count("writes");
            if let Some(refusal) = reads::refused_write(state, asked, version) {
                return refusal;
            }
            match *asked.method {
                Method::PUT => write::put(state, asked.path, version, asked.body, operation_failed),
                Method::PATCH => write::patch(state, asked.path, version, asked.body, operation_failed),
                _ => write::delete(state, asked.path, version, operation_failed),
            }
        }
        _ => Reply::error(405, "MethodNotAllowed", "The method is not allowed."),
    }
}
