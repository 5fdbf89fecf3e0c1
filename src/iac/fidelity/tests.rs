//! The recorded groups and bodies, and Azure's published types, where they are to be had.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{
    emitted::{Emitted, PARAMETER},
    recorded::{Recorded, Resource, load},
    run::{generated, read, run, whole_bodies},
};
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    iac::{
        emit::{
            files::all,
            terraform::{Forms, Terraform},
        },
        passes::{prune, prune_rules::is_empty},
        recording,
        types::{self, Known},
    },
};

/// Something of the shared folder beside the project; in CI its absence from a folder that is there fails.
fn shared(what: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = root.join(what);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none() || !root.exists(), "{} is missing", path.display());
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// Runs the checker of published types over lines of JSON; its findings.
fn checked(arguments: &[&str], lines: &[Value]) -> Option<Vec<String>> {
    let tool = shared("tools/types-check/check")?;
    let mut child = Command::new(tool)
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the checker starts");
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n";
    let mut stdin = child.stdin.take().expect("its input");
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("joined").expect("written");
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn errors(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| line.contains(": error: ") || line.contains("error:")).collect()
}

/// Every recorded body of the open data, each alone.
pub(super) fn bodies() -> Vec<Resource> {
    let Some(root) = shared("azure-data") else { return Vec::new() };
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).expect("readable") {
        let folder = folder.expect("an entry").path();
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !folder.is_dir() || name.starts_with('_') || name == "Microsoft.Graph" {
            continue;
        }
        for file in std::fs::read_dir(folder).expect("readable") {
            let text = std::fs::read(file.expect("an entry").path()).expect("readable");
            let value: Value = serde_json::from_slice(&text).expect("JSON");
            for instance in value["instances"].as_array().into_iter().flatten() {
                let text = |name: &str| instance[name].as_str().unwrap_or_default().to_owned();
                let id = instance["body"]["id"].as_str().unwrap_or_default().to_owned();
                if !text("kind").starts_with("recorded") || ResourceId::parse(&id).is_none() {
                    continue;
                }
                found.push(Resource {
                    id,
                    type_name: value["type"].as_str().unwrap_or_default().to_owned(),
                    api_version: text("apiVersion"),
                    put: None,
                    body: instance["body"].clone(),
                });
            }
        }
    }
    found.sort_by(|a, b| (&a.id, &a.api_version).cmp(&(&b.id, &b.api_version)));
    found
}

/// What has to be given is an expression to the checker.
fn spelled(value: &Value, parameter: &str) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key(PARAMETER) => json!(parameter),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), spelled(value, parameter))).collect())
        }
        Value::Array(items) => items.iter().map(|item| spelled(item, parameter)).collect(),
        other => other.clone(),
    }
}

fn line(resource: &Emitted, parameter: &str) -> Value {
    let name = resource.id.rsplit('/').next().unwrap_or_default();
    json!({
        "type": resource.type_name, "apiVersion": resource.api_version, "name": name,
        "body": spelled(&resource.body, parameter),
    })
}

fn emitted(recorded: &Recorded, format: &str) -> Vec<Emitted> {
    let (plan, files) = generated(recorded, format).expect("code");
    read(format, &files, &plan).unwrap_or_else(|cause| panic!("{format}: {cause}"))
}

/// Errors of the published types in what is generated, by format. Templates are judged as they are printed.
fn judged(recorded: &[Recorded]) -> Option<BTreeMap<&'static str, Vec<String>>> {
    let mut found = BTreeMap::new();
    let templates: Vec<Value> = recorded
        .iter()
        .flat_map(|recorded| generated(recorded, "arm").expect("code").1)
        .filter(|(name, _)| !name.ends_with(".parameters.json"))
        .map(|(_, text)| serde_json::from_str(&text).expect("JSON"))
        .collect();
    // One template of all: the checker looks at its resources.
    let resources: Vec<Value> = templates
        .into_iter()
        .flat_map(|mut one| one["resources"].take().as_array().cloned().unwrap_or_default())
        .collect();
    let whole = json!({
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": resources,
    });
    let azapi: Vec<Value> = recorded
        .iter()
        .flat_map(|recorded| emitted(recorded, "azapi"))
        .map(|resource| line(&resource, "${var.x}"))
        .collect();
    for (format, arguments, lines) in
        [("arm", ["--quiet", "--quiet"], vec![whole]), ("azapi", ["--quiet", "--azapi"], azapi)]
    {
        let output = checked(&arguments, &lines)?;
        println!("{format}: {}", output.last().cloned().unwrap_or_default());
        found.insert(format, errors(&output).into_iter().cloned().collect());
    }
    Some(found)
}

