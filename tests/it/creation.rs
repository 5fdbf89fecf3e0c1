//! What tests of creations share: a specification, a simulator for it, and what is there afterwards.

use std::path::{Path, PathBuf};

use atgd::simulator::{self, Running, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Daemon, House};

pub const SPECIFICATION: &str = r"# Tenant: Contoso

A small shop.

## Subscription: Shop

### Resource Group: rg-shop (West Europe)

- Tags: env=prod

#### Resource: vnet-shop (Virtual Network)

- Address space: 10.9.0.0/16
- Subnets:
  - web: 10.9.1.0/24

#### Resource: web1 (Virtual Machine)

- Size: Standard_B1s
- subnet: web

#### Resource: stshopfiles01 (Storage Account)

- SKU: Standard_ZRS

## Users

| Name | UPN |
|---|---|
| Alice | alice@simulated.example |

## Groups

- Shop admins (members: alice@simulated.example)

## Role Assignments

- Shop admins: Contributor on rg-shop
";

pub async fn running() -> (Running, House, Daemon) {
    running_with(Settings::default()).await
}

pub async fn running_with(settings: Settings) -> (Running, House, Daemon) {
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let daemon = house.start(&house.key(&["create", "read"]));
    (sim, house, daemon)
}

/// The subscription that the text's stands for.
pub fn subscription(sim: &Running) -> String {
    let served = sim.served();
    served.iter().find_map(|(id, _)| id.split('/').nth(2)).expect("a subscription").to_owned()
}

pub fn mapped(sim: &Running, text: &str) -> Value {
    json!({"spec_content": text, "dry_run": true, "subscription_map": {"Shop": subscription(sim)}})
}

/// The request of a real run.
pub fn real(sim: &Running) -> Value {
    let mut request = mapped(sim, SPECIFICATION);
    request["dry_run"] = json!(false);
    request["secrets"] = json!({"web1.adminPassword": "Canary-7713"});
    request
}

/// How many resources of the text the simulator has.
pub fn there(sim: &Running) -> usize {
    let names = ["/rg-shop", "/vnet-shop", "/web1", "/web1-nic", "/stshopfiles01"];
    sim.served().iter().filter(|(id, _)| names.iter().any(|name| id.ends_with(name))).count()
}

/// The same of a text that differs in one line, and with more of the request.
pub fn changed(sim: &Running, line: &str, other: &str, more: &Value) -> Value {
    assert!(SPECIFICATION.contains(line));
    let mut request = real(sim);
    request["spec_content"] = json!(SPECIFICATION.replace(line, other));
    request.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    request
}

/// Waits for a job; its view and its result.
pub async fn ended(daemon: &Daemon, id: &str) -> (Value, Value) {
    let view = daemon.finished(id).await;
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].take();
    (view, result)
}

/// Retries a job with its secret; the new one's id.
pub async fn retried(daemon: &Daemon, id: &str) -> String {
    let secrets = json!({"secrets": {"web1.adminPassword": "Canary-7713"}});
    let (status, body) = daemon.call(Method::POST, &format!("/api/v1/jobs/{id}/retry"), Some(&secrets)).await;
    assert_eq!(status, 202, "{body}");
    body["job_id"].as_str().expect("an id").to_owned()
}

/// How many rows a list of a result has.
pub fn rows(result: &Value, list: &str) -> usize {
    result[list].as_array().unwrap_or_else(|| panic!("{list} in {result:#}")).len()
}

/// Asks the simulator's Microsoft Graph.
pub async fn directory(sim: &Running, method: Method, path: &str, body: Option<&Value>) -> Value {
    let mut request =
        reqwest::Client::new().request(method, format!("{}/v1.0/{path}", sim.url())).bearer_auth(sim.token());
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("an answer").text().await.expect("a body");
    serde_json::from_str(&answer).unwrap_or_default()
}

/// Every file below a directory.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
