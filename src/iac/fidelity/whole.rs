//! Nothing is lost: what people put where a type is open comes back from every format, and what a type lets one write is
//! sent or is a row of the report.

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Map, Value, json};

use super::{
    recorded::{Recorded, Resource},
    run::{generated, read},
};
use crate::{
    arm,
    graph::model::Node,
    iac::{model::term::is_within, passes::prune, types},
};

/// Places that a published type leaves open: a type, a version, the path below `properties`.
const OPEN: [(&str, &str, &[&str]); 8] = [
    ("Microsoft.Logic/workflows", "2019-05-01", &["definition"]),
    ("Microsoft.Authorization/policyDefinitions", "2021-06-01", &["policyRule"]),
    ("Microsoft.Authorization/policyDefinitions", "2021-06-01", &["metadata"]),
    ("Microsoft.Solutions/applicationDefinitions", "2021-07-01", &["mainTemplate"]),
    ("Microsoft.ApiManagement/service/apis/schemas", "2022-08-01", &["document", "components"]),
    ("Microsoft.Compute/virtualMachines/extensions", "2023-09-01", &["settings"]),
    ("Microsoft.Resources/templateSpecs/versions", "2022-02-01", &["mainTemplate"]),
    ("Contoso.Made/things", "2020-01-01", &["settings"]),
];

