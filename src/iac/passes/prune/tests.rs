//! What goes and what stays, by the table and by the general rules.

use serde_json::json;

use super::*;

fn pruned(kind: &str, body: Value) -> Value {
    let id = body["id"].as_str().expect("an id").to_owned();
    let node = Node::of_body(&id, kind, "2024-01-01", body).expect("an id");
    Value::Object(prune(&node, None, Spelling::Correct).body)
}

#[test]
fn what_arm_computes_goes_and_references_to_itself_stay() {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/loadBalancers/l";
    let front = format!("{id}/frontendIPConfigurations/f");
    let body = json!({
        "id": id, "name": "l", "type": "x", "etag": "W/1", "location": "westeurope", "tags": {"a": ""},
        "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
        "properties": {
            "provisioningState": "Succeeded",
            "frontendIPConfigurations": [{"id": front, "name": "f", "type": "t", "etag": "e", "properties": {"provisioningState": "Succeeded"}}],
            "loadBalancingRules": [{"name": "r", "properties": {"frontendIPConfiguration": {"id": front}, "probe": null}}],
            "probes": [],
        },
    });
    assert_eq!(
        pruned("Microsoft.Network/loadBalancers", body),
        json!({
            "location": "westeurope", "tags": {"a": ""}, "identity": {"type": "SystemAssigned"},
            "properties": {
                "frontendIPConfigurations": [{"name": "f"}],
                "loadBalancingRules": [{"name": "r", "properties": {"frontendIPConfiguration": {"id": front}, "probe": null}}],
                "probes": [],
            },
        })
    );
}

#[test]
fn entries_of_assigned_identities_stay_as_empty_objects() {
    let body = json!({"id": "/subscriptions/s/resourceGroups/g/providers/A.B/c/d", "identity": {
        "type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/i": {"clientId": "c", "principalId": "p"}},
    }});
    assert_eq!(
        pruned("A.B/c", body)["identity"],
        json!({"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/i": {}}})
    );
}

#[test]
fn throughput_that_scales_by_itself_is_not_fixed_too() {
    let kind = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/throughputSettings";
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DocumentDB/databaseAccounts/a/sqlDatabases/d/containers/c/throughputSettings/default";
    let scales = json!({"autoscaleSettings": {"maxThroughput": 4000}});
    let mut told = scales.clone();
    told["throughput"] = json!(400);
    let kept = pruned(kind, json!({"id": id, "properties": {"resource": told, "options": told}}));
    assert_eq!(kept["properties"], json!({"resource": scales, "options": scales}));
    let fixed = json!({"resource": {"throughput": 400}});
    assert_eq!(pruned(kind, json!({"id": id, "properties": fixed}))["properties"], fixed);
}

#[test]
fn open_content_stays_as_people_wrote_it() {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/w";
    let definition = json!({
        "$schema": "", "contentVersion": "1.0.0.0", "outputs": {}, "parameters": {"names": {"type": "Array", "defaultValue": []}},
        "actions": {"ask": {"type": "Http", "inputs": {"body": {"id": "7", "etag": "x", "provisioningState": "Succeeded",
            "equals": ["", null, "unknown"], "systemData": {}}}, "runAfter": {}}},
    });
    let mut node = crate::iac::example_nodes::node(
        id,
        json!({
            "id": id, "location": "westeurope",
            "properties": {"state": "Enabled", "provisioningState": "Succeeded", "definition": definition},
        }),
    );
    node.api_version = "2019-05-01".to_owned();
    let known = types::find(&node.type_name, &node.api_version, "w").writable().expect("published");
    let body = prune(&node, Some(&known), Spelling::Correct).body;
    assert_eq!(body["properties"]["definition"], definition);
    assert!(body["properties"].get("provisioningState").is_none(), "{body:?}");
}

#[test]
fn an_empty_text_in_a_list_keeps_its_place() {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Odd/things/t";
    let body = json!({"id": id, "properties": {"words": ["", "unknown"], "alone": [""], "none": []}});
    let kept = pruned("Microsoft.Odd/things", body);
    assert_eq!(kept["properties"], json!({"words": ["", "unknown"], "alone": [""], "none": []}));
}
