//! Figures of generation by the real binary: `cargo bench --bench generate [-- hundred fifty]`.
//!
//! | part | what |
//! |---|---|
//! | `hundred` | 100,000 generated resources as Terraform with imports, ARM and Bicep: submit to done, peak memory |
//! | `fifty` | 50 of Contoso's resources, forty times a format: submit to done as a watcher of events sees it |
//!
//! Simulator and daemon are processes of their own on loopback; the simulator is ended before anything is
//! generated. A daemon that generates is a fresh one: its peak is the job's.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench fails by panicking, and prints its figures"
)]

#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "the harness serves the tests too")]
mod harness;

use std::time::{Duration, Instant};

use harness::{Daemon, memory, simulate};
use serde_json::{Value, json};

/// Longest job.
const LONGEST: Duration = Duration::from_mins(10);

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if runs("fifty") {
        runtime.block_on(fifty());
    }
    if runs("hundred") {
        runtime.block_on(hundred());
    }
}

/// Waits for the end of a job on its list of events; a poll would add to what is measured.
async fn ended(daemon: &Daemon, id: &str) -> Value {
    let start = Instant::now();
    loop {
        let job = daemon.get(&format!("/api/v1/jobs/{id}")).await;
        if job["completed_at"] != Value::Null {
            assert_eq!(job["status"], "completed", "{job}");
            return job;
        }
        assert!(start.elapsed() < LONGEST, "the job never ended: {job}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn scanned(arguments: &[&str]) -> harness::House {
    let (sim, house) = simulate(arguments);
    let daemon = house.start(&house.key(&["admin"]));
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    ended(&daemon, &id).await;
    assert_eq!(daemon.stop(), Some(0));
    drop(sim);
    house
}

async fn hundred() {
    let house = scanned(&["--resources", "100000", "--subscriptions", "10"]).await;
    for format in ["terraform", "arm", "bicep"] {
        let daemon = house.start(&house.key(&["admin"]));
        let body = json!({
            "tenant_id": house.tenant, "output_format": format, "auto_import_existing": format == "terraform",
        });
        let start = Instant::now();
        let id = daemon.submit("/api/v1/generate-iac", &body).await;
        ended(&daemon, &id).await;
        let took = start.elapsed().as_secs_f64();
        let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
        let peak = memory(daemon.pid(), "VmHWM:");
        println!("{format}: {} resources in {took:.1} s, peak {:.0} MiB", result["resources"]["emitted"], peak);
        assert_eq!(daemon.stop(), Some(0));
    }
}

async fn fifty() {
    let house = scanned(&[]).await;
    let daemon = house.start(&house.key(&["admin"]));
    for format in ["terraform", "arm", "bicep"] {
        let body = json!({
            "tenant_id": house.tenant, "output_format": format, "include_dependencies": false,
            "resource_groups": ["rg-hub-network", "rg-spoke-network", "rg-web"],
        });
        let (mut took, mut emitted) = (Vec::new(), Value::Null);
        for _ in 0..40 {
            let start = Instant::now();
            let id = daemon.submit("/api/v1/generate-iac", &body).await;
            ended(&daemon, &id).await;
            took.push(start.elapsed().as_secs_f64() * 1000.0);
            emitted = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"]["resources"]["emitted"].clone();
        }
        took.sort_by(f64::total_cmp);
        println!("{format}: {emitted} resources, p50 {:.0} ms, worst {:.0} ms", took[20], took[39]);
    }
    assert_eq!(daemon.stop(), Some(0));
}