/// Groups of the project's own: this test needs nothing of the shared folder.
#[test]
fn what_was_sent_to_make_our_own_groups_is_in_the_code_of_every_format() {
    let report = run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/groups")).expect("figures");
    for format in ["arm", "azapi", "bicep"] {
        let total = report.total(format);
        assert!(total.sent >= 20, "{format}: {}", total.sent);
        // Clients send back what Azure computed: it is in the PUTs, and must not be in the code.
        let is_computed = |path: &&String| ["provisioningState", ".id", ".type"].iter().any(|end| path.ends_with(end));
        let missing: Vec<&String> = total.missing.iter().filter(|path| !is_computed(path)).collect();
        assert!(missing.is_empty() && total.too_much.is_empty(), "{format}: {missing:?} {:?}", total.too_much);
    }
}

#[test]
fn what_was_sent_is_in_the_code_of_every_format() {
    let Some(directory) = shared("azure-data/_scenarios") else { return };
    let report = run(&directory).expect("figures");
    println!("{}", report.table());
    for format in ["arm", "azapi", "bicep"] {
        let total = report.total(format);
        let (present, computed) = (total.present_share(), total.computed_share());
        assert!(present >= 98.0 && computed <= 2.0, "{format}: {present:.2}% {computed:.2}%: {:#?}", total.missing);
    }
}

#[test]
fn the_published_types_find_no_fault_in_the_recorded_groups() {
    let Some(directory) = shared("azure-data/_scenarios") else { return };
    let recorded: Vec<Recorded> = load(&directory).expect("recordings").into_values().collect();
    let Some(found) = judged(&recorded) else { return };
    for (format, errors) in found {
        let errors: Vec<&String> = errors.iter().filter(|line| !is_unpublished(line)).collect();
        // Gaps of our table, and values that Azure itself returned against its type.
        println!("{format}: {} findings of the published types: {errors:#?}", errors.len());
        assert!(errors.len() <= 3, "{format}: {errors:#?}");
    }
}

/// How azapi compares what is written with what Azure returns; the paths that would be a change.
fn changes(path: &str, wanted: &Value, told: Option<&Value>, found: &mut Vec<String>) {
    let name = |item: &Value| item["name"].as_str().map(str::to_owned);
    match (wanted, told) {
        (wanted, None | Some(Value::Null)) => {
            let is_nothing = is_empty(wanted) || *wanted == Value::Bool(false);
            found.extend((!is_nothing).then(|| format!("{path}: {wanted}, of which Azure says nothing")));
        }
        (Value::Object(fields), Some(Value::Object(told))) => {
            for (name, value) in fields {
                changes(&format!("{path}.{name}"), value, told.get(name), found);
            }
        }
        (Value::Array(items), Some(Value::Array(told))) => {
            if items.len() != told.len() {
                found.push(format!("{path}: {} items of {}", items.len(), told.len()));
                return;
            }
            let is_named = items.first().and_then(name).is_some() && told.first().and_then(name).is_some();
            for (index, item) in items.iter().enumerate() {
                let other =
                    if is_named { told.iter().find(|other| name(other) == name(item)) } else { told.get(index) };
                changes(&format!("{path}[{index}]"), item, other, found);
            }
        }
        (wanted, Some(told)) => {
            // The parser reads `1.0` as `1`.
            let is_like = wanted == told || (wanted.is_number() && wanted.as_f64() == told.as_f64());
            found.extend((!is_like).then(|| format!("{path}: {wanted} where Azure says {told}")));
        }
    }
}

/// An import's body, without what Azure never returns.
#[test]
fn an_import_by_azapi_says_nothing_that_azure_does_not() {
    let mut recorded: Vec<Recorded> = bodies().into_iter().map(|one| Recorded { resources: vec![one] }).collect();
    if let Some(directory) = shared("azure-data/_scenarios") {
        recorded.extend(load(&directory).expect("recordings").into_values());
    }
    let request = json!({"tenant_id": uuid::Uuid::nil(), "output_format": "terraform", "auto_import_existing": true});
    let request: GenerateIacRequest = serde_json::from_value(request).expect("a request");
    let (mut count, mut found) = (0, Vec::new());
    for recorded in &recorded {
        let plan = recording::plan(&recorded.nodes(), &[], &request, &whole_bodies(true)).expect("a plan");
        let mut files = all(&Terraform::new(&plan, &Forms::default(), true).expect("a printer")).expect("printed");
        for text in files.values_mut() {
            while let Some((before, rest)) = text.split_once("\n  sensitive_body = {\n") {
                let (_, after) = rest.split_once("\n  }\n").expect("its end");
                *text = format!("{before}\n{after}");
            }
        }
        for emitted in read("azapi", &files, &plan).expect("reads back") {
            let told = recorded.resources.iter().find(|one| one.id.eq_ignore_ascii_case(&emitted.id));
            // A group that was recorded only in the ids of what is in it has no body.
            let Some(told) = told.map(|one| &one.body) else { continue };
            count += 1;
            for (name, value) in emitted.body.as_object().into_iter().flatten() {
                // These are attributes of their own, compared in other ways.
                if !matches!(name.as_str(), "location" | "identity") {
                    changes(&format!("{} {name}", emitted.id), value, told.get(name), &mut found);
                }
            }
        }
    }
    println!("{count} imports by azapi, {} changes", found.len());
    assert!(found.is_empty(), "{found:#?}");
}

