//! Scans of the simulator by the real daemon: Contoso, and every recorded scenario where the data is.

use std::collections::{BTreeMap, BTreeSet};

use atgd::simulator;
use serde_json::{Value, json};

use crate::harness::{Daemon, House, say, shared};

async fn serve(sources: Vec<simulator::Source>) -> simulator::Running {
    let settings = simulator::Settings { sources, ..simulator::Settings::default() };
    simulator::start(settings).await.expect("the simulator starts")
}

async fn scanned(house: &House, daemon: &Daemon, more: Value) -> Value {
    let mut body = json!({"tenant_id": house.tenant});
    body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    let id = daemon.submit("/api/v1/scan", &body).await;
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone()
}

fn everything() -> Value {
    json!({"include_child_types": ["*"], "include_diagnostics": true})
}

fn encoded(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}

async fn resource(daemon: &Daemon, tenant: &str, id: &str) -> Option<Value> {
    let path = format!("/api/v1/tenants/{tenant}/resources/{}", encoded(id));
    let (status, body) = daemon.call(reqwest::Method::GET, &path, None).await;
    (status == 200).then_some(body)
}

/// Every served id that the graph lacks, and every one whose body it has otherwise.
async fn compare(daemon: &Daemon, house: &House, served: &[(String, Value)]) -> (Vec<String>, Vec<String>) {
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for (id, body) in served {
        match resource(daemon, &house.tenant, id).await {
            None => missing.push(id.clone()),
            // A role is one node, whichever subscription lists it.
            Some(found) if id.contains("/roleDefinitions/") && found["body"]["properties"] == body["properties"] => {}
            Some(found) if found["body"] != *body => different.push(id.clone()),
            Some(_) => {}
        }
    }
    (missing, different)
}

