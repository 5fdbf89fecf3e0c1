//! Scans that read by Azure Resource Graph: bodies (`strategy = "graph"`), and changes (`mode: delta`); against the
//! simulator's own, and, where it has to lie, against one of a few lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use atgd::simulator;
use parking_lot::Mutex;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    harness::{Daemon, House},
    proxy::Proxy,
    scan_faults::{SUBSCRIPTIONS, World, body, house, scan, serve, stored},
};

/// Rows of a page: few, so that there are many pages.
const PAGE: usize = 4;

/// A Resource Graph of a few lines: what the scanner sends is what it understands.
#[derive(Clone, Default)]
struct Kusto {
    ids: Arc<Mutex<BTreeSet<String>>>,
    /// Counted, and not among the rows.
    hidden: Arc<Mutex<BTreeSet<String>>>,
    changed: Arc<Mutex<BTreeSet<String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> parking_lot::MutexGuard<'_, T> {
    mutex.lock()
}

impl Kusto {
    /// Only what stands at no parent is in the table `resources`.
    fn hold(&self, world: &World) {
        let top = world.ids.iter().filter(|id| id.split('/').count() == 9).cloned();
        *lock(&self.ids) = top.collect();
    }

    fn answer(&self, asked: &Value) -> (u16, String) {
        let query = asked["query"].as_str().expect("a query");
        lock(&self.asked).push(query.to_owned());
        let within: Vec<&str> =
            asked["subscriptions"].as_array().expect("subscriptions").iter().filter_map(Value::as_str).collect();
        let here = |id: &String| within.iter().any(|subscription| id.contains(subscription));
        let kind = |id: &str| id.split('/').skip(6).take(2).collect::<Vec<_>>().join("/").to_lowercase();
        let after = query.split("> '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default();
        if query.starts_with("resources | summarize") {
            let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
            for id in lock(&self.ids).iter().filter(|id| here(id)) {
                *counts.entry((id.split('/').nth(2).expect("an id").to_owned(), kind(id))).or_default() += 1;
            }
            let rows = counts.into_iter().map(
                |((subscription, kind), count)| json!({"subscriptionId": subscription, "type": kind, "count_": count}),
            );
            return (200, json!({"data": rows.collect::<Vec<_>>()}).to_string());
        }
        let is_change = query.starts_with("resourcechanges");
        let (source, hidden) = (if is_change { &self.changed } else { &self.ids }, lock(&self.hidden).clone());
        let mut ids: Vec<String> = lock(source)
            .iter()
            .filter(|id| here(id) && !hidden.contains(*id) && id.to_lowercase().as_str() > after)
            .cloned()
            .collect();
        ids.sort_by_key(|id| id.to_lowercase());
        let rows = ids.iter().take(PAGE).map(|id| {
            if is_change {
                return json!({"target": id.to_lowercase(), "at": "2026-01-01T00:00:00Z"});
            }
            let mut row = body(id);
            row["type"] = json!(kind(id));
            row["resourceGroup"] = json!(id.split('/').nth(4));
            row["subscriptionId"] = json!(id.split('/').nth(2));
            row["sku"] = Value::Null;
            row
        });
        let mut answer = json!({"data": rows.collect::<Vec<_>>(), "resultTruncated": "false"});
        if ids.len() > PAGE {
            answer["$skipToken"] = json!("more");
        }
        (200, answer.to_string())
    }
}

struct Stage {
    world: World,
    sim: atgd::simulator::Running,
    proxy: Proxy,
    house: House,
    daemon: Daemon,
    kusto: Kusto,
}

async fn stage(strategy: &str) -> Stage {
    let mut rng = StdRng::seed_from_u64(11);
    let mut world = World::new();
    for _ in 0..4 {
        world.grow(&mut rng);
    }
    let sim = serve(&world).await;
    let proxy = Proxy::before(&sim.url()).await;
    let kusto = Kusto::default();
    kusto.hold(&world);
    let answers = kusto.clone();
    proxy.answer_queries(move |asked| answers.answer(asked));
    let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
    let house = house.with(&format!("[azure]\nstrategy = \"{strategy}\"\n"));
    let daemon = house.start(&house.key(&["read", "scan"]));
    Stage { world, sim, proxy, house, daemon, kusto }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_resource_graph_everything_is_found_and_what_it_lacks_is_listed() {
    let stage = stage("graph").await;
    let hidden = stage.world.ids.iter().find(|id| id.split('/').count() == 9).expect("a resource").clone();
    lock(&stage.kusto.hidden).insert(hidden.clone());
    let result = scan(&stage.house, &stage.daemon, &json!({})).await;
    assert_eq!(stored(&stage.daemon, &stage.house.tenant).await, stage.world.ids);
    assert_eq!((&result["partial"], &result["mode"]), (&json!(false), &json!("full")), "{result}");
    assert!(result["requests"]["by_api"]["resource_graph"].as_u64() > Some(5), "{result}");
    let lists: Vec<String> = stage
        .proxy
        .counts()
        .into_keys()
        .filter(|path| path.contains("/subscriptions/") && path.contains("/resources?"))
        .collect();
    assert!(lists.is_empty(), "no inventory is needed: {lists:?}");
    // One that has not the type of the hidden one is read by no list of its provider.
    let kind = hidden.split('/').skip(6).take(2).collect::<Vec<_>>().join("/");
    let others = stage.proxy.counts().into_keys().filter(|path| {
        path.matches('/').count() == 5
            && ["Contoso.", "Fabrikam."].iter().any(|namespace| path.contains(namespace))
            && !path.contains(&kind)
    });
    assert_eq!(others.collect::<Vec<_>>(), Vec::<String>::new());
    drop(stage.daemon);
    stage.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cheaper_decides_and_few_resources_are_listed() {
    let stage = stage("auto").await;
    scan(&stage.house, &stage.daemon, &json!({})).await;
    assert_eq!(stored(&stage.daemon, &stage.house.tenant).await, stage.world.ids);
    let asked = lock(&stage.kusto.asked).clone();
    assert!(asked.iter().all(|query| query.contains("summarize count_")) && asked.len() == 1, "{asked:?}");
    drop(stage.daemon);
    stage.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_reads_what_changed_and_lets_go_only_what_a_get_says_is_gone() {
    let mut stage = stage("list").await;
    // Without a scan before there is nothing to be compared with.
    let first = scan(&stage.house, &stage.daemon, &json!({"mode": "delta"})).await;
    assert_eq!((&first["mode"], &first["partial"]), (&json!("full"), &json!(false)), "{first}");
    let full = first["requests"]["total"].as_u64().expect("a number");
    assert_eq!(stored(&stage.daemon, &stage.house.tenant).await, stage.world.ids);

    let tops: Vec<String> = stage.world.ids.iter().filter(|id| id.split('/').count() == 9).cloned().collect();
    let (removed, spared, touched) = (tops[0].clone(), tops[1].clone(), tops[2].clone());
    let removed_with_children = stage.world.ids.iter().filter(|id| id.starts_with(&removed)).count();
    let group: String = touched.split('/').take(5).collect::<Vec<_>>().join("/");
    let made = format!("{group}/providers/Contoso.Widgets/things/made");
    let child = format!("{made}/parts/p0");
    stage.sim.stop().await;
    stage.world.remove(&removed);
    stage.world.add(&made, &body(&made));
    stage.world.add(&child, &body(&child));
    let mut other = body(&touched);
    other["properties"]["state"] = json!("off");
    stage.world.add(&touched, &other);
    let sim = serve(&stage.world).await;
    stage.proxy.lead_to(&sim.url());
    // The feed also says that something went which is there.
    *lock(&stage.kusto.changed) = [&removed, &spared, &touched, &made].into_iter().cloned().collect();

    let result = scan(&stage.house, &stage.daemon, &json!({"mode": "delta"})).await;
    assert_eq!((&result["mode"], &result["partial"]), (&json!("delta"), &json!(false)), "{result}");
    assert_eq!(stored(&stage.daemon, &stage.house.tenant).await, stage.world.ids);
    let resources = &result["resources"];
    let numbers = ["new", "changed", "deleted", "stale"].map(|name| resources[name].as_u64().expect("a number"));
    assert_eq!(numbers, [2, 1, removed_with_children as u64, 0], "{resources}");
    let asked = result["requests"]["total"].as_u64().expect("a number");
    assert!(asked < full, "{asked} requests, {full} by a full scan");

    // Another scope than that of the scan before: everything is read.
    let narrowed = json!({"mode": "delta", "subscription_ids": [SUBSCRIPTIONS[0]]});
    assert_eq!(scan(&stage.house, &stage.daemon, &narrowed).await["mode"], "full");
    drop(stage.daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_changes_can_not_be_read_everything_is() {
    let stage = stage("list").await;
    scan(&stage.house, &stage.daemon, &json!({})).await;
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "no"}}).to_string();
    stage.proxy.answer_queries(move |_| (403, refusal.clone()));
    let result = scan(&stage.house, &stage.daemon, &json!({"mode": "delta"})).await;
    assert_eq!((&result["mode"], &result["resources"]["deleted"]), (&json!("full"), &json!(0)), "{result}");
    assert_eq!(stored(&stage.daemon, &stage.house.tenant).await, stage.world.ids);
    drop(stage.daemon);
    stage.sim.stop().await;
}

/// A daemon before a simulator with a proxy between, which only looks.
async fn plain(settings: simulator::Settings, strategy: &str) -> (simulator::Running, Proxy, House, Daemon) {
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let proxy = Proxy::before(&sim.url()).await;
    let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
    let house = house.with(&format!("[azure]\nstrategy = \"{strategy}\"\n"));
    let daemon = house.start(&house.key(&["read", "scan"]));
    (sim, proxy, house, daemon)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pages_of_the_simulators_resource_graph_are_the_whole_tenant() {
    let sources = vec![simulator::Source::Generated { resources: 2_400, subscriptions: 2 }];
    let settings = simulator::Settings { sources, quota: true, ..simulator::Settings::default() };
    let (sim, proxy, house, daemon) = plain(settings, "graph").await;
    let result = scan(&house, &daemon, &json!({"include_identities": false})).await;
    let served: BTreeSet<String> = sim.served().into_iter().map(|(id, _)| id).collect();
    assert_eq!(stored(&daemon, &house.tenant).await, served);
    assert_eq!((&result["partial"], &result["requests"]["throttled"]), (&json!(false), &json!(0)), "{result}");
    assert!(result["requests"]["by_api"]["resource_graph"].as_u64() >= Some(5), "{result}");
    let lists = proxy.counts().into_keys().filter(|path| path.contains("/Microsoft.Compute/disks?")).count();
    assert_eq!(lists, 0, "bodies came by Resource Graph");
    drop(daemon);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_left_to_resource_graph_and_narrows_the_same() {
    let filter = json!({"resource_types": ["microsoft.network/virtualnetworks", "Microsoft.Storage/storageAccounts"], "include_referenced_resources": false});
    let request = json!({"filter_config": filter, "include_identities": false, "include_child_types": []});
    let mut found = Vec::new();
    for strategy in ["graph", "list"] {
        let (sim, _, house, daemon) = plain(simulator::Settings::default(), strategy).await;
        let result = scan(&house, &daemon, &request).await;
        assert_eq!(result["requests"]["by_api"]["resource_graph"].is_null(), strategy == "list", "{result}");
        found.push(result["resources"]["by_type"].clone());
        drop(daemon);
        sim.stop().await;
    }
    assert!(found[0]["Microsoft.Network/virtualNetworks"].as_u64() > Some(0), "{found:?}");
    assert_eq!(found[0], found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_follows_what_the_simulator_says_has_changed() {
    let (sim, _, house, daemon) = plain(simulator::Settings::default(), "list").await;
    scan(&house, &daemon, &json!({})).await;
    let disks: Vec<(String, Value)> = sim
        .served()
        .into_iter()
        .filter(|(id, _)| id.contains("/Microsoft.Compute/disks/") && id.split('/').count() == 9)
        .collect();
    let (removed, (changed, mut other)) = (disks[0].0.clone(), disks[1].clone());
    assert!(!sim.remove(&removed).is_empty());
    other["tags"] = json!({"changed": "yes"});
    let made =
        format!("{}/providers/Contoso.Widgets/things/made", changed.split("/providers/").next().expect("a group"));
    assert!(sim.put(&changed, &other) && sim.put(&made, &body(&made)));
    let result = scan(&house, &daemon, &json!({"mode": "delta"})).await;
    assert_eq!((&result["mode"], &result["partial"]), (&json!("delta"), &json!(false)), "{result}");
    let resources = &result["resources"];
    assert_eq!([&resources["new"], &resources["changed"], &resources["deleted"]], [&json!(1); 3], "{resources}");
    let all = stored(&daemon, &house.tenant).await;
    assert!(all.contains(&made) && all.contains(&changed) && !all.contains(&removed));
    drop(daemon);
    sim.stop().await;
}
