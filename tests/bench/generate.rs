//! Figures of generation by the real binary: `cargo bench --bench generate [-- hundred fifty million]`.
//!
//! | part | what |
//! |---|---|
//! | `hundred` | 100,000 generated resources as Terraform with imports, ARM and Bicep: submit to done, peak memory |
//! | `million` | the same of 1,000,000; only when it is asked for by name |
//! | `fifty` | 50 of Contoso's resources, forty times a format: submit to done as a watcher of events sees it |
//!
//! Simulator and daemon are processes of their own on loopback; the simulator is ended before anything is
//! generated. A daemon that generates is a fresh one: its peak is the job's. With `ATGD_BENCH_OTHER=PATH` another
//! build does the same in alternation, and both must have written the same files.
//!
//! What two shared cores gave, beside the build before the two sweeps, in alternation:
//!
//! | part | figure | before |
//! |---|---|---|
//! | `hundred`: 104,000 resources as Terraform with imports | 7.8 s, peak 179 MiB | 10.4 s, 1,278 MiB |
//! | as ARM templates | 5.6 s, peak 183 MiB | 7.6 s, 1,269 MiB |
//! | as Bicep | 7.4 s, peak 179 MiB | 10.2 s, 1,271 MiB |

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
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use harness::{Daemon, memory, simulate};
use serde_json::{Value, json};

/// Longest job.
const LONGEST: Duration = Duration::from_hours(1);

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if runs("fifty") {
        runtime.block_on(fifty());
    }
    if runs("hundred") {
        runtime.block_on(many("100000", "10"));
    }
    if wanted.iter().any(|name| name == "million") {
        runtime.block_on(many("1000000", "50"));
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

/// The builds to measure: this one, and the other that the environment names.
fn builds() -> Vec<(&'static str, PathBuf)> {
    let other = std::env::var_os("ATGD_BENCH_OTHER").map(|path| ("other", PathBuf::from(path)));
    std::iter::once(("this", PathBuf::from(env!("CARGO_BIN_EXE_atgd")))).chain(other).collect()
}

async fn many(resources: &str, subscriptions: &str) {
    let house = scanned(&["--resources", resources, "--subscriptions", subscriptions]).await;
    for format in ["terraform", "arm", "bicep"] {
        let mut files = Vec::new();
        for (name, binary) in builds() {
            let daemon = house.start_of(&binary, &house.key(&["admin"]), &[]);
            let body = json!({
                "tenant_id": house.tenant, "output_format": format, "auto_import_existing": format == "terraform",
            });
            let start = Instant::now();
            let id = daemon.submit("/api/v1/generate-iac", &body).await;
            ended(&daemon, &id).await;
            let took = start.elapsed().as_secs_f64();
            let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
            let peak = memory(daemon.pid(), "VmHWM:");
            println!(
                "{format}: {name}: {} resources in {took:.1} s, peak {peak:.0} MiB",
                result["resources"]["emitted"]
            );
            assert_eq!(daemon.stop(), Some(0));
            files.push(checksums(&house.state(), &id));
        }
        let differ = |pair: &[BTreeMap<String, u32>]| {
            pair[0].iter().filter(|(name, sum)| pair[1].get(*name) != Some(sum)).count()
        };
        for pair in files.windows(2) {
            println!("{format}: {} files, {} of them differ", pair[0].len(), differ(pair));
        }
    }
}

/// Checksums of a job's files, by their names.
fn checksums(state: &Path, id: &str) -> BTreeMap<String, u32> {
    let mut open = vec![state.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("readable").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|end| end == "zip") && entry.to_string_lossy().contains(id) {
                let mut zip = zip::ZipArchive::new(std::fs::File::open(entry).expect("the zip")).expect("a zip");
                let mut sums = BTreeMap::new();
                for at in 0..zip.len() {
                    let file = zip.by_index_raw(at).expect("a file");
                    sums.insert(file.name().expect("a name").into_owned(), file.crc32());
                }
                return sums;
            }
        }
    }
    BTreeMap::new()
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
