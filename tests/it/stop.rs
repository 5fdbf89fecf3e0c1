//! The end of a daemon: what it refuses, whom it tells, what it waits for; and what systemd hears of it.

use std::{
    os::unix::net::UnixDatagram,
    time::{Duration, Instant},
};

use atgd::simulator;
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::harness::{Daemon, House, PATIENCE};

async fn running_scan(daemon: &Daemon, house: &House) -> String {
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.until(&id, "running", |job| job["status"] == "running").await;
    id
}

async fn not_ready(daemon: &Daemon) {
    let begun = Instant::now();
    while daemon.call(Method::GET, "/readyz", None).await.0 != 503 {
        assert!(begun.elapsed() < PATIENCE, "it never said that it stops");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_refuses_work_tells_viewers_and_hands_back_what_runs() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim).with("[jobs]\ngrace_seconds = 600\n");
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    sim.hold();
    let id = running_scan(&daemon, &house).await;
    let waiting = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let url = format!("{}/api/v1/jobs/{id}/ws", daemon.base.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().expect("a header"));
    let (mut viewer, _) = tokio_tungstenite::connect_async(request).await.expect("connects");

    daemon.signal("TERM");
    not_ready(&daemon).await;
    let (status, answer) = daemon.call(Method::POST, "/api/v1/scan", Some(&json!({"tenant_id": house.tenant}))).await;
    assert_eq!((status, answer["error"]["code"].as_str()), (503, Some("shutting_down")), "{answer}");
    let told = async {
        loop {
            match viewer.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                other => panic!("no close frame but {other:?}"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, told).await.expect("told"), Some(1001));
    // Azure does not answer, so no page comes: the scan goes back to where it was long before the grace ends.
    assert_eq!(daemon.wait(), Some(0), "{}", house.log());
    sim.release();
    let daemon = house.start(&key);
    let job = daemon.finished(&id).await;
    assert_eq!((job["status"].as_str(), job["attempt"].as_u64()), (Some("completed"), Some(1)), "{job}");
    assert_eq!(daemon.finished(&waiting).await["status"], "completed", "what was not claimed any more is done now");
    assert_eq!(daemon.stop(), Some(0));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_scan_stops_at_a_page_and_the_next_start_goes_on_from_there() {
    let settings = simulator::Settings {
        sources: vec![simulator::Source::Generated { resources: 3_000, subscriptions: 2 }],
        latency: Duration::from_millis(200),
        ..simulator::Settings::default()
    };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim).with("[jobs]\ngrace_seconds = 600\n");
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let found = |job: &serde_json::Value| job["progress_detail"]["found"].as_u64().unwrap_or(0);
    let before = daemon.until(&id, "reading", |job| found(job) > 500).await;
    assert_eq!(before["status"], "running", "it is too short to be stopped: {before}");
    let asked = Instant::now();
    assert_eq!(daemon.stop(), Some(0), "{}", house.log());
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    let daemon = house.start(&key);
    let job = daemon.finished(&id).await;
    assert_eq!((job["status"].as_str(), job["attempt"].as_u64()), (Some("completed"), Some(1)), "{job}");
    let events = daemon.get(&format!("/api/v1/jobs/{id}/events?limit=1000")).await;
    let states: Vec<&str> =
        events.as_array().expect("a list").iter().filter_map(|event| event["status"].as_str()).collect();
    assert_eq!(states, ["pending", "running", "pending", "running", "completed"], "{events}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
    assert_eq!(result["result"]["partial"], false, "{result}");
    // What was read before the stop was not read again.
    let again = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.finished(&again).await;
    let whole = daemon.get(&format!("/api/v1/jobs/{again}/result")).await;
    assert_eq!(result["result"]["resources"]["total"], whole["result"]["resources"]["total"]);
    let requests = |result: &serde_json::Value| result["result"]["requests"]["total"].as_u64().expect("a number");
    assert!(requests(&result) < requests(&whole), "{} and {}", requests(&result), requests(&whole));
    assert_eq!(daemon.stop(), Some(0));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_skips_the_grace_and_no_attempt_is_counted() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim).with("[jobs]\ngrace_seconds = 600\n");
    let key = house.key(&["read", "scan"]);
    let mut daemon = house.start(&key);
    sim.hold();
    let id = running_scan(&daemon, &house).await;
    for second in ["TERM", "INT", "TERM", "INT"] {
        daemon.signal("INT");
        not_ready(&daemon).await;
        let asked = Instant::now();
        daemon.signal(second);
        assert_eq!(daemon.wait(), Some(0), "{}", house.log());
        assert!(asked.elapsed() < Duration::from_mins(1), "{:?}", asked.elapsed());
        daemon = house.start(&key);
        daemon.until(&id, "running again", |job| job["status"] == "running").await;
    }
    sim.release();
    let job = daemon.finished(&id).await;
    assert_eq!((job["status"].as_str(), job["attempt"].as_u64()), (Some("completed"), Some(1)), "{job}");
    assert_eq!(daemon.stop(), Some(0));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_hears_of_the_start_of_life_and_of_the_stop() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["scan"]);
    let path = house.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("bound");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let heard = |wanted: &str| {
        let mut buffer = [0; 4_096];
        loop {
            let size = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("no {wanted}: {error}"));
            let text = String::from_utf8_lossy(&buffer[..size]).into_owned();
            if text.lines().any(|line| line.starts_with(wanted)) {
                return;
            }
        }
    };
    let told = [("NOTIFY_SOCKET", path.to_str().expect("text")), ("WATCHDOG_USEC", "1000000")];
    let daemon = house.start_with(&key, &told);
    heard("READY=1");
    for _ in 0..3 {
        heard("WATCHDOG=1");
    }
    sim.hold();
    let id = running_scan(&daemon, &house).await;
    heard("STATUS=1 running, 0 waiting");
    sim.release();
    daemon.finished(&id).await;
    heard("STATUS=0 running, 0 waiting");
    daemon.signal("TERM");
    heard("STOPPING=1");
    assert_eq!(daemon.wait(), Some(0));
    sim.stop().await;
}
