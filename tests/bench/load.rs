//! Load figures of the real binary: `cargo bench --bench load [-- submits reads memory scan quota]`.
//!
//! Each part starts its own daemon and its own `atgd simulate` on loopback, in processes of their own,
//! so that memory is the daemon's alone. Bounded in count; prints one line a figure.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench fails by panicking, and prints its figures"
)]

#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "the harness serves the tests too")]
mod harness;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use harness::{Daemon, House};
use serde_json::{Value, json};

const CLIENTS: u64 = 64;
const SUBMITS: u64 = 20_000;
const READS: u64 = 50_000;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_atgd")).expect("the binary").len();
    println!("binary size: {:.1} MB", size as f64 / 1e6);
    if runs("memory") {
        runtime.block_on(idle_memory());
    }
    if runs("submits") || runs("reads") {
        runtime.block_on(requests());
    }
    if runs("scan") {
        runtime.block_on(scan("without quota", &[]));
    }
    if runs("quota") {
        runtime.block_on(scan("with the quota buckets", &["--quota"]));
    }
}

/// `atgd simulate` in a process of its own; ended when dropped.
struct Simulator(Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn simulate(arguments: &[&str]) -> (Simulator, House) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut child = Command::new(env!("CARGO_BIN_EXE_atgd"))
        .arg("simulate")
        .args(arguments)
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("atgd simulate starts");
    let mut snippet = String::new();
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    // The snippet ends with the secret's file.
    for line in lines.by_ref() {
        let line = line.expect("text");
        snippet.push_str(&line);
        snippet.push('\n');
        if line.starts_with("secret_file") {
            break;
        }
    }
    let tenant = snippet
        .lines()
        .find_map(|line| line.strip_prefix("tenant_id = "))
        .expect("the snippet names the tenant")
        .trim_matches('"')
        .to_owned();
    (Simulator(child), House::in_directory(dir, &snippet, tenant))
}

fn memory(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
    kib / 1024.0
}

async fn idle_memory() {
    let (_sim, house) = simulate(&[]);
    let daemon = house.start(&house.key(&["admin"]));
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("idle memory: {:.1} MB resident", memory(daemon.pid(), "VmRSS"));
}

/// Durable submits and status reads. One scan waits on a slow simulator, so that the others stay
/// queued behind the tenant's writer and only the submits are measured.
async fn requests() {
    let (_sim, house) = simulate(&["--latency", "60000"]);
    let daemon = Arc::new(house.start(&house.key(&["admin"])));
    let body = json!({"tenant_id": house.tenant});
    let first = daemon.submit("/api/v1/scan", &body).await;
    let took = spread(&daemon, SUBMITS, move |daemon, _| {
        let body = body.clone();
        async move {
            daemon.submit("/api/v1/scan", &body).await;
        }
    })
    .await;
    println!("submits: {:.0}/s durable, {CLIENTS} clients, {SUBMITS} jobs", SUBMITS as f64 / took.as_secs_f64());
    let took = spread(&daemon, READS, move |daemon, _| {
        let path = format!("/api/v1/jobs/{first}");
        async move {
            daemon.get(&path).await;
        }
    })
    .await;
    println!("status reads: {:.0}/s, {CLIENTS} clients", READS as f64 / took.as_secs_f64());
}

async fn spread<F, R>(daemon: &Arc<Daemon>, total: u64, call: F) -> Duration
where
    F: Fn(Arc<Daemon>, u64) -> R + Clone + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (daemon, next, call) = (daemon.clone(), next.clone(), call.clone());
        clients.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    break;
                }
                call(daemon.clone(), number).await;
            }
        });
    }
    clients.join_all().await;
    start.elapsed()
}

async fn scan(what: &str, more: &[&str]) {
    let arguments: Vec<&str> = ["--resources", "20000", "--subscriptions", "2"].iter().chain(more).copied().collect();
    let (_sim, house) = simulate(&arguments);
    let daemon = house.start(&house.key(&["admin"]));
    let start = Instant::now();
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = loop {
        let job = daemon.get(&format!("/api/v1/jobs/{id}")).await;
        if job["completed_at"] != Value::Null {
            break job;
        }
        assert!(start.elapsed() < Duration::from_mins(50), "the scan never ended: {job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let took = start.elapsed();
    assert_eq!(job["status"], "completed", "{job}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
    println!(
        "scan {what}: {} resources, {} relationships in {:.1} s, {} requests, {} throttled, peak {:.0} MB",
        result["result"]["resources"]["total"],
        result["result"]["relationships"]["total"],
        took.as_secs_f64(),
        result["result"]["requests"]["total"],
        result["result"]["requests"]["throttled"],
        memory(daemon.pid(), "VmHWM"),
    );
}