#[tokio::test(flavor = "multi_thread")]
async fn contoso_is_found_whole_and_again_without_change() {
    let sim = serve(Vec::new()).await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let result = scanned(&house, &daemon, everything()).await;
    assert_eq!(result["partial"], false, "{result}");
    let (missing, different) = compare(&daemon, &house, &sim.served()).await;
    assert!(missing.is_empty() && different.is_empty(), "missing {missing:?}, different {different:?}");

    let again = scanned(&house, &daemon, everything()).await;
    let resources = &again["resources"];
    assert_eq!(resources["total"], result["resources"]["total"]);
    assert_eq!(
        (&resources["new"], &resources["changed"], &resources["deleted"]),
        (&json!(0), &json!(0), &json!(0)),
        "{resources}"
    );
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_a_scan_and_never_widen_it() {
    let sim = serve(Vec::new()).await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let filter = json!({"resource_types": ["Microsoft.Storage/*"], "include_referenced_resources": false});
    let result = scanned(&house, &daemon, json!({"filter_config": filter, "include_identities": false})).await;
    let types = result["resources"]["by_type"].as_object().expect("types");
    let storage = types.keys().filter(|name| name.starts_with("Microsoft.Storage/")).count();
    let others: Vec<&String> = types
        .keys()
        // Groups contain what is kept; an assignment that stands at a kept resource comes with it.
        .filter(|name| !name.starts_with("Microsoft.Storage/"))
        .filter(|name| {
            !["Microsoft.Resources/resourceGroups", "Microsoft.Authorization/roleAssignments"].contains(&name.as_str())
        })
        .collect();
    assert!(storage > 0 && others.is_empty(), "{types:?}");
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_names_children_finds_them_and_keeps_what_they_lie_in_only_if_asked() {
    let sim = serve(Vec::new()).await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let child = "Microsoft.Network/virtualNetworks/subnets";
    let wanted =
        sim.served().iter().filter(|(id, _)| id.contains("/virtualNetworks/") && id.contains("/subnets/")).count();
    for (referenced, parents) in [(false, false), (true, true)] {
        let filter = json!({"resource_types": [child], "include_referenced_resources": referenced});
        let result = scanned(&house, &daemon, json!({"filter_config": filter, "include_identities": false})).await;
        let types = &result["resources"]["by_type"];
        assert!(types[child].as_u64() >= Some(wanted.max(1) as u64), "{wanted} served, {types}");
        assert_eq!(types.get("Microsoft.Network/virtualNetworks").is_some(), parents, "{types}");
    }
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_fails_the_job_and_says_so() {
    let sim = serve(Vec::new()).await;
    let house = House::for_simulator(&sim);
    std::fs::write(house.path().join("secret"), "wrong").expect("written");
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = daemon.finished(&id).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("failed"), &json!("credentials")), "{job}");
    assert!(!house.log().contains("simulated-client-secret"));
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_on_the_way_are_repeated_and_lose_nothing() {
    let faults = ["throttle=1:0.017", "reset:0.017", "503:0.017"].map(|text| text.parse().expect("a fault"));
    let settings = simulator::Settings { faults: faults.to_vec(), ..simulator::Settings::default() };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let result = scanned(&house, &daemon, everything()).await;
    assert_eq!(result["partial"], false, "{result}");
    let (missing, different) = compare(&daemon, &house, &sim.served()).await;
    assert!(missing.is_empty() && different.is_empty(), "missing {missing:?}, different {different:?}");
    drop(daemon);
    sim.stop().await;
}

/// Each kind of body that was recorded, exported or documented, a third of their folders as one world: no type of
/// it is known to us.
async fn recorded_bodies(third: usize) {
    let Some(bodies) = shared("azure-data") else { return };
    // All folders of bodies; the files beside them are lists about them.
    let world = tempfile::tempdir().expect("a directory");
    let mut folders: Vec<_> = std::fs::read_dir(bodies)
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir() && !path.ends_with("_protocol"))
        .collect();
    folders.sort();
    for path in folders.iter().skip(third).step_by(3) {
        let link = world.path().join(path.file_name().expect("a name"));
        std::os::unix::fs::symlink(path, link).expect("linked");
    }
    let sim = serve(vec![simulator::Source::Directory(world.path().to_owned())]).await;
    // What other providers say of a location has no list that the metadata tells of.
    let (located, served): (Vec<_>, Vec<_>) = sim.served().into_iter().partition(|(id, _)| {
        let id = id.to_lowercase();
        id.contains("/locations/") && id.contains("/providers/microsoft.quota/")
    });
    assert!(located.len() <= 2, "{located:?}");
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let result = scanned(&house, &daemon, everything()).await;
    let (missing, different) = compare(&daemon, &house, &served).await;
    say(&format!("bodies: {} of {} found, {}", served.len() - missing.len(), served.len(), result["requests"]));
    assert!(missing.is_empty(), "missing: {missing:#?}\n{}", result["errors"]);
    assert!(different.is_empty(), "other bodies: {different:#?}");
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_body_is_found_as_it_was_served_1() {
    recorded_bodies(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_body_is_found_as_it_was_served_2() {
    recorded_bodies(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_body_is_found_as_it_was_served_3() {
    recorded_bodies(2).await;
}

/// `(from, to)` of every reference that the scenario files list as pointing inside, with the ids as served.
fn references(scenarios: &std::path::Path) -> BTreeMap<String, Vec<(String, String)>> {
    let mut files: Vec<_> = std::fs::read_dir(scenarios)
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut found = BTreeMap::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("readable");
        let scenario: Value = serde_json::from_str(&text).expect("JSON");
        let pairs = scenario["references"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|reference| {
                Some((reference["from"].as_str()?.to_owned(), reference["to"].as_str()?.to_owned()))
            })
            .collect();
        found.insert(path.file_stem().expect("a name").to_string_lossy().into_owned(), pairs);
    }
    found
}

/// What follows the subscription: the simulator gives each scenario a subscription of its own.
fn below_subscription(id: &str) -> String {
    let parts: Vec<&str> = id.trim_matches('/').splitn(3, '/').collect();
    parts.get(2).copied().unwrap_or_default().to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_scenario_is_found_whole_with_its_references() {
    let Some(scenarios) = shared("azure-data/_scenarios") else { return };
    let sim = serve(vec![simulator::Source::Directory(scenarios.clone())]).await;
    let served = sim.served();
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let result = scanned(&house, &daemon, json!({"include_child_types": ["*"]})).await;
    let (missing, different) = compare(&daemon, &house, &served).await;
    say(&format!("scenarios: {} of {} resources found", served.len() - missing.len(), served.len()));
    assert!(missing.is_empty(), "missing: {missing:#?}\n{}", result["errors"]);
    assert!(different.is_empty(), "other bodies: {different:#?}");

    // One subscription for each scenario: a path below the subscription may be in several of them.
    let mut by_path: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for (id, _) in &served {
        by_path.entry(below_subscription(id)).or_default().push(id);
    }
    let (mut wanted, mut found, mut lost) = (0, 0, BTreeSet::new());
    for (scenario, pairs) in references(&scenarios) {
        for (from, to) in pairs {
            wanted += 1;
            let candidates = by_path.get(&below_subscription(&from)).cloned().unwrap_or_default();
            let mut linked = false;
            for id in candidates {
                let Some(one) = resource(&daemon, &house.tenant, id).await else { continue };
                let ends = |side: &str, end: &str| -> Vec<String> {
                    let list = one["edges"][side].as_array().cloned().unwrap_or_default();
                    list.iter().filter_map(|edge| edge[end].as_str()).map(below_subscription).collect()
                };
                let target = below_subscription(&to);
                linked |= ends("out", "target").contains(&target) || ends("in", "source").contains(&target);
            }
            if linked {
                found += 1;
            } else {
                lost.insert(format!("{scenario}: {from} -> {to}"));
            }
        }
    }
    say(&format!("scenarios: {found} of {wanted} references found"));
    assert!(lost.is_empty(), "{lost:#?}");
    drop(daemon);
    sim.stop().await;
}
