//! A daemon with a long history: how soon it is ready, how lists page, what a purge costs its readers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{Daemon, House, memory, simulate},
    requests, spread,
};

/// Between two status reads of the reader that a purge may disturb.
const PACE: Duration = Duration::from_millis(2);

async fn fill(daemon: &Arc<Daemon>, house: &House, jobs: u64) -> Vec<String> {
    let body = json!({"tenant_id": house.tenant});
    let ids = Arc::new(std::sync::Mutex::new(Vec::new()));
    let known = ids.clone();
    let began = Instant::now();
    requests::times(daemon, jobs, move |daemon, _| {
        let (body, known) = (body.clone(), known.clone());
        async move {
            let id = daemon.submit("/api/v1/scan", &body).await;
            known.lock().expect("whole").push(id);
        }
    })
    .await;
    println!("{jobs} jobs submitted in {:.0} s", began.elapsed().as_secs_f64());
    let ids = ids.lock().expect("whole");
    ids.clone()
}

/// Cancels what waits, so that it has ended.
async fn end(daemon: &Arc<Daemon>, ids: Vec<String>) {
    let began = Instant::now();
    let (count, ids) = (ids.len() as u64, Arc::new(ids));
    requests::times(daemon, count, move |daemon, number| {
        let ids = ids.clone();
        async move {
            let path = format!("/api/v1/jobs/{}", ids[number as usize]);
            let (status, answer) = daemon.call(Method::DELETE, &path, None).await;
            assert!(status == 200 || status == 409, "{answer}");
        }
    })
    .await;
    println!("{count} of them cancelled in {:.0} s", began.elapsed().as_secs_f64());
}

/// Starts with so many job records: after a stop, and after kills under load. Then lists.
pub async fn restart(jobs: u64) {
    let (_sim, house) = simulate(&["--latency", "60000"]);
    let house = house.with("[jobs]\ngrace_seconds = 0\n");
    let key = house.key(&["admin"]);
    let daemon = Arc::new(house.start(&key));
    let mut ids = fill(&daemon, &house, jobs).await;
    // Nine of ten have ended.
    ids.truncate(ids.len() * 9 / 10);
    end(&daemon, ids).await;
    println!("state file: {:.0} MB", house.state().join("state.redb").metadata().expect("there").len() as f64 / 1e6);
    let began = Instant::now();
    assert_eq!(Arc::into_inner(daemon).expect("the last").stop(), Some(0));
    println!("stopped in {:.1} s", began.elapsed().as_secs_f64());
    let mut stopped = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let daemon = house.start(&key);
        stopped.push(began.elapsed());
        assert_eq!(daemon.stop(), Some(0));
    }
    println!("ready with {jobs} jobs, after a stop: {}", spread(stopped));
    let mut killed = Vec::new();
    for _ in 0..5 {
        let daemon = house.start(&key);
        let base = daemon.base.clone();
        let load = loaded(&house, &base, &key);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        daemon.kill();
        load.await.expect("no panic");
        let began = Instant::now();
        let daemon = house.start(&key);
        killed.push(began.elapsed());
        drop(daemon);
    }
    println!("ready with {jobs} jobs, after a kill under load: {}", spread(killed));
    let daemon = house.start(&key);
    pages(&daemon, &house).await;
    println!("memory after that: {:.0} MB resident", memory(daemon.pid(), "VmRSS"));
}

/// 64 clients that submit, and cancel every other of their jobs, until the daemon is gone.
fn loaded(house: &House, base: &str, key: &str) -> tokio::task::JoinHandle<()> {
    let (url, key) = (format!("{base}/api/v1/scan"), key.to_owned());
    let body = json!({"tenant_id": house.tenant});
    tokio::spawn(async move {
        let http = reqwest::Client::new();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (http, url, key, body) = (http.clone(), url.clone(), key.clone(), body.clone());
            clients.spawn(async move {
                let mut submitted = 0_u64;
                while let Ok(answer) = http.post(&url).bearer_auth(&key).json(&body).send().await {
                    let Ok(job) = answer.json::<Value>().await else { break };
                    submitted += 1;
                    if submitted.is_multiple_of(2) {
                        let id = job["job_id"].as_str().expect("an id");
                        let path = format!("{}/jobs/{id}", url.trim_end_matches("/scan"));
                        if http.delete(&path).bearer_auth(&key).send().await.is_err() {
                            break;
                        }
                    }
                }
            });
        }
        clients.join_all().await;
    })
}

