//! Figures of scans by the real binary:
//! `cargo bench --bench scan [-- rate latency buckets quota other children two million kills serving]`.
//!
//! | part | what |
//! |---|---|
//! | `rate` | 100,000 generated resources without limits and latency, then again without change |
//! | `latency` | the same with 50 ms before each answer |
//! | `buckets` | 100,000 resources in one subscription within ARM's true buckets, without children, beside the plan (about a minute) |
//! | `quota` | 20,000 resources with the lists of their children, the same way (half a minute) |
//! | `other` | the same, while another client of the principal wants half of the refill from the fifth second on |
//! | `children` | 100,000 resources of which 2,800 lists of two levels bring 4,700, the same way (three to four minutes) |
//! | `two` | two scans of `buckets` submitted at once, while plans of it are made |
//! | `million` | 1,000,000 resources: time and memory |
//! | `kills` | 50,000 resources, `kill -9` at 20 random instants: pages that were read again, as the simulator counts |
//! | `serving` | what the simulator alone serves in a second, and its memory |
//!
//! Simulator and daemon are processes of their own on loopback. Processor time stands beside the wall's, for
//! machines are shared: what a machine of two free cores does is bounded by the sum of both.
//!
//! What two shared cores gave:
//!
//! | part | figure |
//! |---|---|
//! | `rate`: 104,000 resources, 508,010 relationships | 4.6 s, 22,700/s with the simulator beside it, peak 139 MB; again without change 5.3 s, peak of both 156 MB |
//! | `latency` | 12.4 s, 8,400/s; peak 160 MB (another program took half a core) |
//! | `million`: 1,040,000 resources, 5,080,020 relationships | 48.1 s, 21,600/s; peak 191 MB |
//! | `kills` | complete; 1,222 requests, 1,092 undisturbed |
//! | `serving` | 11,400 pages of 100 bodies a second; 27 MB with 1,000,000 resources |

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
    time::{Duration, Instant},
};

use harness::{Daemon, House, memory, simulate};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

/// Longest scan.
const LONGEST: Duration = Duration::from_mins(90);

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |part: &str| wanted.is_empty() && part == "rate" || wanted.iter().any(|name| name == part);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let hundred = ["--resources", "100000", "--subscriptions", "10"];
    if runs("rate") {
        runtime.block_on(free("100,000, no limits", &hundred, 2));
    }
    if runs("latency") {
        runtime.block_on(free("100,000, 50 ms", &[&hundred[..], &["--latency", "50"]].concat(), 1));
    }
    if runs("buckets") {
        let most = ["--resources", "100000", "--quota"];
        runtime.block_on(bound("100,000 in one subscription", &most, &Bound::default()));
    }
    let some = ["--resources", "18880", "--children", "--quota"];
    if runs("quota") {
        runtime.block_on(bound("20,000 with children", &some, &Bound { children: true, ..Bound::default() }));
    }
    if runs("other") {
        let shared = Bound { children: true, other: Some(12.5), ..Bound::default() };
        runtime.block_on(bound("20,000 with children, beside another client", &some, &shared));
    }
    if runs("children") {
        let most = ["--resources", "94400", "--children", "--quota"];
        let children = Bound { children: true, ..Bound::default() };
        runtime.block_on(bound("100,000 in one subscription with children", &most, &children));
    }
    if runs("two") {
        let most = ["--resources", "100000", "--subscriptions", "1", "--quota"];
        runtime.block_on(bound("two jobs of one principal", &most, &Bound { jobs: 2, ..Bound::default() }));
    }
    if runs("million") {
        let million = ["--resources", "1000000", "--subscriptions", "20"];
        runtime.block_on(free("1,000,000, no limits", &million, 1));
    }
    if runs("kills") {
        runtime.block_on(kills());
    }
    if runs("serving") {
        runtime.block_on(serving());
    }
}

/// Processor seconds of a process, its own and the kernel's for it.
fn processor(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running process");
    let after = stat.rsplit(')').next().expect("fields");
    let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    ticks.iter().sum::<f64>() / 100.0
}

