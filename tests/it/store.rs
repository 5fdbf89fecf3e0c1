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
    let (code, out, _) = run(&house, &["store", "check"]);
    assert_eq!((code, out.contains("graphs: 1")), (Some(0), true), "{out}");

    // A graph that is damaged is told by the check, by its job, and takes nothing else along.
    let graph = house.state().join(format!("graph/{}.redb", house.tenant));
    let mut bytes = std::fs::read(&graph).expect("readable");
    let third = bytes.len() / 3;
    bytes[third..2 * third].fill(0xa5);
    std::fs::write(&graph, &bytes).expect("written");
    let (code, out, _) = run(&house, &["store", "check"]);
    assert_eq!((code, out.contains("the graph of tenant")), (Some(1), true), "{out}");
    let daemon = house.start(&key);
    let scan = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = daemon.finished(&scan).await;
    assert_eq!((job["status"].as_str(), job["error"]["code"].as_str()), (Some("failed"), Some("graph")), "{job}");
    assert!(job["error"]["message"].as_str().is_some_and(|words| words.contains("is damaged")), "{job}");
    daemon.get("/api/v1/tenants").await;
    assert_eq!(daemon.stop(), Some(0));
    assert!(!house.log().contains("panicked"), "{}", house.log());
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

/// A way to damage a file.
fn damaged(whole: &[u8], round: u64) -> Vec<u8> {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let mut rng = StdRng::seed_from_u64(round);
    let mut bytes = whole.to_vec();
    let at = rng.random_range(0..bytes.len());
    match round % 5 {
        0 => bytes[at..].fill(0),
        1 => bytes.truncate(at),
        2 => bytes[at / 4_096 * 4_096..][..4_096].fill(0),
        3 => (0..20).for_each(|_| bytes[rng.random_range(0..whole.len())] ^= 0x10),
        _ => {
            let end = (at + 20_000).min(bytes.len());
            bytes[at..end].iter_mut().for_each(|byte| *byte = rng.random());
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_damaged_in_a_file_is_told_in_words_and_a_look_changes_nothing() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let daemon = house.start(&house.key(&["admin"]));
    for _ in 0..40 {
        // There is no snapshot: they fail, and leave events and results.
        let body = json!({"tenant_id": house.tenant, "output_format": "arm"});
        let id = daemon.submit("/api/v1/generate-iac", &body).await;
        daemon.finished(&id).await;
    }
    assert_eq!(daemon.stop(), Some(0));
    let file = house.state().join("state.redb");
    let whole = std::fs::read(&file).expect("readable");
    let mut told = 0;
    for round in 0..30 {
        let bytes = damaged(&whole, round);
        std::fs::write(&file, &bytes).expect("written");
        for look in [&["store", "check"][..], &["store", "export"]] {
            let (code, out, error) = run(&house, look);
            assert!(matches!(code, Some(0 | 1)), "round {round} {look:?}: {code:?} {error}");
            assert!(!error.contains("panicked"), "round {round} {look:?}: {error}");
            assert!(
                code == Some(0) || out.contains("wrong:") || error.contains("damaged"),
                "round {round}: {out}{error}"
            );
            told += u32::from(code == Some(1));
            assert!(std::fs::read(&file).expect("readable") == bytes, "round {round} {look:?}: the file was changed");
        }
        let left = std::fs::read_dir(house.state()).expect("readable").flatten();
        let left: Vec<_> = left.filter(|entry| entry.file_name().to_string_lossy().contains("checked")).collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
        // A start either fails with words or gives a daemon that answers and stops.
        let mut start = house.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = start
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("atgd serve starts");
        let mut line = String::new();
        let mut stdout = std::io::BufReader::new(child.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut stdout, &mut line).expect("a line or nothing");
        if line.starts_with("listening on") {
            let pid = child.id().to_string();
            assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("runs").success());
        }
        let output = child.wait_with_output().expect("ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!error.contains("panicked"), "round {round}: {error}");
        if line.is_empty() {
            assert_eq!(output.status.code(), Some(1), "round {round}: {error}");
            let says = ["damaged", "can't be read"];
            assert!(says.iter().any(|words| error.contains(words)), "round {round}: {error}");
        }
    }
    assert!(told > 20, "only {told} looks found anything");
    sim.stop().await;
}
