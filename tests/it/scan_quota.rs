//! Scans within ARM's true buckets: all of the share alone, and half while another client draws on them.

use std::time::Instant;

use atgd::simulator;
use serde_json::json;

use crate::harness::{House, say};

async fn bucketed(resources: u64) -> (simulator::Running, House) {
    let settings = simulator::Settings {
        sources: vec![simulator::Source::Generated { resources, subscriptions: 1 }],
        // So that there are more requests than the bucket holds.
        page_size: 10,
        quota: true,
        ..simulator::Settings::default()
    };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    (sim, house)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_is_left_its_half_and_nobody_is_throttled() {
    let (sim, house) = bucketed(3_000).await;
    let daemon = house.start(&house.key(&["read", "scan"]));
    let start = Instant::now();
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant, "include_identities": false})).await;
    // From when the bucket is nearly used up.
    daemon.until(&id, "under way", |_| sim.requests().values().sum::<u64>() > 250).await;
    sim.other_client(12.5);
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    let (wanted, got) = sim.other_client_got();
    say(&format!(
        "quota: {} in {:.1} s beside another client, which got {got:.0} of {wanted:.0}",
        result["requests"],
        start.elapsed().as_secs_f64()
    ));
    assert_eq!(result["requests"]["throttled"], 0, "{}", result["requests"]);
    assert!(wanted > 20.0 && got >= 0.95 * wanted, "the other client got {got} of {wanted}");
    drop(daemon);
    sim.stop().await;
}
