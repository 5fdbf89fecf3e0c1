//! Tenants that look like nothing we know: types without a name of ours, below locations, at management groups and
//! at the tenant, deep children, odd ids, providers without the usual lists. Nothing of them may be lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    proxy::{Act, Proxy},
    scan_faults::{World, body, house, scan, serve, stored},
};

const GROUP: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001/resourceGroups/rg-Strange";
const TOP: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001";

fn at(place: &str, id: &str) -> (String, Value) {
    let id = format!("{place}/providers/{id}");
    let body = body(&id);
    (id, body)
}

fn group(world: &mut World) {
    world.add(GROUP, &json!({"id": GROUP, "name": "rg-Strange", "location": "West Europe", "properties": {}}));
}

/// What the scan found, and what its result says.
async fn found(
    world: &World,
    request: Value,
    rule: impl Fn(&str, &str) -> Act + Send + Sync + 'static,
) -> (BTreeSet<String>, Value) {
    let sim = serve(world).await;
    let proxy = Proxy::before(&sim.url()).await;
    let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
    let daemon = house.start(&house.key(&["read", "scan"]));
    proxy.set(rule);
    let result = scan(&house, &daemon, &request).await;
    let all = stored(&daemon, &house.tenant).await;
    drop(daemon);
    sim.stop().await;
    (all, result)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_below_a_location_is_found() {
    let mut world = World::new();
    group(&mut world);
    let things = [
        at(GROUP, "Contoso.Widgets/things/one"),
        at(GROUP, "Contoso.Widgets/locations/westeurope/policies/just-in-time"),
        at(TOP, "Contoso.Widgets/locations/westeurope/reservations/r1"),
        at(TOP, "Contoso.Widgets/locations/westeurope/reservations/r1/parts/p1"),
    ];
    for (id, body) in &things {
        world.add(id, body);
    }
    let (all, result) = found(&world, json!({}), |_, _| Act::Pass).await;
    assert_eq!(all, world.ids, "{result}");
    assert_eq!(result["partial"], false, "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_at_management_groups_and_at_the_tenant_is_found() {
    let mut world = World::new();
    group(&mut world);
    let above = "/providers/Microsoft.Management/managementGroups/mg-platform";
    world.add(
        above,
        &json!({"id": above, "name": "mg-platform", "type": "Microsoft.Management/managementGroups", "properties": {}}),
    );
    let (policy, mut definition) = at(above, "Microsoft.Authorization/policyDefinitions/only-europe");
    definition["properties"] = json!({"policyType": "Custom"});
    let (built_in, mut theirs) = at(TOP, "Microsoft.Authorization/policyDefinitions/built-in");
    theirs["properties"] = json!({"policyType": "BuiltIn"});
    theirs.as_object_mut().expect("a map").remove("location");
    let things = [
        at(GROUP, "Contoso.Widgets/things/one"),
        at(above, "Microsoft.Authorization/roleAssignments/cccccccc-0000-4000-8000-000000000001"),
        at(above, "Microsoft.Authorization/policyAssignments/europe"),
        (policy, definition),
        at("", "Contoso.Billing/accounts/a1"),
        at("", "Contoso.Billing/accounts/a1/invoices/i1"),
    ];
    for (id, body) in &things {
        world.add(id, body);
    }
    let wanted: BTreeSet<String> = world.ids.iter().filter(|id| *id != above).cloned().collect();
    world.add(&built_in, &theirs);
    let request = json!({"include_child_types": ["Contoso.Billing/accounts"], "include_identities": false});
    // The api-version that it is asked with first is not known there: the refusal names another.
    let refused = "No registered resource provider found for location 'global' and API version 'x' for type 'managementGroups'. The supported api-versions are '2020-05-01'.";
    let refused = json!({"error": {"code": "NoRegisteredProviderFound", "message": refused}}).to_string();
    let (all, result) = found(&world, request, move |_, path| {
        let is_old = path.contains("/managementGroups") && path.contains("api-version=2021-04-01");
        if is_old && !path.contains("/Microsoft.Authorization/") {
            Act::Answer(400, refused.clone())
        } else {
            Act::Pass
        }
    })
    .await;
    let all: BTreeSet<String> = all.into_iter().filter(|id| *id != above).collect();
    assert_eq!(all, wanted, "{result}");
    assert_eq!(result["partial"], false, "{result}");
}

/// One list gives the records of a zone; where there is none, each kind is listed.
#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_zone_come_in_one_list_or_in_each_of_their_own() {
    let mut world = World::new();
    group(&mut world);
    for zone in ["Microsoft.Network/dnszones/example.org", "Microsoft.Network/privateDnsZones/inside.example"] {
        for record in ["", "/A/www", "/TXT/note", "/SOA/@"] {
            let (id, body) = at(GROUP, &format!("{zone}{record}"));
            world.add(&id, &body);
        }
    }
    let is_whole = |path: &str| path.contains("/recordsets?") || path.contains("/ALL?");
    let refused = json!({"error": {"code": "InvalidResourceType", "message": "no such type"}}).to_string();
    let answers: [Option<Act>; 3] =
        [None, Some(Act::Answer(404, refused)), Some(Act::Answer(200, r#"{"value":[]}"#.to_owned()))];
    for answer in answers {
        let own = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let (seen, given) = (own.clone(), answer.clone());
        let (all, result) = found(&world, json!({"include_child_types": []}), move |_, path| {
            if path.contains("/TXT?") {
                seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            given.clone().filter(|_| is_whole(path)).unwrap_or(Act::Pass)
        })
        .await;
        assert_eq!(all, world.ids, "{answer:?}: {result}");
        assert_eq!(result["partial"], false, "{answer:?}: {result}");
        let lists = own.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(lists == 0, answer.is_none(), "{answer:?}: {lists} lists of one kind of records");
    }
}

/// Every spelling that a provider may choose, and every list that one may lack.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_however_it_is_spelled_and_whatever_list_there_is_not() {
    let mut world = World::new();
    group(&mut world);
    let odd = [
        "Contoso.Widgets/things/with space",
        "Contoso.Widgets/things/per%cent",
        "Contoso.Widgets/things/(parens)'quote",
        "Contoso.Widgets/things/ünïcode",
        "Contoso.Widgets/things/a.b_c~d",
        "Contoso.Widgets/things/one/levels/two/levels/three/levels/four/levels/five",
        "contoso.WIDGETS/Things/UPPER/Parts/P",
        "Fabrikam.Data/stores/s1",
        "Fabrikam.Data/stores/s1/tables/t1",
        "Tailwind/simple/x",
    ];
    for id in odd {
        let mut below = String::new();
        let parts: Vec<&str> = id.split('/').collect();
        for (at_part, part) in parts.iter().enumerate() {
            if at_part > 0 {
                below.push('/');
            }
            below.push_str(part);
            if at_part >= 2 && at_part % 2 == 0 {
                let (id, body) = at(GROUP, &below);
                if !world.ids.iter().any(|known| known.eq_ignore_ascii_case(&id)) {
                    world.add(&id, &body);
                }
            }
        }
    }
    let no_list = json!({"error": {"code": "InvalidResourceType", "message": "The resource type could not be found."}})
        .to_string();
    let lower = |ids: &BTreeSet<String>| ids.iter().map(|id| id.to_lowercase()).collect::<BTreeSet<String>>();
    for lacking in 0..4 {
        let refusal = no_list.clone();
        let (all, result) = found(&world, json!({}), move |_, path| {
            let path = path.to_lowercase();
            let is_list = |kind: &str| path.split('?').next().is_some_and(|path| path.ends_with(kind));
            let at_subscription = !path.contains("/resourcegroups/");
            let is_refused = match lacking {
                0 => false,
                1 => at_subscription && (is_list("/things") || is_list("/stores")),
                2 => is_list("/things") || is_list("/stores") || is_list("/simple"),
                // Names as GUIDs would be; no GET of one thing, only lists of its group.
                _ => at_subscription && is_list("/stores") || path.contains("/stores/s1?"),
            };
            if is_refused { Act::Answer(404, refusal.clone()) } else { Act::Pass }
        })
        .await;
        assert_eq!(lower(&all), lower(&world.ids), "lacking {lacking}: {result}");
        assert_eq!(result["partial"], false, "lacking {lacking}: {result}");
    }
}
