//! Creations against an Azure that refuses, throttles, forgets and dies: what the result tells is what is there.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use atgd::simulator::{Fault, Running, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    creation::{directory, ended, files, real, retried, rows, running, running_with, subscription},
    harness::Daemon,
};

fn fault(text: &str) -> Fault {
    text.parse().expect("a fault")
}

fn slow(milliseconds: u64) -> Settings {
    Settings { write_time: Duration::from_millis(milliseconds), ..Settings::default() }
}

fn ids(rows: &Value) -> BTreeSet<String> {
    rows.as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).map(str::to_lowercase).collect()
}

/// What the simulator has in groups whose names begin so, and of the directory: users of the text, groups of the text.
async fn made(sim: &Running, group: &str, users: &[&str], groups: &[&str]) -> BTreeSet<String> {
    let inside = format!("/resourcegroups/{group}");
    let served = sim.served().into_iter().map(|(id, _)| id.to_lowercase());
    // Subnets are served by themselves, and are no steps; machines bring a disk with them.
    let is_step = |id: &String| id.contains(&inside) && !id.contains("/subnets/") && !id.contains("/disks/");
    let mut made: BTreeSet<String> = served.filter(is_step).collect();
    for (collection, field, names) in [("users", "userPrincipalName", users), ("groups", "displayName", groups)] {
        let all = directory(sim, Method::GET, &format!("{collection}?$top=999"), None).await;
        for object in all["value"].as_array().expect("a list") {
            if object[field].as_str().is_some_and(|name| names.contains(&name)) {
                made.insert(object["id"].as_str().expect("an id").to_owned());
            }
        }
    }
    made
}

async fn made_of_shop(sim: &Running) -> BTreeSet<String> {
    made(sim, "rg-shop", &["alice@simulated.example"], &["Shop admins"]).await
}

