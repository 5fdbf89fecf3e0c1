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
async fn a_stop_refuses_work_tells_viewers_and_waits_for_what_runs() {
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
    assert_eq!(daemon.get(&format!("/api/v1/jobs/{id}")).await["status"], "running", "who asks is still answered");
    sim.release();
    assert_eq!(daemon.wait(), Some(0), "{}", house.log());

    let daemon = house.start(&key);
    let job = daemon.get(&format!("/api/v1/jobs/{id}")).await;
    assert_eq!((job["status"].as_str(), job["attempt"].as_u64()), (Some("completed"), Some(1)), "it was waited for");
    assert_eq!(daemon.finished(&waiting).await["status"], "completed", "what was not claimed any more is done now");
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
