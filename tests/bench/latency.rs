//! How soon a job runs, and how soon it ends when that is asked for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{Daemon, simulate},
    spread,
};

const CLAIMS: usize = 500;
const CANCELS: u64 = 1_000;
/// Longest time after a submit until its cancel: most jobs still wait or run then.
const LATEST_CANCEL_MS: u64 = 600;
/// Clients; every third one scans.
const CLIENTS: u64 = 6;

fn is_open(job: &Value) -> bool {
    matches!(job["status"].as_str(), Some("pending" | "running"))
}

/// A daemon with nothing else to do: from the job's creation to its start as the record has them, whole
/// milliseconds, and from sending the submit to seeing that the job runs (or has run), which has both
/// requests and the fsync of the submit in it.
pub async fn claim() {
    let (_sim, house) = simulate(&[]);
    let daemon = house.start(&house.key(&["admin"]));
    // There is no snapshot to generate from: the job ends as soon as it has looked.
    let body = json!({"tenant_id": house.tenant, "output_format": "arm"});
    let (mut times, mut recorded) = (Vec::new(), Vec::new());
    for _ in 0..CLAIMS {
        let sent = Instant::now();
        let id = daemon.submit("/api/v1/generate-iac", &body).await;
        let path = format!("/api/v1/jobs/{id}");
        while daemon.get(&path).await["status"] == "pending" {}
        times.push(sent.elapsed());
        let job = daemon.finished(&id).await;
        let at = |name: &str| job[name].as_str().expect("a time").parse::<jiff::Timestamp>().expect("RFC 3339");
        let waited = at("started_at").as_millisecond() - at("created_at").as_millisecond();
        recorded.push(Duration::from_millis(waited.unsigned_abs()));
    }
    println!("submit to running, by the record: {}", spread(recorded));
    println!("submit to running, seen by the client: {}", spread(times));
}

/// From sending the cancel to seeing a terminal state, at random instants of scans and generations: a
/// reader of `GET /jobs/{id}` asks every millisecond.
pub async fn cancel() {
    let (_sim, house) = simulate(&["--resources", "2000", "--subscriptions", "2", "--latency", "5"]);
    let house = house.with("[jobs]\nmax_concurrent = 4\n");
    let daemon = Arc::new(house.start(&house.key(&["admin"])));
    let scan = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    assert_eq!(daemon.finished(&scan).await["status"], "completed");
    let (counted, too_late) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut clients = tokio::task::JoinSet::new();
    for seed in 0..CLIENTS {
        let (daemon, counted, too_late) = (daemon.clone(), counted.clone(), too_late.clone());
        let tenant = house.tenant.clone();
        clients.spawn(async move {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut times = Vec::new();
            while counted.load(Ordering::Relaxed) < CANCELS {
                let id = if seed % 3 == 0 {
                    daemon.submit("/api/v1/scan", &json!({"tenant_id": tenant})).await
                } else {
                    let body = json!({"tenant_id": tenant, "output_format": "terraform"});
                    daemon.submit("/api/v1/generate-iac", &body).await
                };
                tokio::time::sleep(Duration::from_millis(rng.random_range(0..LATEST_CANCEL_MS))).await;
                if let Some(took) = cancelled(&daemon, &id).await {
                    times.push(took);
                    counted.fetch_add(1, Ordering::Relaxed);
                } else {
                    too_late.fetch_add(1, Ordering::Relaxed);
                }
            }
            times
        });
    }
    let times: Vec<Duration> = clients.join_all().await.into_iter().flatten().collect();
    println!("cancel to terminal: {} ({} had ended before)", spread(times), too_late.load(Ordering::Relaxed));
}

/// How long it took; none where the job had ended before.
async fn cancelled(daemon: &Daemon, id: &str) -> Option<Duration> {
    let path = format!("/api/v1/jobs/{id}");
    let asked = Instant::now();
    let (status, answer) = daemon.call(Method::DELETE, &path, None).await;
    if status == 409 {
        return None;
    }
    assert_eq!(status, 200, "{answer}");
    while is_open(&daemon.get(&path).await) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Some(asked.elapsed())
}
