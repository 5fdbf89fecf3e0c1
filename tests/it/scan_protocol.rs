//! Recorded answers of Azure, replayed: none of them fails a scan, and each is told for what it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{
    harness::{House, say, shared},
    proxy::{Act, Proxy},
    scan_faults::{World, house, scan, serve, stored},
};

const SUBSCRIPTION: &str = "ea42f556-5106-4743-99b0-c129bfa71a47";

fn recordings(folder: &Path, file: &str, list: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(file)).expect("readable");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    recorded[list].as_array().expect("a list").clone()
}

/// As it came over the wire: a body that was no JSON is a string in the recording.
fn wire(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

struct Stage {
    house: House,
    proxy: Proxy,
    sim: atgd::simulator::Running,
    daemon: crate::harness::Daemon,
}

async fn stage(world: &World) -> Stage {
    let sim = serve(world).await;
    let proxy = Proxy::before(&sim.url()).await;
    let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
    let daemon = house.start(&house.key(&["read", "scan"]));
    Stage { house, proxy, sim, daemon }
}

fn resource(kind: &str, name: &str) -> (String, Value) {
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{kind}/{name}");
    let body = json!({"id": id, "name": name, "type": kind, "location": "West US 2", "properties": {}});
    (id, body)
}

fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

/// A tenant in which each answer is what is said to all that is asked about a type of its own.
async fn replayed(answers: &[(u16, String)]) -> Stage {
    let mut world = World::new();
    for at in 0..answers.len() {
        let (id, body) = resource(&format!("Recorded.E{at:03}/things"), "one");
        world.add(&id, &body);
    }
    let stage = stage(&world).await;
    let asked: Mutex<BTreeMap<usize, u32>> = Mutex::default();
    let answers = answers.to_vec();
    stage.proxy.set(move |_, path| {
        let number = path.split("/Recorded.E").nth(1).and_then(|rest| rest.get(..3)?.parse::<usize>().ok());
        let Some(number) = number else { return Act::Pass };
        let (status, text) = &answers[number];
        let mut asked = asked.lock();
        let times = asked.entry(number).or_default();
        *times += 1;
        // What may pass, passes: the first answer fails.
        if is_transient(*status) && *times > 1 { Act::Pass } else { Act::Answer(*status, text.clone()) }
    });
    stage
}

/// Every recorded error is the answer to all that is asked about a type of its own.
#[tokio::test(flavor = "multi_thread")]
async fn no_recorded_error_fails_a_scan_and_each_is_named() {
    let Some(folder) = shared("azure-data/_protocol") else { return };
    let errors = recordings(&folder, "errors.json", "examples");
    let answers: Vec<(u16, String)> =
        errors.iter().map(|error| (error["status"].as_u64().expect("a status") as u16, wire(&error["body"]))).collect();
    let stage = replayed(&answers).await;
    let result = scan(&stage.house, &stage.daemon, &json!({})).await;
    let found = stored(&stage.daemon, &stage.house.tenant).await;
    let coverage: BTreeMap<String, Value> = result["coverage"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["type"].as_str().expect("a type").to_owned(), row.clone()))
        .collect();
    let (mut gone, mut repeated, mut named) = (0, 0, 0);
    for (at, (status, text)) in answers.iter().enumerate() {
        let (id, _) = resource(&format!("Recorded.E{at:03}/things"), "one");
        let row = coverage.get(&format!("recorded.e{at:03}/things"));
        if is_transient(*status) {
            repeated += 1;
            assert!(found.contains(&id), "{at}: {status} {text}");
        } else if !found.contains(&id) {
            // Only an answer that says of this thing that it is not there may let it go.
            gone += 1;
            assert_eq!(*status, 404, "{at}: {text}");
        } else {
            named += 1;
            let row = row.expect("a row of coverage");
            assert_eq!(row["status"], "partial", "{at}: {status} {text}: {row}");
            assert!(row["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{at}: {row}");
        }
    }
    say(&format!(
        "recorded errors: {} replayed; {named} named, {repeated} repeated, {gone} say that a thing is gone",
        errors.len()
    ));
    assert_eq!(result["partial"], true);
    drop(stage.daemon);
    stage.sim.stop().await;
}

/// Every answer in a recording, however deep: status and body.
fn answers(value: &Value, found: &mut Vec<(u16, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| answers(item, found)),
        Value::Object(fields) => {
            if let (Some(status), Some(body)) = (fields.get("status").and_then(Value::as_u64), fields.get("body")) {
                found.push((u16::try_from(status).expect("a status"), wire(body)));
            }
            fields.iter().filter(|(name, _)| *name != "body").for_each(|(_, value)| answers(value, found));
        }
        _ => {}
    }
}