async fn ended(daemon: &Daemon, id: &str) -> Value {
    let start = Instant::now();
    loop {
        let job = daemon.get(&format!("/api/v1/jobs/{id}")).await;
        if job["completed_at"] != Value::Null {
            assert_eq!(job["status"], "completed", "{job}");
            return daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
        }
        assert!(start.elapsed() < LONGEST, "the scan never ended: {job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn free(what: &str, arguments: &[&str], times: u32) {
    let (sim, house) = simulate(arguments);
    let daemon = house.start(&house.key(&["admin"]));
    for time in 0..times {
        let before = (processor(daemon.pid()), processor(sim.pid()));
        let start = Instant::now();
        let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
        let result = ended(&daemon, &id).await;
        let took = start.elapsed().as_secs_f64();
        let (own, simulated) = (processor(daemon.pid()) - before.0, processor(sim.pid()) - before.1);
        let total = result["resources"]["total"].as_f64().expect("a number");
        println!(
            "scan {what}, {}: {total} resources, {} relationships in {took:.1} s = {:.0}/s; processor {own:.1} s + simulator {simulated:.1} s = {:.0}/s on two cores; {} requests, peak {:.0} MiB",
            if time == 0 { "first" } else { "again" },
            result["relationships"]["total"],
            total / took,
            2.0 * total / (own + simulated),
            result["requests"]["total"],
            memory(daemon.pid(), "VmHWM"),
        );
        let phases = result["phases"].as_array().cloned().unwrap_or_default();
        let phases = phases.iter().map(|phase| {
            format!(
                "{} {:.1}",
                phase["name"].as_str().unwrap_or_default(),
                phase["seconds"].as_f64().unwrap_or_default()
            )
        });
        println!("  phases: {}", phases.collect::<Vec<_>>().join(", "));
    }
}

/// What is scanned within the buckets.
struct Bound {
    jobs: usize,
    children: bool,
    /// Reads a second that another client wants from the fifth second on.
    other: Option<f64>,
}

impl Default for Bound {
    fn default() -> Self {
        Self { jobs: 1, children: false, other: None }
    }
}

/// Part of the bucket that is used by default.
const SHARE: f64 = 0.95;

/// Jobs of one principal within the buckets, beside what the plan says.
async fn bound(what: &str, arguments: &[&str], &Bound { jobs, children, other }: &Bound) {
    let (_sim, house) = simulate(arguments);
    let daemon = house.start(&house.key(&["admin"]));
    let mut request = json!({"tenant_id": house.tenant, "include_identities": false});
    if !children {
        let filter = json!({"exclude_resource_types": ["*/*/*"], "include_referenced_resources": false});
        request["filter_config"] = filter;
    }
    let plan = async || {
        let (status, plan) = daemon.call(reqwest::Method::POST, "/api/v1/scan?plan=true", Some(&request)).await;
        assert_eq!(status, 200, "{plan}");
        plan
    };
    let planned = plan().await;
    // What the plan itself has read of the buckets comes back.
    tokio::time::sleep(Duration::from_secs(15)).await;
    let start = Instant::now();
    let mut ids = Vec::new();
    for _ in 0..jobs {
        ids.push(daemon.submit("/api/v1/scan", &request).await);
    }
    if jobs > 1 {
        plan().await;
    }
    let admin = resource_manager(&house);
    if let Some(rate) = other {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let told = reqwest::Client::new().put(format!("{admin}/_simulator/other-client")).body(rate.to_string());
        assert!(told.send().await.expect("an answer").status().is_success());
    }
    let (mut requests, mut throttled, mut resources) = (0.0, 0, Value::Null);
    for id in ids {
        let result = ended(&daemon, &id).await;
        requests += result["requests"]["total"].as_f64().expect("a number");
        throttled += result["requests"]["throttled"].as_u64().expect("a number");
        resources = result["resources"]["total"].clone();
    }
    let took = start.elapsed().as_secs_f64();
    let all: f64 = planned["requests"].as_object().expect("buckets").values().filter_map(Value::as_f64).sum();
    let bound = (requests - 250.0 * SHARE) / (25.0 * SHARE);
    let loose = (requests - 250.0) / 25.0;
    if other.is_some() {
        let status = reqwest::get(format!("{admin}/_simulator/status")).await.expect("an answer");
        let status: Value = status.json().await.expect("JSON");
        println!("  the other client: {}", status["other_client"]);
    }
    // Once there is a snapshot, children of children are known too.
    let after = plan().await;
    println!(
        "buckets, {what}: {resources} resources, {requests} requests (planned {all} a scan) in {took:.1} s; at {SHARE} of the bucket {bound:.1} s, planned {} before and {} after: {:.2} of it, {:.2} of (requests - 250) / 25; throttled {throttled}; peak {:.0} MiB",
        planned["seconds"],
        after["seconds"],
        took / bound,
        took / loose,
        memory(daemon.pid(), "VmHWM"),
    );
}

/// Where the simulator listens.
fn resource_manager(house: &House) -> String {
    let text = std::fs::read_to_string(house.config()).expect("readable");
    let line = text.lines().find_map(|line| line.strip_prefix("resource_manager = ")).expect("an address");
    line.trim_matches('"').to_owned()
}

async fn kills() {
    const KILLS: u64 = 20;
    let (_sim, house) = simulate(&["--resources", "50000", "--subscriptions", "5", "--latency", "20"]);
    let key = house.key(&["admin"]);
    let mut rng = StdRng::seed_from_u64(20);
    let base = resource_manager(&house);
    let counted = async || -> BTreeMap<String, u64> {
        reqwest::get(format!("{base}/_simulator/requests")).await.expect("an answer").json().await.expect("JSON")
    };
    let mut daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant, "include_identities": false})).await;
    let mut killed = 0;
    while killed < KILLS {
        tokio::time::sleep(Duration::from_millis(rng.random_range(100..700))).await;
        if daemon.get(&format!("/api/v1/jobs/{id}")).await["completed_at"] != Value::Null {
            break;
        }
        daemon.kill();
        killed += 1;
        daemon = house.start(&key);
    }
    let result = ended(&daemon, &id).await;
    let counts = counted().await;
    let again = counts.get("pages_read_again").copied().unwrap_or(0);
    let others = ["token", "pages_read_again"];
    let total: u64 = counts.iter().filter(|(kind, _)| !others.contains(&kind.as_str())).map(|(_, count)| count).sum();
    let (_sim, other) = simulate(&["--resources", "50000", "--subscriptions", "5"]);
    let whole = other.start(&other.key(&["admin"]));
    let id = whole.submit("/api/v1/scan", &json!({"tenant_id": other.tenant, "include_identities": false})).await;
    let undisturbed = ended(&whole, &id).await;
    println!(
        "kills: {killed} of one scan of {} resources (undisturbed {}), partial {}; {total} requests, undisturbed {}; {again} pages read again, {:.1} a kill",
        result["resources"]["total"],
        undisturbed["resources"]["total"],
        result["partial"],
        undisturbed["requests"]["total"],
        again as f64 / f64::from(u32::try_from(killed).expect("few")),
    );
    assert_eq!(result["resources"]["total"], undisturbed["resources"]["total"]);
}

