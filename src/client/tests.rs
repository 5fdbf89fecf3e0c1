//! The client against a scripted HTTP server: lost connections, refusals, exit codes, downloads.

use std::sync::{Arc, Mutex, Once};

use clap::Parser;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use super::*;
use crate::{
    api::JobStatus,
    cli::{Cli, Command},
};

const JOB: &str = "0192aaaa-bbbb-7000-8000-000000000001";
const TENANT: &str = "00000000-0000-4000-8000-000000000001";
const TIME: &str = "2026-11-23T20:00:00.000Z";

/// Head and body of a request, as text.
type Asked = (String, String);

/// What the server answers; `close` cuts the connection after it, before the stated length.
struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
    cut: bool,
}

fn json_reply(status: u16, body: &Value) -> Reply {
    let headers = "content-type: application/json\r\n".to_owned();
    Reply { status, headers, body: body.to_string().into_bytes(), cut: false }
}

fn stream(events: &[Value], cut: bool) -> Reply {
    let mut body = events.iter().map(|event| format!(": ping\n\ndata: {event}\n\n")).collect::<Vec<_>>().concat();
    if cut {
        body.push_str("data: {\"seq\":");
    }
    Reply { status: 200, headers: "content-type: text/event-stream\r\n".into(), body: body.into_bytes(), cut }
}

fn refusal(status: u16, code: &str) -> Reply {
    let error = json!({"code": code, "message": "no", "request_id": "r-7"});
    json_reply(status, &json!({"error": error, "detail": "no"}))
}

/// A daemon that answers as `script` says: the request and its number, from 0, go in.
struct Daemon {
    base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Daemon {
    async fn start(script: impl Fn(usize, &Asked) -> Reply + Send + 'static) -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let seen = asked.clone();
        let task = tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.expect("accepted");
                let request = read_request(&mut connection).await;
                let number = seen.lock().expect("unpoisoned").len();
                seen.lock().expect("unpoisoned").push(request.clone());
                let reply = script(number, &request);
                let length = reply.body.len() + usize::from(reply.cut) * 100;
                let head = format!(
                    "HTTP/1.1 {} X\r\n{}content-length: {length}\r\nconnection: close\r\n\r\n",
                    reply.status, reply.headers
                );
                connection.write_all(head.as_bytes()).await.expect("written");
                connection.write_all(&reply.body).await.expect("written");
            }
        });
        Self { base, asked, task }
    }

    fn api(&self) -> Api {
        Api::new(&self.base, Some(ApiKey::held("atg_x"))).expect("an address")
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("unpoisoned").clone()
    }
}

async fn read_request(connection: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return (head, body.to_owned());
            }
        }
        let mut chunk = [0; 4096];
        let count = connection.read(&mut chunk).await.expect("readable");
        assert!(count > 0, "the request broke off: {text}");
        bytes.extend_from_slice(&chunk[..count]);
    }
}

fn event(seq: u64, rest: Value) -> Value {
    let mut event = json!({"seq": seq, "job_id": JOB, "timestamp": TIME});
    event.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
    event
}

fn log(seq: u64) -> Value {
    event(seq, json!({"type": "log", "level": "info", "message": format!("line {seq}")}))
}

fn complete(seq: u64, status: &str) -> Value {
    event(seq, json!({"type": "complete", "status": status, "result": {}}))
}

fn view(status: &str) -> Value {
    json!({"job_id": JOB, "job_type": "scan", "tenant_id": TENANT, "key_id": "k", "status": status, "progress": 0.5,
           "current_step": null, "attempt": 1, "created_at": TIME, "started_at": null, "completed_at": null,
           "error": null, "cancel_requested": false, "queue_position": null, "progress_detail": {}})
}

fn accepted() -> Value {
    json!({"job_id": JOB, "job_type": "scan", "status": "pending", "created_at": TIME, "status_url": "",
           "result_url": "", "artifacts_url": "", "websocket_url": ""})
}