/// Answers of operations, deployments, queries and lists where a resource was asked for: a scan that takes one of
/// them for the resource, or for its end, would be wrong.
#[tokio::test(flavor = "multi_thread")]
async fn what_answers_something_else_is_neither_a_resource_nor_its_end() {
    let Some(folder) = shared("azure-data/_protocol") else { return };
    let mut recorded = Vec::new();
    for file in ["async_operations.json", "deployments.json", "resource_graph.json", "paging.json", "tenant_lists.json"]
    {
        let text = std::fs::read_to_string(folder.join(file)).expect("readable");
        answers(&serde_json::from_str(&text).expect("JSON"), &mut recorded);
    }
    let stage = replayed(&recorded).await;
    let result = scan(&stage.house, &stage.daemon, &json!({})).await;
    let found = stored(&stage.daemon, &stage.house.tenant).await;
    let (mut named, mut gone, mut taken) = (0, 0, 0);
    for (at, (status, text)) in recorded.iter().enumerate() {
        let (id, _) = resource(&format!("Recorded.E{at:03}/things"), "one");
        let row = result["coverage"]
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["type"] == format!("recorded.e{at:03}/things")));
        if !found.contains(&id) {
            gone += 1;
            // 204, or an error that says of this thing that it is not there.
            assert!(matches!(status, 204 | 404), "{at}: {status} {text}");
        } else if row.is_some_and(|row| row["status"] == "partial") {
            named += 1;
        } else {
            // The body of a resource, of whatever kind, is what a GET may answer.
            taken += 1;
            let body: Value = serde_json::from_str(text).unwrap_or_default();
            let is_body = body["id"].is_string() || body["name"].is_string() || body["properties"].is_object();
            assert!(is_transient(*status) || is_body, "{at}: {status} {text}");
        }
    }
    say(&format!(
        "other recorded answers: {} replayed; {named} named, {gone} gone, {taken} taken for bodies",
        recorded.len()
    ));
    assert!(named > 30, "{named} named, {gone} gone, {taken} taken");
    drop(stage.daemon);
    stage.sim.stop().await;
}

