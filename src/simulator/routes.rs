//! Requests to answers: one handler that takes the path apart as ARM does, whatever its case.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, atomic::Ordering},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State as Shared},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    State, graph, login,
    world::{Stored, World, row},
};
use crate::arm;

/// Largest body of a request.
const BODY: usize = 4 << 20;

/// What is answered.
pub(super) struct Reply {
    status: u16,
    text: String,
    headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, text: body.to_string(), headers: Vec::new() }
    }

    /// `{"error": {code, message}}`.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}});
        Self { status, text: body.to_string(), headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn into_response(self) -> Response {
        let mut response = Response::builder()
            .status(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK))
            .header("content-type", "application/json; charset=utf-8")
            .header("cache-control", "no-cache")
            .header("x-ms-request-id", Uuid::new_v4().to_string())
            .header("x-ms-correlation-request-id", Uuid::new_v4().to_string());
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.text)).unwrap_or_default()
    }
}

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new().fallback(handle).with_state(state)
}

async fn handle(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY).await else {
        return Reply::error(413, "RequestEntityTooLarge", "The request is too large.").into_response();
    };
    // Registered before the look, so that a release in between is not missed.
    loop {
        let released = state.released.notified();
        if !state.held.load(Ordering::SeqCst) {
            break;
        }
        released.await;
    }
    if !state.settings.latency.is_zero() {
        tokio::time::sleep(state.settings.latency).await;
    }
    answer(&state, &parts.method, &parts.uri, &parts.headers, &body).into_response()
}

fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Reply {
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    match segments.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] if method == Method::POST => {
            count(state, "token");
            let (status, body) = login::grant(&state.settings, tenant, &String::from_utf8_lossy(body));
            Reply { status, text: body.to_string(), headers: Vec::new() }
        }
        ["metadata", "identity", "oauth2", "token"] => {
            count(state, "token");
            if headers.get("metadata").is_none_or(|value| value != "true") {
                return Reply::error(400, "invalid_request", "Required metadata header not specified");
            }
            Reply::ok(login::managed(&state.settings, query.get("resource").map_or("", String::as_str)))
        }
        ["_simulator", "requests"] => {
            let counts = state.counts.lock().unwrap_or_else(PoisonError::into_inner);
            Reply::ok(json!(*counts))
        }
        _ => guarded(state, method, headers, &path, &segments, &query),
    }
}

fn guarded(
    state: &State,
    method: &Method,
    headers: &HeaderMap,
    path: &str,
    segments: &[&str],
    query: &BTreeMap<String, String>,
) -> Reply {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    if let Err((code, message)) = login::check(&state.settings, authorization) {
        let challenge = format!("Bearer authorization_uri=\"{}/{}\"", state.base, state.settings.tenant_id);
        return Reply::error(401, code, &message).with("www-authenticate", challenge);
    }
    if let Some(failure) = failure(state) {
        return failure;
    }
    if segments.first() == Some(&"v1.0") {
        count(state, "graph");
        return graph::answer(state, &segments[1..]);
    }
    if method != Method::GET {
        return Reply::error(405, "MethodNotAllowed", "This simulator only answers reads.");
    }
    let bucket = match segments {
        [first, id, ..] if first.eq_ignore_ascii_case("subscriptions") => id.to_lowercase(),
        _ => "tenant".to_owned(),
    };
    let left = match state.throttle.take(&bucket) {
        Ok(left) => left,
        Err(seconds) => {
            count(state, "throttled");
            let text = "The request is being throttled: the number of reads of the subscription is exhausted.";
            return Reply::error(429, "SubscriptionRequestsThrottled", text).with("retry-after", seconds.to_string());
        }
    };
    let Some(version) = query.get("api-version").filter(|version| !version.is_empty()) else {
        return Reply::error(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        );
    };
    let header = if bucket == "tenant" {
        "x-ms-ratelimit-remaining-tenant-reads"
    } else {
        "x-ms-ratelimit-remaining-subscription-reads"
    };
    arm_answer(state, path, segments, version, query).with(header, left.to_string())
}

fn count(state: &State, kind: &str) {
    *state.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(kind.to_owned()).or_default() += 1;
}

/// A failure that was asked for.
fn failure(state: &State) -> Option<Reply> {
    let asked = state.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if !asked && (state.settings.fail_rate <= 0.0 || rand::random_range(0.0..1.0) >= state.settings.fail_rate) {
        return None;
    }
    count(state, "failed");
    Some(match rand::random_range(0..3) {
        0 if !asked => Reply::error(429, "TooManyRequests", "Too many requests.").with("retry-after", "1".to_owned()),
        1 if !asked => Reply::error(500, "InternalServerError", "Encountered internal server error."),
        _ => {
            Reply { status: 503, text: "<html><body>Service Unavailable</body></html>".to_owned(), headers: Vec::new() }
        }
    })
}

