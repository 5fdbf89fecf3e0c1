//! One job, a thousand viewers: how soon an event that is stored has reached them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::{
    harness::{memory, simulate},
    spread,
};

const VIEWERS: usize = 1_000;

/// From the time that an event bears (whole milliseconds) to its receipt.
fn age(event: &Value) -> Duration {
    let text = event["timestamp"].as_str().expect("a time");
    let stored: jiff::Timestamp = text.parse().expect("RFC 3339");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    now.saturating_sub(Duration::from_millis(stored.as_millisecond().unsigned_abs()))
}

pub async fn fan_out() {
    let (_sim, house) = simulate(&["--resources", "2000", "--latency", "100"]);
    let key = house.key(&["admin"]);
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let url = format!("{}/api/v1/jobs/{id}/ws", daemon.base.replacen("http", "ws", 1));
    let before = memory(daemon.pid(), "VmRSS");
    let began = Instant::now();
    let mut viewers = tokio::task::JoinSet::new();
    for _ in 0..VIEWERS {
        let mut request = url.as_str().into_client_request().expect("a request");
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().expect("a header"));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("connects");
        let connected = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        viewers.spawn(async move {
            let (mut ages, mut count) = (Vec::new(), 0_u64);
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    let event: Value = serde_json::from_str(&text).expect("an event");
                    count += 1;
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
                    // What was there before this viewer came is replay.
                    if age(&event) < now.saturating_sub(connected) {
                        ages.push(age(&event));
                    }
                }
            }
            (ages, count)
        });
    }
    println!("{VIEWERS} viewers connected in {:.1} s", began.elapsed().as_secs_f64());
    let with = memory(daemon.pid(), "VmRSS");
    let seen = viewers.join_all().await;
    let counts: Vec<u64> = seen.iter().map(|(_, count)| *count).collect();
    assert!(counts.iter().all(|count| *count == counts[0]), "all saw the same number of events");
    let ages: Vec<Duration> = seen.into_iter().flat_map(|(ages, _)| ages).collect();
    println!("live events to {VIEWERS} viewers, stored to received: {}", spread(ages));
    println!("{} events each; {:.0} MB before the viewers, {with:.0} MB with them", counts[0], before);
}
