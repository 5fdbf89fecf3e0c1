//! What Terraform would do with the code: a plan, which writes nothing, read from what Terraform says as JSON.
//!
//! Attributes are told by their paths, never with values: a plan holds secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{child::Ended, workplace::Workplace};
use crate::{iac::error::IacError, telemetry::Secret};

/// Attributes of one resource that are named; more are as good as these.
const MOST_NAMED: usize = 10;
/// Longest message of Terraform that is told.
const LONGEST: usize = 400;

/// How many resources a plan would touch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub import: u64,
    pub add: u64,
    pub change: u64,
    #[serde(rename(deserialize = "remove"))]
    pub destroy: u64,
}

/// What a plan says.
#[derive(Debug, Default)]
pub struct Planned {
    pub counts: Counts,
    /// By address: the resources that it refuses or would change.
    pub troubles: BTreeMap<String, Trouble>,
    /// Why there is no plan.
    pub failure: Option<String>,
}

/// What is wrong with a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    pub attributes: BTreeSet<String>,
    pub message: Option<String>,
}

/// A line of what `plan -json` says.
#[derive(Deserialize)]
struct Line {
    diagnostic: Option<Diagnostic>,
    change: Option<PlannedChange>,
    changes: Option<Counts>,
}

#[derive(Deserialize)]
struct Diagnostic {
    severity: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    detail: String,
    address: Option<String>,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    filename: String,
    start: Start,
}

#[derive(Deserialize)]
struct Start {
    line: usize,
}

#[derive(Deserialize)]
struct PlannedChange {
    resource: Resource,
    action: String,
}

#[derive(Deserialize)]
struct Resource {
    addr: String,
}

/// `show -json`.
#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    resource_changes: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    address: String,
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    actions: Vec<String>,
    #[serde(default)]
    before: Value,
    #[serde(default)]
    after: Value,
    #[serde(default)]
    after_unknown: Value,
}

/// Plans the code of a workplace that is initialised.
pub fn plan(work: &Workplace, variables: &[(String, Secret)], cancel: &CancellationToken) -> Result<Planned, IacError> {
    let arguments = ["plan", "-input=false", "-lock=false", "-no-color", "-json", "-out=plan"];
    let left = work.run(&arguments, variables, cancel)?;
    let mut planned = Planned::default();
    let (mut refused, mut is_counted) = (Vec::new(), false);
    for line in left.out.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        is_counted |= line.changes.is_some();
        planned.counts = line.changes.unwrap_or(planned.counts);
        refused.extend(line.diagnostic.filter(|told| told.severity == "error"));
        let changed =
            line.change.filter(|change| matches!(change.action.as_str(), "create" | "update" | "delete" | "replace"));
        if let Some(change) = changed {
            planned.troubles.entry(bare(&change.resource.addr)).or_default();
        }
    }
    if left.ended != Ended::Well {
        planned.troubles.clear();
        for told in refused {
            planned.refuse(work, told);
        }
        let why = left.outcome().err().unwrap_or_default();
        planned.failure = planned.failure.or_else(|| planned.troubles.is_empty().then_some(why));
        return Ok(planned);
    }
    if !is_counted {
        // Nothing may be called proven of which nothing was read.
        planned.failure =
            Some("what Terraform planned was too long to read, or it did not say what it would do".to_owned());
        return Ok(planned);
    }
    if !planned.troubles.is_empty() {
        let shown = work.run(&["show", "-json", "-no-color", "plan"], &[], cancel)?;
        let shown: Shown = serde_json::from_str(&shown.out).unwrap_or(Shown { resource_changes: Vec::new() });
        for Row { address, change } in shown.resource_changes {
            planned.change(&address, &change);
        }
    }
    Ok(planned)
}

impl Planned {
    /// Whether nothing but imports would be done.
    pub fn is_clean(&self) -> bool {
        self.failure.is_none() && self.troubles.is_empty()
    }

    /// A resource that is refused: by its address, or by the line of the code.
    fn refuse(&mut self, work: &Workplace, told: Diagnostic) {
        let message: String =
            format!("{}: {}", told.summary, told.detail).split_whitespace().collect::<Vec<_>>().join(" ");
        let message: String = message.chars().take(LONGEST).collect();
        let by_place = || {
            let range = told.range.as_ref()?;
            let text = std::fs::read_to_string(work.code().join(&range.filename)).ok()?;
            block_at(&text, range.start.line)
        };
        match told.address.as_deref().map(bare).or_else(by_place) {
            Some(address) => drop(self.troubles.entry(address).or_default().message.get_or_insert(message)),
            None => drop(self.failure.get_or_insert(message)),
        }
    }

