//! Secrets in the bodies that Azure answers: they stay in the graph's own file.
//!
//! Each text of every recorded body, but those that say what the resource is, becomes a secret by its shape.
//! What is looked through then is all that leaves the graph: artifacts, results, log, the store of jobs and its
//! export, and Neo4j. That every shape in every slot stays out of the code is a unit test.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use atgd::simulator::{self, Settings, Source};
use neo4rs::{Graph, query};
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use crate::{
    harness::{House, Scanned, say, shared},
    neo4j,
};

/// Another tenant than that of the tests beside, in the same Neo4j.
const TENANT: Uuid = uuid!("ca000000-0000-4000-8000-000000000001");
const NEEDLE: &str = "CANARY";

fn shapes() -> [String; 6] {
    [
        format!("CANARY{}==", "aB3+".repeat(20)),
        "https://x.blob.core.windows.net/c?sv=2022-11-02&se=2030-01-01&sr=c&sp=r&sig=CANARYsig%3D".to_owned(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.CANARYjwt".to_owned(),
        "-----BEGIN PRIVATE KEY-----\nCANARYpem\n-----END PRIVATE KEY-----".to_owned(),
        "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=CANARYbus==".to_owned(),
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=CANARYdep==".to_owned(),
    ]
}

/// Shapes go round over the slots. What stands beside a name becomes an opaque word, its name one that says secret;
/// so does a tag of its own. Other values get a flag beside them; properties get a request with credentials, and a text
/// that is XML.
fn poisoned(value: &Value, shapes: &[String], slot: &mut usize) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| {
                    let is_spared = matches!(name.as_str(), "id" | "name" | "type" | "location");
                    (name.clone(), if is_spared { value.clone() } else { poisoned(value, shapes, slot) })
                })
                .collect();
            if ["name", "value"].iter().all(|name| fields.get(*name).is_some_and(Value::is_string)) {
                fields.insert("name".to_owned(), json!("DB_PASSWORD"));
                fields.insert("value".to_owned(), json!("CANARYopaque"));
            }
            if let Some(Value::Object(tags)) = fields.get_mut("tags") {
                tags.insert("apiToken".to_owned(), json!("CANARYtag"));
            } else if fields.get("value").is_some_and(Value::is_string) {
                fields.insert("isSecret".to_owned(), json!(true));
                fields.insert("value".to_owned(), json!("CANARYflagged"));
            }
            if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                properties
                    .insert("headers".to_owned(), json!({"Authorization": "CANARYheader", "Accept": "text/plain"}));
                properties.insert("credentials".to_owned(), json!({"query": {"code": ["CANARYquery"]}}));
                properties.insert("script".to_owned(), json!("<a password=\"CANARYxml\" /><b c=\"d\" />"));
            }
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(|item| poisoned(item, shapes, slot)).collect(),
        Value::String(_) => {
            *slot += 1;
            json!(shapes[*slot % shapes.len()])
        }
        other => other.clone(),
    }
}

/// Poisons the recorded bodies of a directory into another; how many slots there were.
fn poison(from: &Path, to: &Path) -> usize {
    let (shapes, mut slot) = (shapes(), 0);
    for folder in std::fs::read_dir(from).expect("readable") {
        let folder = folder.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        if !folder.is_dir() || name.starts_with('_') || name == "Microsoft.Graph" {
            continue;
        }
        for file in std::fs::read_dir(folder).expect("readable") {
            let file = file.expect("an entry").path();
            let value: Value = serde_json::from_slice(&std::fs::read(&file).expect("readable")).expect("JSON");
            let instances = value["instances"].as_array().into_iter().flatten();
            let instances: Vec<Value> = instances
                .map(|one| json!({"apiVersion": one["apiVersion"], "body": poisoned(&one["body"], &shapes, &mut slot)}))
                .collect();
            let text = json!({"type": value["type"], "instances": instances}).to_string();
            let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
            std::fs::write(to.join(format!("{name}-{stem}.json")), text).expect("written");
        }
    }
    slot
}

fn files(directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(directory).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path.display().to_string(), std::fs::read(&path).expect("readable"));
        }
    }
}

