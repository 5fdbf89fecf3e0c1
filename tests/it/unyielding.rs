//! Operations that never give their thread back: the API answers all the same, and cancels are kept.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use atgd::{
    api::{CreateKeyRequest, Operation, Time},
    audit::Audit,
    auth::{By, Keyring},
    graph::Graphs,
    http::{self, App, LimitSettings},
    jobs::{Failure, Jobs, Runner, SCHEMA, Settings},
    store::Store,
    telemetry::metrics::Metrics,
    work::Work,
};
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::harness::{PATIENCE, install_tls};

const SLOTS: usize = 6;

/// Computes until it is told to end by a way that no cancel takes.
#[derive(Clone, Default)]
struct Spinning(Arc<AtomicBool>);

impl Runner for Spinning {
    fn run(&self, _: Operation, work: Work) -> BoxFuture<'static, Result<Value, Failure>> {
        let ended = self.0.clone();
        Box::pin(async move {
            while !ended.load(Ordering::Relaxed) {
                // Never an await; a short nap, so that the test's machine is left something.
                std::thread::sleep(Duration::from_millis(1));
            }
            drop(work);
            Ok(json!({}))
        })
    }

    fn preview(&self, _: Operation) -> BoxFuture<'static, Result<Value, Failure>> {
        Box::pin(async { Ok(Value::Null) })
    }

    fn abandon(&self, _: Operation, _: Uuid) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn admit(&self, _: &Operation) -> Result<(), Failure> {
        Ok(())
    }
}

struct Api {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Api {
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = tokio::time::timeout(Duration::from_secs(10), request.send()).await.expect("an answer in time");
        answer.expect("an answer").json().await.expect("JSON")
    }

    async fn is(&self, id: &str, status: &str) -> Value {
        let asked = Instant::now();
        loop {
            let job = self.call(Method::GET, &format!("/api/v1/jobs/{id}"), None).await;
            if job["status"] == status {
                return job;
            }
            assert!(asked.elapsed() < PATIENCE, "not {status}: {job}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// One thread for everything that is async: a job that took it would end all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn jobs_that_never_yield_fill_their_slots_and_nothing_else() {
    install_tls();
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(&directory.path().join("state.redb"), &SCHEMA).expect("opens");
    let (_settings, settings) = watch::channel(Settings {
        max_concurrent: SLOTS,
        per_key: Some(SLOTS as u64),
        grace: Duration::ZERO,
        ..Settings::default()
    });
    let spinning = Spinning::default();
    let jobs = Jobs::start(store.clone(), Arc::new(spinning.clone()), settings, directory.path(), Vec::new())
        .await
        .expect("starts");
    let keyring = Keyring::open(store.clone(), atgd::auth::Settings::default());
    let request: CreateKeyRequest =
        serde_json::from_value(json!({"label": "t", "scopes": ["admin"], "tenants": ["*"]})).expect("a request");
    let by = By { actor: "test".to_owned(), remote: String::new(), at: Time::now() };
    let key = serde_json::to_value(keyring.create(request, by).await.expect("made")).expect("JSON")["key"]
        .as_str()
        .expect("its text")
        .to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let parts = http::Parts {
        keyring,
        audit: Audit::new(store.clone()),
        jobs: jobs.clone(),
        graphs: Graphs::open(directory.path().join("graph")),
        mirror: None,
        metrics: Metrics::install(),
    };
    let limits =
        LimitSettings { submit_per_minute: 0, submit_burst: 1, read_per_second: 0, auth_failures_per_minute: 0 };
    let settings = http::Settings {
        public_url: None,
        allowed_hosts: Vec::new(),
        origins: Vec::new(),
        metrics_from_loopback: true,
        limits,
    };
    let end = CancellationToken::new();
    let serving = tokio::spawn(http::serve_tcp(listener, App::new(parts, settings, address), end.clone()));
    let api = Api { base: format!("http://{address}"), key, http: reqwest::Client::new() };

    let body = json!({"tenant_id": Uuid::from_u128(1), "output_format": "arm"});
    let mut ids = Vec::new();
    for _ in 0..SLOTS {
        let job = api.call(Method::POST, "/api/v1/generate-iac", Some(body.clone())).await;
        let id = job["job_id"].as_str().unwrap_or_else(|| panic!("no id but {job}")).to_owned();
        api.is(&id, "running").await;
        ids.push(id);
    }
    for id in &ids {
        let asked = Instant::now();
        api.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await;
        api.is(id, "cancelled").await;
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    // Their threads go on: the slots are taken, and it is said by whom.
    let status = api.call(Method::GET, "/api/v1/status", None).await;
    let lingering = status.to_string();
    assert!(ids.iter().all(|id| lingering.contains(id)), "{status}");
    let waiting = api.call(Method::POST, "/api/v1/generate-iac", Some(body)).await;
    let waiting = waiting["job_id"].as_str().expect("an id").to_owned();
    api.is(&waiting, "pending").await;
    spinning.0.store(true, Ordering::Relaxed);
    api.is(&waiting, "completed").await;
    assert_eq!(jobs.lingering(), []);
    assert!(jobs.check().expect("reads").findings.is_empty());
    jobs.drain(CancellationToken::new()).await;
    end.cancel();
    serving.await.expect("ends");
}
