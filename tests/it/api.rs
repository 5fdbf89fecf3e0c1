//! The API as other programs see it: who may do what, what is refused and how, events, artifacts, aliases.

use atgd::simulator;
use futures_util::StreamExt;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::harness::{Daemon, House};

struct World {
    sim: simulator::Running,
    house: House,
    daemon: Daemon,
}

async fn world(scopes: &[&str], more: &str) -> World {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim).with(more);
    let key = house.key(scopes);
    let daemon = house.start(&key);
    World { sim, house, daemon }
}

impl World {
    fn scan_body(&self) -> Value {
        json!({"tenant_id": self.house.tenant})
    }

    async fn scanned(&self) -> String {
        let id = self.daemon.submit("/api/v1/scan", &self.scan_body()).await;
        assert_eq!(self.daemon.finished(&id).await["status"], "completed", "{}", self.house.log());
        id
    }

    async fn end(self) {
        drop(self.daemon);
        self.sim.stop().await;
    }

    /// A request with these headers and this body; the answer's status, headers and JSON.
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> (u16, HeaderMap, Value) {
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.daemon.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        (status, headers, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.daemon.key)
    }

    fn socket(&self, path: &str) -> String {
        format!("{}{path}", self.daemon.base.replacen("http", "ws", 1))
    }
}

