//! What is written is read back as it was: random bodies, in types that say all of themselves and in types that say
//! nothing.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    model::{Described, Group, Resource, Subscription},
    read_back::settle,
};
use crate::spec::tests::{SUBSCRIPTION, TENANT, plan};

const GROUP: &str = "/subscriptions/5ab50000-0000-4000-8000-00000000000a/resourceGroups/rg-app";

fn resource(type_name: &str, api_version: &str, name: &str, body: Value) -> Resource {
    let Value::Object(body) = body else { panic!("no object: {body}") };
    let id = format!("{GROUP}/providers/{type_name}/{name}");
    let (type_name, api_version, name) = (type_name.to_owned(), api_version.to_owned(), name.to_owned());
    Resource { id, type_name, api_version, name, body, ..Resource::default() }
}

fn described(resources: Vec<Resource>, tags: Map<String, Value>) -> Described {
    let group =
        Group { id: GROUP.to_owned(), name: "rg-app".to_owned(), location: "westeurope".to_owned(), tags, resources };
    let subscription = Subscription { id: SUBSCRIPTION.to_owned(), name: "Shop".to_owned(), groups: vec![group] };
    Described {
        id: TENANT.to_owned(),
        display_name: "Contoso".to_owned(),
        subscriptions: vec![subscription],
        ..Described::default()
    }
}

/// Writes, reads back, and compares with what was meant; the text.
fn kept(resources: Vec<Resource>, tags: &Map<String, Value>) -> Result<String, TestCaseError> {
    let mut described = described(resources.clone(), tags.clone());
    let text = settle(&mut described);
    prop_assert!(described.left_out.is_empty(), "{:#?}\n{text}", described.left_out);
    prop_assert!(described.warnings.is_empty(), "{:#?}\n{text}", described.warnings);
    let plan = plan(&text);
    prop_assert!(plan.warnings.is_empty(), "{:#?}\n{text}", plan.warnings);
    prop_assert_eq!(plan.steps.len(), resources.len() + 1);
    for resource in &resources {
        let step = plan.steps.iter().find(|step| step.id == resource.id).expect("a step");
        prop_assert_eq!(&Value::Object(step.body.clone()), &Value::Object(resource.body.clone()), "{}", text);
    }
    let group = plan.steps.iter().find(|step| step.id == GROUP).expect("a group");
    prop_assert_eq!(group.body.get("tags").and_then(Value::as_object).cloned().unwrap_or_default(), tags.clone());
    Ok(text)
}

const TEXTS: [&str; 34] = [
    "",
    " ",
    "a",
    "a b",
    "  a  ",
    "\"",
    "\\",
    "\\\"",
    "|",
    "a|b",
    "\\|",
    "`",
    "``",
    "a`b",
    "\n",
    "a\r\nb",
    "\t",
    "7",
    "1.30",
    "-0",
    "true",
    "null",
    "yes",
    "- a",
    "# a",
    "* b *",
    "<b>&amp;</b>",
    "[x](y)",
    "a: b",
    "a=b; c",
    "~~~",
    "| a | b |",
    "é\u{2028}\u{feff}\u{7f}",
    "{\"a\": 1}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(TEXTS.to_vec()).prop_map(str::to_owned),
        2 => "[ -~]{0,24}",
        2 => "\\PC{0,12}",
        1 => "secret:[a-z]{1,5}",
        1 => "secret::[a-z]{1,5}",
    ]
    .prop_filter("what a submit would refuse is lifted before", |text| {
        let value = json!({"a": text});
        super::literals::literal_secrets(&value).is_empty()
    })
    .prop_map(|text| if text.starts_with("secret:") { text } else { crate::spec::node::escaped(&text) })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z][a-zA-Z0-9]{0,8}", 1 => text()].prop_filter("no secret's name", |key| {
        super::literals::literal_secrets(&json!({(key.as_str()): "a"})).is_empty()
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(8, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((key(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn tags() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof!["[a-zA-Z][a-zA-Z0-9 ._:|`*-]{0,10}[a-z]", "[a-z]{1,3}"];
    let name = name.prop_filter("no secret's name", |name| {
        super::literals::literal_secrets(&json!({(name.as_str()): "a"})).is_empty()
    });
    proptest::collection::vec((name, text().prop_map(Value::String)), 0..4).prop_map(|tags| tags.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_wrote_comes_back(definition in value(), tags in tags(), group_tags in tags()) {
        let mut body = json!({"location": "westeurope", "properties": {"definition": {"contentVersion": definition}}});
        if !tags.is_empty() {
            body["tags"] = json!(tags);
        }
        kept(vec![resource("Microsoft.Logic/workflows", "2019-05-01", "flow", body)], &group_tags)?;
    }

    #[test]
    fn whatever_a_type_says_comes_back(
        rules in proptest::collection::vec(("[a-z][a-z0-9_-]{0,8}[a-z]", text(), 100..4096_i64), 0..4),
        names in proptest::collection::vec(text(), 1..4),
    ) {
        let rule = |(name, description, priority): &(String, String, i64)| json!({"name": name, "properties": {
            "access": "Allow", "description": description, "direction": "Inbound", "priority": priority, "protocol": "*",
            "sourceAddressPrefixes": names,
        }});
        let rules: Vec<Value> = rules.iter().map(rule).collect();
        let body = json!({"location": "westeurope", "properties": {"flushConnection": false, "securityRules": rules}});
        kept(vec![resource("Microsoft.Network/networkSecurityGroups", "2024-05-01", "nsg_1", body)], &Map::new())?;
    }
}

#[test]
fn what_is_nested_deeply_comes_back() {
    let mut value = json!({"leaf": 7});
    for depth in 0..60 {
        value = if depth % 2 == 0 { json!({"below": value}) } else { json!([value, "and"]) };
    }
    let body = json!({"location": "westeurope", "properties": {"definition": value}});
    kept(vec![resource("Microsoft.Logic/workflows", "2019-05-01", "flow", body)], &Map::new()).expect("kept");
}

#[test]
fn nothing_is_filled_in_that_was_not_there() {
    let body = json!({"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"});
    let text = kept(vec![resource("Microsoft.Storage/storageAccounts", "2023-05-01", "stshop", body)], &Map::new())
        .expect("kept");
    assert!(text.contains("- defaults: none"), "{text}");
}

#[test]
fn what_no_text_can_hold_is_left_out_with_its_reason() {
    let body = json!({"location": "westeurope"});
    let mut described = described(
        vec![
            resource("Contoso.Lab/things", "2024-01-01", "thing", body.clone()),
            resource("Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31", "id-app", body),
        ],
        Map::new(),
    );
    let text = settle(&mut described);
    assert_eq!(described.left_out.len(), 1, "{:?}", described.left_out);
    assert!(
        described.left_out[0].reason.contains("Azure publishes nothing of its namespace"),
        "{:?}",
        described.left_out
    );
    assert_eq!(plan(&text).steps.len(), 2, "{text}");
}
