//! Cases that generators get wrong, each in every format, by what reads back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{SUBSCRIPTION, by_key, group, id_in, node};
use crate::{
    arm,
    graph::model::Node,
    iac::{
        fidelity::{Emitted, PARAMETER, of_nodes, read},
        passes::{retarget::Target, selection::Selection},
        verify::checks,
    },
};

/// What each format says, by the key of the resource's id.
fn said(nodes: &[Node]) -> BTreeMap<&'static str, BTreeMap<String, Emitted>> {
    let mut found = BTreeMap::new();
    for format in ["arm", "azapi", "bicep"] {
        let (plan, files) = of_nodes(&by_key(nodes.iter().cloned()), &[], format).expect("a plan");
        let checks = checks::of_files(&files, &plan).unwrap_or_else(|error| panic!("{format}: {error}"));
        assert!(format == "azapi" || checks.limits == "ok", "{format}: {}", checks.limits);
        let emitted = read(format, &files, &plan).unwrap_or_else(|cause| panic!("{format}: {cause}\n{files:#?}"));
        found.insert(format, emitted.into_iter().map(|one| (arm::key(&one.id), one)).collect());
    }
    found
}

/// The body of a resource in every format; they are the same.
fn body(nodes: &[Node], id: &str) -> Value {
    let said = said(nodes);
    let bodies: Vec<Value> = said
        .iter()
        .map(|(format, found)| {
            let known = found.keys().collect::<Vec<_>>();
            found.get(&arm::key(id)).unwrap_or_else(|| panic!("{format} lacks {id}: {known:?}")).body.clone()
        })
        .collect();
    // An id may be spelled as its resource is, or as the body did.
    // A parameter is spelled as its language names things.
    let lower = |body: &Value| body.to_string().to_lowercase().replace('_', "");
    assert!(bodies.windows(2).all(|pair| lower(&pair[0]) == lower(&pair[1])), "{bodies:#?}");
    bodies[0].clone()
}

fn network(group: &str, name: &str) -> Node {
    let id = id_in(group, &format!("Microsoft.Network/virtualNetworks/{name}"));
    let subnet = format!("{id}/subnets/default");
    node(
        &id,
        json!({"properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"id": subnet, "name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        }}),
    )
}

fn card(group: &str, subnet: &str) -> Node {
    node(
        &id_in(group, "Microsoft.Network/networkInterfaces/nic"),
        json!({"properties": {"ipConfigurations": [{"name": "i", "properties": {"subnet": {"id": subnet}}}]}}),
    )
}

#[test]
fn two_networks_of_one_name_in_two_groups_stay_two() {
    let nodes = [
        group("one"),
        group("two"),
        network("one", "vnet"),
        network("two", "vnet"),
        card("one", &id_in("two", "Microsoft.Network/virtualNetworks/vnet/subnets/default")),
    ];
    let found = body(&nodes, &nodes[4].id);
    let subnet = found["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"].as_str().expect("an id");
    assert_eq!(arm::key(subnet), arm::key(&id_in("two", "Microsoft.Network/virtualNetworks/vnet/subnets/default")));
    for (format, found) in said(&nodes) {
        assert_eq!(found.len(), nodes.len(), "{format}");
    }
}

#[test]
fn a_group_that_is_spelled_in_two_ways_is_one_group() {
    let nodes = [
        group("RG-A"),
        network("rg-a", "vnet"),
        card("RG-A", &id_in("Rg-A", "Microsoft.Network/virtualNetworks/VNET/subnets/default")),
    ];
    for (format, found) in said(&nodes) {
        assert_eq!(found.len(), 3, "{format}: {:?}", found.keys());
    }
    let found = body(&nodes, &nodes[2].id);
    let subnet = found["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"].as_str().expect("an id");
    assert!(arm::key(subnet).ends_with("/virtualnetworks/vnet/subnets/default"), "{subnet}");
}

#[test]
fn names_that_differ_by_a_hyphen_a_dot_or_an_underscore_do_not_collide() {
    let names = ["a-b", "a.b", "a_b", "A--B"];
    let mut nodes = vec![group("g")];
    nodes.extend(names.iter().map(|name| network("g", name)));
    for (format, found) in said(&nodes) {
        assert_eq!(found.len(), nodes.len(), "{format}: {:?}", found.keys());
    }
}

