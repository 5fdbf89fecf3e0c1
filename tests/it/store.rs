//! `atgd store …` as an operator uses it: with the daemon running, stopped, and on a damaged file.

use atgd::simulator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::House;

fn run(house: &House, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = house.command(arguments).output().expect("atgd runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_daemon_is_checked_and_backed_up_and_a_backup_brings_everything_back() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["admin"]);
    let daemon = house.start(&key);
    let scan = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    assert_eq!(daemon.finished(&scan).await["status"], "completed", "{}", house.log());

    let (code, out, _) = run(&house, &["store", "check"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("jobs: 1") && out.contains("nothing is wrong"), "{out}");
    let (code, out, _) = run(&house, &["audit", "verify"]);
    assert_eq!((code, out.contains("whole")), (Some(0), true), "{out}");
    for refused in [&["store", "migrate"][..], &["store", "export"]] {
        let (code, _, error) = run(&house, refused);
        assert_eq!(code, Some(1));
        assert!(error.contains("in use by another atgd"), "{error}");
    }
    let (code, out, error) = run(&house, &["store", "backup"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.starts_with(&house.state().join("backups").display().to_string()), "{out}");
    let backup = house.path().join("kept");
    let place = backup.display().to_string();
    let (code, _, error) = run(&house, &["store", "backup", &place]);
    assert_eq!(code, Some(0), "{error}");
    assert!(backup.join(format!("graph/{}.redb", house.tenant)).is_file(), "{error}");

    let later = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    daemon.finished(&later).await;
    let (code, _, error) = run(&house, &["store", "restore", &place]);
    assert_eq!((code, error.contains("in use")), (Some(1), true), "{error}");
    daemon.kill();

    let (code, _, error) = run(&house, &["store", "restore", &place]);
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("is kept as"), "{error}");
    let daemon = house.start(&key);
    assert_eq!(daemon.call(Method::GET, &format!("/api/v1/jobs/{later}"), None).await.0, 404);
    assert_eq!(daemon.get(&format!("/api/v1/jobs/{scan}")).await["status"], "completed");
    let snapshots = daemon.get(&format!("/api/v1/tenants/{}/snapshots", house.tenant)).await;
    assert_eq!(snapshots["snapshots"].as_array().map(Vec::len), Some(1), "{snapshots}");
    let again = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    assert_eq!(daemon.finished(&again).await["status"], "completed", "{}", house.log());
    assert_eq!(daemon.stop(), Some(0));

    let (code, out, error) = run(&house, &["store", "export"]);
    assert_eq!(code, Some(0), "{error}");
    let records: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |kind: &str| records.iter().filter(|record| record["record"] == kind).count();
    assert_eq!((of("key"), of("job")), (1, 2));
    assert!(of("audit") > 4 && !out.contains("argon2"), "{out}");
    let (code, _, error) = run(&house, &["store", "migrate"]);
    assert_eq!((code, error.contains("nothing to do")), (Some(0), true), "{error}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_stops_the_start_with_what_to_do_and_a_backup_heals_it() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["admin"]);
    let backup = house.path().join("kept");
    let place = backup.display().to_string();
    let (code, _, error) = run(&house, &["store", "backup", &place]);
    assert_eq!(code, Some(0), "{error}");
    let file = house.state().join("state.redb");
    let mut bytes = std::fs::read(&file).expect("readable");
    bytes[..2_048].fill(0x5a);
    std::fs::write(&file, &bytes).expect("written");

    let (code, _, error) = run(&house, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("is damaged") && error.contains("atgd store restore"), "{error}");
    assert_eq!(std::fs::read(&file).expect("readable"), bytes, "it is left as it is");
    let (code, out, error) = run(&house, &["store", "check"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(out.contains("wrong: the file is damaged"), "{out}{error}");
    let (code, _, error) = run(&house, &["store", "restore", &place]);
    assert_eq!(code, Some(0), "{error}");
    let daemon = house.start(&key);
    let scan = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    assert_eq!(daemon.finished(&scan).await["status"], "completed", "{}", house.log());
    sim.stop().await;
}