/// Pages of several lists, from the first on.
async fn pages(daemon: &Daemon, house: &House) {
    let tenant = format!("tenant_id={}", house.tenant);
    for filter in ["", "status=cancelled", "status=pending", "type=scan", &tenant, "created_after=2020-01-01T00:00:00Z"]
    {
        let (mut times, mut cursor, mut seen) = (Vec::new(), String::new(), 0);
        let mut total = Value::Null;
        for _ in 0..50 {
            let asked = Instant::now();
            let page = daemon.get(&format!("/api/v1/jobs?limit=200&{filter}{cursor}")).await;
            times.push(asked.elapsed());
            seen += page["jobs"].as_array().map_or(0, Vec::len);
            total = if page["total"].is_null() { page["total_at_least"].clone() } else { page["total"].clone() };
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        println!("pages of 200, {filter:?}: {} ({seen} jobs, total {total})", spread(times));
    }
}

/// Status reads at a fixed pace while the janitor removes so many jobs, and before.
pub async fn purge(jobs: u64) {
    let (_sim, house) = simulate(&["--latency", "60000"]);
    let key = house.key(&["admin"]);
    let daemon = Arc::new(house.start(&key));
    let first = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let mut ids = fill(&daemon, &house, jobs).await;
    end(&daemon, ids.clone()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let usual = reader(&daemon, &first, &stop);
    tokio::time::sleep(Duration::from_secs(5)).await;
    stop.store(true, Ordering::Relaxed);
    let mut usual = usual.await.expect("no panic");
    usual.sort_unstable();
    // By request first, from as many clients as there may be, then what the janitor does by itself.
    let asked = ids.split_off(ids.len() - ids.len() / 10);
    let stop = Arc::new(AtomicBool::new(false));
    let during = reader(&daemon, &first, &stop);
    let (began, count) = (Instant::now(), asked.len() as u64);
    remove(&daemon, asked).await;
    stop.store(true, Ordering::Relaxed);
    told("requests", count, began.elapsed(), &usual, during.await.expect("no panic"));
    let stop = Arc::new(AtomicBool::new(false));
    let during = reader(&daemon, &first, &stop);
    let began = Instant::now();
    // The edit takes effect at once, and so does the chore.
    let _house = house.with("[retention]\njobs_per_status = 1\n");
    let removed = loop {
        let status = daemon.get("/api/v1/status").await;
        let chores = status["chores"].as_array().cloned().unwrap_or_default();
        let chore = chores.into_iter().find(|chore| chore["name"] == "finished_jobs").unwrap_or_default();
        let removed = chore["removed"].as_u64().unwrap_or(0);
        if removed + 10 >= ids.len() as u64 {
            break removed;
        }
        assert!(began.elapsed() < Duration::from_mins(15), "the purge never ended: {chore}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    stop.store(true, Ordering::Relaxed);
    told("the janitor", removed, began.elapsed(), &usual, during.await.expect("no panic"));
    println!("usual: {}", spread(usual));
}

fn told(by: &str, removed: u64, took: Duration, usual: &[Duration], mut during: Vec<Duration>) {
    during.sort_unstable();
    println!(
        "status reads during a purge of {removed} jobs by {by} ({:.0} s): p99 {:.2} ms, usually {:.2} ms: {:.2} times; {}",
        took.as_secs_f64(),
        crate::quantile(&during, 0.99),
        crate::quantile(usual, 0.99),
        crate::quantile(&during, 0.99) / crate::quantile(usual, 0.99),
        spread(during),
    );
}

/// Purges jobs by requests of eight clients.
async fn remove(daemon: &Arc<Daemon>, ids: Vec<String>) {
    let ids = Arc::new(std::sync::Mutex::new(ids));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (daemon, ids) = (daemon.clone(), ids.clone());
        clients.spawn(async move {
            loop {
                let next = ids.lock().expect("whole").pop();
                let Some(id) = next else { break };
                let path = format!("/api/v1/jobs/{id}?purge=true");
                let (status, answer) = daemon.call(Method::DELETE, &path, None).await;
                assert_eq!(status, 204, "{answer}");
            }
        });
    }
    clients.join_all().await;
}

fn reader(daemon: &Arc<Daemon>, id: &str, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<Vec<Duration>> {
    let (daemon, stop, path) = (daemon.clone(), stop.clone(), format!("/api/v1/jobs/{id}"));
    tokio::spawn(async move {
        let mut times = Vec::new();
        let mut pace = tokio::time::interval(PACE);
        while !stop.load(Ordering::Relaxed) {
            pace.tick().await;
            let asked = Instant::now();
            daemon.get(&path).await;
            times.push(asked.elapsed());
        }
        times
    })
}
