//! What the graph promises, on a store in memory.

use std::path::Path;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    graphs::SCHEMA,
    model::{EdgeKind, Found, Fullness, Label},
    *,
};
use crate::{
    arm::ResourceId,
    store::{Schema, Store},
};

const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-4000-8000-00000000000a";

fn graph() -> TenantGraph {
    TenantGraph::on(Store::in_memory(&SCHEMA).expect("opens"), Uuid::from_u128(1))
}

fn found(id: &str, fullness: Fullness, body: Value) -> Found {
    let parsed = ResourceId::parse(id).expect("an id");
    let label = match (&parsed.namespace, &parsed.resource_group) {
        (Some(_), _) => Label::Resource,
        (None, Some(_)) => Label::ResourceGroup,
        (None, None) => Label::Subscription,
    };
    Found { label, id: id.to_owned(), type_name: parsed.type_name(), api_version: "2024-01-01".into(), fullness, body }
}

fn page(stream: &str, found: Vec<Found>) -> Page {
    Page { stream: stream.to_owned(), found, cursor: Cursor::Done }
}

fn facts(at_ms: i64) -> Facts {
    Facts { at_ms, partial: false, coverage: json!([]), cancel: CancellationToken::new() }
}

fn disk(tag: &str) -> Found {
    let id = format!("{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Compute/disks/d");
    let body = json!({"id": id, "location": "East US", "tags": {"a": tag}, "properties": {"size": 1}});
    found(&id, Fullness::Listed, body)
}

fn group() -> Found {
    let id = format!("{SUBSCRIPTION}/resourceGroups/RG");
    found(&id, Fullness::Listed, json!({"id": id, "location": "eastus"}))
}

async fn published(generation: &Generation, at: i64) -> Published {
    let draft = generation.prepare(facts(at)).await.expect("prepared");
    let published = draft.published.clone();
    generation.publish(draft).await.expect("published");
    published
}

#[tokio::test]
async fn a_generation_is_invisible_until_it_is_published_and_then_whole() {
    let graph = graph();
    let generation = graph.begin(Uuid::from_u128(7), 1).await.expect("begins");
    generation.put(page("all", vec![group(), disk("x")])).await.expect("written");
    assert!(graph.latest().expect("reads").is_none());
    let published = published(&generation, 5).await;
    assert_eq!((published.resources.total, published.resources.new), (2, 2));
    let snapshot = graph.latest().expect("reads").expect("there");
    let node = snapshot.node(&disk("x").id.to_uppercase()).expect("reads").expect("found whatever its case");
    assert_eq!((node.body, node.location.as_deref()), (disk("x").body, Some("eastus")));
    let kinds: Vec<EdgeKind> =
        snapshot.edges_out(&node.key).expect("reads").into_iter().map(|edge| edge.kind).collect();
    assert_eq!(kinds, [EdgeKind::LocatedIn, EdgeKind::TaggedWith]);
    let holder = &snapshot.edges_in(&node.key).expect("reads")[0];
    assert_eq!((holder.kind, holder.source.as_str()), (EdgeKind::Contains, arm_key(&group().id).as_str()));
}

fn arm_key(id: &str) -> String {
    crate::arm::key(id)
}

#[tokio::test]
async fn old_snapshots_go_and_what_the_kept_ones_share_stays() {
    let graph = graph();
    for scan in 1..=4_u64 {
        let generation = graph.begin(Uuid::from_u128(u128::from(scan)), 1).await.expect("begins");
        generation.put(page("s", vec![group(), disk("x")])).await.expect("written");
        published(&generation, scan as i64).await;
    }
    assert_eq!(graph.trim(2, 0).await, Ok(2));
    assert_eq!(graph.trim(2, 0).await, Ok(0));
    let left: Vec<u64> = graph.snapshots().expect("reads").into_iter().map(|info| info.number).collect();
    assert_eq!(left, [3, 4]);
    let node = graph.latest().expect("reads").expect("there").node(&disk("x").id).expect("reads").expect("there");
    assert_eq!(node.body, disk("x").body);
    assert_eq!(graph.trim(2, 3).await, Ok(0), "made at 3 and 4");
    assert_eq!(graph.trim(2, 9).await, Ok(1), "the newest stays, however old");
    assert_eq!(graph.latest().expect("reads").expect("there").info().number, 4);
}

#[tokio::test]
async fn a_scan_goes_on_where_it_was_and_an_abandoned_one_leaves_nothing() {
    let graph = graph();
    let scan = Uuid::from_u128(7);
    let generation = graph.begin(scan, 1).await.expect("begins");
    let half = Page { stream: "s".into(), found: vec![group()], cursor: Cursor::Next("page 2".into()) };
    generation.put(half).await.expect("written");
    let again = graph.begin(scan, 2).await.expect("resumes");
    assert_eq!(again.number(), generation.number());
    assert_eq!(again.cursor("s"), Ok(Some(Cursor::Next("page 2".into()))));
    graph.abandon(scan).await.expect("abandoned");
    assert!(matches!(generation.put(page("s", vec![disk("x")])).await, Err(GraphError::NotOpen(..))));
    let fresh = graph.begin(scan, 3).await.expect("begins anew");
    assert_ne!(fresh.number(), generation.number());
    assert_eq!((fresh.cursor("s"), fresh.has(&group().id)), (Ok(None), false));
}

