//! The passes together, on small plans: references, circles, stages, secrets, escaping.

mod limits;
mod named;
mod pairs;
mod templates;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(super) use super::example_nodes::node;
use super::{
    emit::{
        arm::Templates,
        files::{Files, Print, all},
        terraform::{Forms, Terraform},
    },
    model::{capabilities::Capabilities, plan::Plan},
    passes::placement::Places,
    recording,
    verify::checks,
};
use crate::arm as ids;
use crate::{api::GenerateIacRequest, graph::model::Node};

pub(super) const SUBSCRIPTION: &str = "00000000-0000-4000-8000-00000000000a";

pub(super) fn id_in(group: &str, rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{rest}")
}

pub(super) fn group(name: &str) -> Node {
    node(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"), json!({}))
}

fn by_key(nodes: impl IntoIterator<Item = Node>) -> BTreeMap<String, Node> {
    nodes.into_iter().map(|node| (ids::key(&node.id), node)).collect()
}

/// A plan for Terraform and the forms of its items.
type Planned = (Plan, Forms);

fn planned(nodes: Vec<Node>) -> Planned {
    knowing(nodes, &[])
}

fn knowing(nodes: Vec<Node>, known: &[(String, String)]) -> Planned {
    let request = json!({"tenant_id": SUBSCRIPTION, "output_format": "terraform"});
    let request: GenerateIacRequest = serde_json::from_value(request).expect("a request");
    recording::typed(&by_key(nodes), known, &request).expect("a plan")
}

fn all_files(printer: &dyn Print) -> Files {
    all(printer).expect("printed")
}

fn terraform_of((plan, forms): &Planned) -> String {
    let files = all_files(&Terraform::new(plan, forms, true).expect("a printer"));
    checks::of_files(&files, plan).expect("reads back");
    files.into_values().collect()
}

fn template_of((plan, _): &Planned) -> Value {
    let places = Places::new(plan);
    let files = all_files(&Templates::new(plan, &places));
    assert_eq!(checks::of_files(&files, plan).expect("reads back").limits, "ok");
    serde_json::from_str(&files["azuredeploy.json"]).expect("JSON")
}

/// Every resource of a template and of what is nested in it.
fn resources<'t>(template: &'t Value, found: &mut Vec<&'t Value>) {
    for resource in template["resources"].as_array().into_iter().flatten() {
        found.push(resource);
        resources(&resource["properties"]["template"], found);
    }
}

