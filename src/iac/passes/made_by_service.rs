//! The service's own: what a service makes by itself and nobody can send, told by a flag of the body or by the name.
//!
//! A flag is enough for any type: published types have few words for it. Names are known by type, from a table with
//! its sources (`made_by_service.tsv`); that a name begins with `$` says it for every type. What a person made beside
//! them stays, and what the table calls a person's (`$web`) does, too.
//!
//! It looks at one body alone; who manages whom is `managed_groups`' to say.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};

use crate::{arm::Parameter, graph::model::Node, iac::types::Known};

/// Flags that say so where they are true. Published types that have one of them call it read-only, or have it for
/// this alone.
const FLAGS: [&str; 9] = [
    "builtIn",
    "isBuiltIn",
    "isSystem",
    "isSystemDefined",
    "isSystemManaged",
    "isSystemProtected",
    "isSystemTask",
    "isSystemExtension",
    "systemDefined",
];

/// Words of a property that is called `type`, or ends so (`policyType`, `assignmentType`).
const WORDS: [&str; 6] = ["BuiltIn", "BuiltInRole", "System", "SystemDefined", "SystemHidden", "SystemManaged"];

/// One row of the table.
#[derive(Debug)]
struct Row {
    name: &'static str,
    wants: Option<Wants>,
    /// `None`: it is a person's.
    reason: Option<&'static str>,
}

/// What a body must say.
#[derive(Debug)]
enum Wants {
    Value(&'static str, &'static str),
    Empty(&'static str),
}

/// Rows by lower-cased type.
static TABLE: LazyLock<HashMap<String, Vec<Row>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Vec<Row>> = HashMap::new();
    for (type_name, row) in lines().filter_map(read) {
        table.entry(type_name.to_ascii_lowercase()).or_default().push(row);
    }
    table
});

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("made_by_service.tsv").lines().filter(|line| !line.starts_with('#'))
}

fn read(line: &'static str) -> Option<(&'static str, Row)> {
    let mut cells = line.split('\t');
    let (type_name, name, wants, reason) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    // A row without its source is none.
    cells.next().filter(|source| !source.is_empty())?;
    let wants = match wants {
        "-" => None,
        wants => Some(match (wants.strip_suffix(" empty"), wants.split_once('=')) {
            (Some(path), _) => Wants::Empty(path),
            (None, Some((path, value))) => Wants::Value(path, value),
            (None, None) => return None,
        }),
    };
    Some((type_name, Row { name, wants, reason: (reason != "keep").then_some(reason) }))
}

/// Why a resource of a name is the service's own; `None`: it is a person's. `known` is its type.
pub fn reason(node: &Node, name: &str, known: &Known) -> Option<&'static str> {
    let rows = TABLE.get(&node.type_name.to_ascii_lowercase());
    if let Some(row) = rows.and_then(|rows| rows.iter().find(|row| row.fits(name, &node.body))) {
        return row.reason;
    }
    // A type that has one resource of this name calls it so, whoever wrote it.
    let is_singleton = || matches!(known, Known::Writable(known) if known.singleton.is_some());
    if name.starts_with('$') && !is_singleton() {
        return Some("made by its service: the name says so");
    }
    let properties = node.body.get("properties")?.as_object()?;
    parameter(properties).or_else(|| flagged(properties, known))
}

impl Row {
    fn fits(&self, name: &str, body: &Value) -> bool {
        let lies_at = |path: &str| body.pointer(&format!("/{}", path.replace('.', "/")));
        let is_so = match &self.wants {
            None => true,
            Some(Wants::Value(path, wanted)) => lies_at(path).is_some_and(|value| is_word(value, wanted)),
            Some(Wants::Empty(path)) => lies_at(path).and_then(Value::as_array).is_none_or(Vec::is_empty),
        };
        is_named(name, self.name) && is_so
    }
}

/// Whether a name is like a pattern with a star at one end, or nowhere; case does not matter.
fn is_named(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

fn is_word(value: &Value, word: &str) -> bool {
    match value {
        Value::Bool(flag) => word == if *flag { "true" } else { "false" },
        value => value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(word)),
    }
}