/// Where the needle stands in a text, with what is around it.
fn around(bytes: &[u8]) -> Option<String> {
    let at = bytes.windows(NEEDLE.len()).position(|part| part == NEEDLE.as_bytes())?;
    Some(String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 40).min(bytes.len())]).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_any_recorded_body_leaves_the_graph() {
    let Some(data) = shared("azure-data") else { return };
    let world = tempfile::tempdir().expect("a directory");
    let slots = poison(&data, world.path());
    assert!(slots > 5_000, "{slots}");
    let settings = Settings {
        sources: vec![Source::Directory(world.path().to_owned())],
        any_version: true,
        tenant_id: TENANT,
        ..Settings::default()
    };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let mut house = House::for_simulator(&sim);
    let server = neo4j::server();
    if let Some(server) = server {
        let password = house.path().join("neo4j-password");
        std::fs::write(&password, &server.password).expect("written");
        house = house.with(&neo4j::section(&server.uri, &password));
    }
    let scanned = Scanned::in_house(sim, house).await;
    let mut leaks = Vec::new();
    for format in ["terraform", "bicep", "arm"] {
        let (directory, result) = scanned.generated(format, json!({"auto_import_existing": true})).await;
        assert!(result["resources"]["emitted"].as_u64() > Some(300), "{result}");
        leaks.extend(around(result.to_string().as_bytes()).map(|found| format!("{format}, result: {found}")));
        let mut artifacts = BTreeMap::new();
        files(&directory, &mut artifacts);
        for (name, bytes) in artifacts {
            leaks.extend(around(&bytes).map(|found| format!("{format} {name}: {found}")));
        }
    }
    for anonymize in [false, true] {
        let (text, result) = scanned.described(anonymize).await;
        assert!(text.len() > 100_000, "{} bytes of {result}", text.len());
        for found in [text, result.to_string()] {
            leaks.extend(around(found.as_bytes()).map(|found| format!("specification, {anonymize}: {found}")));
        }
    }
    let scans = scanned.daemon.get("/api/v1/jobs?type=scan").await;
    let scan = scans["jobs"][0]["job_id"].as_str().expect("the scan");
    let graph = scanned.daemon.bytes(&format!("/api/v1/jobs/{scan}/artifacts/file/graph.json")).await;
    leaks.extend(around(&graph).map(|found| format!("graph.json: {found}")));
    closes(&serde_json::from_slice(&graph).expect("JSON"));
    let tenant = scanned.house.tenant.clone();
    let list = scanned.daemon.get(&format!("/api/v1/tenants/{tenant}/resources?limit=1000")).await;
    leaks.extend(around(list.to_string().as_bytes()).map(|found| format!("list: {found}")));
    leaks.extend(around(scanned.house.log().as_bytes()).map(|found| format!("log: {found}")));
    let jobs = scanned.daemon.get("/api/v1/jobs?limit=100").await;
    leaks.extend(around(jobs.to_string().as_bytes()).map(|found| format!("jobs: {found}")));
    let Scanned { sim, house, daemon } = scanned;
    assert_eq!(daemon.stop(), Some(0), "{}", house.log());
    sim.stop().await;
    let mut state = BTreeMap::new();
    files(&house.state(), &mut state);
    assert!(state.keys().any(|name| name.ends_with("state.redb")), "{:?}", state.keys());
    for (name, bytes) in state.iter().filter(|(name, _)| !name.contains("graph")) {
        leaks.extend(around(bytes).map(|found| format!("{name}: {found}")));
    }
    let export = house.command(&["store", "export"]).output().expect("it runs");
    assert!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
    assert!(export.stdout.len() > 1_000, "an export of something");
    leaks.extend(around(&export.stdout).map(|found| format!("export: {found}")));
    match server {
        Some(server) => leaks.extend(in_neo4j(server, &tenant).await),
        None => say("Neo4j was not looked through"),
    }
    leaks.truncate(20);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// A masked node is one for all that name it: every relationship ends at a node that is there, and the tag
/// that all resources have is one.
fn closes(graph: &Value) {
    let texts = |list: &str, field: &str| -> Vec<String> {
        let rows = graph[list].as_array().into_iter().flatten();
        rows.map(|row| row[field].as_str().expect("a text").to_owned()).collect()
    };
    let keys: BTreeSet<String> = texts("nodes", "key").into_iter().collect();
    let ends = texts("edges", "source").into_iter().chain(texts("edges", "target"));
    let lost: Vec<String> = ends.filter(|end| !keys.contains(end)).take(5).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let tags: Vec<&String> = keys.iter().filter(|key| key.starts_with("apiToken=")).collect();
    assert!(tags.len() == 1 && tags[0].starts_with("apiToken=***-"), "{tags:?}");
}

async fn in_neo4j(server: &neo4j::Server, tenant: &str) -> Vec<String> {
    let config = neo4rs::ConfigBuilder::default().uri(server.uri.as_str()).user("neo4j");
    let graph = Graph::connect(config.password(server.password.as_str()).build().expect("a configuration"));
    let graph = graph.expect("connects");
    let (mut rows, mut leaks) = (0, Vec::new());
    for text in [
        "MATCH (n {tenant_id: $t}) RETURN properties(n) AS p",
        "MATCH ({tenant_id: $t})-[e]->() RETURN properties(e) AS p",
    ] {
        let mut found = graph.execute(query(text).param("t", tenant)).await.expect("a query");
        while let Some(row) = found.next().await.expect("a row") {
            rows += 1;
            leaks.extend(around(format!("{row:?}").as_bytes()).map(|found| format!("Neo4j: {found}")));
        }
    }
    assert!(rows > 500, "{rows} rows");
    leaks
}