/// Recorded pages are the list of their type; what they hold of this subscription is found.
#[tokio::test(flavor = "multi_thread")]
async fn recorded_pages_are_read_to_their_end() {
    let Some(folder) = shared("azure-data/_protocol") else { return };
    for trace in recordings(&folder, "paging.json", "traces") {
        let pages = trace["pages"].as_array().expect("pages").clone();
        let first = pages[0]["url"].as_str().expect("an address").to_owned();
        let Some(kind) = first.split("/providers/").nth(1).and_then(|rest| rest.split('?').next()) else { continue };
        let mut world = World::new();
        let (id, body) = resource(kind, "seed");
        world.add(&id, &body);
        let stage = stage(&world).await;
        let own = stage.proxy.url();
        let path = |url: &str| url.split_once(".azure.com").map_or(url.to_owned(), |(_, path)| path.to_owned());
        let mut served: BTreeMap<String, String> = BTreeMap::new();
        let mut expected = BTreeSet::new();
        for page in &pages {
            let text = page["body"].to_string().replace("https://management.azure.com", &own);
            served.insert(path(page["url"].as_str().expect("an address")), text);
            let ids = page["body"]["value"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
            let here = ids.filter(|id| id.to_lowercase().starts_with(&format!("/subscriptions/{SUBSCRIPTION}/")));
            expected.extend(here.map(str::to_lowercase));
        }
        let list = format!("/subscriptions/{SUBSCRIPTION}/providers/{kind}?").to_lowercase();
        let begin = served.get(&path(&first)).cloned().expect("the first page");
        stage.proxy.set(move |_, asked| {
            let lower = asked.to_lowercase();
            let token = |text: &str| text.split("skiptoken=").nth(1).map(str::to_owned);
            match token(&lower) {
                Some(wanted) => served
                    .iter()
                    .find(|(path, _)| token(&path.to_lowercase()).as_ref() == Some(&wanted))
                    .map_or(Act::Answer(200, r#"{"value":[]}"#.to_owned()), |(_, text)| Act::Answer(200, text.clone())),
                None if lower.starts_with(&list) => Act::Answer(200, begin.clone()),
                None => Act::Pass,
            }
        });
        scan(&stage.house, &stage.daemon, &json!({})).await;
        let found: BTreeSet<String> =
            stored(&stage.daemon, &stage.house.tenant).await.iter().map(|id| id.to_lowercase()).collect();
        let lacking: Vec<&String> = expected.difference(&found).collect();
        assert!(lacking.is_empty(), "{first}: {lacking:?}");
        say(&format!("recorded pages of {kind}: {} of this subscription found", expected.len()));
        drop(stage.daemon);
        stage.sim.stop().await;
    }
}

/// Recorded inventories and lists of groups are what the scan starts from.
#[tokio::test(flavor = "multi_thread")]
async fn recorded_inventories_are_kept_row_by_row() {
    let Some(folder) = shared("azure-data/_protocol") else { return };
    for example in recordings(&folder, "tenant_lists.json", "examples") {
        let url = example["url"].as_str().expect("an address").to_owned();
        let lower = url.to_lowercase();
        let which = ["/resourcegroups?", "/resources?"].into_iter().find(|part| lower.contains(part));
        let (Some(which), true) = (which, lower.contains(SUBSCRIPTION)) else { continue };
        let mut world = World::new();
        let (id, body) = resource("Contoso.Widgets/things", "seed");
        world.add(&id, &body);
        let stage = stage(&world).await;
        let mut list = example["body"].clone();
        // The page after it was not recorded.
        list.as_object_mut().expect("a map").remove("nextLink");
        let text = list.to_string();
        stage.proxy.set(move |_, asked| {
            let asked = asked.to_lowercase();
            if asked.contains(which) { Act::Answer(200, text.clone()) } else { Act::Pass }
        });
        scan(&stage.house, &stage.daemon, &json!({})).await;
        let found: BTreeSet<String> =
            stored(&stage.daemon, &stage.house.tenant).await.iter().map(|id| id.to_lowercase()).collect();
        let rows = list["value"].as_array().cloned().unwrap_or_default();
        for row in &rows {
            let id = row["id"].as_str().expect("an id").to_lowercase();
            assert!(found.contains(&id), "{url}: {id}");
        }
        say(&format!("recorded {which} {} rows found", rows.len()));
        drop(stage.daemon);
        stage.sim.stop().await;
    }
}

/// Recorded answers of Resource Graph are rows of another query: the scan sees that, and reads the lists.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_query_are_not_believed() {
    let Some(folder) = shared("azure-data/_protocol") else { return };
    let mut world = World::new();
    let (id, body) = resource("Contoso.Widgets/things", "seed");
    world.add(&id, &body);
    for example in recordings(&folder, "resource_graph.json", "examples") {
        let sim = serve(&world).await;
        let proxy = Proxy::before(&sim.url()).await;
        let status = u16::try_from(example["status"].as_u64().expect("a status")).expect("a status");
        let text = wire(&example["body"]);
        proxy.answer_queries(move |_| (status, text.clone()));
        let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
        let house = house.with("[azure]\nstrategy = \"graph\"\n");
        let daemon = house.start(&house.key(&["read", "scan"]));
        scan(&house, &daemon, &json!({})).await;
        let found = stored(&daemon, &house.tenant).await;
        assert!(found.contains(&id), "{found:?}");
        drop(daemon);
        sim.stop().await;
    }
}