#[test]
fn a_property_of_many_kilobytes_is_whole() {
    let long: String = "0123456789é'\"${x}\n".repeat(600);
    let id = id_in("g", "Microsoft.Logic/workflows/w");
    let nodes = [group("g"), node(&id, json!({"properties": {"definition": {"description": long}}}))];
    assert_eq!(body(&nodes, &id)["properties"]["definition"]["description"], json!(long));
}

#[test]
fn a_sql_server_has_its_databases_but_not_the_one_that_azure_makes_and_asks_for_its_password() {
    let server = id_in("g", "Microsoft.Sql/servers/s");
    let nodes = [
        group("g"),
        node(&server, json!({"properties": {"administratorLogin": "boss", "version": "12.0", "state": "Ready"}})),
        node(&format!("{server}/databases/master"), json!({"properties": {}})),
        node(
            &format!("{server}/databases/app"),
            json!({"sku": {"name": "S0", "tier": "Standard"}, "properties": {"collation": "x", "status": "Online"}}),
        ),
    ];
    for (format, found) in said(&nodes) {
        assert_eq!(found.len(), 3, "{format}: {:?}", found.keys());
    }
    let server = body(&nodes, &server);
    assert!(server["properties"]["administratorLoginPassword"].get(PARAMETER).is_some(), "{server}");
    assert!(server["properties"].get("state").is_none(), "{server}");
    assert_eq!(body(&nodes, &nodes[3].id)["properties"], json!({"collation": "x"}));
}

#[test]
fn rules_of_a_security_group_are_whole_and_those_of_azure_are_not_there() {
    let id = id_in("g", "Microsoft.Network/networkSecurityGroups/nsg");
    let rule = json!({
        "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*",
        "destinationPortRanges": ["80", "443"], "sourceAddressPrefix": "*", "destinationAddressPrefix": "*",
    });
    let mut told = rule.clone();
    told["provisioningState"] = json!("Succeeded");
    let nodes = [
        group("g"),
        node(
            &id,
            json!({"properties": {
                "securityRules": [{"id": format!("{id}/securityRules/web"), "name": "web", "etag": "x", "properties": told}],
                "defaultSecurityRules": [{"name": "DenyAll", "properties": {"priority": 65500}}],
            }}),
        ),
    ];
    let found = body(&nodes, &id);
    assert_eq!(found["properties"], json!({"securityRules": [{"name": "web", "properties": rule}]}));
}

#[test]
fn a_storage_account_that_trusts_nobody_stays_so() {
    let id = id_in("g", "Microsoft.Storage/storageAccounts/st");
    let kept = json!({
        "allowBlobPublicAccess": false, "allowSharedKeyAccess": false, "minimumTlsVersion": "TLS1_2",
        "publicNetworkAccess": "Disabled", "supportsHttpsTrafficOnly": true,
        "networkAcls": {"bypass": "None", "defaultAction": "Deny"},
    });
    let mut told = kept.clone();
    told["primaryEndpoints"] = json!({"blob": "https://st.blob.core.windows.net/"});
    told["networkAcls"]["ipRules"] = json!([]);
    let nodes = [
        group("g"),
        node(
            &id,
            json!({"sku": {"name": "Standard_LRS", "tier": "Standard"}, "kind": "StorageV2", "properties": told}),
        ),
    ];
    let found = body(&nodes, &id);
    assert_eq!((&found["properties"], &found["sku"]), (&kept, &json!({"name": "Standard_LRS"})));
}

#[test]
fn names_and_values_with_words_of_every_language_read_back_as_they_are() {
    for name in ["a${b}", "it's", "q\"q", "line\nbreak", "🚀é", "[x]", "%{if}", "a$", "\\n"] {
        let id = id_in("g", &format!("Contoso.Odd/things/{name}"));
        let value = json!({"tags": {name: name}, "properties": {"plain": name, "list": [name, format!("{name}$")]}});
        let nodes = [group("g"), node(&id, value.clone())];
        let found = body(&nodes, &id);
        assert_eq!((&found["tags"], &found["properties"]), (&value["tags"], &value["properties"]), "{name}");
    }
}

