//! The numbers add up, and what is not there is said.

use serde_json::{Value, json};

use super::{Source, Subject, Written, result, warnings, write};
use crate::{
    api::GenerateIacRequest,
    graph::model::Node,
    iac::{
        emit::{files::Files, terraform::Forms},
        model::{capabilities::Capabilities, plan::Plan},
        recording,
        tests::{SUBSCRIPTION, group, id_in, node},
        verify::{checks::Checks, limits::Judge},
    },
};

fn request(format: &str) -> GenerateIacRequest {
    let request = json!({"tenant_id": SUBSCRIPTION, "output_format": format});
    serde_json::from_value(request).expect("a request")
}

fn planned(format: &str, nodes: Vec<Node>, known: &[(&str, &str)]) -> (Plan, Forms) {
    let nodes = nodes.into_iter().map(|node| (node.key.clone(), node)).collect();
    let known: Vec<(String, String)> =
        known.iter().map(|(id, kind)| (crate::arm::key(id), (*kind).to_owned())).collect();
    match format {
        "terraform" => recording::typed(&nodes, &known, &request(format)),
        _ => recording::plan(&nodes, &known, &request(format), &Capabilities::whole())
            .map(|plan| (plan, Forms::default())),
    }
    .expect("a plan")
}

/// The files that speak about a plan, and the result.
fn said(format: &str, (plan, forms): &(Plan, Forms), source: &Source, names: &[&str]) -> (Files, Value) {
    let checks = Checks::of(Judge::default(), plan).expect("checks");
    let written = Written { names: names.iter().map(|name| (*name).to_owned()).collect(), imports: 0 };
    let format = request(format).output_format;
    let subject = Subject { plan, forms, format, source, checks: &checks, code: &written };
    let directory = tempfile::tempdir().expect("a directory");
    let names = write(&subject, |name| std::fs::File::create(directory.path().join(name))).expect("written");
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("readable");
    let files = names.into_iter().map(|name| (name.to_owned(), read(name))).collect();
    (files, result(plan, forms, &written, &checks))
}

fn network() -> Vec<Node> {
    let id = id_in("g", "Microsoft.Network/virtualNetworks/net");
    let subnet = format!("{id}/subnets/a");
    let properties = json!({"addressPrefix": "10.0.0.0/24"});
    let body = json!({"properties": {"subnets": [{"id": subnet, "name": "a", "properties": properties}]}});
    let backup = id_in("g", "Microsoft.DBforPostgreSQL/flexibleServers/s/backups/b");
    vec![group("g"), node(&id, body), node(&subnet, json!({"properties": properties})), node(&backup, json!({}))]
}

#[test]
fn what_is_selected_is_emitted_or_left_out_in_every_format() {
    for format in ["terraform", "bicep", "arm"] {
        let plan = planned(format, network(), &[]);
        let (files, result) = said(format, &plan, &Source::default(), &[]);
        let count = |name: &str| result["resources"][name].as_u64().expect("a number");
        assert_eq!((count("selected"), count("dependencies")), (4, 0), "{format}");
        assert_eq!((count("emitted"), count("left_out")), (3, 1), "{format}: {result}");
        assert_eq!(count("typed") + count("generic"), count("emitted"), "{format}");
        let report = &files["report.md"];
        assert!(report.contains("4 together: 3 are in the code"), "{format}: {report}");
        assert!(report.contains("backups/b | a copy of data, made by the service |"), "{format}: {report}");
        let rows: Value = serde_json::from_str(&files["report.json"]).expect("JSON");
        let subnet = rows["resources"]
            .as_array()
            .expect("rows")
            .iter()
            .find(|row| row["type"] == "Microsoft.Network/virtualNetworks/subnets");
        assert!(subnet.is_some_and(|row| row["emitted_as"].is_string()), "{format}: {subnet:?}");
    }
}

