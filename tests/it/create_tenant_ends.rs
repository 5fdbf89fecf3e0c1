//! How creations end that do not go through: stopped, cancelled, failed, rolled back, out of time, and taken up again.

use std::time::Duration;

use atgd::simulator::{Fault, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::creation::{changed, directory, ended, real, retried, rows, running, running_with, subscription, there};

const ASSIGNMENT: &str = "- Shop admins: Contributor on rg-shop";
const NOBODY: &str = "- Nobody here: Contributor on rg-shop";

fn slow(seconds: u64) -> Settings {
    Settings { write_time: Duration::from_secs(seconds), ..Settings::default() }
}

fn ids(rows: &Value) -> Vec<&str> {
    rows.as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect()
}

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array().into_iter().flatten().filter_map(|row| row["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_stops_lets_its_deployment_go_on_and_follows_it_at_the_next_start() {
    let (sim, house, daemon) = running_with(slow(4)).await;
    let house = house.with("[jobs]\ngrace_seconds = 0\n");
    let key = daemon.key.clone();
    assert_eq!(daemon.stop(), Some(0));
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    while there(&sim) < 5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(daemon.stop(), Some(0), "{}", house.log());
    let daemon = house.start(&key);
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "completed", "{view}");
    assert_eq!(rows(&result, "created"), 9, "{result:#}");
    let asked = sim.requests();
    assert_eq!((asked.get("deployment_cancels"), asked.get("deployment_puts")), (None, Some(&1)), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_a_rollback_makes_everything_again() {
    let (sim, _house, daemon) = running().await;
    let request = changed(&sim, ASSIGNMENT, NOBODY, &json!({"on_failure": "rollback"}));
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "failed", "{view}");
    assert_eq!((rows(&result, "created"), rows(&result, "rolled_back")), (8, 8), "{result:#}");
    assert_eq!(there(&sim), 0);
    // Now the group is there that the assignment means.
    let group =
        json!({"displayName": "Nobody here", "securityEnabled": true, "mailEnabled": false, "mailNickname": "x"});
    directory(&sim, Method::POST, "groups", Some(&group)).await;
    let (view, result) = ended(&daemon, &retried(&daemon, &id).await).await;
    assert_eq!(view["status"], "completed", "{view}");
    assert_eq!((rows(&result, "created"), rows(&result, "rolled_back")), (9, 0), "{result:#}");
    assert_eq!(there(&sim), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_leaves_what_somebody_made_between_two_attempts() {
    let (sim, house, daemon) = running().await;
    let recorded = house.path().join("users.json");
    let refusal = json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}});
    let answers = json!([{"status": 200, "body": {"value": []}}, {"status": 403, "body": refusal}]);
    std::fs::write(&recorded, answers.to_string()).expect("written");
    sim.add_fault(fault(&format!("replay={}@/v1.0/users?", recorded.display()))).expect("armed");
    let request = changed(&sim, ASSIGNMENT, NOBODY, &json!({"on_failure": "rollback"}));
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (_, result) = ended(&daemon, &id).await;
    assert_eq!(result["failed"][0]["code"], "Authorization_RequestDenied", "{result:#}");
    assert_eq!((names(&result["rolled_back"]), rows(&result, "clean_up")), (vec!["rg-shop"], 0), "{result:#}");
    let group = format!("/subscriptions/{}/resourceGroups/rg-shop", subscription(&sim));
    let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/stshopfiles01");
    let body =
        json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}, "properties": {}});
    sim.put(&group, &json!({"location": "westeurope", "tags": {"env": "prod"}}));
    assert!(sim.put(&account, &body));
    let (_, result) = ended(&daemon, &retried(&daemon, &id).await).await;
    assert_eq!(result["failed"][0]["code"], "principal_not_found", "{result:#}");
    assert!(names(&result["rolled_back"]).contains(&"web1"), "{result:#}");
    let left: Vec<String> = sim.served().into_iter().map(|(id, _)| id).filter(|id| id.contains("rg-shop")).collect();
    assert_eq!(left, [group, account], "{result:#}");
}