#[test]
fn what_is_for_another_place_is_so_everywhere() {
    let vault = id_in("g", "Microsoft.KeyVault/vaults/kv");
    let home = "44444444-4444-4444-8444-444444444444";
    let user = "11111111-1111-4111-8111-111111111111";
    let nodes = [
        group("g"),
        node(
            &vault,
            json!({"properties": {
                "tenantId": home, "sku": {"family": "A", "name": "standard"},
                "accessPolicies": [{"tenantId": home, "objectId": user, "permissions": {"keys": ["get"]}}],
            }}),
        ),
        node(
            &id_in("g", "Contoso.Odd/things/t"),
            json!({"properties": {"vault": vault, "uri": "https://kv.vault.azure.net/keys/k", "note": "kv.x"}}),
        ),
    ];
    let nodes = by_key(nodes);
    let mut selection = Selection::of_everything(&nodes);
    let there = "22222222-2222-4222-8222-222222222222";
    let tenant = "33333333-3333-4333-8333-333333333333";
    let request = json!({
        "tenant_id": home, "output_format": "arm", "target_tenant_id": tenant, "target_subscription_id": there, "location": "northeurope",
        "name_suffix": "dr", "identity_map": {user: tenant, SUBSCRIPTION.replace('a', "b"): tenant},
    });
    let request = serde_json::from_value(request).expect("a request");
    let target = Target::of(&selection, &request).expect("a target");
    let moved = target.rows(&mut selection);
    assert_eq!((moved.dropped.len(), moved.warnings.as_slice()), (0, [].as_slice()));
    let nodes: Vec<Node> = nodes.into_values().map(|node| target.node(node)).collect();
    let unused = target.unused().expect("a warning");
    assert!(unused.contains(&SUBSCRIPTION.replace('a', "b")) && !unused.contains(user), "{unused}");
    let text = format!("{nodes:?}");
    assert!(
        !text.contains(user)
            && !text.contains(home)
            && !text.contains(SUBSCRIPTION)
            && !text.contains("westeurope")
            && text.contains("kvdr.vault.azure.net"),
        "{text}"
    );
    assert!(text.contains("/vaults/kvdr") && !text.contains("/vaults/kv\"") && text.contains("kv.x"), "{text}");
    assert!(nodes.iter().all(|node| node.key.contains(there)), "{nodes:?}");
}

#[test]
fn machines_and_sets_of_them_that_are_entered_by_password_ask_for_it() {
    let profile = |login: Value| {
        let mut profile = json!({"adminUsername": "boss", "computerNamePrefix": "n", "computerName": "n"});
        profile.as_object_mut().expect("a map").extend(login.as_object().expect("a map").clone());
        profile
    };
    let linux = |is_off: bool| json!({"linuxConfiguration": {"disablePasswordAuthentication": is_off}});
    let cases = [(linux(true), false), (linux(false), true), (json!({"windowsConfiguration": {}}), true)];
    for (login, is_asked) in cases {
        let machine = json!({"properties": {"osProfile": profile(login.clone())}});
        let set = json!({"properties": {"virtualMachineProfile": {"osProfile": profile(login.clone())}}});
        for (rest, one, path) in [
            ("Microsoft.Compute/virtualMachines/x", machine, "properties.osProfile.adminPassword"),
            (
                "Microsoft.Compute/virtualMachineScaleSets/x",
                set,
                "properties.virtualMachineProfile.osProfile.adminPassword",
            ),
        ] {
            let plan = super::planned(vec![group("g"), node(&id_in("g", rest), one.clone())]);
            let asked: Vec<&str> = plan.0.parameters.iter().map(|parameter| parameter.path.as_str()).collect();
            assert_eq!(asked, if is_asked { vec![path] } else { vec![] }, "{rest} {login}");
            let id = id_in("g", rest);
            let found = body(&[group("g"), node(&id, one)], &id);
            let password = found.pointer(&format!("/{}", path.replace('.', "/")));
            assert_eq!(password.is_some_and(|value| value.get(PARAMETER).is_some()), is_asked, "{found}");
        }
    }
}