/// Without memberships: those are told by paths.
fn without_members(ids: BTreeSet<String>) -> BTreeSet<String> {
    ids.into_iter().filter(|id| !id.starts_with("/v1.0/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_azure_refuses_fails_its_step_and_the_result_tells_what_is_there() {
    for (text, code) in [
        ("error=400/InvalidTemplate@/deployments/atgd-", "InvalidTemplate"),
        ("error=403/RequestDisallowedByPolicy@/deployments/atgd-", "RequestDisallowedByPolicy"),
        ("error=409/ScopeLocked@/deployments/atgd-", "ScopeLocked"),
        ("error=409/QuotaExceeded@/storageaccounts/stshopfiles01", "QuotaExceeded"),
        ("error=409/SkuNotAvailable@/virtualmachines/web1", "SkuNotAvailable"),
        ("error=403/AuthorizationFailed@/roleassignments/", "AuthorizationFailed"),
        ("error=403/Authorization_RequestDenied@/members/$ref", "Authorization_RequestDenied"),
    ] {
        let (sim, _house, daemon) = running().await;
        sim.add_fault(Fault { times: Some(1), ..fault(text) }).expect("armed");
        let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
        let (view, result) = ended(&daemon, &id).await;
        assert_eq!(
            (&view["status"], &view["error"]["code"]),
            (&json!("failed"), &json!("step_failed")),
            "{text}: {view}"
        );
        assert_eq!(result["failed"][0]["code"], code, "{text}: {result:#}");
        assert!(view["error"]["message"].as_str().is_some_and(|message| message.contains(code)), "{view}");
        assert_eq!(
            rows(&result, "created") + rows(&result, "failed") + rows(&result, "skipped"),
            9,
            "{text}: {result:#}"
        );
        let told = without_members(ids(&result["created"]));
        assert_eq!(told, made_of_shop(&sim).await, "{text}: {result:#}");
        assert_eq!(rows(&result, "clean_up"), 0, "{text}: {result:#}");
        let (view, result) = ended(&daemon, &retried(&daemon, &id).await).await;
        assert_eq!(view["status"], "completed", "{text}: {view}");
        assert_eq!(rows(&result, "created"), 9, "{text}: {result:#}");
        assert_eq!(without_members(ids(&result["created"])).len(), 8, "{text}: {result:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_shows_things_late_is_waited_for_and_nothing_is_made_twice() {
    let (sim, _house, daemon) = running().await;
    sim.add_fault(fault("replication=1500")).expect("armed");
    let mut request = real(&sim);
    let text = request["spec_content"].as_str().expect("a text");
    let text =
        text.replace("## Role Assignments\n", "## Service Principals\n\n- Shop pipeline\n\n## Role Assignments\n");
    request["spec_content"] = json!(text + "- Shop pipeline: Reader on rg-shop\n");
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "completed", "{view}");
    assert_eq!(rows(&result, "created"), 11, "{result:#}");
    sim.clear_faults();
    for (collection, name) in [("users", "Alice"), ("groups", "Shop admins"), ("servicePrincipals", "Shop pipeline")] {
        let found = directory(&sim, Method::GET, &format!("{collection}?$filter=displayName eq '{name}'"), None).await;
        assert_eq!(rows(&found, "value"), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_runs_longer_than_a_step_may_be_silent_is_no_silence() {
    let (sim, house, daemon) = running_with(slow(7_000)).await;
    let house = house.with("[jobs]\nstep_timeout = \"3s\"\n");
    let key = daemon.key.clone();
    daemon.kill();
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    let (view, _) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "completed", "{view}");
}

/// About sixty resources in three groups, with people.
fn large() -> String {
    let group = |group: usize| {
        let accounts = (0..18).map(|number| {
            format!("#### Resource: stlarge{group}x{number:02} (Storage Account)\n\n- SKU: Standard_LRS\n\n")
        });
        format!(
            "### Resource Group: rg-large-{group} (West Europe)\n\n\
             #### Resource: vnet-{group} (Virtual Network)\n\n- Address space: 10.{group}.0.0/16\n\n{}",
            accounts.collect::<String>()
        )
    };
    let user = |user: usize| format!("| User {user} | large{user}@simulated.example |\n");
    format!(
        "# Tenant: Large\n\n## Subscription: Shop\n\n{}## Users\n\n| Name | UPN |\n|---|---|\n{}\n## Groups\n\n\
         - Large admins (members: large0@simulated.example, large1@simulated.example)\n\
         - Large readers (members: large2@simulated.example)\n\n## Role Assignments\n\n\
         - Large admins: Contributor on rg-large-0\n- Large readers: Reader on rg-large-1\n",
        (0..3).map(group).collect::<String>(),
        (0..4).map(user).collect::<String>(),
    )
}

fn asked(sim: &Running) -> u64 {
    let counts = sim.requests();
    ["writes", "directory_writes", "deployment_puts"].iter().filter_map(|kind| counts.get(*kind)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_creation_that_is_killed_after_every_write_makes_each_thing_once() {
    // Right after Azure took a write, before it is noted; and a little later, when it is.
    for pause in [0, 8] {
        let (sim, house, mut daemon) = running_with(slow(400)).await;
        let key = daemon.key.clone();
        let request = json!({"spec_content": large(), "subscription_map": {"Shop": subscription(&sim)}});
        let id = daemon.submit("/api/v1/create-tenant", &request).await;
        let (mut kills, mut seen) = (0, 0);
        let mut last = Instant::now();
        loop {
            let now = asked(&sim);
            if now > seen {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                daemon.kill();
                (seen, kills) = (asked(&sim), kills + 1);
                daemon = house.start(&key);
                last = Instant::now();
            } else if last.elapsed() > Duration::from_secs(1)
                && daemon.get(&format!("/api/v1/jobs/{id}")).await["status"] != "running"
            {
                let view = daemon.get(&format!("/api/v1/jobs/{id}")).await;
                if view["status"] != "pending" {
                    break;
                }
                last = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let (view, result) = ended(&daemon, &id).await;
        assert_eq!(view["status"], "completed", "{view}\n{result:#}");
        assert!(kills >= 8, "{kills} kills");
        let counts = sim.requests();
        // Four users, two groups, three memberships; one deployment a group: nothing was sent twice that is not the same.
        assert_eq!(counts.get("directory_writes"), Some(&9), "{counts:?}");
        assert_eq!(counts.get("deployment_puts"), Some(&3), "{counts:?}");
        assert_eq!(rows(&result, "created"), 3 + 57 + 9 + 2, "{result:#}");
        let users = ["large0", "large1", "large2", "large3"].map(|name| format!("{name}@simulated.example"));
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let made = made(&sim, "rg-large-", &users, &["Large admins", "Large readers"]).await;
        assert_eq!(without_members(ids(&result["created"])), made);
        crate::harness::say(&format!("killed {kills} times, {pause} ms after a write"));
    }
}

/// Cancels a job; how long it took to end.
async fn cancelled(daemon: &Daemon, id: &str) -> Duration {
    let began = Instant::now();
    let (status, body) = daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await;
    assert!(matches!(status, 200 | 409), "{body}");
    daemon.finished(id).await;
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_at_any_time_ends_within_two_seconds_and_forgets_nothing_that_was_made() {
    let mut outcomes = BTreeSet::new();
    for wait in [5, 60, 120, 200, 300, 450, 650, 900, 1_300, 2_500] {
        let (sim, _house, daemon) = running_with(slow(500)).await;
        let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let took = cancelled(&daemon, &id).await;
        assert!(took < Duration::from_secs(2), "after {wait} ms: {took:?}");
        let (view, result) = ended(&daemon, &id).await;
        outcomes.insert(view["status"].as_str().expect("a status").to_owned());
        let there = made_of_shop(&sim).await;
        let created = without_members(ids(&result["created"]));
        let left: BTreeSet<String> = created.union(&ids(&result["clean_up"])).cloned().collect();
        let is_told = |id: &&String| {
            // An object whose creation was not answered is told by its name.
            left.contains(*id) || left.contains("alice@simulated.example") || left.contains("shop admins")
        };
        assert!(there.iter().all(|id| is_told(&id)), "after {wait} ms: {there:?}\n{result:#}");
        let missing: Vec<&String> = created.iter().filter(|id| !there.contains(*id)).collect();
        assert!(missing.iter().all(|id| id.contains("/roleassignments/")), "after {wait} ms: {missing:?}\n{result:#}");
    }
    assert!(outcomes.contains("cancelled"), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_has_a_secret_but_the_one_that_is_for_it() {
    const SECRETS: [&str; 2] = ["Canary-7713", "Canary-8824"];
    let (sim, house, mut daemon) = running_with(slow(800)).await;
    let key = daemon.key.clone();
    let mut request = real(&sim);
    request["secrets"] = json!({"web1.adminPassword": SECRETS[0], "alice@simulated.example.password": SECRETS[1]});
    // Azure repeats one of them in what it says.
    let echo = json!({"error": {"code": "InvalidParameter", "message": "The password Canary-7713 is too weak."}});
    let recorded = house.path().join("echo.json");
    std::fs::write(&recorded, json!([{"status": 400, "body": echo}]).to_string()).expect("written");
    sim.add_fault(fault(&format!("replay={}@/deployments/atgd-", recorded.display()))).expect("armed");
    std::fs::remove_file(&recorded).expect("removed");
    let holding = |is_over: bool| {
        let secrets = house.state().join("secrets");
        let all = files(house.path()).into_iter().filter(|path| is_over || !path.starts_with(&secrets));
        let has_one = |path: &std::path::PathBuf| {
            let bytes = std::fs::read(path).unwrap_or_default();
            SECRETS.iter().any(|secret| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
        };
        all.filter(has_one).collect::<Vec<_>>()
    };
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(result["failed"][0]["code"], "InvalidParameter", "{view} {result:#}");
    assert!(!format!("{view}{result}").contains("Canary"), "{view} {result:#}");
    assert_eq!(holding(true), Vec::<std::path::PathBuf>::new());
    let again = json!({"secrets": request["secrets"]});
    let (_, body) = daemon.call(Method::POST, &format!("/api/v1/jobs/{id}/retry"), Some(&again)).await;
    let id = body["job_id"].as_str().expect("an id").to_owned();
    for pause in [30, 200, 400] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        daemon.kill();
        assert_eq!(holding(false), Vec::<std::path::PathBuf>::new());
        let backup = house.command(&["store", "backup"]).output().expect("a backup");
        assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
        daemon = house.start(&key);
    }
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "completed", "{view} {result:#}");
    daemon.bytes(&format!("/api/v1/jobs/{id}/artifacts")).await;
    assert_eq!(holding(true), Vec::<std::path::PathBuf>::new());
    drop(daemon);
    assert_eq!(holding(true), Vec::<std::path::PathBuf>::new());
}