async fn followed(daemon: &Daemon) -> (Result<JobStatus, ClientError>, Vec<u64>) {
    let mut seen = Vec::new();
    let on = |heard: Heard<'_>| {
        if let Heard::Event(event) = heard {
            seen.push(event.seq);
        }
    };
    (follow(&daemon.api(), JOB.parse().expect("an id"), 0, on).await, seen)
}

#[tokio::test]
async fn a_stream_that_breaks_is_taken_up_after_the_last_event_without_a_duplicate() {
    let daemon = Daemon::start(|number, _| match number {
        0 => stream(&[log(1), log(2)], true),
        1 => refusal(503, "shutting_down"),
        _ => stream(&[log(2), log(3), complete(4, "completed")], false),
    })
    .await;
    let (outcome, seen) = followed(&daemon).await;
    assert_eq!((outcome.expect("followed"), seen), (JobStatus::Completed, vec![1, 2, 3, 4]));
    let asked = daemon.asked();
    assert!(asked[2].0.contains("after=2 http") && asked[2].0.contains("last-event-id: 2"), "{asked:?}");
}

#[tokio::test]
async fn where_streams_do_not_pass_stored_events_are_polled() {
    let daemon = Daemon::start(|_, (head, _)| {
        let all = [log(1), log(2), complete(3, "cancelled")];
        let after = (0..3).find(|number| head.contains(&format!("after={number} "))).expect("a number");
        json_reply(200, &all.into_iter().skip(after).take(2).collect())
    })
    .await;
    let (outcome, seen) = followed(&daemon).await;
    assert_eq!((outcome.expect("followed"), seen), (JobStatus::Cancelled, vec![1, 2, 3]));
}

#[tokio::test]
async fn a_stream_that_ends_with_its_job_but_without_its_last_event_is_no_endless_wait() {
    let daemon = Daemon::start(|_, (head, _)| match () {
        () if head.contains("text/event-stream") => stream(&[log(1)], false),
        () if head.contains("/events") => json_reply(200, &json!([complete(2, "failed")])),
        () => json_reply(200, &view("failed")),
    })
    .await;
    let (outcome, seen) = followed(&daemon).await;
    assert_eq!((outcome.expect("followed"), seen), (JobStatus::Failed, vec![1, 2]));
}

#[tokio::test]
async fn a_refusal_ends_the_following_and_says_where_the_key_came_from() {
    let daemon = Daemon::start(|_, _| refusal(401, "unauthenticated")).await;
    let error = followed(&daemon).await.0.expect_err("refused");
    let text = error.to_string();
    assert!(text.contains("401") && text.contains("r-7") && text.contains("this program"), "{text}");
    assert!(!text.contains("atg_x"), "{text}");
}

#[tokio::test]
async fn a_submit_whose_answer_got_lost_is_repeated_with_the_same_idempotency_key() {
    let daemon = Daemon::start(|number, _| match number {
        0 => Reply { cut: true, ..json_reply(202, &accepted()) },
        _ => json_reply(202, &accepted()),
    })
    .await;
    let scan = serde_json::from_value(json!({"tenant_id": TENANT})).expect("a request");
    let answer = daemon.api().submit(&crate::api::Operation::Scan(scan)).await.expect("accepted");
    assert_eq!(answer.job_id.to_string(), JOB);
    let keys: Vec<String> = daemon
        .asked()
        .iter()
        .map(|(head, _)| head.lines().find(|line| line.starts_with("idempotency-key")).expect("a key").to_owned())
        .collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
}

#[tokio::test]
async fn a_download_with_a_wrong_sum_leaves_nothing_behind() {
    for (tag, is_good) in
        [("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", true), (&*"0".repeat(64), false)]
    {
        let headers = format!("etag: \"{tag}\"\r\n");
        let reply = move |_: usize, _: &Asked| Reply {
            status: 200,
            headers: headers.clone(),
            body: b"abc".to_vec(),
            cut: false,
        };
        let daemon = Daemon::start(reply).await;
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.zip");
        let outcome = download(&daemon.api(), JOB.parse::<Uuid>().expect("an id"), &path).await;
        assert_eq!(outcome.is_ok(), is_good, "{outcome:?}");
        assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), usize::from(is_good));
    }
}

