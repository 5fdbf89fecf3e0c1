//! Submits and reads a second, and what the disk itself allows in the same run.

use std::{
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    harness::{Daemon, simulate},
    spread,
};

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(5);

/// Appends of a page and their syncs a second: the most commits that the disk could take.
fn syncs(directory: &Path) -> f64 {
    let mut file = std::fs::File::create(directory.join("syncs")).expect("a file");
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < MEASURED / 2 {
        file.write_all(&[7; 4_096]).expect("written");
        file.sync_data().expect("synced");
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// Durable submits. One scan waits on a slow simulator, so that the others stay queued behind the
/// tenant's writer and only the submits are measured.
pub async fn submits() {
    let (_sim, house) = simulate(&["--latency", "60000"]);
    let daemon = Arc::new(house.start(&house.key(&["admin"])));
    let body = json!({"tenant_id": house.tenant});
    for clients in [1, 8, 64, 256] {
        let syncs = syncs(house.path());
        let body = body.clone();
        let (rate, _) = measured(&daemon, clients, move |daemon| {
            let body = body.clone();
            async move {
                daemon.submit("/api/v1/scan", &body).await;
            }
        })
        .await;
        println!(
            "submits, {clients} clients: {rate:.0}/s durable, {:.2} of the {syncs:.0} syncs/s of this disk",
            rate / syncs
        );
    }
}

/// Reads of one job's status.
pub async fn reads() {
    let (_sim, house) = simulate(&["--latency", "60000"]);
    let daemon = Arc::new(house.start(&house.key(&["admin"])));
    let first = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    for clients in [1, 64] {
        let path = format!("/api/v1/jobs/{first}");
        let (rate, times) = measured(&daemon, clients, move |daemon| {
            let path = path.clone();
            async move {
                daemon.get(&path).await;
            }
        })
        .await;
        println!("status reads, {clients} clients: {rate:.0}/s, {}", spread(times));
    }
}

/// Calls a second of so many clients, each waiting for its answer, and how long each took.
async fn measured<F, R>(daemon: &Arc<Daemon>, clients: u64, call: F) -> (f64, Vec<Duration>)
where
    F: Fn(Arc<Daemon>) -> R + Clone + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let began = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (daemon, call) = (daemon.clone(), call.clone());
        running.spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < MEASURED {
                let sent = Instant::now();
                call(daemon.clone()).await;
                times.push(sent.elapsed());
            }
            times
        });
    }
    let times: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
    (times.len() as f64 / began.elapsed().as_secs_f64(), times)
}

/// Does something so many times with 64 clients.
pub async fn times<F, R>(daemon: &Arc<Daemon>, total: u64, call: F)
where
    F: Fn(Arc<Daemon>, u64) -> R + Clone + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (daemon, next, call) = (daemon.clone(), next.clone(), call.clone());
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    break;
                }
                call(daemon.clone(), number).await;
            }
        });
    }
    running.join_all().await;
}
