//! A thousand viewers of one job, half of which never read: each costs little, and none slows another.

use std::time::Duration;

use atgd::simulator;
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::harness::{House, PATIENCE, memory, say};

const VIEWERS: usize = 1_000;
/// What they may add to the daemon's memory in all, MiB: 32 KiB each.
const BOUND: f64 = 32.0 * VIEWERS as f64 / 1_024.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_viewers_half_of_them_deaf_stay_within_their_memory_and_all_see_the_end() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    sim.hold();
    let house = House::for_simulator(&sim);
    let key = house.key(&["admin"]);
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.until(&id, "running", |job| job["status"] == "running").await;
    // The key is verified once and known from then on.
    daemon.get(&format!("/api/v1/jobs/{id}")).await;
    let before = memory(daemon.pid(), "VmRSS");
    let url = format!("{}/api/v1/jobs/{id}/ws", daemon.base.replacen("http", "ws", 1));
    let (mut deaf, mut reading) = (Vec::new(), tokio::task::JoinSet::new());
    for number in 0..VIEWERS {
        let mut request = url.as_str().into_client_request().expect("a request");
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().expect("a header"));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("connects");
        if number % 2 == 0 {
            deaf.push(socket);
            continue;
        }
        reading.spawn(async move {
            let mut numbers = Vec::new();
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    let event: Value = serde_json::from_str(&text).expect("an event");
                    numbers.push(event["seq"].as_u64().expect("a number"));
                }
            }
            numbers
        });
    }
    let with = memory(daemon.pid(), "VmRSS");
    say(&format!("{VIEWERS} viewers: {before:.1} MiB before, {with:.1} MiB with them"));
    assert!(with - before < BOUND, "{before} MiB, then {with} MiB");
    let (status, answer) = daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await;
    assert_eq!(status, 200, "{answer}");
    let seen = tokio::time::timeout(PATIENCE, reading.join_all()).await.expect("all see the end");
    let events = daemon.get(&format!("/api/v1/jobs/{id}/events")).await;
    let all: Vec<u64> = (1..=events.as_array().expect("a list").len() as u64).collect();
    assert_eq!(seen.len(), VIEWERS / 2);
    assert!(seen.iter().all(|numbers| *numbers == all), "no gap, no duplicate");
    drop(deaf);
    tokio::time::sleep(Duration::from_millis(100)).await;
    sim.stop().await;
}