/// Runs a command; exit, stdout, stderr.
async fn typed(daemon: &Daemon, form: &str) -> (Exit, String, String) {
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let words = std::iter::once("atgd").chain(form.split(' ')).chain(["--server", &daemon.base]);
    let cli = Cli::try_parse_from(words).expect("a form");
    let (out, err) = (Sink::default(), Sink::default());
    let mut screen = Screen::plain(out.clone(), err.clone(), cli.global.json);
    let Command::Client(command) = cli.command else { panic!("{form}") };
    let exit = run(command, &mut screen).await;
    let text = |sink: Sink| String::from_utf8(sink.0.lock().expect("unpoisoned").clone()).expect("text");
    (exit, text(out), text(err))
}

/// A daemon on which a scan ends with `status`.
async fn scanning(status: &'static str) -> Daemon {
    Daemon::start(move |_, (head, _)| match () {
        () if head.starts_with("post") => json_reply(202, &accepted()),
        () if head.contains("/events") => stream(&[log(1), complete(2, status)], false),
        () if head.contains("/result") => {
            let resources = json!({"total": 3, "new": 3, "by_type": {"a/b": 1, "c/d": 2}});
            let result = json!({"resources": resources, "relationships": {"total": 4}, "snapshot": 1});
            json_reply(
                200,
                &json!({"job_id": JOB, "status": status, "result": result, "completed_at": TIME,
                                    "duration_seconds": 1.5, "error": (status == "failed").then(|| json!(
                                    {"code": "c", "message": "broken", "retryable": false}))}),
            )
        }
        () => json_reply(200, &view(status)),
    })
    .await
}

#[tokio::test]
async fn the_exit_code_mirrors_the_job() {
    let form = format!("scan --tenant-id {TENANT}");
    for (status, exit) in [("completed", 0), ("failed", 2), ("cancelled", 3)] {
        let daemon = scanning(status).await;
        assert_eq!(typed(&daemon, &form).await.0.code(), exit, "{status}");
    }
    let refusing = Daemon::start(|_, _| refusal(422, "unknown_tenant")).await;
    assert_eq!(typed(&refusing, &form).await.0.code(), 4);
    let mut dead = scanning("completed").await;
    "http://127.0.0.1:1".clone_into(&mut dead.base);
    let (exit, _, err) = typed(&dead, &form).await;
    assert_eq!(exit.code(), 4);
    assert!(err.contains("atgd serve"), "{err}");
}

