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
