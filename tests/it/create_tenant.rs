//! Tenants from specifications: what a submit refuses, and what a dry run answers and leaves.

use atgd::simulator;
use reqwest::Method;
use serde_json::json;

use crate::{
    creation::{SPECIFICATION, files, mapped, real, running, there},
    harness::House,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_submit_names_every_error_with_its_line() {
    let (_sim, _house, daemon) = running().await;
    let text =
        "# Tenant: T\n## Subscription: Shop\n### Resource Group: rg\n#### Resource: x (Flux)\n- password: hunter2\n";
    let (status, body) =
        daemon.call(Method::POST, "/api/v1/create-tenant", Some(&json!({"spec_content": text, "dry_run": true}))).await;
    assert_eq!(status, 422, "{body}");
    assert_eq!(body["error"]["code"], "validation_failed");
    let lines: Vec<u64> = body["error"]["details"]["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter_map(|field| field["line"].as_u64())
        .collect();
    assert_eq!(lines, [3, 4, 5], "{body}");
    assert!(!body.to_string().contains("hunter2"), "{body}");
    let (status, body) = daemon
        .call(Method::POST, "/api/v1/create-tenant", Some(&json!({"spec_content": "Make me two machines."})))
        .await;
    assert_eq!(status, 422);
    assert!(body.to_string().contains("[llm]"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_plans_and_writes_nothing() {
    let (sim, house, daemon) = running().await;
    let before = sim.requests().get("writes").copied().unwrap_or(0);
    let (status, body) = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&mapped(&sim, SPECIFICATION))).await;
    assert_eq!(status, 202, "{body}");
    let id = body["job_id"].as_str().expect("an id").to_owned();
    let view = daemon.finished(&id).await;
    assert_eq!(view["status"], "completed", "{view}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    assert_eq!(result["plan"]["hash"], result["plan_hash"]);
    assert_eq!(result["would"], json!({"create": 9, "update": 0, "leave": 0}), "{result:#}");
    assert_eq!(result["plan"]["secrets"][0]["name"], "web1.adminPassword");
    assert_eq!(sim.requests().get("writes").copied().unwrap_or(0), before, "a dry run writes nothing");
    let files = daemon.get(&format!("/api/v1/jobs/{id}/artifacts/list")).await;
    let names: Vec<&str> = files.as_array().expect("files").iter().filter_map(|file| file["path"].as_str()).collect();
    for wanted in ["plan.json", "plan.md", "bicep/main.bicep"] {
        assert!(names.contains(&wanted), "{names:?}");
    }
    assert!(names.iter().any(|name| name.starts_with("arm/") && name.ends_with("/rg-shop.json")), "{names:?}");
    let again = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&mapped(&sim, SPECIFICATION))).await.1;
    let again = again["job_id"].as_str().expect("an id").to_owned();
    daemon.finished(&again).await;
    let other = daemon.get(&format!("/api/v1/jobs/{again}/result")).await["result"].clone();
    assert_eq!(other["plan_hash"], result["plan_hash"], "the same text has the same hash");
    let mut wrong = mapped(&sim, SPECIFICATION);
    wrong["plan_hash"] = json!("0000");
    assert_eq!(daemon.call(Method::POST, "/api/v1/create-tenant", Some(&wrong)).await.0, 409);
    drop(house);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_have_a_file_of_their_own_until_the_job_ends() {
    let (sim, house, daemon) = running().await;
    let mut request = mapped(&sim, SPECIFICATION);
    request["secrets"] = json!({"nobody": "Canary-7713"});
    let (status, body) = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&request)).await;
    assert_eq!(status, 422, "a name that the plan does not need: {body}");
    request["secrets"] = json!({"web1.adminPassword": "Canary-7713"});
    let (status, body) = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&request)).await;
    assert_eq!(status, 202, "{body}");
    let id = body["job_id"].as_str().expect("an id").to_owned();
    assert_eq!(daemon.finished(&id).await["status"], "completed");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
    assert!(!result.to_string().contains("Canary-7713"));
    assert_eq!(result["result"]["plan"]["secrets"][0]["given"], true);
    let left: Vec<_> = std::fs::read_dir(house.state().join("secrets")).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    for entry in files(&house.state()) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        assert!(!bytes.windows(11).any(|part| part == b"Canary-7713"), "{}", entry.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_run_makes_what_the_plan_says_and_a_second_one_changes_nothing() {
    let (sim, _house, daemon) = running().await;
    let mut without = real(&sim);
    without["secrets"] = json!({});
    let (status, body) = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&without)).await;
    assert_eq!(status, 422, "a secret is missing: {body}");
    assert!(body.to_string().contains("web1.adminPassword"), "{body}");
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    let view = daemon.finished(&id).await;
    assert_eq!(view["status"], "completed", "{view}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    assert_eq!(result["created"].as_array().map(Vec::len), Some(9), "{result:#}");
    assert_eq!(there(&sim), 5);
    assert!(!result.to_string().contains("Canary-7713"));
    let again = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    assert_eq!(daemon.finished(&again).await["status"], "completed");
    let result = daemon.get(&format!("/api/v1/jobs/{again}/result")).await["result"].clone();
    assert_eq!(result["created"].as_array().map(Vec::len), Some(0), "{result:#}");
    assert_eq!(result["unchanged"].as_array().map(Vec::len), Some(9), "{result:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_says_which_step_and_its_retry_goes_on_from_there() {
    let (sim, _house, daemon) = running().await;
    let mut request = real(&sim);
    let text = SPECIFICATION.replace("- Shop admins: Contributor on rg-shop", "- Nobody here: Contributor on rg-shop");
    request["spec_content"] = json!(text);
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let view = daemon.finished(&id).await;
    assert_eq!(view["status"], "failed", "{view}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    assert_eq!(result["failed"][0]["code"], "principal_not_found", "{result:#}");
    assert_eq!(result["created"].as_array().map(Vec::len), Some(8), "{result:#}");
    let writes = sim.requests().get("writes").copied();
    let again = json!({"secrets": {"web1.adminPassword": "Canary-7713"}});
    let (status, body) = daemon.call(Method::POST, &format!("/api/v1/jobs/{id}/retry"), Some(&again)).await;
    assert_eq!(status, 202, "{body}");
    let retried = body["job_id"].as_str().expect("an id").to_owned();
    assert_eq!(daemon.finished(&retried).await["status"], "failed");
    assert_eq!(sim.requests().get("writes").copied(), writes, "what was made is not made again");
    let (status, body) = daemon.call(Method::POST, &format!("/api/v1/jobs/{id}/retry"), Some(&again)).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("already_retried")), "{body}");
    assert_eq!(body["error"]["details"]["job_id"], json!(retried));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_removes_what_the_job_made_and_only_that() {
    let (sim, _house, daemon) = running().await;
    let mut request = real(&sim);
    let text = SPECIFICATION.replace("- Shop admins: Contributor on rg-shop", "- Nobody here: Contributor on rg-shop");
    request["spec_content"] = json!(text);
    request["on_failure"] = json!("rollback");
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    assert_eq!(daemon.finished(&id).await["status"], "failed");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    assert_eq!(result["rolled_back"].as_array().map(Vec::len), Some(8), "{result:#}");
    assert_eq!(there(&sim), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_goes_on_and_makes_everything_once() {
    let settings =
        simulator::Settings { write_time: std::time::Duration::from_millis(300), ..simulator::Settings::default() };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["create", "read"]);
    let mut daemon = house.start(&key);
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    for pause in [150, 300, 450, 200, 700] {
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        daemon.kill();
        daemon = house.start(&key);
    }
    let view = daemon.finished(&id).await;
    assert_eq!(view["status"], "completed", "{view}");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    assert_eq!(result["created"].as_array().map(Vec::len), Some(9), "{result:#}");
    assert_eq!(there(&sim), 5);
    assert_eq!(sim.requests().get("directory_writes").copied(), Some(3), "a user, a group, a membership: once each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_ends_at_once_and_tells_what_may_still_come() {
    let settings =
        simulator::Settings { write_time: std::time::Duration::from_secs(20), ..simulator::Settings::default() };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let daemon = house.start(&house.key(&["create", "read"]));
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    let job = format!("/api/v1/jobs/{id}");
    // The deployment of the group is running: its resources are there, and not ready.
    while there(&sim) < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let began = std::time::Instant::now();
    assert_eq!(daemon.call(Method::DELETE, &job, None).await.0, 200);
    assert_eq!(daemon.finished(&id).await["status"], "cancelled");
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    let result = daemon.get(&format!("{job}/result")).await["result"].clone();
    assert_eq!(result["clean_up"].as_array().map(Vec::len), Some(4), "{result:#}");
    assert!(result["created"].as_array().is_some_and(|created| created.len() >= 3), "{result:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_knows_the_tenants_locations_and_domains() {
    let (sim, _house, daemon) = running().await;
    let text = SPECIFICATION.replace("rg-shop (West Europe)", "rg-shop (Atlantis)").replace(
        "| Alice | alice@simulated.example |",
        "| Alice | alice@simulated.example |\n| Bob | bob@nowhere.example |",
    );
    let line = |part: &str| text.lines().position(|line| line.contains(part)).expect("the line") + 1;
    let id = daemon.submit("/api/v1/create-tenant", &mapped(&sim, &text)).await;
    assert_eq!(daemon.finished(&id).await["error"]["code"], "validation_failed");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    let fields = result["details"]["fields"].as_array().expect("fields");
    let told: Vec<_> = fields.iter().filter_map(|field| field["line"].as_u64()).collect();
    assert_eq!(told, [line("Atlantis") as u64, line("bob@nowhere") as u64], "{result:#}");
    assert!(result.to_string().contains("eastus2") && result.to_string().contains("simulated.example"), "{result:#}");
}
