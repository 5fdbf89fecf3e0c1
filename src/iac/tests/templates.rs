//! What people would write in a template by hand: the shortest function, `existing`, a name that tells.

use serde_json::{Value, json};

use super::{SUBSCRIPTION, by_key, group, id_in, node};
use crate::{
    arm as ids,
    graph::model::Node,
    iac::{
        emit::files::Files,
        fidelity::{of_nodes, read},
        verify::checks,
    },
};

/// Files of a format; they are read back, and every name in them names something.
fn printed(format: &str, nodes: &[Node], known: &[(&str, &str)]) -> Files {
    let known: Vec<(String, String)> = known.iter().map(|(id, kind)| (ids::key(id), (*kind).to_owned())).collect();
    let (plan, files) = of_nodes(&by_key(nodes.iter().cloned()), &known, format).expect("a plan");
    assert_eq!(checks::of_files(&files, &plan).expect("reads back").limits, "ok", "{format}: {files:#?}");
    read(format, &files, &plan).unwrap_or_else(|cause| panic!("{format}: {cause}\n{files:#?}"));
    files
}

fn text(files: &Files) -> String {
    files.values().map(String::as_str).collect()
}

fn thing(peer: &str) -> Node {
    node(&id_in("g", "A.B/c/x"), json!({"properties": {"peer": peer}}))
}

#[test]
fn an_id_above_subscriptions_is_spelled_by_the_function_of_its_level() {
    let policy = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6";
    let top = format!("/providers/Microsoft.Management/managementGroups/top{policy}");
    let nodes = [group("g"), thing(policy), node(&id_in("g", "A.B/c/y"), json!({"properties": {"peer": top}}))];
    let known = [(policy, ""), (top.as_str(), "")];
    let kind = "'Microsoft.Authorization/policyDefinitions', 'e56962a6')";
    let tenant = format!("tenantResourceId({kind}");
    let managed =
        format!("extensionResourceId(tenantResourceId('Microsoft.Management/managementGroups', 'top'), {kind}");
    let bicep = text(&printed("bicep", &nodes, &known));
    // The formatter's line has 120 columns.
    let broken = "peer: extensionResourceId(\n      tenantResourceId('Microsoft.Management/managementGroups', 'top'),\n      'Microsoft.Authorization/policyDefinitions',\n      'e56962a6'\n    )\n";
    assert!(bicep.contains(&format!("peer: {tenant}\n")) && bicep.contains(broken), "{bicep}");
    let arm = text(&printed("arm", &nodes, &known));
    assert!(arm.contains(&format!("\"peer\": \"[{tenant}]\"")), "{arm}");
    assert!(arm.contains(&format!("\"peer\": \"[{managed}]\"")), "{arm}");
}

#[test]
fn a_constant_is_no_expression() {
    // A subscription has no function of its own: the id stays a text, and the text is not evaluated.
    let part = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/h/providers/A.B/c/d/odd");
    let known = id_in("h", "A.B/c/d");
    let arm = text(&printed("arm", &[group("g"), thing(&part)], &[(&known, "")]));
    assert!(arm.contains("\"[concat(resourceId('h', 'A.B/c', 'd'), '/odd')]\""), "{arm}");
    assert!(!arm.contains("\"['"), "{arm}");
}

#[test]
fn what_is_in_the_same_subscription_is_named_without_it() {
    let lock = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/p");
    let nodes = [
        group("g"),
        group("h"),
        thing(&lock),
        node(&id_in("h", "A.B/c/y"), json!({"properties": {"peer": id_in("g", "A.B/c/x")}})),
    ];
    let arm = text(&printed("arm", &nodes, &[(&lock, "")]));
    assert!(arm.contains("\"[subscriptionResourceId('Microsoft.Authorization/policyAssignments', 'p')]\""), "{arm}");
    assert!(arm.contains("\"[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'g')]\""), "{arm}");
    assert!(arm.contains("\"peer\": \"[resourceId('g', 'A.B/c', 'x')]\""), "{arm}");
    assert!(!arm.contains("subscriptionResourceId(subscription()"), "{arm}");
}

#[test]
fn a_part_of_the_resource_itself_is_spelled_by_one_function() {
    let id = id_in("g", "Microsoft.Network/loadBalancers/lb-web");
    let rule = json!({"name": "r", "properties": {"probe": {"id": format!("{id}/probes/http")}}});
    let nodes = [group("g"), node(&id, json!({"properties": {"loadBalancingRules": [rule]}}))];
    let call = "resourceId('Microsoft.Network/loadBalancers/probes', 'lb-web', 'http')";
    let bicep = text(&printed("bicep", &nodes, &[]));
    assert!(bicep.contains(&format!("id: {call}\n")), "{bicep}");
    let arm = text(&printed("arm", &nodes, &[]));
    assert!(arm.contains(&format!("\"id\": \"[{call}]\"")), "{arm}");
}