/// Method, path, headers, body; the status and the code that are answered.
type Case<'a> = (Method, &'a str, Vec<(&'a str, &'a str)>, String, u16, &'a str);

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_is_told_and_every_refusal_has_the_one_shape() {
    let world = world(&["scan"], "").await;
    let json_type = ("content-type", "application/json");
    for (path, body) in [("/api/v1/scan", "{"), ("/api/v1/nothing", "{}"), ("/api/v1/jobs/x", "")] {
        let (status, headers, answer) = world.send(Method::POST, path, &[json_type], Some(body)).await;
        assert_eq!((status, code(&answer)), (401, "unauthenticated"), "{path}");
        assert_eq!(headers["www-authenticate"], "Bearer");
        assert_eq!(answer["detail"], answer["error"]["message"]);
        assert_eq!(headers["x-request-id"], answer["error"]["request_id"].as_str().expect("an id"));
    }
    let bearer = world.bearer();
    let key = ("authorization", bearer.as_str());
    let tenant = world.house.tenant.clone();
    let cases: Vec<Case<'_>> = vec![
        (Method::POST, "/api/v1/scan", vec![key, json_type], "{".into(), 400, "invalid_request"),
        (Method::POST, "/api/v1/scan", vec![key], "{}".into(), 415, "unsupported_media_type"),
        (Method::POST, "/api/v1/scan", vec![key, json_type], "{}".into(), 422, "validation_failed"),
        (
            Method::POST,
            "/api/v1/scan",
            vec![key, json_type],
            format!("{{\"tenant_id\":\"{tenant}\",\"x\":1}}"),
            422,
            "validation_failed",
        ),
        (
            Method::POST,
            "/api/v1/scan",
            vec![key, json_type],
            format!("\"{}\"", "x".repeat(2 << 20)),
            413,
            "payload_too_large",
        ),
        (
            Method::POST,
            "/api/v1/scan",
            vec![key, json_type],
            json!({"tenant_id": uuid::Uuid::nil()}).to_string(),
            422,
            "unknown_tenant",
        ),
        (Method::POST, "/api/v1/generate-iac", vec![key, json_type], "{}".into(), 403, "forbidden_scope"),
        (Method::GET, "/api/v1/tenants", vec![key], String::new(), 403, "forbidden_scope"),
        (Method::GET, "/api/v1/keys", vec![key], String::new(), 403, "forbidden_scope"),
        (Method::GET, "/api/v1/jobs?limit=0", vec![key], String::new(), 422, "validation_failed"),
        (Method::GET, "/api/v1/jobs?cursor=x", vec![key], String::new(), 422, "validation_failed"),
        (Method::GET, "/api/v1/jobs", vec![key, ("host", "evil.example")], String::new(), 403, "host_not_allowed"),
        (
            Method::GET,
            "/api/v1/jobs",
            vec![key, ("origin", "https://evil.example")],
            String::new(),
            403,
            "origin_not_allowed",
        ),
        (Method::PATCH, "/api/v1/jobs", vec![key], String::new(), 405, "method_not_allowed"),
        (Method::POST, "/api/v1/create-tenant", vec![key, json_type], "{}".into(), 403, "forbidden_scope"),
        (Method::POST, "/api/v1/generate-spec", vec![key, json_type], "{}".into(), 403, "forbidden_scope"),
        (Method::POST, "/api/v1/nothing", vec![key, json_type], "{}".into(), 404, "not_found"),
    ];
    for (method, path, headers, body, status, word) in cases {
        let (got, _, answer) = world.send(method.clone(), path, &headers, Some(&body)).await;
        assert_eq!((got, code(&answer)), (status, word), "{method} {path}: {answer}");
    }
    let (_, headers, _) = world.send(Method::GET, "/health", &[("x-request-id", "mine-1")], None).await;
    assert_eq!(headers["x-request-id"], "mine-1");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_its_keys_own_and_a_tenant_must_be_on_the_keys_list() {
    let world = world(&["scan", "read"], "").await;
    let id = world.scanned().await;
    let (other, admin) = (world.house.key(&["scan", "read"]), world.house.key(&["admin"]));
    for path in ["", "/result", "/events", "/artifacts"] {
        let path = format!("/api/v1/jobs/{id}{path}");
        let (status, _, _) = world.send(Method::GET, &path, &[("x-api-key", &other)], None).await;
        assert_eq!(status, 404, "{path}");
        let (status, _, _) = world.send(Method::GET, &path, &[("x-api-key", &admin)], None).await;
        assert_eq!(status, 200, "{path}");
    }
    let mine = world.daemon.get("/api/v1/jobs").await;
    assert_eq!(mine["total"], 1);
    let (_, _, none) = world.send(Method::GET, "/api/v1/jobs", &[("x-api-key", &other)], None).await;
    assert_eq!(none["total"], 0);

    let output = world.house.command(&["key", "create", "narrow", "--scope", "scan", "--scope", "read"]).output();
    let narrow = String::from_utf8(output.expect("runs").stdout).expect("text").trim().to_owned();
    let body = world.scan_body().to_string();
    let headers = [("x-api-key", narrow.as_str()), ("content-type", "application/json")];
    let (status, _, answer) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&body)).await;
    assert_eq!((status, code(&answer)), (403, "forbidden_tenant"));
    let path = format!("/api/v1/tenants/{}/summary", world.house.tenant);
    let (status, _, _) = world.send(Method::GET, &path, &headers[..1], None).await;
    assert_eq!(status, 403);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_idempotency_key_is_one_job_and_another_body_is_refused() {
    let world = world(&["scan"], "").await;
    let bearer = world.bearer();
    let headers =
        [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "once")];
    let body = world.scan_body().to_string();
    let (status, location, first) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&body)).await;
    assert_eq!(status, 202);
    assert!(location["location"].to_str().expect("text").ends_with(first["job_id"].as_str().expect("an id")));
    let (status, _, second) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&body)).await;
    assert_eq!((status, &second["job_id"]), (202, &first["job_id"]));
    let other = json!({"tenant_id": world.house.tenant, "priority": 1}).to_string();
    let (status, _, answer) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&other)).await;
    assert_eq!((status, code(&answer)), (409, "idempotency_conflict"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_refuse_with_the_time_to_come_back_and_wrong_keys_never_block_a_right_one() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let dir = tempfile::tempdir().expect("a directory");
    let snippet = sim.snippet(&dir.path().join("secret"));
    let house = House::in_directory(dir, &snippet, sim.tenant_id().to_string());
    let limits = "submit_per_minute = 2\nsubmit_burst = 2\nread_per_second = 0\nauth_failures_per_minute = 3";
    let text = std::fs::read_to_string(house.config()).expect("readable");
    let text = text.replace("submit_per_minute = 0\nread_per_second = 0", limits);
    std::fs::write(house.config(), text).expect("written");
    let key = house.key(&["scan"]);
    let daemon = house.start(&key);
    let world = World { sim, house, daemon };
    let bearer = world.bearer();
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = world.scan_body().to_string();
    let (_, left, _) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&body)).await;
    assert_eq!(
        (&left["x-ratelimit-limit"], &left["x-ratelimit-remaining"]),
        (&"2".parse().expect("a value"), &"1".parse().expect("a value"))
    );
    world.send(Method::POST, "/api/v1/scan", &headers, Some(&body)).await;
    let (status, late, answer) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&body)).await;
    assert_eq!((status, code(&answer)), (429, "rate_limited"));
    assert!(late["retry-after"].to_str().expect("text").parse::<u64>().expect("seconds") > 0);

    let mut seen = Vec::new();
    for _ in 0..5 {
        let (status, _, _) = world.send(Method::GET, "/api/v1/jobs", &[("x-api-key", "atg_wrong")], None).await;
        seen.push(status);
    }
    assert_eq!(seen, [401, 401, 401, 429, 429]);
    let (status, _, _) = world.send(Method::GET, "/api/v1/jobs", &headers[..1], None).await;
    assert_eq!(status, 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_back() {
    let world = world(&["scan"], "[jobs]\nmax_concurrent = 1\n").await;
    world.sim.hold();
    let text = std::fs::read_to_string(world.house.config()).expect("readable");
    assert!(text.contains("max_queued = 1000000"));
    let World { sim, house, daemon } = world;
    drop(daemon);
    std::fs::write(house.config(), text.replace("max_queued = 1000000", "max_queued = 2")).expect("written");
    let key = house.key(&["scan"]);
    let daemon = house.start(&key);
    let world = World { sim, house, daemon };
    let body = world.scan_body();
    let first = world.daemon.submit("/api/v1/scan", &body).await;
    world.daemon.until(&first, "running", |job| job["status"] == "running").await;
    world.daemon.submit("/api/v1/scan", &body).await;
    world.daemon.submit("/api/v1/scan", &body).await;
    let bearer = world.bearer();
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let (status, headers, answer) = world.send(Method::POST, "/api/v1/scan", &headers, Some(&body.to_string())).await;
    assert_eq!((status, code(&answer)), (503, "queue_full"));
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    assert!(seconds.is_some_and(|seconds: u64| seconds > 0), "{headers:?}");
    world.sim.release();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_over_sse_and_websocket_without_gap_and_end_with_complete() {
    let world = world(&["scan"], "").await;
    world.sim.hold();
    let id = world.daemon.submit("/api/v1/scan", &world.scan_body()).await;
    world.daemon.until(&id, "running", |job| job["status"] == "running").await;

    let mut request = world.socket(&format!("/api/v1/jobs/{id}/ws")).into_client_request().expect("a request");
    request.headers_mut().insert("authorization", world.bearer().parse().expect("a value"));
    let (socket, _) = connect_async(request).await.expect("opens");
    let stream = reqwest::Client::new()
        .get(format!("{}/api/v1/jobs/{id}/events", world.daemon.base))
        .bearer_auth(&world.daemon.key)
        .header("accept", "text/event-stream")
        .send()
        .await
        .expect("an answer");
    assert_eq!(stream.status(), StatusCode::OK);
    world.sim.release();
    let (heard, closed) = frames(socket).await;
    assert_eq!(closed, Some(1000));
    let text = stream.text().await.expect("the whole stream");
    let told: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    let stored = world.daemon.get(&format!("/api/v1/jobs/{id}/events")).await;
    for events in [&heard, &told] {
        assert_eq!(Value::Array(events.clone()), stored);
        assert_eq!(events.last().expect("one")["type"], "complete");
    }
    let after = world.daemon.get(&format!("/api/v1/jobs/{id}/events?after=2&limit=1")).await;
    assert_eq!(after[0]["seq"], 3);
    world.end().await;
}

async fn frames<S>(mut socket: tokio_tungstenite::WebSocketStream<S>) -> (Vec<Value>, Option<u16>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let (mut heard, mut closed) = (Vec::new(), None);
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) => heard.push(serde_json::from_str(&text).expect("JSON")),
            Message::Close(frame) => closed = frame.map(|frame| frame.code.into()),
            _ => {}
        }
    }
    (heard, closed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_websocket_once_and_the_wrong_are_closed_with_words() {
    let world = world(&["scan"], "").await;
    let id = world.scanned().await;
    let (status, ticket) = world.daemon.call(Method::POST, &format!("/api/v1/jobs/{id}/ws-ticket"), None).await;
    assert_eq!(status, 200);
    let ticket = ticket["ticket"].as_str().expect("a ticket");
    let open = |path: String| {
        let address = world.socket(&path);
        async move { frames(connect_async(address).await.expect("opens").0).await }
    };
    let (heard, closed) = open(format!("/ws/progress/{id}?ticket={ticket}&after=2")).await;
    assert_eq!((heard[0]["seq"].as_u64(), closed), (Some(3), Some(1000)));
    let (heard, closed) = open(format!("/api/v1/jobs/{id}/ws?ticket={ticket}")).await;
    assert_eq!((heard.len(), closed), (0, Some(4401)));
    let (_, closed) = open(format!("/api/v1/jobs/{id}/ws")).await;
    assert_eq!(closed, Some(4401));
    let mut request =
        world.socket(&format!("/api/v1/jobs/{}/ws", uuid::Uuid::nil())).into_client_request().expect("a request");
    request.headers_mut().insert("x-api-key", world.daemon.key.parse().expect("a value"));
    let (_, closed) = frames(connect_async(request).await.expect("opens").0).await;
    assert_eq!(closed, Some(4404));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_come_whole_in_ranges_and_file_by_file() {
    let world = world(&["scan"], "").await;
    let id = world.scanned().await;
    let path = format!("/api/v1/jobs/{id}/artifacts");
    let whole = world.daemon.bytes(&path).await;
    let http = reqwest::Client::new();
    let get = |range: &str| {
        let request = http.get(format!("{}{path}", world.daemon.base)).bearer_auth(&world.daemon.key);
        request.header("range", range.to_owned()).send()
    };
    let part = get("bytes=3-9").await.expect("an answer");
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 3-9/{}", whole.len()));
    let etag = part.headers()["etag"].to_str().expect("text").to_owned();
    assert_eq!(part.bytes().await.expect("bytes"), whole[3..=9]);
    assert_eq!(get("bytes=99999999-").await.expect("an answer").status(), 416);
    let bearer = world.bearer();
    let again = [("authorization", bearer.as_str()), ("if-none-match", etag.as_str())];
    assert_eq!(world.send(Method::GET, &path, &again, None).await.0, 304);

    let list = world.daemon.get(&format!("{path}/list")).await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(whole)).expect("a zip");
    assert_eq!(list.as_array().expect("a list").len(), zip.len());
    for name in ["result.json", "coverage.json", "graph.json"] {
        let mut packed = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(name).expect("there"), &mut packed).expect("reads");
        assert_eq!(world.daemon.bytes(&format!("{path}/file/{name}")).await, packed);
    }
    let (status, _) = world.daemon.call(Method::GET, &format!("{path}/file/../x"), None).await;
    assert_eq!(status, 404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_jobs_are_cancelled_no_more_purged_and_the_cancelled_retried() {
    let world = world(&["scan"], "").await;
    let done = world.scanned().await;
    let (status, answer) = world.daemon.call(Method::DELETE, &format!("/api/v1/jobs/{done}"), None).await;
    assert_eq!((status, code(&answer)), (409, "job_already_finished"));
    world.sim.hold();
    let id = world.daemon.submit("/api/v1/scan", &world.scan_body()).await;
    let (status, answer) = world.daemon.call(Method::GET, &format!("/api/v1/jobs/{id}/result"), None).await;
    assert_eq!((status, code(&answer)), (409, "job_not_finished"));
    for _ in 0..2 {
        let (status, answer) = world.daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await;
        assert_eq!((status, &answer["cancel_requested"]), (200, &json!(true)), "{answer}");
        world.daemon.finished(&id).await;
    }
    world.sim.release();
    let (status, retried) = world.daemon.call(Method::POST, &format!("/api/v1/jobs/{id}/retry"), None).await;
    assert_eq!(status, 202, "{retried}");
    let again = retried["job_id"].as_str().expect("an id");
    assert_ne!(again, id);
    assert_eq!(world.daemon.finished(again).await["status"], "completed");
    let (status, _) = world.daemon.call(Method::DELETE, &format!("/api/v1/jobs/{done}?purge=true"), None).await;
    assert_eq!(status, 204);
    let (status, _) = world.daemon.call(Method::GET, &format!("/api/v1/jobs/{done}"), None).await;
    assert_eq!(status, 404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_addresses_show_the_same_jobs_and_say_queued() {
    let world = world(&["scan"], "[jobs]\nmax_concurrent = 1\n").await;
    world.sim.hold();
    let running = world.daemon.submit("/api/v1/scan", &world.scan_body()).await;
    world.daemon.until(&running, "running", |job| job["status"] == "running").await;
    let waiting = world.daemon.submit("/api/v1/scan", &world.scan_body()).await;
    assert_eq!(world.daemon.get(&format!("/api/v1/scan/{waiting}")).await["status"], "queued");
    let (status, _) = world.daemon.call(Method::GET, &format!("/api/v1/generate-iac/{waiting}"), None).await;
    assert_eq!(status, 404);
    let queued = world.daemon.get("/api/v1/operations?status_filter=queued&operation_type=scan").await;
    assert_eq!((queued.as_array().map(Vec::len), &queued[0]["job_id"]), (Some(1), &json!(waiting)));
    let (status, _) = world.daemon.call(Method::DELETE, &format!("/api/v1/operations/{waiting}"), None).await;
    assert_eq!(status, 200);
    world.sim.release();
    world.daemon.finished(&running).await;
    assert!(!world.daemon.bytes(&format!("/api/v1/operations/{running}/download")).await.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_tells_how_it_is_to_those_who_may_know() {
    let world = world(&["read", "scan"], "").await;
    world.scanned().await;
    let (status, _, health) = world.send(Method::GET, "/health", &[], None).await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    assert_eq!(world.send(Method::GET, "/readyz", &[], None).await.0, 200);
    assert_eq!(world.send(Method::GET, "/metrics", &[], None).await.0, 401);
    let metrics = world.daemon.get("/api/v1/metrics").await;
    assert_eq!(metrics["jobs"]["scan"]["completed"], 1);
    assert!(metrics["azure_requests"].as_u64() > Some(50), "{metrics}");
    let text = String::from_utf8(world.daemon.bytes("/metrics").await).expect("text");
    assert!(text.contains("atgd_jobs_finished_total{type=\"scan\",status=\"completed\"} 1"), "{text}");
    let status = world.daemon.get("/api/v1/status").await;
    assert!(status["memory_bytes"].as_u64() > Some(0) && status["chores"].is_array(), "{status}");
    let me = world.daemon.get("/api/v1/auth/whoami").await;
    assert_eq!((&me["scopes"], &me["tenants"]), (&json!(["read", "scan"]), &json!(["*"])));
    let document = world.send(Method::GET, "/openapi.json", &[], None).await.2;
    assert!(document["paths"]["/api/v1/scan"]["post"].is_object());
    world.end().await;
}
