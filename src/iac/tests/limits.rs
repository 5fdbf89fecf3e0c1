//! Plans at the limits of a template: they are taken apart, and nothing of them is lost.

use serde_json::{Value, json};

use super::{Planned, all_files, group, id_in, node, planned, resources};
use crate::{
    graph::model::Node,
    iac::{
        emit::{arm::Templates, bicep::Bicep, files::Files},
        fidelity,
        passes::placement::Places,
        verify::{
            checks,
            limits::{self, Judge},
        },
    },
};

fn printed((plan, _): &Planned) -> (Files, Files) {
    let places = Places::new(plan);
    (all_files(&Templates::new(plan, &places)), all_files(&Bicep::new(plan, &places)))
}

/// Both languages are within the limits and hold every resource; the answer are the files of ARM.
fn holds(nodes: Vec<Node>) -> Files {
    let count = nodes.len();
    let plan = planned(nodes);
    let (templates, bicep) = printed(&plan);
    for (format, files) in [("arm", &templates), ("bicep", &bicep)] {
        let checks = checks::of_files(files, &plan.0).expect("reads back");
        assert_eq!(checks.limits, "ok", "{format}");
        let emitted = fidelity::read(format, files, &plan.0).expect("reads back");
        assert_eq!(emitted.len(), count, "{format}");
    }
    templates
}

fn many(count: usize, body: impl Fn(usize) -> Value) -> Vec<Node> {
    let one = |at: usize| node(&id_in("g", &format!("A.B/c/n{at:05}")), json!({"properties": body(at)}));
    std::iter::once(group("g")).chain((0..count).map(one)).collect()
}

/// The largest nested template's resources.
fn nested(files: &Files) -> Vec<usize> {
    let mut found = Vec::new();
    for (_, text) in files.iter().filter(|(name, _)| !name.ends_with(".parameters.json")) {
        let template: Value = serde_json::from_str(text).expect("JSON");
        for resource in template["resources"].as_array().expect("a list") {
            found.extend(resource["properties"]["template"]["resources"].as_array().map(Vec::len));
        }
    }
    found
}

#[test]
fn eight_hundred_and_one_resources_of_a_group_are_two_deployments() {
    let files = holds(many(801, |at| json!({"n": at})));
    let sizes = nested(&files);
    assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (2, 801), "{sizes:?}");
    assert!(files.len() == 2, "one file and its parameters: {:?}", files.keys());
}

#[test]
fn resources_that_need_each_other_over_the_limit_wait_for_the_part_before() {
    let before = |at: usize| id_in("g", &format!("A.B/c/n{:05}", at.saturating_sub(1)));
    holds(many(1_500, |at| if at == 0 { json!({}) } else { json!({"after": before(at)}) }));
}

#[test]
fn more_than_four_megabytes_are_several_files() {
    let long = "0123456789\"\\é".repeat(5_000);
    let files = holds(many(120, |at| json!({"text": long, "n": at})));
    let sizes: Vec<usize> = files.values().map(String::len).collect();
    assert!(sizes.iter().sum::<usize>() > 4 * 1024 * 1024 && files.len() > 2, "{sizes:?}");
}

#[test]
fn more_than_two_hundred_and_fifty_six_secrets_are_several_files() {
    let files = holds(many(300, |at| json!({"adminPassword": format!("secret {at}")})));
    assert!(files.len() > 2, "{:?}", files.keys());
    for (name, text) in files.iter().filter(|(name, _)| !name.ends_with(".parameters.json")) {
        let template: Value = serde_json::from_str(text).expect("JSON");
        let declared = template["parameters"].as_object().map_or(0, serde_json::Map::len);
        assert!(declared <= 256, "{name}: {declared}");
    }
}

#[test]
fn more_groups_than_a_file_takes_resources_are_several_files() {
    let mut nodes = Vec::new();
    for at in 0..450 {
        nodes.push(group(&format!("g{at:03}")));
        nodes.push(node(&id_in(&format!("g{at:03}"), "A.B/c/x"), json!({"properties": {}})));
    }
    assert!(holds(nodes).len() > 2);
}

/// A template that is right, then wrong in one way: the check says which.
#[test]
fn the_check_finds_what_azure_would_refuse() {
    let (a, b) = (id_in("g", "A.B/c/one"), id_in("g", "A.B/c/two"));
    let plan = planned(vec![
        group("g"),
        node(&a, json!({"properties": {"adminPassword": "opaque"}})),
        node(&b, json!({"properties": {"peer": a}})),
    ]);
    let (files, _) = printed(&plan);
    let right: Value = serde_json::from_str(&files["azuredeploy.json"]).expect("JSON");
    let judged = |template: &Value| {
        let outline = limits::outline("azuredeploy.json", &template.to_string(), template).expect("a template");
        let mut judge = Judge::default();
        judge.see(outline);
        judge.findings(&plan.0).expect("bodies").join("; ")
    };
    assert_eq!(judged(&right), "");
    let inner = |template: &mut Value, change: &dyn Fn(&mut Value)| {
        let resources = template["resources"].as_array_mut().expect("a list");
        let deployment = resources.iter_mut().find(|one| one["properties"].get("template").is_some()).expect("one");
        change(&mut deployment["properties"]["template"]);
    };
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut wrong = right.clone();
        inner(&mut wrong, change);
        let said = judged(&wrong);
        assert!(said.contains(expected), "{expected}: {said}");
    };
    let two = |template: &mut Value, name: &str, value: Value| {
        let resources = template["resources"].as_array_mut().expect("a list");
        resources.iter_mut().find(|one| one["name"] == "two").expect("two")[name] = value;
    };
    check(&|inner| two(inner, "dependsOn", json!([])), "and does not wait for it");
    check(&|inner| two(inner, "dependsOn", json!(["[resourceId('A.B/c', 'three')]"])), "which is not there");
    check(&|inner| two(inner, "dependsOn", json!(["[resourceId('A.B/c', 'two')]"])), "waits for itself");
    check(&|inner| two(inner, "properties", json!({"x": "[resourceId('A.B/c', 'none')]"})), "nor known outside");
    check(&|inner| two(inner, "properties", json!({"x": "[parameters('p')]"})), "is not declared");
    check(&|inner| two(inner, "properties", json!({"x": "[noSuch('p')]"})), "there is no function");
    check(&|inner| two(inner, "name", json!("one")), "is there twice");
    check(
        &|inner| two(inner, "properties", json!({"x": format!("[concat('{}')]", "y".repeat(24_600))})),
        "an expression of",
    );
    check(&|inner| inner["parameters"] = json!({"q": {"type": "string"}}), "the parameter q is not given");
    let outputs: serde_json::Map<String, Value> =
        (0..65).map(|at| (format!("o{at}"), json!({"type": "int", "value": at}))).collect();
    check(&|inner| inner["outputs"] = json!(outputs), "65 outputs");
    let mut found = Vec::new();
    resources(&right, &mut found);
    assert_eq!(found.len(), 4);
}