#[tokio::test]
async fn a_poorer_answer_never_replaces_a_fuller_one() {
    let graph = graph();
    let generation = graph.begin(Uuid::from_u128(7), 1).await.expect("begins");
    generation.put(page("list", vec![disk("x")])).await.expect("written");
    let poor = Found { fullness: Fullness::Inventory, body: json!({"id": disk("x").id}), ..disk("x") };
    assert_eq!(generation.put(page("inventory", vec![poor])).await, Ok(Put::default()));
    assert_eq!(generation.body(&arm_key(&disk("x").id)), Ok(Some(disk("x").body)));
}

#[tokio::test]
async fn a_second_scan_tells_new_changed_unchanged_and_deleted_and_keeps_the_first() {
    let graph = graph();
    let generation = graph.begin(Uuid::from_u128(7), 1).await.expect("begins");
    generation.put(page("all", vec![group(), disk("x")])).await.expect("written");
    published(&generation, 5).await;
    let second = graph.begin(Uuid::from_u128(8), 6).await.expect("begins");
    second.put(page("all", vec![group(), disk("y")])).await.expect("written");
    let totals = published(&second, 10).await.resources;
    assert_eq!((totals.new, totals.changed, totals.unchanged, totals.deleted), (0, 1, 1, 0));
    let third = graph.begin(Uuid::from_u128(9), 11).await.expect("begins");
    third.put(page("all", vec![group()])).await.expect("written");
    assert_eq!(published(&third, 15).await.resources.deleted, 1);
    let first = graph.at_time(7).expect("reads").expect("there");
    let node = first.node(&disk("x").id).expect("reads").expect("there");
    assert_eq!(node.body, disk("x").body);
    let seen = graph.latest().expect("reads").expect("there").node(&group().id).expect("reads").expect("there");
    assert_eq!((seen.first_seen, seen.last_seen), (5, 15));
}

#[tokio::test]
async fn children_that_stand_only_in_their_parents_body_are_nodes() {
    let graph = graph();
    let vnet = format!("{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/v");
    let subnet = format!("{vnet}/subnets/a");
    let body = json!({"id": vnet, "properties": {"subnets": [{"id": subnet, "name": "a", "properties": {"x": 1}}]}});
    let generation = graph.begin(Uuid::from_u128(7), 1).await.expect("begins");
    generation.put(page("all", vec![group(), found(&vnet, Fullness::Listed, body)])).await.expect("written");
    published(&generation, 5).await;
    let snapshot = graph.latest().expect("reads").expect("there");
    let node = snapshot.node(&subnet).expect("reads").expect("there");
    assert_eq!(node.type_name, "Microsoft.Network/virtualNetworks/subnets");
    let edges = snapshot.edges_out(&arm_key(&vnet)).expect("reads");
    assert!(edges.iter().any(|edge| edge.kind == EdgeKind::Contains && edge.target == node.key));
}

/// Many batches, hubs with a row of their own, and ends that share rows: each edge is found from both ends.
#[tokio::test]
async fn every_edge_is_found_from_either_end() {
    let graph = graph();
    let generation = graph.begin(Uuid::from_u128(9), 1).await.expect("begins");
    let disk = |at: usize| format!("{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Compute/disks/d{at:04}");
    let all = (0..2_500).map(|at| {
        let source = json!({"sourceResourceId": disk(at / 3)});
        found(
            &disk(at),
            Fullness::Listed,
            json!({"id": disk(at), "location": "eastus", "properties": {"creationData": source}}),
        )
    });
    generation.put(page("all", all.chain([group()]).collect())).await.expect("written");
    published(&generation, 2).await;
    let snapshot = graph.latest().expect("reads").expect("a snapshot");
    for at in [1, 7, 100, 800] {
        let to = snapshot.edges_in(&arm_key(&disk(at))).expect("reads");
        let copies = to.iter().filter(|edge| edge.kind == EdgeKind::StoresOn).count();
        assert_eq!((copies, to.len()), (3, 4), "its copies, and its group: {to:?}");
    }
    assert_eq!(snapshot.edges_in("eastus").expect("reads").len(), 2_501);
    let contained = snapshot.edges_out(&arm_key(&format!("{SUBSCRIPTION}/resourceGroups/RG"))).expect("reads");
    assert_eq!(contained.iter().filter(|edge| edge.kind == EdgeKind::Contains).count(), 2_500);
}

