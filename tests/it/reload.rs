//! Edits of the configuration while the daemon runs: in place, by rename, behind a link, and broken ones.

use std::{path::Path, process::Command, time::Instant};

use atgd::simulator;
use serde_json::Value;

use crate::harness::{Daemon, House, PATIENCE};

async fn limits_become(daemon: &Daemon, house: &House, what: &str, accept: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let status = daemon.get("/api/v1/status").await;
        if accept(&status["limits"]) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} was never in effect: {status}\n{}", house.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn edited(path: &Path, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(path).expect("readable");
    assert!(text.contains(from), "{text}");
    text.replace(from, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_takes_effect_and_a_broken_one_leaves_what_was() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let daemon = house.start(&house.key(&["read"]));
    let config = house.config();

    let text = edited(&config, "max_queued = 1000000", "max_queued = 77") + "[jobs]\nmax_concurrent = 9\n";
    std::fs::write(&config, text).expect("written");
    limits_become(&daemon, &house, "an edit in place", |limits| {
        limits["max_queued"] == 77 && limits["max_concurrent"] == 9
    })
    .await;

    // As editors and configuration managers do: another file is moved over it.
    let beside = house.path().join("config.new");
    std::fs::write(&beside, edited(&config, "submit_per_minute = 0", "submit_per_minute = 33")).expect("written");
    std::fs::rename(&beside, &config).expect("renamed");
    limits_become(&daemon, &house, "a renamed file", |limits| limits["submit_per_minute"] == 33).await;

    std::fs::write(&beside, edited(&config, "submit_per_minute = 33", "submit_per_minutes = 44")).expect("written");
    std::fs::rename(&beside, &config).expect("renamed");
    let begun = Instant::now();
    while !house.log().contains("the edited configuration is refused") {
        assert!(begun.elapsed() < PATIENCE, "{}", house.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(house.log().contains("submit_per_minutes"), "{}", house.log());
    limits_become(&daemon, &house, "the configuration before", |limits| limits["submit_per_minute"] == 33).await;

    std::fs::write(&config, edited(&config, "submit_per_minutes = 44", "submit_per_minute = 55")).expect("written");
    let told = Command::new("kill").args(["-HUP", &daemon.pid().to_string()]).status().expect("kill runs");
    assert!(told.success());
    limits_become(&daemon, &house, "what a signal asked for", |limits| limits["submit_per_minute"] == 55).await;
    assert_eq!(daemon.stop(), Some(0));
    sim.stop().await;
}

/// Sooner than the poll that stands in for a lost watch.
const SEEN: std::time::Duration = std::time::Duration::from_secs(20);

/// Writes a version of the configuration into a directory of its own and gives a link to it that name.
fn publish(house: &House, version: &str, link: &Path, text: &str) {
    let directory = house.path().join(version);
    std::fs::create_dir(&directory).expect("made");
    std::fs::write(directory.join("config.toml"), text).expect("written");
    let beside = house.path().join("link.new");
    std::os::unix::fs::symlink(&directory, &beside).expect("linked");
    std::fs::rename(&beside, link).expect("swapped");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_swapped_are_seen_as_often_as_they_are() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    // As Kubernetes mounts a ConfigMap; then as a deployment with a `current` release does, elsewhere.
    let elsewhere = tempfile::tempdir().expect("a directory");
    let house = House::for_simulator(&sim);
    let beside = house.path().join("..data");
    let far = elsewhere.path().join("current");
    for (name, link) in [("mounted", &beside), ("released", &far)] {
        let text = std::fs::read_to_string(house.config()).expect("readable");
        publish(&house, &format!("..{name}-0"), link, &text);
        std::fs::remove_file(house.config()).expect("removed");
        std::os::unix::fs::symlink(link.join("config.toml"), house.config()).expect("linked");
        let daemon = house.start(&house.key(&["read"]));
        let mut before = text.lines().find(|line| line.starts_with("max_queued")).expect("there").to_owned();
        for round in 1..=3 {
            let now = format!("max_queued = {}", 1_000 * round);
            let text = edited(&house.config(), &before, &now);
            publish(&house, &format!("..{name}-{round}"), link, &text);
            std::fs::remove_dir_all(house.path().join(format!("..{name}-{}", round - 1))).expect("removed");
            let begun = Instant::now();
            limits_become(&daemon, &house, &now, |limits| limits["max_queued"] == 1_000 * round).await;
            assert!(begun.elapsed() < SEEN, "{name} {round}: {:?}", begun.elapsed());
            before = now;
        }
        assert_eq!(daemon.stop(), Some(0));
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_is_asked_for_at_once_ends_no_daemon() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["read"]);
    for _ in 0..3 {
        let daemon = house.start(&key);
        for _ in 0..20 {
            daemon.signal("HUP");
        }
        daemon.get("/api/v1/status").await;
        assert_eq!(daemon.stop(), Some(0), "{}", house.log());
    }
    sim.stop().await;
}

/// An edit of what is kept reaches the janitor, which acts on it at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_retention_removes_jobs_without_a_restart() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim).with("[retention]\njobs_per_status = 100\n");
    let daemon = house.start(&house.key(&["admin"]));
    for _ in 0..5 {
        let body = serde_json::json!({"tenant_id": house.tenant, "output_format": "arm"});
        let id = daemon.submit("/api/v1/generate-iac", &body).await;
        daemon.finished(&id).await;
    }
    assert_eq!(daemon.get("/api/v1/jobs").await["total"], 5);
    std::fs::write(house.config(), edited(&house.config(), "jobs_per_status = 100", "jobs_per_status = 2"))
        .expect("written");
    let begun = Instant::now();
    while daemon.get("/api/v1/jobs").await["total"] != 2 {
        assert!(begun.elapsed() < PATIENCE, "{}", house.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(daemon.stop(), Some(0));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_and_the_log_level_follow_an_edit_while_jobs_run() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    sim.hold();
    let house = House::for_simulator(&sim).with("[jobs]\nmax_concurrent = 1\n[logging]\nlevel = \"warn\"\n");
    let daemon = house.start(&house.key(&["admin"]));
    let scan = daemon.submit("/api/v1/scan", &serde_json::json!({"tenant_id": house.tenant})).await;
    daemon.until(&scan, "running", |job| job["status"] == "running").await;
    let generate = serde_json::json!({"tenant_id": house.tenant, "output_format": "arm"});
    let waiting = daemon.submit("/api/v1/generate-iac", &generate).await;
    assert_eq!(daemon.get(&format!("/api/v1/jobs/{waiting}")).await["status"], "pending");
    assert!(!house.log().contains("job attempt began"));
    let text = edited(&house.config(), "max_concurrent = 1", "max_concurrent = 2").replace("\"warn\"", "\"info\"");
    std::fs::write(house.config(), text).expect("written");
    // It ends while the scan still holds the first slot (there is no snapshot to generate from).
    daemon.finished(&waiting).await;
    assert_eq!(daemon.get(&format!("/api/v1/jobs/{scan}")).await["status"], "running");
    assert!(house.log().contains("job attempt began"), "{}", house.log());
    sim.release();
    daemon.finished(&scan).await;
    assert_eq!(daemon.stop(), Some(0));
    sim.stop().await;
}
