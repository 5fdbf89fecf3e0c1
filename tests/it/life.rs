//! The life of a daemon: the whole chain, `kill -9` in the middle of a scan, cancel, shutdown.

use std::time::{Duration, Instant};

use atgd::simulator;
use reqwest::Method;
use serde_json::json;

use crate::harness::House;

async fn contoso() -> simulator::Running {
    simulator::start(simulator::Settings::default()).await.expect("the simulator starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_and_its_terraform_go_through_the_whole_chain() {
    let sim = contoso().await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan", "generate"]);
    let daemon = house.start(&key);

    let scan = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = daemon.finished(&scan).await;
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    let result = daemon.get(&format!("/api/v1/jobs/{scan}/result")).await;
    assert_eq!(result["result"]["partial"], false, "{result}");
    assert!(result["result"]["resources"]["total"].as_u64() > Some(140), "{result}");

    let body = json!({"tenant_id": house.tenant, "output_format": "terraform", "auto_import_existing": true});
    let generate = daemon.submit("/api/v1/generate-iac", &body).await;
    assert_eq!(daemon.finished(&generate).await["status"], "completed", "{}", house.log());
    let zip = daemon.bytes(&format!("/api/v1/jobs/{generate}/artifacts")).await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("a zip");
    for name in ["versions.tf", "providers.tf", "imports.tf", "report.json", "README.md"] {
        assert!(zip.by_name(name).is_ok(), "{name} is missing");
    }

    let events = daemon.get(&format!("/api/v1/jobs/{scan}/events")).await;
    let events = events.as_array().expect("a list");
    let numbers: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.last().expect("one")["type"], "complete");
    assert_eq!(daemon.stop(), Some(0), "{}", house.log());
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_killed_in_its_middle_completes_by_itself_and_nothing_acknowledged_is_lost() {
    let settings = simulator::Settings { latency: Duration::from_millis(25), ..simulator::Settings::default() };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan", "generate"]);
    let daemon = house.start(&key);

    let running = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let waiting = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.until(&running, "running", |job| job["status"] == "running" && job["progress"].as_f64() > Some(0.0)).await;
    daemon.kill();

    let daemon = house.start(&key);
    for id in [&running, &waiting] {
        let job = daemon.finished(id).await;
        assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
        let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
        assert_eq!(result["result"]["partial"], false, "{result}");
        let events = daemon.get(&format!("/api/v1/jobs/{id}/events?limit=1000")).await;
        let events = events.as_array().expect("a list");
        let completes = events.iter().filter(|event| event["type"] == "complete").count();
        assert_eq!(completes, 1);
    }
    let first = daemon.get(&format!("/api/v1/jobs/{running}/result")).await;
    let second = daemon.get(&format!("/api/v1/jobs/{waiting}/result")).await;
    assert_eq!(first["result"]["resources"]["total"], second["result"]["resources"]["total"]);
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_killed_twenty_times_during_one_scan_completes_it() {
    let settings = simulator::Settings {
        sources: vec![simulator::Source::Generated { resources: 500, subscriptions: 2 }],
        latency: Duration::from_millis(100),
        ..simulator::Settings::default()
    };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let mut daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.until(&id, "reading", |job| job["progress"].as_f64() >= Some(0.15)).await;
    for life in 0..20 {
        daemon.kill();
        daemon = house.start(&key);
        // Most of these lives are too short to read anything again: no reason to give the scan up.
        let job = daemon.until(&id, "running", |job| job["status"] != "pending").await;
        assert_eq!(job["status"], "running", "life {life}: {job}");
        tokio::time::sleep(Duration::from_millis(life * 10)).await;
    }
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
    assert_eq!(result["result"]["partial"], false, "{result}");
    let again = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.finished(&again).await;
    let whole = daemon.get(&format!("/api/v1/jobs/{again}/result")).await;
    for what in ["resources", "relationships"] {
        assert_eq!(result["result"][what]["total"], whole["result"][what]["total"], "{what}");
    }
    let snapshots = daemon.get(&format!("/api/v1/tenants/{}/snapshots", house.tenant)).await;
    assert_eq!(snapshots["snapshots"].as_array().map(Vec::len), Some(2), "one generation a job: {snapshots}");
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_scan_that_waits_on_a_slow_azure_takes_less_than_two_seconds() {
    let sim = contoso().await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    sim.hold();

    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.until(&id, "running", |job| job["status"] == "running").await;
    let asked = Instant::now();
    let (status, answer) = daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await;
    assert_eq!(status, 200, "{answer}");
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "cancelled", "{job}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());

    sim.release();
    let again = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    assert_eq!(daemon.finished(&again).await["status"], "completed");
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_daemon_returns_its_running_job_to_the_queue_and_the_next_one_finishes_it() {
    let sim = contoso().await;
    let house = House::for_simulator(&sim).with("[jobs]\ngrace_seconds = 1\n");
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    sim.hold();
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.until(&id, "running", |job| job["status"] == "running").await;
    assert_eq!(daemon.stop(), Some(0), "{}", house.log());

    sim.release();
    let daemon = house.start(&key);
    let job = daemon.finished(&id).await;
    assert_eq!((job["status"].as_str(), job["attempt"].as_u64()), (Some("completed"), Some(1)), "{job}");
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_shown_once_is_nowhere_in_the_state_directory() {
    let sim = contoso().await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["admin"]);
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.finished(&id).await;
    drop(daemon);
    let secret = &key.as_bytes()[key.len() - 40..];
    for file in files_below(&house.path().join("state")).into_iter().chain([house.path().join("log")]) {
        let bytes = std::fs::read(&file).expect("readable");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{} holds the key", file.display());
    }
    sim.stop().await;
}

fn files_below(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}