#[test]
fn what_is_known_and_not_selected_is_declared_as_existing() {
    let subnet = id_in("hub", "Microsoft.Network/virtualNetworks/net/subnets/a");
    let far = subnet.replace(SUBSCRIPTION, "00000000-0000-4000-8000-00000000000b").replace("/net/", "/far/");
    let near = id_in("g", "A.B/c/x-2");
    let body = json!({"properties": {"a": subnet, "b": format!("{far}/ipConfigurations/x"), "c": near}});
    let kind = "Microsoft.Network/virtualNetworks/subnets@2024-01-01";
    let known = [(subnet.as_str(), kind), (&far, kind), (&near, "A.B/c@2024-01-01")];
    let nodes = [group("g"), node(&id_in("g", "A.B/c/x"), body)];
    let files = printed("bicep", &nodes, &known);
    let module = &files["modules/g.bicep"];
    for part in [
        "resource net 'Microsoft.Network/virtualNetworks@2024-01-01' existing",
        "existing = {\n  name: 'net'\n  scope: resourceGroup('hub')\n}",
        "scope: resourceGroup('00000000-0000-4000-8000-00000000000b', 'hub')\n}",
        "existing = {\n  parent: net\n  name: 'a'\n}",
        "resource x2 'A.B/c@2024-01-01' existing = {\n  name: 'x-2'\n}",
        "c: x2.id\n",
        ".id}/ipConfigurations/x'",
    ] {
        assert!(module.contains(part), "{part}: {module}");
    }
    assert!(!module.contains("resourceId("), "{module}");
}

#[test]
fn the_first_module_of_a_group_has_its_name_and_later_ones_count() {
    let base = id_in("base", "A.B/c/net");
    let nodes = [
        group("base"),
        group("aks"),
        node(&base, json!({"properties": {}})),
        node(&id_in("aks", "A.B/c/cluster"), json!({"properties": {"net": base}})),
    ];
    let files = printed("bicep", &nodes, &[]);
    let names: Vec<&str> = files.keys().map(String::as_str).filter(|name| name.starts_with("modules/")).collect();
    assert_eq!(names, ["modules/aks.bicep", "modules/base.bicep"]);
    assert!(!files["main.bicep"].contains("-2'"), "{}", files["main.bicep"]);
}

#[test]
fn no_value_that_has_to_be_given_is_empty_in_the_files_of_parameters() {
    let server = json!({"properties": {"administratorLogin": "boss", "version": "12.0"}});
    let nodes = [group("g"), node(&id_in("g", "Microsoft.Sql/servers/s"), server)];
    let bicep = printed("bicep", &nodes, &[]);
    let line = "param sAdministratorLoginPassword = readEnvironmentVariable('ATGD_S_ADMINISTRATOR_LOGIN_PASSWORD')\n";
    assert!(bicep["main.bicepparam"].contains(line), "{}", bicep["main.bicepparam"]);
    let arm = printed("arm", &nodes, &[]);
    let given: Value = serde_json::from_str(&arm["azuredeploy.parameters.json"]).expect("JSON");
    assert_eq!(given["parameters"], json!({}));
    assert!(arm["azuredeploy.json"].contains("sAdministratorLoginPassword"), "{}", arm["azuredeploy.json"]);
}

#[test]
fn paths_and_properties_are_written_as_people_write_them() {
    let route = json!({"properties": {"patternsToMatch": ["/*"], "resource": {"id": "x"}, "if": 1}});
    let nodes = |more: &[&str]| {
        [
            group("g"),
            node(&id_in("g", "A.B/c/x"), route.clone()),
            node(&id_in("g", "A.B/c/y"), json!({"properties": {"more": more}})),
        ]
    };
    let bicep = text(&printed("bicep", &nodes(&["a\\u{2f}*b"]), &[]));
    assert!(bicep.contains("'/*'") && bicep.contains("resource: {") && bicep.contains("if: 1"), "{bicep}");
    assert!(bicep.contains("'a\\\\u{2f}*b'"), "a text's own backslash stays: {bicep}");
    // The end of a comment behind it: the public parser would take all between for one.
    let bicep = text(&printed("bicep", &nodes(&["*/5 * * * *"]), &[]));
    assert!(bicep.contains("'\\u{2f}*'"), "{bicep}");
}