/// Versions that nobody published can't be judged.
fn is_unpublished(line: &str) -> bool {
    line.contains("unknown api version") || line.contains("unknown type")
}

#[test]
fn the_published_types_find_no_fault_in_any_recorded_body() {
    let recorded: Vec<Recorded> = bodies().into_iter().map(|one| Recorded { resources: vec![one] }).collect();
    if recorded.is_empty() {
        return;
    }
    let Some(found) = judged(&recorded) else { return };
    for (format, errors) in found {
        let errors: Vec<&String> = errors.iter().filter(|line| !is_unpublished(line)).collect();
        println!("{format}: {} findings of the published types in {} bodies", errors.len(), recorded.len());
        for error in &errors {
            println!("    {error}");
        }
        assert!(errors.len() <= if format == "arm" { 9 } else { 13 }, "{format}: {errors:#?}");
    }
}

#[test]
fn the_table_agrees_with_the_published_types_on_what_is_read_only() {
    let bodies: Vec<Resource> = bodies();
    if bodies.is_empty() {
        return;
    }
    let lines: Vec<Value> = bodies
        .iter()
        .map(|body| json!({"type": body.type_name, "apiVersion": body.api_version, "name": body.id.rsplit('/').next(), "body": body.body}))
        .collect();
    let Some(answers) = checked(&["--prune-oracle"], &lines) else { return };
    assert_eq!(answers.len(), bodies.len(), "an answer for each");
    let (mut both, mut agreed, mut wrong) = (0usize, 0usize, Vec::new());
    for (body, answer) in bodies.iter().zip(&answers) {
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        let name = body.id.rsplit('/').next().unwrap_or_default();
        let Known::Writable(known) = types::find(&body.type_name, &body.api_version, name) else { continue };
        for (list, is_read_only) in [("read_only", true), ("writable", false)] {
            for pointer in answer[list].as_array().into_iter().flatten().filter_map(Value::as_str) {
                // The walk decides of the envelope, not the table.
                if matches!(pointer, "/id" | "/name" | "/type" | "/apiVersion" | "/systemData") {
                    continue;
                }
                let Some(said) = says(&known.shape, &body.body, pointer) else { continue };
                both += 1;
                if said == is_read_only {
                    agreed += 1;
                } else {
                    wrong.push(format!("{}@{} {pointer}: {list}", body.type_name, body.api_version));
                }
            }
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "counts of paths are small")]
    let share = agreed as f64 * 100.0 / both.max(1) as f64;
    println!("the table and the published types agree on {agreed} of {both} paths ({share:.2}%)");
    assert!(share >= 99.0, "{share:.2}% of {both}: {wrong:#?}");
}

/// Whether the table calls what is at a pointer read-only; `None` where it does not know it.
fn says(shape: &types::Shape, body: &Value, pointer: &str) -> Option<bool> {
    let (mut shape, mut at) = (shape.clone(), body);
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        match at {
            Value::Array(items) => {
                at = items.get(part.parse::<usize>().ok()?)?;
                shape = shape.items()?;
            }
            Value::Object(fields) => {
                let here = shape.of(fields);
                at = fields.get(&part)?;
                match here.prop(&part) {
                    Some(prop) if prop.is_read_only => return Some(true),
                    Some(prop) => shape = prop.shape,
                    None => shape = here.more()?,
                }
            }
            _ => return None,
        }
    }
    Some(false)
}

#[test]
fn a_pruned_body_is_pruned_to_itself() {
    for body in bodies() {
        let recorded = Recorded { resources: vec![body] };
        let nodes = recorded.nodes();
        // What can only be read is never pruned.
        let name = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let is_sent = |node: &&crate::graph::model::Node| {
            !matches!(types::find(&node.type_name, &node.api_version, &name(&node.id)), Known::ReadOnly)
        };
        for node in nodes.values().filter(is_sent) {
            let once = prune::body(node);
            // Made for what is asked for: what Azure computed of it, the pruned body does not say.
            if once.get("properties") == Some(&json!({})) {
                continue;
            }
            let mut again = node.clone();
            again.body = Value::Object(once.clone());
            again.body["id"] = json!(node.id);
            assert_eq!(prune::body(&again), once, "{}", node.type_name);
            assert_eq!(arm::key(&node.id), node.key);
        }
    }
}