#[tokio::test]
async fn results_are_on_stdout_and_everything_else_on_stderr() {
    let daemon = scanning("completed").await;
    let (_, out, err) = typed(&daemon, &format!("scan --tenant-id {TENANT}")).await;
    assert_eq!(out.lines().next(), Some("TYPE  RESOURCES"));
    assert!(out.contains("c/d           2\na/b           1\n3 resources"), "{out}");
    assert!(err.contains("info: line 1"), "{err}");

    let (_, out, err) = typed(&daemon, &format!("scan --tenant-id {TENANT} --json")).await;
    let object: Value = serde_json::from_str(&out).expect("one object");
    assert_eq!(object["result"]["resources"]["total"], 3);
    assert!(err.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{err}");

    let (_, out, _) = typed(&daemon, &format!("scan --tenant-id {TENANT} --no-wait")).await;
    assert_eq!(out, format!("{JOB}\n"));
}

#[tokio::test]
async fn the_numbers_of_a_generation_add_up_and_only_terraform_has_typed_resources() {
    for (format, row, heads) in [
        ("terraform", "azurerm_subnet.a", "TYPE  TYPED  GENERIC  LEFT OUT"),
        ("bicep", "a/b@2024-01-01", "TYPE  EMITTED  LEFT OUT"),
    ] {
        let daemon = Daemon::start(move |_, (head, _)| match () {
            () if head.starts_with("post") => json_reply(202, &accepted()),
            () if head.contains("/events") => stream(&[complete(1, "completed")], false),
            () if head.contains("/artifacts/file/") => {
                let rows = json!([{"type": "a/b", "emitted_as": row}, {"type": "a/b", "emitted_as": null}]);
                json_reply(200, &json!({"format": format, "resources": rows}))
            }
            () if head.contains("/artifacts/list") => json_reply(200, &json!([])),
            () if head.contains("/result") => {
                let resources = json!({"selected": 23, "dependencies": 27, "emitted": 48, "left_out": 2});
                let result =
                    json!({"files_generated": 5, "resources": resources, "warnings": ["the scan was partial"]});
                json_reply(
                    200,
                    &json!({"job_id": JOB, "status": "completed", "result": result, "completed_at": TIME,
                            "duration_seconds": 1.5, "error": null}),
                )
            }
            () => {
                let mut view = view("completed");
                view["job_type"] = json!("generate_iac");
                json_reply(200, &view)
            }
        })
        .await;
        let form = format!("generate-iac --tenant-id {TENANT} --format {format} --open");
        let (exit, out, err) = typed(&daemon, &form).await;
        assert_eq!(exit, Exit::Completed, "{err}");
        assert!(out.contains("5 files; 23 resources selected + 27 dependencies: 48 emitted, 2 left out;"), "{out}");
        assert!(out.contains(heads), "{out}");
        assert!(err.contains("warning: the scan was partial"), "{err}");
    }
}

#[tokio::test]
async fn a_job_that_runs_has_nothing_to_download() {
    let daemon = scanning("running").await;
    let (exit, out, err) = typed(&daemon, &format!("download {JOB}")).await;
    assert_eq!((exit, out.as_str()), (Exit::Refused, ""));
    assert!(err.contains("is running"), "{err}");
}

/// Ends a scan with an event and a result that say the same.
async fn failing() -> Daemon {
    let error = json!({"code": "no_snapshot", "message": "scan it first", "retryable": false});
    Daemon::start(move |_, (head, _)| match () {
        () if head.starts_with("post") => json_reply(202, &accepted()),
        () if head.contains("/events") => {
            let told = event(1, json!({"type": "error", "error_code": "no_snapshot", "message": "scan it first"}));
            stream(&[told, complete(2, "failed")], false)
        }
        () => json_reply(
            200,
            &json!({"job_id": JOB, "status": "failed", "result": {}, "completed_at": TIME, "duration_seconds": 1.5,
                    "error": error}),
        ),
    })
    .await
}

#[tokio::test]
async fn why_a_job_failed_is_said_once() {
    let (exit, _, err) = typed(&failing().await, &format!("generate-iac --tenant-id {TENANT} --format arm")).await;
    assert_eq!(exit, Exit::Failed);
    assert_eq!(err.matches("scan it first").count(), 1, "{err}");
}

#[tokio::test]
async fn a_short_wait_that_the_daemon_asks_for_is_waited_out_and_a_long_one_is_told() {
    let limited = |seconds: u64, times: usize| {
        Daemon::start(move |number, _| match number {
            number if number < times => {
                let reply = refusal(429, "rate_limited");
                Reply { headers: format!("{}retry-after: {seconds}\r\n", reply.headers), ..reply }
            }
            _ => json_reply(202, &accepted()),
        })
    };
    let form = format!("scan --tenant-id {TENANT} --no-wait");
    let (exit, out, err) = typed(&limited(0, 2).await, &form).await;
    assert_eq!((exit, out), (Exit::Completed, format!("{JOB}\n")));
    assert_eq!(err.matches("asking again in 0 s").count(), 2, "{err}");
    for daemon in [limited(61, 1).await, limited(0, 9).await] {
        let (exit, _, err) = typed(&daemon, &form).await;
        assert!(exit == Exit::Refused && err.contains("429 rate_limited"), "{err}");
    }
}

#[tokio::test]
async fn an_output_that_cannot_be_written_to_is_told_before_a_job_is_made() {
    let daemon = scanning("completed").await;
    let form = format!("generate-iac --tenant-id {TENANT} --format arm --output /proc/none");
    let (exit, _, err) = typed(&daemon, &form).await;
    assert!(exit == Exit::Local && err.contains("--output /proc/none"), "{err}");
    assert!(daemon.asked().is_empty(), "{:?}", daemon.asked());
}