/// Pages of 100 bodies by as many clients as a scan has requests at once.
async fn serving() {
    const CLIENTS: usize = 32;
    const PAGES: usize = 100;
    let (sim, house) = simulate(&["--resources", "1000000", "--subscriptions", "20"]);
    let text = std::fs::read_to_string(house.config()).expect("readable");
    let line =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).expect("there").trim_matches('"').to_owned();
    let (base, client_id) = (line("resource_manager = "), line("client_id = "));
    let secret = std::fs::read_to_string(line("secret_file = ")).expect("readable");
    let http = reqwest::Client::new();
    let form =
        format!("grant_type=client_credentials&scope={base}/.default&client_id={client_id}&client_secret={secret}");
    let asked = http.post(format!("{base}/{}/oauth2/v2.0/token", house.tenant)).body(form);
    let token: Value = asked.send().await.expect("an answer").json().await.expect("JSON");
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let subscriptions: Value = http
        .get(format!("{base}/subscriptions?api-version=2022-12-01"))
        .bearer_auth(&token)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let ids: Vec<String> = subscriptions["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect();
    let before = processor(sim.pid());
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|at| {
        let (http, token) = (http.clone(), token.clone());
        let mut next =
            format!("{base}{}/providers/Microsoft.Compute/virtualMachines?api-version=2024-07-01", ids[at % ids.len()]);
        tokio::spawn(async move {
            let mut bytes = 0;
            for _ in 0..PAGES {
                let text =
                    http.get(&next).bearer_auth(&token).send().await.expect("an answer").text().await.expect("text");
                bytes += text.len();
                let link = text.rsplit_once("\"nextLink\":\"").expect("a next page").1;
                link.split('"').next().expect("an address").clone_into(&mut next);
            }
            bytes
        })
    });
    let mut bytes = 0;
    for client in clients.collect::<Vec<_>>() {
        bytes += client.await.expect("no panic");
    }
    let took = start.elapsed().as_secs_f64();
    let pages = (CLIENTS * PAGES) as f64;
    println!(
        "serving: {:.0} pages of 100 machines a second, {:.0} MiB/s; processor {:.2} ms a page; peak {:.0} MiB with 1,000,000 resources",
        pages / took,
        bytes as f64 / took / f64::from(1 << 20),
        1e3 * (processor(sim.pid()) - before) / pages,
        memory(sim.pid(), "VmHWM"),
    );
}