/// What flags and kinds among the properties say.
fn flagged(properties: &Map<String, Value>, known: &Known) -> Option<&'static str> {
    let is_true = |name: &str| properties.get(name) == Some(&Value::Bool(true));
    let is_word = |name: &str, word: &str| {
        properties.get(name).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let is_kind = |name: &str| name == "type" || name.ends_with("Type");
    let mut kinds = properties.iter().filter(|(name, _)| is_kind(name)).map(|(name, _)| name.as_str());
    if FLAGS.into_iter().any(is_true)
        || is_word("policyType", "Static")
        || kinds.any(|name| WORDS.iter().any(|word| is_word(name, word)))
    {
        return Some("built into its service: its body says so");
    }
    if is_true("isAutoRegistered") {
        return Some("registered by Azure for a machine");
    }
    (is_true("isReadOnly") && !is_input(known, "isReadOnly")).then_some("can only be read: its body says so")
}

/// Whether people send a property themselves: then it does not tell whose the resource is.
fn is_input(known: &Known, name: &str) -> bool {
    let Known::Writable(known) = known else { return false };
    let properties = known.shape.prop("properties").map(|prop| prop.shape);
    properties.and_then(|properties| properties.prop(name)).is_some_and(|prop| !prop.is_read_only)
}

/// A server's parameter is a person's where somebody set it.
fn parameter(properties: &Map<String, Value>) -> Option<&'static str> {
    match Parameter::of(properties) {
        Parameter::No | Parameter::Set => None,
        Parameter::Default => Some("a parameter that nobody set: it has its default"),
        Parameter::ReadOnly => Some("a parameter that can only be read"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iac::{example_nodes::node, types};

    fn is_services(id: &str, properties: Value) -> bool {
        let node =
            node(&format!("/subscriptions/s/resourceGroups/g/providers/{id}"), json!({"properties": properties}));
        let name = id.rsplit('/').next().expect("a name");
        let known = types::find(&node.type_name, &types::newest(&node.type_name).unwrap_or_default(), name);
        reason(&node, name, &known).is_some()
    }

    #[test]
    fn every_row_of_the_table_says_type_name_condition_reason_and_source() {
        let unread: Vec<&str> = lines().filter(|line| read(line).is_none()).collect();
        assert!(unread.is_empty(), "{unread:#?}");
        let unknown: Vec<&str> =
            lines().filter_map(read).map(|(name, _)| name).filter(|name| types::newest(name).is_none()).collect();
        assert!(unknown.is_empty(), "no published types: {unknown:?}");
    }

    #[test]
    fn a_flag_says_whose_it_is_whatever_the_type() {
        for (flag, value) in [
            ("builtIn", json!(true)),
            ("isSystem", json!(true)),
            ("isReadOnly", json!(true)),
            ("type", json!("SystemDefined")),
            ("type", json!("builtInRole")),
            ("policyType", json!("Static")),
        ] {
            assert!(is_services("Contoso.X/a/b/c/d", json!({flag: value})), "{flag}");
        }
        for (flag, value) in [
            ("builtIn", json!(false)),
            ("type", json!("custom")),
            ("allocationType", json!("Static")),
            ("mode", json!("System")),
        ] {
            assert!(!is_services("Contoso.X/a/b/c/d", json!({flag: value})), "{flag}");
        }
        // People say themselves that a database can only be read.
        assert!(!is_services("Microsoft.AzureArcData/sqlServerInstances/i/databases/d", json!({"isReadOnly": true})));
    }

    #[test]
    fn a_name_says_it_and_what_a_person_made_beside_it_stays() {
        let containers = "Microsoft.Storage/storageAccounts/a/blobServices/default/containers";
        for (name, is_own) in
            [("$logs", true), ("$blobchangefeed", true), ("$web", false), ("$root", false), ("data", false)]
        {
            assert_eq!(is_services(&format!("{containers}/{name}"), json!({})), is_own, "{name}");
        }
        let rules = "Microsoft.ServiceBus/namespaces/n/topics/t/subscriptions/s/rules/$Default";
        let filter = |text: &str| json!({"sqlFilter": {"sqlExpression": text}});
        assert!(is_services(rules, filter("1=1")) && !is_services(rules, filter("kind = 'order'")));
        let names = "Microsoft.Web/sites/shop/hostNameBindings";
        assert!(is_services(&format!("{names}/shop.azurewebsites.net"), json!({})));
        assert!(!is_services(&format!("{names}/shop.example.org"), json!({})));
    }
}
