//! Load figures of the real binary: `cargo bench --bench load [-- PART…]`, where a part is one of
//! `memory submits reads claim cancel restart purge viewers scan quota`; `--jobs N` sizes the history that
//! `restart` makes (1,000,000) and `purge` removes (100,000).
//!
//! Each part starts its own daemon and its own `atgd simulate` on loopback, in processes of their own,
//! so that memory is the daemon's alone. Bounded in count; prints one line a figure.
//!
//! What two shared cores gave (a submit's rate depends on the disk: `submits` prints the disk's own syncs beside it):
//!
//! | part | figure |
//! |---|---|
//! | `submits`, durable, 1, 8, 64, 256 clients | 695, 3,018, 8,908, 13,371/s: 0.2, 0.8, 2.4, 3.7 of the disk's syncs/s in the same run |
//! | `reads` of a status, 1 and 64 clients | 23,852/s, p99 0.1 ms; 31,949/s, p99 5.3 ms |
//! | `claim`: submit to running on an idle daemon, as the client sees it | p50 1.8 ms, p99 7.0 ms (one commit lies between) |
//! | `cancel` to terminal at random instants of 1,002 scans and generations | p50 13 ms, p99 228 ms, worst 261 ms |
//! | `purge` of 100,000 jobs: status reads meanwhile, by the janitor; by eight clients' requests | p99 0.44 ms, 1.5 times the usual; 0.71 ms, 2.4 times |
//! | `restart` with 1,000,000 jobs until ready, five times each: after a stop; after `kill -9` amid submits and cancels | worst 31 ms; worst 25 ms |
//! | a page of 200 of them, by any one filter | p50 1.0 to 2.7 ms |
//! | `viewers`: an event to 1,000 of them | p50 14 ms, p99 56 ms; 3 MB for all of them |
//! | `memory` of an idle daemon | 23 MB |
//! | `scan` of 20,800 generated resources, 101,602 relationships | 1.0 s, peak 114 MB |
//! | `quota`: the same with Azure's request buckets (438 requests, none throttled) | 1.3 s, peak 116 MB |

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench fails by panicking, and prints its figures"
)]

#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "the harness serves the tests too")]
mod harness;
mod history;
mod latency;
mod requests;
mod viewers;

use std::time::{Duration, Instant};

use harness::{memory, simulate};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let jobs = arguments.iter().position(|argument| argument == "--jobs").and_then(|at| arguments.get(at + 1));
    let jobs: Option<u64> = jobs.map(|text| text.parse().expect("a number"));
    let is_part = |argument: &&String| argument.bytes().all(|byte| byte.is_ascii_lowercase());
    let wanted: Vec<&String> = arguments.iter().filter(is_part).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|name| *name == part);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_atgd")).expect("the binary").len();
    println!("binary size: {:.1} MB", size as f64 / 1e6);
    if runs("memory") {
        runtime.block_on(idle_memory());
    }
    if runs("submits") {
        runtime.block_on(requests::submits());
    }
    if runs("reads") {
        runtime.block_on(requests::reads());
    }
    if runs("claim") {
        runtime.block_on(latency::claim());
    }
    if runs("cancel") {
        runtime.block_on(latency::cancel());
    }
    if runs("restart") {
        runtime.block_on(history::restart(jobs.unwrap_or(1_000_000)));
    }
    if runs("purge") {
        runtime.block_on(history::purge(jobs.unwrap_or(100_000)));
    }
    if runs("viewers") {
        runtime.block_on(viewers::fan_out());
    }
    if runs("scan") {
        runtime.block_on(scan("without quota", &[]));
    }
    if runs("quota") {
        runtime.block_on(scan("with the quota buckets", &["--quota"]));
    }
}

async fn idle_memory() {
    let (_sim, house) = simulate(&[]);
    let daemon = house.start(&house.key(&["admin"]));
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("idle memory: {:.1} MB resident", memory(daemon.pid(), "VmRSS"));
}

/// The value below which this part of a sorted list lies.
fn quantile(sorted: &[Duration], part: f64) -> f64 {
    let at = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len()) - 1;
    sorted[at].as_secs_f64() * 1_000.0
}

/// `p50 … ms, p99 … ms, worst … ms`.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part| quantile(&times, part);
    format!("p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms of {}", at(0.5), at(0.99), at(1.0), times.len())
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