/// Any JSON without ids and without secrets: with the names that rules for envelopes and empty values know.
fn content() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        "[a-zA-Zé$@][a-zA-Z0-9 _.-]{0,6}",
        prop::sample::select(vec![
            "id",
            "name",
            "type",
            "etag",
            "location",
            "tags",
            "kind",
            "properties",
            "systemData",
            "provisioningState",
            "createdTime",
            "uniqueId",
            "principalId",
            "tenantId",
            "identity",
            "value",
            "userAssignedIdentities",
            "resourceGuid",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|number| json!(number)),
        Just(json!("")),
        "[a-z \\[\\]{}$%'\\\\\n]{0,10}".prop_map(Value::String),
        prop::sample::select(vec!["[parameters('a')]", "@{variables('a')}", "${a}", "Succeeded", "westeurope"])
            .prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(names.clone(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn resource(kind: &str, version: &str, number: usize, properties: Value) -> Resource {
    let (space, rest) = kind.split_once('/').expect("a type");
    let path: Vec<String> = rest.split('/').map(|segment| format!("{segment}/n{number}")).collect();
    let id = format!(
        "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/{space}/{}",
        path.join("/")
    );
    let body = json!({"id": id, "name": format!("n{number}"), "type": kind, "location": "westeurope", "properties": properties});
    Resource { id, type_name: kind.to_owned(), api_version: version.to_owned(), put: None, body }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_stands_in_an_open_slot_comes_back_from_every_format(content in content()) {
        let resources = OPEN.iter().enumerate().map(|(number, (kind, version, path))| {
            let wrap = |inner: Value, name: &&str| json!({*name: inner});
            resource(kind, version, number, path.iter().rev().fold(content.clone(), wrap))
        });
        let recorded = Recorded { resources: resources.collect() };
        for format in ["arm", "azapi", "bicep"] {
            let (plan, files) = generated(&recorded, format).expect("code");
            prop_assert!(plan.parameters.iter().all(|parameter| parameter.why.starts_with("Azure")), "{:?}", plan.parameters);
            let emitted = read(format, &files, &plan).expect("it reads back");
            for (resource, (kind, _, path)) in recorded.resources.iter().zip(OPEN) {
                let found = emitted.iter().find(|emitted| arm::key(&emitted.id) == arm::key(&resource.id));
                let pointer = format!("/properties/{}", path.join("/"));
                let found = found.and_then(|found| found.body.pointer(&pointer));
                prop_assert!(found == Some(&content), "{format} {kind} {pointer}: {content} became {found:?}");
            }
        }
    }
}

/// Any value that a place of a type takes; `depth`: how deep objects may still go.
fn instance(shape: &types::Shape, runner: &mut TestRunner, depth: usize) -> Value {
    let pick = |runner: &mut TestRunner, most: usize| (0..most).new_tree(runner).expect("a number").current();
    if let Some(word) = shape.any_words().first() {
        let words = shape.any_words();
        return json!(words.get(pick(runner, words.len())).unwrap_or(word));
    }
    match shape.leaf() {
        Some(types::Leaf::Number) => return json!(pick(runner, 5) + 1),
        Some(types::Leaf::Bool) => return json!(pick(runner, 2) == 1),
        Some(types::Leaf::Text) => return json!(["some text", "", "other"][pick(runner, 3)]),
        Some(types::Leaf::Any) => return [json!({"a": ["", null]}), json!("text"), json!({})][pick(runner, 3)].clone(),
        None => {}
    }
    if let Some(items) = shape.items() {
        return (0..pick(runner, 3)).map(|_| instance(&items, runner, depth.saturating_sub(1))).collect();
    }
    let mut fields = Map::new();
    if let Some((by, value)) = shape.any_case(pick(runner, 64)) {
        fields.insert(by, json!(value));
    }
    if depth > 0 {
        for prop in shape.of(&fields).props() {
            if pick(runner, 3) > 0 && !fields.contains_key(prop.name) {
                fields.insert(prop.name.to_owned(), instance(&prop.shape, runner, depth - 1));
            }
        }
        if let Some(more) = shape.more() {
            fields.insert("a key".to_owned(), instance(&more, runner, depth - 1));
        }
    }
    Value::Object(fields)
}

/// Every leaf of a value, by its path as the report spells it.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{path}[{index}]"), found));
        }
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn no_value_that_a_type_lets_one_write_is_lost_without_a_row() {
    let kinds = [
        ("Microsoft.ContainerInstance/containerGroups", "2023-05-01"),
        ("Microsoft.App/containerApps", "2024-03-01"),
        ("Microsoft.Network/applicationGateways", "2023-09-01"),
        ("Microsoft.Network/virtualNetworks", "2023-09-01"),
        ("Microsoft.Compute/virtualMachineScaleSets", "2023-09-01"),
        ("Microsoft.EventGrid/eventSubscriptions", "2022-06-15"),
        ("Microsoft.Storage/storageAccounts", "2023-01-01"),
        ("Microsoft.Kusto/clusters/databases", "2023-08-15"),
        ("Microsoft.Resources/deploymentScripts", "2020-10-01"),
        ("Microsoft.Insights/metricAlerts", "2018-03-01"),
        ("Microsoft.DataFactory/factories/pipelines", "2018-06-01"),
        ("Microsoft.ContainerService/managedClusters", "2023-08-01"),
    ];
    let mut runner = TestRunner::deterministic();
    let mut lost = BTreeSet::new();
    for (kind, version) in kinds {
        let known = types::find(kind, version, "n").writable().expect("published");
        for _ in 0..24 {
            let mut resource = resource(kind, version, 1, json!({}));
            let Value::Object(made) = instance(&known.shape, &mut runner, 6) else { panic!("no object") };
            resource.body.as_object_mut().expect("an object").extend(made);
            let recorded = Recorded { resources: vec![resource] };
            for spelling in [prune::Spelling::Correct, prune::Spelling::Import] {
                for node in recorded.nodes().values() {
                    lost.extend(lost_of(node, &known, spelling).into_iter().map(|path| format!("{kind} {path}")));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

/// Leaves of a body that are neither in its pruned body nor in a row.
fn lost_of(node: &Node, known: &types::Type, spelling: prune::Spelling) -> Vec<String> {
    let pruned = prune::prune(node, Some(known), spelling);
    let (mut was, mut kept) = (Vec::new(), Vec::new());
    leaves(&node.body, "", &mut was);
    leaves(&Value::Object(pruned.body.clone()), "", &mut kept);
    // The envelope, and who an assigned identity is, Azure alone says.
    let is_beside = |path: &String| {
        let first = path.split('.').next().unwrap_or_default();
        ["id", "name", "type", "systemData"].contains(&first) || path.starts_with("identity.userAssignedIdentities.")
    };
    let is_told = |path: &String| pruned.paths.iter().any(|gone| is_within(path, gone));
    was.retain(|path| !kept.contains(path) && !is_told(path) && !is_beside(path));
    was
}