    fn change(&mut self, address: &str, change: &Change) {
        let is_change = change.actions.iter().any(|action| matches!(action.as_str(), "create" | "update" | "delete"));
        if !is_change {
            return;
        }
        let trouble = self.troubles.entry(bare(address)).or_default();
        if change.before.is_null() {
            trouble.message.get_or_insert_with(|| "it would be created".to_owned());
        } else if change.after.is_null() {
            trouble.message.get_or_insert_with(|| "it would be destroyed".to_owned());
        } else {
            differ(&change.before, &change.after, &change.after_unknown, "", &mut trouble.attributes);
        }
    }
}

/// An address without the index of an instance.
fn bare(address: &str) -> String {
    address.split('[').next().unwrap_or_default().to_owned()
}

/// The address of the block that a line of formatted code is in.
fn block_at(text: &str, line: usize) -> Option<String> {
    let above = text.lines().take(line).collect::<Vec<_>>();
    let head = above.into_iter().rev().find(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    let mut words = head.split('"');
    let kind = words.next()?.trim();
    match kind {
        "resource" => {
            let (kind, label) = (words.next()?, words.nth(1)?);
            Some(format!("{kind}.{label}"))
        }
        // The next line names the resource.
        "import {" => {
            let inner: Vec<&str> = text.lines().take(line + 1).collect();
            let to = inner.into_iter().rev().find_map(|line| line.trim().strip_prefix("to "))?;
            Some(to.trim_matches([' ', '=']).to_owned())
        }
        _ => None,
    }
}

/// Paths at which two values differ; what is known only after applying counts where something was there before.
fn differ(before: &Value, after: &Value, unknown: &Value, path: &str, found: &mut BTreeSet<String>) {
    if found.len() >= MOST_NAMED || before == after && *unknown != Value::Bool(true) {
        return;
    }
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                let none = Value::Null;
                let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or(Value::Null);
                let unknown = unknown.get(name).unwrap_or(&none);
                // Computed anew: nobody says it.
                if new.contains_key(name) || *unknown == Value::Null {
                    differ(&of(old), &of(new), unknown, &below(name), found);
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                differ(old, new, unknown.get(at).unwrap_or(&Value::Null), &format!("{path}[{at}]"), found);
            }
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_by_its_path_and_without_a_value() {
        let change = Change {
            actions: vec!["update".to_owned()],
            before: json!({"sku": "Basic", "tags": {"a": "1"}, "same": 1, "rule": [{"port": 1}], "etag": "x"}),
            after: json!({"sku": "Standard", "tags": {"a": "2"}, "same": 1, "rule": [{"port": 2}]}),
            after_unknown: json!({"etag": true}),
        };
        let mut planned = Planned::default();
        planned.change("azurerm_x.a[0]", &change);
        let named: Vec<&str> = planned.troubles["azurerm_x.a"].attributes.iter().map(String::as_str).collect();
        assert_eq!(named, ["rule[0].port", "sku", "tags.a"]);
    }

    #[test]
    fn a_line_of_code_names_its_resource() {
        let text = "resource \"azurerm_x\" \"a\" {\n  b = 1\n}\n\nimport {\n  to = azurerm_x.a\n  id = \"/a\"\n}\n";
        assert_eq!(block_at(text, 2).as_deref(), Some("azurerm_x.a"));
        assert_eq!(block_at(text, 7).as_deref(), Some("azurerm_x.a"));
        assert_eq!(block_at("provider \"azurerm\" {\n}\n", 1), None);
    }

    #[test]
    fn the_summary_is_read_as_terraform_writes_it() {
        let text =
            r#"{"type":"change_summary","changes":{"add":1,"change":2,"import":3,"remove":4,"operation":"plan"}}"#;
        let line: Line = serde_json::from_str(text).expect("a line");
        let counts = line.changes.expect("counts");
        assert_eq!((counts.import, counts.add, counts.change, counts.destroy), (3, 1, 2, 4));
    }
}
