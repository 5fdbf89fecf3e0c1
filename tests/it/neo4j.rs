//! The copy in a real Neo4j: what arrives, what goes, whose it is, and a server that is away.

use std::{
    path::Path,
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use atgd::simulator;
use neo4rs::{Graph, query};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    harness::{House, PATIENCE, shared, skip},
    proxy::Proxy,
};

pub struct Server {
    pub uri: String,
    pub password: String,
    _home: TempDir,
}

/// One server for all tests; it ends with this process. `None` where there is none to be had.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            let tool = shared("tools/bolt-server/start")?;
            let home = tempfile::tempdir().expect("a directory");
            start(&tool, home.path(), &[]).map(|(uri, password)| Server { uri, password, _home: home })
        })
        .as_ref()
}

fn start(tool: &Path, home: &Path, more: &[&str]) -> Option<(String, String)> {
    let output = Command::new(tool)
        .arg(home)
        .args(["--end-with", &std::process::id().to_string()])
        .args(more)
        .output()
        .expect("the tool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => {}
        Some(3) => {
            skip(&String::from_utf8_lossy(&output.stderr));
            return None;
        }
        _ => panic!("{text}{}", String::from_utf8_lossy(&output.stderr)),
    }
    let word = |name: &str| {
        let found = text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.expect("told").to_owned()
    };
    Some((word("uri"), word("password")))
}

pub fn section(uri: &str, password_file: &Path) -> String {
    format!("[neo4j]\nuri = \"{uri}\"\nuser = \"neo4j\"\npassword_file = \"{}\"\n", password_file.display())
}

async fn count(graph: &Graph, text: &str, tenant: &str) -> i64 {
    let mut rows = graph.execute(query(text).param("t", tenant)).await.expect("a query");
    let row = rows.next().await.expect("a row").expect("one");
    row.get("c").expect("a count")
}

async fn scan(house: &House, daemon: &crate::harness::Daemon, body: Value) -> Value {
    let mut request = json!({"tenant_id": house.tenant});
    request.as_object_mut().expect("a map").extend(body.as_object().expect("a map").clone());
    let id = daemon.submit("/api/v1/scan", &request).await;
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_arrives_in_neo4j_whole_and_another_tenants_nodes_stay() {
    let Some(server) = server() else { return };
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let proxy = Proxy::before(&sim.url()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let snippet = proxy.snippet(&sim.snippet(&directory.path().join("secret")));
    let house = House::in_directory(directory, &snippet, sim.tenant_id().to_string());
    let password = house.path().join("neo4j-password");
    std::fs::write(&password, &server.password).expect("written");
    let house = house.with(&section(&server.uri, &password));
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let graph = Graph::connect(
        neo4rs::ConfigBuilder::default()
            .uri(server.uri.as_str())
            .user("neo4j")
            .password(server.password.as_str())
            .build()
            .expect("a configuration"),
    )
    .expect("connects");
    graph.run(query("CREATE (:Resource {tenant_id: 'other', id: '/x', snapshot: 1})")).await.expect("made");

    let result = scan(&house, &daemon, json!({})).await;
    assert_eq!(result["neo4j"]["status"], "ok", "{}\n{}", result["neo4j"], house.log());
    let tenant = house.tenant.as_str();
    let nodes = count(&graph, "MATCH (n {tenant_id: $t}) RETURN count(n) AS c", tenant).await;
    let edges = count(&graph, "MATCH (n {tenant_id: $t})-[e]->() RETURN count(e) AS c", tenant).await;
    assert_eq!(json!(nodes), result["neo4j"]["nodes"]);
    assert_eq!(json!(edges), result["relationships"]["total"]);
    assert_eq!(json!(edges), result["neo4j"]["relationships"]);
    let machines = "MATCH (n:Resource:Original {tenant_id: $t, type: 'Microsoft.Compute/virtualMachines'})\
                    -[:USES]->(:Resource {type: 'Microsoft.Network/networkInterfaces'}) RETURN count(n) AS c";
    assert!(count(&graph, machines, tenant).await >= 8);

    // A narrower scan lets nothing go that it did not look at.
    let filter = json!({"resource_types": ["Microsoft.Storage/*"], "include_referenced_resources": false});
    let narrow = scan(&house, &daemon, json!({"filter_config": filter})).await;
    assert_eq!(narrow["neo4j"]["nodes"], result["neo4j"]["nodes"], "{narrow}");
    assert!(narrow["resources"]["stale"].as_u64() > Some(0), "{narrow}");

    // What is gone in Azure goes here too.
    let less = tempfile::tempdir().expect("a directory");
    for (at, (_, body)) in sim.served().iter().enumerate().filter(|(at, _)| at % 2 == 0) {
        std::fs::write(less.path().join(format!("{at}.json")), body.to_string()).expect("written");
    }
    sim.stop().await;
    let sources = vec![simulator::Source::Directory(less.path().to_owned())];
    let settings = simulator::Settings { sources, ..simulator::Settings::default() };
    let sim = simulator::start(settings).await.expect("the simulator starts again");
    proxy.lead_to(&sim.url());
    let narrow = scan(&house, &daemon, json!({})).await;
    assert_eq!(narrow["neo4j"]["status"], "ok", "{narrow}");
    assert!(narrow["resources"]["deleted"].as_u64() > Some(20), "{narrow}");
    let left = count(&graph, "MATCH (n {tenant_id: $t}) RETURN count(n) AS c", tenant).await;
    assert_eq!(json!(left), narrow["neo4j"]["nodes"]);
    assert!(left < nodes, "{left} of {nodes}");
    assert_eq!(count(&graph, "MATCH (n {tenant_id: $t}) RETURN count(n) AS c", "other").await, 1);
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neo4j_that_is_down_never_fails_a_scan_and_gets_its_copy_when_it_is_back() {
    let Some(tool) = shared("tools/bolt-server/start") else { return };
    let home = tempfile::tempdir().expect("a directory");
    let Some((uri, secret)) = start(&tool, home.path(), &[]) else { return };
    let stop = tool.with_file_name("stop");
    assert!(Command::new(&stop).arg(home.path()).status().expect("runs").success());

    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let password = house.path().join("neo4j-password");
    std::fs::write(&password, &secret).expect("written");
    let house = house.with(&section(&uri, &password));
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let result = scan(&house, &daemon, json!({})).await;
    assert_eq!(result["neo4j"]["status"], "deferred", "{result}");
    let health = daemon.get("/health").await;
    assert_eq!(health["status"], "degraded", "{health}");

    start(&tool, home.path(), &[]).expect("the same server again");
    let begun = Instant::now();
    while daemon.get("/health").await["neo4j"] != "ok" {
        assert!(begun.elapsed() < PATIENCE, "the copy was never made: {}", house.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let config = neo4rs::ConfigBuilder::default().uri(uri).user("neo4j").password(secret).build().expect("valid");
    let graph = Graph::connect(config).expect("connects");
    let nodes = count(&graph, "MATCH (n:Resource {tenant_id: $t}) RETURN count(n) AS c", &house.tenant).await;
    assert!(nodes > 140, "{nodes}");
    drop(daemon);
    sim.stop().await;
    let _ = Command::new(&stop).arg(home.path()).status();
}