#[test]
fn a_partial_scan_is_told_to_who_generates_from_it() {
    let row = |at: usize, status: &str| json!({"subscription": SUBSCRIPTION, "type": format!("a.b/c{at:03}"), "expected": 0, "read": 0, "status": status, "reason": "AuthorizationFailed"});
    let mut rows: Vec<Value> = (0..60).map(|at| row(at, "partial")).collect();
    rows.push(row(999, "skipped"));
    let source = Source { is_partial: true, coverage: json!(rows), ..Source::default() };
    let plan = planned("bicep", vec![group("g")], &[]);
    let (files, _) = said("bicep", &plan, &source, &[]);
    let report = &files["report.md"];
    let first = report.lines().nth(2).expect("a paragraph");
    assert!(first.contains("the scan was partial: 60 types of resources were not read whole"), "{report}");
    assert!(report.contains("## Not read") && report.contains("| a.b/c049 | AuthorizationFailed |"), "{report}");
    assert!(!report.contains("a.b/c050"), "{report}");
    let (_, left_out) = report.split_once("## Types that the scan left out").expect("a section");
    assert!(left_out.contains("| a.b/c999 | AuthorizationFailed |"), "{report}");
    assert!(report.contains("and 10 more"), "{report}");
    assert!(files["README.md"].contains("the scan was partial"), "{}", files["README.md"]);
    let told = warnings(&source, &plan.0);
    assert!(told.len() == 2 && told[1].contains("the scan left out a.b/c999"), "{told:?}");
    let whole = said("bicep", &plan, &Source::default(), &[]).0;
    assert!(!whole["report.md"].contains("partial") && !whole["README.md"].contains("partial"));
    assert_eq!(warnings(&Source::default(), &plan.0), [] as [String; 0]);
}

#[test]
fn the_readme_says_which_subscription_to_deploy_to_and_how_values_are_given() {
    let other = "/subscriptions/00000000-0000-4000-8000-00000000000b/resourceGroups/h";
    let server = node(&id_in("g", "Microsoft.Sql/servers/s"), json!({"properties": {"administratorLogin": "boss"}}));
    let nodes = || vec![group("g"), server.clone(), node(other, json!({}))];
    let plan = planned("bicep", nodes(), &[]);
    let readme = said("bicep", &plan, &Source::default(), &["main.bicep", "main.bicepparam"]).0.remove("README.md");
    let readme = readme.expect("a file");
    let command = format!("az deployment sub create --subscription {SUBSCRIPTION} --location REGION");
    assert!(readme.contains(&command) && readme.contains("--parameters main.bicepparam"), "{readme}");
    assert!(readme.contains("also deploys to these subscriptions: 00000000-0000-4000-8000-00000000000b."), "{readme}");
    assert!(readme.contains("| `ATGD_S_ADMINISTRATOR_LOGIN_PASSWORD` |"), "{readme}");
    let plan = planned("arm", nodes(), &[]);
    let names = ["azuredeploy.json", "azuredeploy.parameters.json"];
    let readme = said("arm", &plan, &Source::default(), &names).0.remove("README.md").expect("a file");
    assert!(readme.contains(&command) && readme.contains("--template-file azuredeploy.json"), "{readme}");
}

#[test]
fn the_report_says_how_each_id_outside_of_the_code_is_spelled() {
    let identity = id_in("hub", "Microsoft.ManagedIdentity/userAssignedIdentities/id");
    let known = [(identity.as_str(), "Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31")];
    let thing = || node(&id_in("g", "A.B/c/x"), json!({"properties": {"peer": identity}}));
    for (format, word) in [("terraform", "a data source"), ("bicep", "an `existing` resource"), ("arm", "a function")] {
        let plan = planned(format, vec![group("g"), thing()], &known);
        let (files, _) = said(format, &plan, &Source::default(), &[]);
        let row = format!("| properties.peer | {identity} | {word} |");
        assert!(files["report.md"].contains(&row), "{}", files["report.md"]);
    }
}

#[test]
fn content_that_arm_does_not_return_is_named() {
    let runbook = id_in("g", "Microsoft.Automation/automationAccounts/a/runbooks/r");
    let plan = planned("arm", vec![group("g"), node(&runbook, json!({"properties": {"runbookType": "Python3"}}))], &[]);
    let (files, _) = said("arm", &plan, &Source::default(), &[]);
    assert!(files["report.md"].contains("| its script: publish it after the deployment |"), "{}", files["report.md"]);
    assert!(warnings(&Source::default(), &plan.0)[0].contains("1 resources have content"));
}

#[test]
fn words_of_the_result_are_explained() {
    let plan = planned("terraform", network(), &[]);
    let report = said("terraform", &plan, &Source::default(), &[]).0.remove("report.md").expect("a file");
    for word in ["| `against_type` | 0 |", "| `types.known_in_other_versions` |", "| `checks.limits` | not run |"] {
        assert!(report.contains(word), "{word}: {report}");
    }
}