#[test]
fn an_id_becomes_a_reference_and_a_sub_objects_id_a_reference_with_a_suffix() {
    let balancer = id_in("g", "Microsoft.Network/loadBalancers/lb");
    let plan = planned(vec![
        group("g"),
        node(&balancer, json!({"sku": {"name": "Standard", "tier": "Regional"}, "properties": {}})),
        node(
            &id_in("g", "Microsoft.Network/networkInterfaces/nic"),
            json!({"properties": {"ipConfigurations": [{"name": "i", "properties": {"loadBalancerBackendAddressPools": [{"id": format!("{}/backendAddressPools/p", balancer.to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions"))}]}}]}}),
        ),
    ]);
    let text = terraform_of(&plan);
    assert!(text.contains("id = \"${azurerm_lb.lb.id}/backendAddressPools/p\""), "{text}");
    let template = template_of(&plan);
    let mut found = Vec::new();
    resources(&template, &mut found);
    let nic = found.iter().find(|resource| resource["name"] == "nic").expect("the card");
    assert_eq!(nic["dependsOn"], json!(["[resourceId('Microsoft.Network/loadBalancers', 'lb')]"]));
    assert_eq!(
        nic["properties"]["ipConfigurations"][0]["properties"]["loadBalancerBackendAddressPools"][0]["id"],
        "[resourceId('Microsoft.Network/loadBalancers/backendAddressPools', 'lb', 'p')]"
    );
}

#[test]
fn what_is_known_and_not_selected_is_read_as_data() {
    let subnet = id_in("hub", "Microsoft.Network/virtualNetworks/hub.net/subnets/a");
    let other = subnet.replace("virtualNetworks", "virtualnetworks");
    let endpoint = |name: &str, subnet: &str| {
        let body = json!({"properties": {"subnet": {"id": subnet}, "extra": format!("{subnet}/ipConfigurations/x")}});
        node(&id_in("g", &format!("Microsoft.Network/privateEndpoints/{name}")), body)
    };
    let nodes = vec![group("g"), endpoint("one", &subnet), endpoint("two", &other)];
    let kind = "Microsoft.Network/virtualNetworks/subnets@2024-01-01";
    let plan = knowing(nodes, &[(ids::key(&subnet), kind.to_owned())]);
    let text = terraform_of(&plan);
    let source =
        format!("data \"azapi_resource\" \"a\" {{\n  type        = \"{kind}\"\n  resource_id = \"{subnet}\"\n");
    assert!(text.contains(&source), "{text}");
    assert!(text.contains("= data.azapi_resource.a.id\n"), "{text}");
    assert!(!text.contains(&format!("= \"{subnet}\"\n    }}")), "{text}");
    assert!(text.contains(&format!("= \"{other}\"")), "another spelling stays as it is: {text}");
    let external: u32 = plan.0.items.iter().map(|item| item.counts.external).sum();
    assert!(external >= 2, "{external}");
}

#[test]
fn a_wait_that_would_close_a_circle_is_told() {
    let vault = |name: &str, other: &str| {
        let id = id_in("g", &format!("Microsoft.KeyVault/vaults/{name}"));
        let said = format!("beside https://{other}.vault.azure.net/, where the old keys are");
        node(
            &id,
            json!({"tags": {"note": said}, "properties": {"vaultUri": format!("https://{name}.vault.azure.net/")}}),
        )
    };
    let (plan, _) = planned(vec![group("g"), vault("kv-a", "kv-b"), vault("kv-b", "kv-a")]);
    let bodies: Vec<_> = (0..plan.items.len()).map(|number| plan.body(number).expect("a body")).collect();
    let told: Vec<&str> = bodies.iter().flat_map(|body| &body.circular).map(|told| told.path.as_str()).collect();
    assert_eq!((told, bodies.iter().map(|body| body.waits.len()).sum::<usize>()), (vec!["(order)"], 1));
}

#[test]
fn a_circle_is_cut_at_one_side_and_told() {
    let (a, b) = (id_in("g", "A.B/c/one"), id_in("g", "A.B/c/two"));
    let plan = planned(vec![
        group("g"),
        node(&a, json!({"properties": {"peer": b}})),
        node(&b, json!({"properties": {"peer": a}})),
    ]);
    let cut: u32 = plan.0.items.iter().map(|item| item.counts.circular).sum();
    assert_eq!(cut, 1);
    let text = terraform_of(&plan);
    assert!(text.contains("peer = azapi_resource.") && text.contains("peer = \"/subscriptions/"), "{text}");
}

#[test]
fn groups_that_need_each_other_are_deployed_in_stages() {
    let (a, b) = (id_in("g1", "A.B/c/base1"), id_in("g2", "A.B/c/base2"));
    let plan = planned(vec![
        group("g1"),
        group("g2"),
        node(&a, json!({"properties": {}})),
        node(&b, json!({"properties": {}})),
        node(&id_in("g1", "A.B/c/top1"), json!({"properties": {"other": b}})),
        node(&id_in("g2", "A.B/c/top2"), json!({"properties": {"other": a}})),
    ]);
    let template = template_of(&plan);
    let deployments: Vec<&Value> = template["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .filter(|resource| resource["type"] == "Microsoft.Resources/deployments")
        .collect();
    assert_eq!(deployments.len(), 4);
    // Each deployment waits only for deployments that wait for fewer.
    let mut done: Vec<String> = Vec::new();
    let mut left = deployments;
    while !left.is_empty() {
        let before = left.len();
        left.retain(|deployment| {
            let waits = deployment["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let open = waits
                .filter(|need| need.contains("Microsoft.Resources/deployments'"))
                .any(|need| !done.iter().any(|name| need.contains(name.as_str())));
            if !open {
                done.push(format!("'{}'", deployment["name"].as_str().unwrap_or_default()));
            }
            open
        });
        assert!(left.len() < before, "deployments wait for each other");
    }
}

#[test]
fn secrets_of_any_slot_become_parameters_without_a_value() {
    let key = format!("{}==", "aB3+".repeat(21) + "Zz");
    let plan = planned(vec![
        group("g"),
        node(
            &id_in("g", "A.B/c/x"),
            json!({"tags": {"note": key}, "properties": {"setting": [key], "adminPassword": "opaque", "mode": "on"}}),
        ),
    ]);
    assert_eq!(plan.0.parameters.len(), 3);
    for text in [terraform_of(&plan), template_of(&plan).to_string()] {
        assert!(!text.contains(&key) && !text.contains("opaque"), "{text}");
        assert!(text.contains("x_admin_password"), "{text}");
    }
}

#[test]
fn names_and_tags_are_never_evaluated() {
    let name = "a${var.x}[%{if}]";
    let plan = planned(vec![
        group("g"),
        node(&id_in("g", &format!("A.B/c/{name}")), json!({"tags": {"${k}": "[concat('a')]", "q": "\"\n"}})),
    ]);
    let text = terraform_of(&plan);
    assert!(text.contains("a$${var.x}[%%{if}]") && text.contains("\"$${k}\""), "{text}");
    assert!(template_of(&plan).to_string().contains("[[concat('a')]"));
}

#[test]
fn what_a_resource_says_of_itself_stands_in_properties_alone() {
    let address = "https://kv1.vault.azure.net/";
    let vault = node(&id_in("g", "Microsoft.KeyVault/vaults/kv1"), json!({"properties": {"vaultUri": address}}));
    let body = json!({
        "tags": {"vault": address},
        "properties": {"definition": {"actions": {"a": {"inputs": {"uri": address}}}}},
    });
    let workflow = node(&id_in("g", "Microsoft.Logic/workflows/w"), body);
    let nodes = by_key([group("g"), vault, workflow]);
    let request = json!({"tenant_id": SUBSCRIPTION, "output_format": "arm"});
    let request: GenerateIacRequest = serde_json::from_value(request).expect("a request");
    let plan = recording::plan(&nodes, &[], &request, &Capabilities::whole()).expect("a plan");
    let template = template_of(&(plan, Forms::default()));
    let mut found = Vec::new();
    resources(&template, &mut found);
    let workflow = found.iter().find(|one| one["type"] == "Microsoft.Logic/workflows").expect("there");
    assert_eq!(workflow["tags"]["vault"], address, "templates know tags before anything is made");
    let inputs = &workflow["properties"]["definition"]["actions"]["a"]["inputs"];
    assert!(inputs["uri"].as_str().expect("a text").starts_with("[reference("), "{inputs}");
}

#[test]
fn a_self_reference_is_made_of_the_parent() {
    let id = id_in("g", "Microsoft.Network/loadBalancers/lb");
    let plan = planned(vec![
        group("g"),
        node(
            &id,
            json!({"properties": {"loadBalancingRules": [{"name": "r", "properties": {"frontendIPConfiguration": {"id": format!("{id}/frontendIPConfigurations/f")}}}]}}),
        ),
    ]);
    let text = terraform_of(&plan);
    assert!(
        text.contains(
            "${azurerm_resource_group.rg_g.id}/providers/Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/f"
        ),
        "{text}"
    );
}

#[test]
fn an_extension_stands_at_what_it_extends() {
    let vault = id_in("g", "Microsoft.KeyVault/vaults/v");
    let plan = planned(vec![
        group("g"),
        node(&vault, json!({"properties": {}})),
        node(
            &format!("{vault}/providers/Microsoft.Authorization/locks/l"),
            json!({"properties": {"level": "ReadOnly"}}),
        ),
    ]);
    let text = terraform_of(&plan);
    assert!(text.contains("azurerm_management_lock") && text.contains("= azapi_resource.v.id"), "{text}");
    let template = template_of(&plan);
    let mut found = Vec::new();
    resources(&template, &mut found);
    let lock = found.iter().find(|resource| resource["name"] == "l").expect("the lock");
    assert_eq!(lock["scope"], "[resourceId('Microsoft.KeyVault/vaults', 'v')]");
}

#[test]
fn the_same_graph_gives_the_same_bytes() {
    let nodes = || {
        vec![
            group("g"),
            node(&id_in("g", "A.B/c/x-y"), json!({"properties": {"a": 1}})),
            node(&id_in("g", "A.B/c/x.y"), json!({"properties": {"b": 1.5}})),
        ]
    };
    let mut backwards = nodes();
    backwards.reverse();
    assert_eq!(terraform_of(&planned(nodes())), terraform_of(&planned(backwards)));
}
