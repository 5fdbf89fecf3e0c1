//! A scan that is killed again and again goes on where it was: the simulator's side of it is counted.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use atgd::simulator;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    harness::{House, PATIENCE, say},
    proxy::Proxy,
};

const KILLS: u64 = 20;
const RESOURCES: u64 = 6_000;

#[tokio::test(flavor = "multi_thread")]
async fn at_most_one_page_of_a_stream_is_read_again_after_each_kill() {
    let settings = simulator::Settings {
        sources: vec![simulator::Source::Generated { resources: RESOURCES, subscriptions: 2 }],
        latency: Duration::from_millis(60),
        page_size: 5,
        ..simulator::Settings::default()
    };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let proxy = Proxy::before(&sim.url()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let snippet = proxy.snippet(&sim.snippet(&directory.path().join("secret")));
    let house = House::in_directory(directory, &snippet, sim.tenant_id().to_string());
    let key = house.key(&["read", "scan"]);
    let mut rng = StdRng::seed_from_u64(7);
    let mut daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let begun = Instant::now();
    let mut kills = 0;
    let job = loop {
        assert!(begun.elapsed() < 2 * PATIENCE, "the scan never ended: {}", house.log());
        if kills < KILLS {
            // Some requests after each start: a job whose daemon dies at once again and again is given up.
            let before: u64 = proxy.counts().values().sum();
            daemon
                .until(&id, "under way", |job| {
                    !job["completed_at"].is_null() || proxy.counts().values().sum::<u64>() > before + 4
                })
                .await;
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..400))).await;
            let job = daemon.get(&format!("/api/v1/jobs/{id}")).await;
            if job["completed_at"].is_null() {
                daemon.kill();
                kills += 1;
                daemon = house.start(&key);
                continue;
            }
        }
        break daemon.finished(&id).await;
    };
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    assert_eq!((&result["partial"], &result["errors"]), (&json!(false), &json!([])), "{result}");
    let served = sim.served().len() as u64;
    assert_eq!(result["resources"]["total"], json!(served), "{result}");

    let mut streams: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (path, count) in proxy.counts() {
        let stream = path.split('?').next().unwrap_or_default().to_owned();
        let entry = streams.entry(stream).or_default();
        *entry = (entry.0 + count, entry.1 + 1);
    }
    let mut again = 0;
    for (stream, (asked, pages)) in streams.iter().filter(|(stream, _)| !stream.contains("/oauth2/")) {
        assert!(asked - pages <= kills, "{stream}: {asked} requests of {pages} pages after {kills} kills");
        again += asked - pages;
    }
    let asked: u64 = streams.values().map(|(asked, _)| asked).sum();
    say(&format!("resume: {kills} kills, {asked} requests, {again} of them a second time"));
    assert!(kills >= 10, "only {kills} kills");
    drop(daemon);
    sim.stop().await;
}
