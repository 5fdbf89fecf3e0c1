//! The command line against a running daemon: what stands on stdout, and the exit codes.

use std::process::Output;

use atgd::simulator;

use crate::harness::{Daemon, House, Scanned};

fn run(house: &House, daemon: &Daemon, arguments: &[&str]) -> Output {
    let mut command = house.command(arguments);
    command.env("ATGD_SERVER", &daemon.base).env("ATGD_API_KEY", &daemon.key);
    command.output().expect("atgd runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn scan_generate_and_look_as_a_user_would() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let daemon = house.start(&house.key(&["scan", "generate", "read"]));
    let tenant = house.tenant.as_str();

    let scan = run(&house, &daemon, &["scan", "--tenant-id", tenant]);
    assert_eq!(code(&scan), Some(0), "{}", String::from_utf8_lossy(&scan.stderr));
    assert!(out(&scan).contains("relationships, snapshot 1"), "{}", out(&scan));
    let plan = run(&house, &daemon, &["scan", "--tenant-id", tenant, "--plan"]);
    assert!(out(&plan).contains("reads/tenant") && out(&plan).contains("bound by"), "{}", out(&plan));
    let plan = run(&house, &daemon, &["scan", "--tenant-id", tenant, "--plan", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&out(&plan)).expect("JSON");
    assert!(plan["seconds"].is_number() && plan["requests"]["reads/tenant"].is_u64(), "{plan}");

    let output = house.path().join("code");
    let directory = output.to_str().expect("text");
    let arguments =
        ["generate-iac", "--tenant-id", tenant, "--format", "terraform", "--import", "--open", "--output", directory];
    let generated = run(&house, &daemon, &arguments);
    assert_eq!(code(&generated), Some(0), "{}", String::from_utf8_lossy(&generated.stderr));
    let shown = out(&generated);
    assert!(shown.contains("imports.tf") && shown.contains("LEFT OUT"), "the tree and the table: {shown}");
    assert!(output.join("imports.tf").is_file() && output.join("report.md").is_file());
    let again = run(&house, &daemon, &arguments);
    assert_eq!(code(&again), Some(1), "the directory is not empty: {}", String::from_utf8_lossy(&again.stderr));

    let jobs = run(&house, &daemon, &["jobs", "--json"]);
    let jobs: serde_json::Value = serde_json::from_str(&out(&jobs)).expect("JSON");
    let id = jobs["jobs"][0]["job_id"].as_str().expect("an id").to_owned();
    let prefix = &id[..id.len() - 2];
    assert_eq!(code(&run(&house, &daemon, &["watch", prefix])), Some(0));
    let zip = house.path().join("x.zip");
    let saved = run(&house, &daemon, &["download", &id, "--output", zip.to_str().expect("text")]);
    assert_eq!(code(&saved), Some(0));
    assert!(zip::ZipArchive::new(std::fs::File::open(&zip).expect("a file")).is_ok());
    assert_eq!(code(&run(&house, &daemon, &["status"])), Some(0));
    assert_eq!(code(&run(&house, &daemon, &["cancel", &id])), Some(4));
    sim.stop().await;
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_described_with_other_names_and_with_its_own() {
    let scanned = Scanned::new(simulator::Settings::default()).await;
    let Scanned { house, daemon, .. } = &scanned;
    let file = house.path().join("tenant.md");
    let path = file.display().to_string();
    let described = run(house, daemon, &["generate-spec", "--tenant-id", &house.tenant, "--output", &path]);
    assert_eq!(code(&described), Some(0), "{described:?}");
    assert!(out(&described).contains("resources described"), "{described:?}");
    let text = std::fs::read_to_string(&file).expect("a text");
    assert!(text.starts_with("# Tenant: ") && !text.contains("contoso"), "{}", &text[..400]);
    let asked = ["generate-spec", "--tenant-id", &house.tenant, "--no-anonymize", "--limit", "5", "--output", &path];
    let described = run(house, daemon, &asked);
    assert_eq!(code(&described), Some(0), "{described:?}");
    let text = std::fs::read_to_string(&file).expect("a text");
    assert!(text.contains("## Subscription: Contoso Platform ("), "{text}");
    assert_eq!(text.matches("#### Resource: ").count(), 5, "{text}");
    // What was written is a specification.
    let planned = run(house, daemon, &["create-tenant", &path, "--dry-run"]);
    assert_eq!(code(&planned), Some(0), "{planned:?}");
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_is_the_jobs() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let secret = house.path().join("secret");
    let daemon = house.start(&house.key(&["scan"]));
    let tenant = house.tenant.as_str();

    sim.hold();
    let id = out(&run(&house, &daemon, &["scan", "--tenant-id", tenant, "--no-wait"])).trim().to_owned();
    assert_eq!(code(&run(&house, &daemon, &["cancel", &id])), Some(0));
    assert_eq!(code(&run(&house, &daemon, &["watch", &id])), Some(3));
    sim.release();

    std::fs::write(&secret, "wrong").expect("written");
    drop(daemon);
    let daemon = house.start(&house.key(&["scan"]));
    let failed = run(&house, &daemon, &["scan", "--tenant-id", tenant]);
    assert_eq!(code(&failed), Some(2), "{}", String::from_utf8_lossy(&failed.stderr));
    assert_eq!(code(&run(&house, &daemon, &["generate-iac", "--tenant-id", tenant, "--format", "arm"])), Some(4));
    let elsewhere = house.command(&["jobs", "--server", "http://127.0.0.1:9"]).output().expect("runs");
    assert_eq!(code(&elsewhere), Some(4));
    assert!(out(&elsewhere).is_empty());
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_on_the_file_and_through_the_running_daemon() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["read"]);
    assert!(key.starts_with("atg_") && !key.contains(char::is_whitespace));
    let mut daemon = house.start(&key);
    let created = house.command(&["key", "create", "second", "--scope", "read", "--json"]).output().expect("runs");
    let created: serde_json::Value = serde_json::from_slice(&created.stdout).expect("JSON");
    let kid = created["kid"].as_str().expect("an id");
    let second = created["key"].as_str().expect("a text").to_owned();
    daemon.key = second;
    daemon.get("/api/v1/auth/whoami").await;
    assert!(house.command(&["key", "revoke", kid]).output().expect("runs").status.success());
    let (status, _) = daemon.call(reqwest::Method::GET, "/api/v1/auth/whoami", None).await;
    assert_eq!(status, 401);
    assert!(out(&house.command(&["key", "list"]).output().expect("runs")).contains("revoked"));
    let check = house.command(&["store", "check"]).output().expect("runs");
    assert_eq!(code(&check), Some(0), "the running daemon checks its own file: {}", out(&check));
    drop(daemon);
    let check = house.command(&["store", "check"]).output().expect("runs");
    assert_eq!(code(&check), Some(0), "{}", out(&check));
    assert!(house.command(&["audit", "verify"]).output().expect("runs").status.success());
    sim.stop().await;
}

#[test]
fn the_demo_shows_the_main_job_in_one_command() {
    let demo = std::process::Command::new(env!("CARGO_BIN_EXE_atgd")).args(["demo", "--once"]).output().expect("runs");
    let text = out(&demo);
    assert_eq!(code(&demo), Some(0), "{text}{}", String::from_utf8_lossy(&demo.stderr));
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert!(
        last[0].starts_with("files:") && last[1].starts_with("relationships:") && last[2].starts_with("resources:")
    );
    let count = |line: &str| line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
    assert!(count(last[2]) > Some(150) && count(last[1]) > Some(500), "Contoso is in it: {text}");
    assert!(text.contains("vnet-shop") && text.contains("\ncreated:       7 of 7 steps\n"), "{text}");
    let directory = last[0].rsplit(' ').next().expect("a path");
    assert!(std::path::Path::new(directory).join("versions.tf").is_file());
    std::fs::remove_dir_all(directory).expect("removed");
}