fn arm_answer(state: &State, path: &str, segments: &[&str], version: &str, query: &BTreeMap<String, String>) -> Reply {
    let world = &state.world;
    let lower: Vec<String> = segments.iter().map(|part| part.to_lowercase()).collect();
    let words: Vec<&str> = lower.iter().map(String::as_str).collect();
    let known = |id: &str| world.subscriptions().contains_key(id);
    if let ["subscriptions", id, ..] = words.as_slice()
        && !known(id)
    {
        let text = format!("The subscription '{id}' could not be found.");
        return Reply::error(404, "SubscriptionNotFound", &text);
    }
    let page = Page::of(state, path, query);
    match words.as_slice() {
        ["tenants"] => {
            count(state, "tenants");
            Reply::ok(json!({"value": [{"id": format!("/tenants/{}", world.tenant), "tenantId": world.tenant}]}))
        }
        ["subscriptions"] => {
            count(state, "subscriptions");
            let list = world.subscriptions().iter().map(|(id, name)| subscription(world, id, name).to_string());
            page.of_texts(list.collect(), 100)
        }
        ["subscriptions", id] => {
            count(state, "get");
            Reply::ok(subscription(world, id, &world.subscriptions()[*id]))
        }
        ["subscriptions", id, "providers"] => {
            count(state, "providers");
            page.of_texts(providers(world, id), 200)
        }
        ["subscriptions", id, "providers", namespace] => {
            count(state, "providers");
            let found = providers(world, id)
                .into_iter()
                .find(|text| text.to_lowercase().contains(&format!("\"namespace\":\"{namespace}\"")));
            found.map_or_else(
                || Reply::error(404, "InvalidResourceNamespace", "The resource namespace is invalid."),
                |text| Reply { status: 200, text, headers: Vec::new() },
            )
        }
        ["subscriptions", _, "resourcegroups"] => {
            count(state, "groups");
            let below = format!("/{}/", words.join("/"));
            let groups = world.of_type("Microsoft.Resources/resourceGroups", &below).map(|group| group.text.clone());
            page.of_texts(groups.collect(), 1_000)
        }
        ["subscriptions", id, "resources"] => {
            count(state, "inventory");
            page.inventory(&format!("/subscriptions/{id}/"))
        }
        ["subscriptions", _, "resourcegroups", _, "resources"] => {
            count(state, "inventory");
            page.inventory(&format!("/{}/", words[..4].join("/")))
        }
        ["providers", "microsoft.management", "managementgroups", rest @ ..] => {
            count(state, "management_groups");
            match rest {
                [] => Reply::ok(json!({"value": world.management_groups})),
                [name, ..] => world
                    .management_groups
                    .iter()
                    .find(|group| group["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
                    .map_or_else(
                        || Reply::error(404, "NotFound", "The management group was not found."),
                        |group| Reply::ok(group.clone()),
                    ),
            }
        }
        _ => resources(state, &words, version, &page),
    }
}

fn resources(state: &State, words: &[&str], version: &str, page: &Page<'_>) -> Reply {
    let world = &state.world;
    let key = format!("/{}", words.join("/"));
    if let ["subscriptions", _, "resourcegroups", name] = words {
        count(state, "get");
        return world.get(&key).map_or_else(
            || {
                let text = format!("Resource group '{name}' could not be found.");
                Reply::error(404, "ResourceGroupNotFound", &text)
            },
            whole,
        );
    }
    let Some(at) = words.iter().rposition(|word| *word == "providers").filter(|at| at + 2 < words.len()) else {
        return Reply::error(404, "InvalidResourceType", "The resource type could not be found.");
    };
    let (namespace, below) = (words[at + 1], &words[at + 2..]);
    let types: Vec<&str> = below.iter().step_by(2).copied().collect();
    let type_name = format!("{namespace}/{}", types.join("/"));
    if let Some(refusal) = version_refusal(world, &type_name, version) {
        count(state, "refused");
        return refusal;
    }
    if below.len().is_multiple_of(2) {
        count(state, "get");
        return world.get(&key).map_or_else(|| not_found(&type_name, below), whole);
    }
    // A list: of a top-level type below a scope, or of children below a parent.
    count(state, if below.len() == 1 { "list" } else { "children" });
    let scope = format!("/{}", words[..at].join("/"));
    if below.len() == 1 {
        let everywhere = ["roleassignments", "locks", "policyassignments"].contains(&below[0]);
        let extension = !everywhere && scope.contains("/providers/");
        let prefix = format!("{scope}/");
        let list = world.of_type(&type_name, &prefix);
        let texts = list.filter(|stored| {
            let holder = arm::key(&stored.parsed.scope);
            if extension { holder == scope } else { everywhere || !holder.contains("/providers/") }
        });
        return page.of_texts(texts.map(|stored| stored.text.clone()).collect(), state.settings.page_size);
    }
    let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
    if world.get(parent).is_none() {
        let parent_words: Vec<&str> = below[..below.len() - 1].to_vec();
        return not_found(&type_name, &parent_words);
    }
    let prefix = format!("{key}/");
    let texts = world.of_type(&type_name, &prefix).map(|stored| stored.text.clone());
    page.of_texts(texts.collect(), state.settings.page_size)
}

fn whole(stored: &Stored) -> Reply {
    Reply { status: 200, text: stored.text.clone(), headers: Vec::new() }
}

fn not_found(type_name: &str, below: &[&str]) -> Reply {
    let name = below.last().copied().unwrap_or_default();
    let text = format!(
        "The Resource '{type_name}/{name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    Reply::error(404, "ResourceNotFound", &text)
}

fn version_refusal(world: &World, type_name: &str, version: &str) -> Option<Reply> {
    let Some(facts) = world.facts(type_name) else {
        let text =
            format!("The resource type '{type_name}' could not be found in the namespace for api version '{version}'.");
        return Some(Reply::error(404, "InvalidResourceType", &text));
    };
    if facts.versions.contains(version) {
        return None;
    }
    let (namespace, kind) = facts.name.split_once('/').unwrap_or((&facts.name, ""));
    let versions: Vec<&str> = facts.versions.iter().map(String::as_str).collect();
    let text = format!(
        "No registered resource provider found for location 'global' and API version '{version}' for type '{kind}' in namespace '{namespace}'. The supported api-versions are '{}'. The supported locations are ''.",
        versions.join(", ")
    );
    Some(Reply::error(400, "NoRegisteredProviderFound", &text))
}

fn subscription(world: &World, id: &str, name: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": world.tenant, "displayName": name,
        "state": "Enabled", "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

fn providers(world: &World, subscription: &str) -> Vec<String> {
    let mut namespaces: BTreeMap<String, (String, Vec<Value>)> = BTreeMap::new();
    for facts in world.types() {
        let Some((namespace, kind)) = facts.name.split_once('/') else { continue };
        let versions: Vec<&String> = facts.versions.iter().rev().collect();
        let capabilities =
            if facts.tracked { "CrossResourceGroupResourceMove, SupportsTags, SupportsLocation" } else { "None" };
        let entry = json!({"resourceType": kind, "locations": ["East US", "West Europe"], "apiVersions": versions, "capabilities": capabilities});
        let slot = namespaces.entry(namespace.to_lowercase()).or_insert_with(|| {
            let operations = json!({"resourceType": "operations", "locations": [], "apiVersions": versions, "capabilities": "None"});
            let usages = json!({"resourceType": "locations/usages", "locations": [], "apiVersions": versions, "capabilities": "None"});
            (namespace.to_owned(), vec![operations, usages])
        });
        slot.1.push(entry);
    }
    let text = |(namespace, types): (String, Vec<Value>)| {
        json!({
            "id": format!("/subscriptions/{subscription}/providers/{namespace}"), "namespace": namespace,
            "registrationState": "Registered", "registrationPolicy": "RegistrationRequired", "resourceTypes": types,
        })
        .to_string()
    };
    namespaces.into_values().map(text).collect()
}

/// Which part of a list is asked for.
struct Page<'a> {
    state: &'a State,
    path: String,
    from: usize,
    top: Option<usize>,
    query: &'a BTreeMap<String, String>,
}

impl<'a> Page<'a> {
    fn of(state: &'a State, path: &str, query: &'a BTreeMap<String, String>) -> Self {
        let from = query.get("$skiptoken").and_then(|token| token.strip_prefix("at-")?.parse().ok()).unwrap_or(0);
        let top = query.get("$top").and_then(|top| top.parse().ok());
        Self { state, path: path.to_owned(), from, top, query }
    }

    /// A page of elements that are JSON already.
    fn of_texts(&self, texts: Vec<String>, size: usize) -> Reply {
        let size = self.top.unwrap_or(size).clamp(1, 1_000);
        let more = texts.len() > self.from.saturating_add(size);
        let part: Vec<String> = texts.into_iter().skip(self.from).take(size).collect();
        self.reply(&part.join(","), more.then_some(self.from + size))
    }

    fn inventory(&self, below: &str) -> Reply {
        let size = self.top.unwrap_or(1_000).clamp(1, 1_000);
        let wanted = self.query.get("$filter").and_then(|filter| {
            let (_, value) = filter.split_once("resourceType eq '")?;
            value.split('\'').next().map(str::to_lowercase)
        });
        let rows = self.state.world.inventory(below);
        let rows = rows.filter(|stored| wanted.as_ref().is_none_or(|kind| stored.type_name().to_lowercase() == *kind));
        let mut part: Vec<String> = rows.skip(self.from).take(size + 1).map(|stored| row(stored).to_string()).collect();
        let more = part.len() > size;
        part.truncate(size);
        self.reply(&part.join(","), more.then_some(self.from + size))
    }

    fn reply(&self, elements: &str, next: Option<usize>) -> Reply {
        let text = match next {
            None => format!("{{\"value\":[{elements}]}}"),
            Some(at) => {
                let mut link = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in self.query.iter().filter(|(name, _)| *name != "$skiptoken") {
                    link.append_pair(name, value);
                }
                link.append_pair("$skiptoken", &format!("at-{at}"));
                let path = percent_encoding::utf8_percent_encode(&self.path, PATH).to_string();
                let link = json!(format!("{}{path}?{}", self.state.base, link.finish()));
                format!("{{\"value\":[{elements}],\"nextLink\":{link}}}")
            }
        };
        Reply { status: 200, text, headers: Vec::new() }
    }
}

const PATH: &percent_encoding::AsciiSet =
    &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');