#[tokio::test]
async fn a_search_filters_and_pages() {
    let graph = graph();
    let generation = graph.begin(Uuid::from_u128(7), 1).await.expect("begins");
    generation.put(page("all", vec![group(), disk("x")])).await.expect("written");
    published(&generation, 5).await;
    let snapshot = graph.latest().expect("reads").expect("there");
    let search = Search { type_name: Some("microsoft.compute/*".into()), limit: 10, ..Search::default() };
    assert_eq!(snapshot.search(&search).expect("reads").1, 1);
    let tagged = Search { tag: Some("A=X".into()), limit: 10, ..Search::default() };
    assert_eq!(snapshot.search(&tagged).expect("reads").1, 1);
    let (one, total, next) = snapshot.search(&Search { limit: 1, ..Search::default() }).expect("reads");
    assert_eq!((one.len(), total), (1, 2));
    let rest = snapshot.search(&Search { limit: 1, after: next, ..Search::default() }).expect("reads");
    assert_eq!((rest.0.len(), rest.2), (1, None));
    let around = snapshot.neighbours(&disk("x").id, 1, &[], 100).expect("reads");
    assert_eq!((around.nodes.len(), around.edges.len()), (4, 3));
}

/// Every reference that a group lists as pointing inside it is an edge, in either direction: of our own group, and
/// of the recorded ones where they are beside the project.
#[tokio::test]
async fn every_reference_inside_a_recorded_group_is_an_edge() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("tests/fixtures/groups"), root.join("../shared/azure-data/_scenarios")];
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let (mut wanted, mut missing) = (0, Vec::new());
    for (at, file) in files.flatten().enumerate() {
        let text = std::fs::read_to_string(file.path()).expect("readable");
        let scenario: Value = serde_json::from_str(&text).expect("JSON");
        let graph = graph();
        let generation = graph.begin(Uuid::from_u128(at as u128), 1).await.expect("begins");
        let resources = scenario["resources"].as_array().expect("a list");
        let all = resources
            .iter()
            .map(|resource| found(resource["id"].as_str().expect("an id"), Fullness::Read, resource["body"].clone()));
        generation.put(page("all", all.collect())).await.expect("written");
        published(&generation, 5).await;
        let snapshot = graph.latest().expect("reads").expect("there");
        for reference in scenario["references"].as_array().expect("a list") {
            let (Some(from), Some(to)) = (reference["from"].as_str(), reference["to"].as_str()) else { continue };
            wanted += 1;
            let (from, to) = (arm_key(from), arm_key(to));
            let leads = |source: &str, target: &str| {
                snapshot.edges_out(source).expect("reads").iter().any(|edge| edge.target == target)
            };
            if !leads(&from, &to) && !leads(&to, &from) {
                missing.push(format!("{from} -> {to} ({})", reference["path"]));
            }
        }
    }
    assert!(wanted >= 2, "{wanted}");
    assert_eq!(missing, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_of_the_format_before_is_opened_and_its_edges_lead_both_ways_again() {
    const BEFORE: Schema = Schema { name: SCHEMA.name, format: 1, migrations: &[] };
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("graph.redb");
    let graph = TenantGraph::on(Store::open(&path, &BEFORE).expect("opens"), Uuid::from_u128(1));
    for scan in 1..=2 {
        let generation = graph.begin(Uuid::from_u128(scan), 1).await.expect("begins");
        generation.put(page("all", vec![group(), disk("x")])).await.expect("written");
        published(&generation, 5).await;
    }
    let ends = |graph: &TenantGraph| {
        let snapshot = graph.latest().expect("reads").expect("there");
        // Its resources say that it holds them.
        snapshot
            .edges_out(&arm_key(&group().id))
            .expect("reads")
            .into_iter()
            .filter(|edge| edge.kind == EdgeKind::Contains)
            .collect::<Vec<_>>()
    };
    let before = ends(&graph);
    assert!(!before.is_empty());
    let gone = graph.store().write(|write| {
        for number in [1, 2] {
            tables::remove_range(write, &tables::EDGES_IN, number)?;
        }
        Ok(Ok::<_, GraphError>(()))
    });
    gone.await.expect("removed");
    assert!(ends(&graph).is_empty());
    drop(graph);
    let graph = TenantGraph::on(Store::open(&path, &SCHEMA).expect("migrates"), Uuid::from_u128(1));
    assert_eq!(ends(&graph), before);
}

/// Each subscription that a role can be given in lists its definition: whichever answers first, the graph is the same.
#[tokio::test]
async fn a_role_that_two_subscriptions_list_has_the_least_of_its_ids() {
    let role = |subscription: &str| {
        let id = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/guid");
        let body = json!({"id": id, "properties": {"roleName": "r", "type": "CustomRole"}});
        Found { label: Label::RoleDefinition, ..found(&id, Fullness::Listed, body) }
    };
    let (a, b) = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b");
    for (number, order) in [[a, b], [b, a]].into_iter().enumerate() {
        let graph = graph();
        let generation = graph.begin(Uuid::from_u128(number as u128 + 1), 1).await.expect("begins");
        for subscription in order {
            generation.put(page(subscription, vec![role(subscription)])).await.expect("written");
        }
        let entries = generation.entries(&Select { after: None, limit: 10 }).expect("reads");
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, [role(a).id.as_str()], "{order:?}");
    }
}