fn fault(text: &str) -> Fault {
    text.parse().expect("a fault")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_somebody_else_with_the_same_name_stays() {
    let (sim, _house, daemon) = running().await;
    let foreign = directory(&sim, Method::POST, "applications", Some(&json!({"displayName": "Shop pipeline"}))).await;
    let more = format!("## Service Principals\n\n- Shop pipeline\n\n## Role Assignments\n\n{NOBODY}");
    let line = format!("## Role Assignments\n\n{ASSIGNMENT}");
    let request = changed(&sim, &line, &more, &json!({"on_failure": "rollback"}));
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (_, result) = ended(&daemon, &id).await;
    assert!(names(&result["rolled_back"]).contains(&"Shop pipeline"), "{result:#}");
    let left = directory(&sim, Method::GET, "applications?$filter=displayName eq 'Shop pipeline'", None).await;
    assert_eq!(ids(&left["value"]), [foreign["id"].as_str().expect("an id")], "{result:#}");
    let left = directory(&sim, Method::GET, "servicePrincipals?$filter=displayName eq 'Shop pipeline'", None).await;
    assert_eq!(ids(&left["value"]), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_id_is_a_failed_step_and_nothing_is_deleted_by_no_name() {
    let (sim, house, daemon) = running().await;
    let recorded = house.path().join("users.json");
    let none = json!({"status": 200, "body": {"value": []}});
    let answers = json!([none, {"status": 201, "body": {"displayName": "Alice"}}]);
    std::fs::write(&recorded, answers.to_string()).expect("written");
    sim.add_fault(fault(&format!("replay={}@/v1.0/users?", recorded.display()))).expect("armed");
    let mut request = real(&sim);
    request["on_failure"] = json!("rollback");
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "failed", "{view}");
    assert_eq!(result["failed"][0]["code"], "no_id", "{result:#}");
    assert_eq!(ids(&result["clean_up"]), ["alice@simulated.example"], "it may be there: {result:#}");
    assert_eq!(names(&result["rolled_back"]), ["rg-shop"], "{result:#}");
    assert_eq!(sim.requests().get("directory_writes"), None, "the POST was replayed, and no DELETE came");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clean_up_list_of_a_cancelled_job_has_nothing_that_was_there_before() {
    let (sim, _house, daemon) = running_with(slow(20)).await;
    let group = format!("/subscriptions/{}/resourceGroups/rg-shop", subscription(&sim));
    sim.put(&group, &json!({"location": "westeurope", "tags": {"env": "prod"}}));
    let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/stshopfiles01");
    // It is there, and the text changes it.
    let body =
        json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}});
    assert!(sim.put(&account, &body));
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    while !sim.requests().contains_key("deployment_puts") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await.0, 200);
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "cancelled", "{view}");
    let listed = ids(&result["clean_up"]);
    assert_eq!(listed.len(), 3, "{result:#}");
    assert!(!listed.contains(&account.as_str()) && !listed.contains(&group.as_str()), "{result:#}");
    assert_eq!(sim.requests().get("deployment_cancels"), Some(&1));
    // What was cancelled goes on in the retry, by a deployment of its own.
    let (view, result) = ended(&daemon, &retried(&daemon, &id).await).await;
    assert_eq!(view["status"], "completed", "{view}");
    assert_eq!((rows(&result, "created"), rows(&result, "updated")), (7, 1), "{result:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ran_out_of_time_tells_what_it_made() {
    let (sim, _house, daemon) = running_with(slow(60)).await;
    let mut request = real(&sim);
    request["timeout_seconds"] = json!(3);
    let id = daemon.submit("/api/v1/create-tenant", &request).await;
    let (view, result) = ended(&daemon, &id).await;
    assert_eq!((&view["status"], &view["error"]["code"]), (&json!("failed"), &json!("timed_out")), "{view}");
    assert_eq!(names(&result["created"]), ["rg-shop", "alice@simulated.example", "Shop admins"], "{result:#}");
    assert_eq!(ids(&result["clean_up"]).len(), 4, "{result:#}");
    assert_eq!(rows(&result, "skipped"), 6, "{result:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refuses_for_a_while_is_asked_again_when_it_says() {
    let (sim, _house, daemon) = running().await;
    for text in [
        "error=409/DeploymentActive/3@/deployments/atgd-",
        "error=404/Request_ResourceNotFound/3@/members/$ref",
        "throttle=3@/roleassignments/",
    ] {
        sim.add_fault(Fault { times: Some(1), ..fault(text) }).expect("armed");
    }
    let began = std::time::Instant::now();
    let id = daemon.submit("/api/v1/create-tenant", &real(&sim)).await;
    let (view, _) = ended(&daemon, &id).await;
    assert_eq!(view["status"], "completed", "{view}");
    assert!(began.elapsed() >= Duration::from_secs(9), "three times three seconds: {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_is_retried_as_often_as_one_likes_and_a_job_that_is_gone_is_not() {
    let (sim, _house, daemon) = running().await;
    sim.add_fault(fault("error=403/AuthorizationFailed@/subscriptions?")).expect("armed");
    let mut request = real(&sim);
    for (is_dry, second) in [(true, 202), (false, 409)] {
        request["dry_run"] = json!(is_dry);
        let id = daemon.submit("/api/v1/create-tenant", &request).await;
        assert_eq!(ended(&daemon, &id).await.0["status"], "failed");
        let address = format!("/api/v1/jobs/{id}/retry");
        let secrets = json!({"secrets": request["secrets"]});
        for status in [202, second] {
            let (answered, body) = daemon.call(Method::POST, &address, Some(&secrets)).await;
            assert_eq!(answered, status, "{body}");
        }
        assert_eq!(daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}?purge=true"), None).await.0 / 100, 2);
        assert_eq!(daemon.call(Method::POST, &address, Some(&secrets)).await.0, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_looks_like_a_secret_is_a_text_for_groups_too() {
    let (sim, _house, daemon) = running().await;
    let request = changed(&sim, "- Tags: env=prod", "- Tags:\n  - env: secret::prod", &json!({}));
    let group = format!("/subscriptions/{}/resourceGroups/rg-shop", subscription(&sim));
    for unchanged in [0, 9] {
        let id = daemon.submit("/api/v1/create-tenant", &request).await;
        let (view, result) = ended(&daemon, &id).await;
        assert_eq!(view["status"], "completed", "{view}");
        assert_eq!(rows(&result, "unchanged"), unchanged, "{result:#}");
        let served = sim.served().into_iter().find(|(id, _)| *id == group).expect("the group").1;
        assert_eq!(served["tags"], json!({"env": "secret:prod"}));
    }
}
