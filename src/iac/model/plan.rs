//! The neutral plan: what is emitted, with which body, below which parent; what is not, and why.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::iac::{
    name, own, print, prune, resolve, secrets,
    select::Selection,
    term::{Step, Term, spell},
    terraform,
    types::{self, Leaf},
};
use crate::{
    api::{GenerateIacRequest, OutputFormat},
    arm::{self, ResourceId},
    graph::model::Node,
};

/// Everything that printers need. Items are in the order of their keys.
#[derive(Debug, Default)]
pub struct Plan {
    pub items: Vec<Item>,
    pub parameters: Vec<Parameter>,
    /// How Terraform emits each item; empty for other formats.
    pub forms: Vec<terraform::Form>,
    /// By key.
    pub left_out: BTreeMap<String, LeftOut>,
    /// What is in the code, but no resource of its own there: the id of the resource in whose body it is, by key.
    pub within: BTreeMap<String, Within>,
    /// Keys that filters kept, or that were added as dependencies.
    pub selected: usize,
    pub dependencies: usize,
    pub warnings: Vec<String>,
    /// What is not planned and read by its id, by key: Terraform's data sources, Bicep's `existing` resources.
    pub outside: BTreeMap<String, Outside>,
}

/// A resource that others refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    pub id: String,
    /// `type@api-version`.
    pub kind: String,
}

/// One resource to emit.
#[derive(Debug)]
pub struct Item {
    pub key: String,
    pub id: ResourceId,
    /// As the provider metadata spells it.
    pub type_name: String,
    pub api_version: String,
    /// Last segment of the id.
    pub name: String,
    pub label: String,
    pub is_group: bool,
    pub parent: Parent,
    /// Always a map.
    pub body: Term,
    pub pruned: Vec<String>,
    /// Paths that are spelled as the type does, not as Azure returned them.
    pub respelled: Vec<String>,
    /// Paths of values that are none of their type's.
    pub against: Vec<String>,
    /// Required values that Azure never returned: parameters are made of them.
    pub missing: Vec<prune::Missing>,
    /// Paths of words that azapi can't import.
    pub beside: Vec<String>,
    /// Paths of words that the type enumerates.
    pub words: HashSet<String>,
    pub table: Table,
    /// Read-only values that Terraform's typed form asks for.
    pub told: Vec<terraform::Told>,
    /// Object and client ids of its own identity and the like, and where its body says them.
    pub principals: Vec<(String, &'static str)>,
    /// Names of its parameters.
    pub secrets: Vec<String>,
    pub external: Vec<Mentioned>,
    pub unresolved: Vec<Mentioned>,
    /// References that stay literal because they would close a circle.
    pub circular: Vec<Mentioned>,
    pub is_dependency: bool,
}

/// How far the table of types knows a resource's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// This very api-version.
    Exact,
    /// Other versions.
    Near,
    /// Not at all: general rules were used.
    Unknown,
}

/// What a resource stands below: its parent resource, the resource it extends, its group or subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    Item(usize),
    /// An id of something that is not emitted.
    Literal(String),
}

/// A value that has to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    pub name: String,
    pub resource: String,
    pub path: String,
    pub why: &'static str,
    #[serde(skip)]
    pub leaf: Leaf,
    #[serde(skip)]
    pub kind: Given,
}

/// What giving a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Nobody else may see it.
    Secret,
    Open,
    /// An import leaves it as it is: it need not be given.
    Idle,
}

/// An id at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mentioned {
    pub path: String,
    pub id: String,
}

/// A selected resource that is written in another's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    pub id: String,
    pub type_name: String,
    /// The id of the other.
    pub holder: String,
}

/// A selected resource that is not emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub id: String,
    pub type_name: String,
    pub reason: String,
}

impl Plan {
    /// Numbers of the items by key; what is written in another's body has the other's.
    pub fn holders(&self) -> HashMap<&str, usize> {
        let mut numbers: HashMap<&str, usize> =
            self.items.iter().enumerate().map(|(number, item)| (item.key.as_str(), number)).collect();
        // Keys of holders are beginnings of what they hold, so they come before it.
        for (key, within) in &self.within {
            if let Some(number) = numbers.get(arm::key(&within.holder).as_str()).copied() {
                numbers.insert(key, number);
            }
        }
        numbers
    }

    /// Resources that are in the code.
    pub fn emitted(&self) -> usize {
        self.items.len() + self.within.len()
    }
}

impl Item {
    /// Lower-case id of its subscription.
    pub fn subscription(&self) -> String {
        self.id.subscription.as_deref().unwrap_or_default().to_lowercase()
    }

    /// Items that it needs: its parent and what its body refers to.
    pub fn needs(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.body.references(&mut found);
        if let Parent::Item(parent) = self.parent {
            found.push(parent);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// All passes from a selection to a plan.
pub fn build(mut selection: Selection, request: &GenerateIacRequest) -> Plan {
    let is_terraform = request.output_format == OutputFormat::Terraform;
    if is_terraform {
        terraform::split(&mut selection, request.auto_import_existing);
    }
    let mut plan = build_whole(selection, request);
    if is_terraform {
        plan.forms = terraform::choose(&plan, request.auto_import_existing);
        terraform::ask(&mut plan, request.auto_import_existing);
    }
    plan
}

/// The plan with every body as its type has it: nothing is taken apart for a provider.
pub fn build_whole(mut selection: Selection, request: &GenerateIacRequest) -> Plan {
    let is_terraform = request.output_format == OutputFormat::Terraform;
    let mut plan = Plan {
        selected: selection.nodes.len() - selection.dependencies.len(),
        dependencies: selection.dependencies.len(),
        ..Plan::default()
    };
    plan.warnings.extend(selection.nothing.take());
    if selection.bound_reached {
        plan.warnings.push("too many dependencies: the rest stays as literal ids".to_owned());
    }
    let Selection { nodes, dependencies, known, split, .. } = selection;
    let reasons = own::apart(&nodes, &split);
    let is_compared = is_terraform && request.auto_import_existing;
    let spelling = if is_compared { prune::Spelling::Import } else { prune::Spelling::Correct };
    // From here on a body is a node's or an item's, never both.
    let made = print::map(nodes.into_iter().collect(), |(key, node): (String, Node)| {
        if let Some(reason) = reasons.get(&key) {
            return Made::Apart(key, node.id, node.type_name, reason.clone());
        }
        match item(&key, &node, dependencies.contains(&key), spelling) {
            Some(item) => Made::Item(Box::new(item)),
            None => Made::Apart(key, node.id, node.type_name, own::Reason::from("its id is none of ARM's")),
        }
    });
    for made in made {
        match made {
            Made::Item(item) => plan.items.push(*item),
            Made::Apart(key, id, type_name, own::Reason::Within(holder)) => {
                plan.within.insert(key, Within { id, type_name, holder });
            }
            Made::Apart(key, id, type_name, own::Reason::Absent(reason)) => {
                plan.left_out.insert(key, LeftOut { id, type_name, reason });
            }
        }
    }
    let named: Vec<(String, String)> = plan.items.iter().map(|item| (label_of(item), item.id.text.clone())).collect();
    let labels = name::labels(named.iter().map(|(name, id)| (name.as_str(), id.as_str())));
    for (item, label) in plan.items.iter_mut().zip(labels) {
        item.label = label;
    }
    let numbers: BTreeMap<String, usize> =
        plan.items.iter().enumerate().map(|(number, item)| (item.key.clone(), number)).collect();
    let (mut parameters, mut taken) = (Vec::new(), HashSet::new());
    for item in &mut plan.items {
        item.parent = parent(&item.id, &numbers);
        secrets::lift(item, &mut parameters, &mut taken);
    }
    plan.parameters = parameters;
    // Terraform reads an import before it plans: who an identity is, it knows then.
    if is_terraform || request.target_subscription_id.is_some() || request.name_suffix.is_some() {
        let is_given = |id: &str| request.identity_map.values().any(|to| to.eq_ignore_ascii_case(id));
        resolve::principals(&mut plan, is_given, is_compared);
    }
    resolve::resolve(&mut plan, &numbers, &known, is_compared, !is_terraform);
    plan
}

/// What became of a node: an item, or with its key, id and type why it is none.
enum Made {
    Item(Box<Item>),
    Apart(String, String, String, own::Reason),
}

fn item(key: &str, node: &Node, is_dependency: bool, spelling: prune::Spelling) -> Option<Item> {
    let mut id = ResourceId::parse(&node.id)?;
    let is_group = id.namespace.is_none() && id.resource_group.is_some();
    let known = types::find(&node.type_name, &node.api_version, id.name()).writable();
    if let Some(singleton) = known.as_ref().and_then(|known| known.singleton.as_ref()) {
        id = id.with_name(singleton);
    }
    let pruned = prune::prune(node, known.as_ref(), spelling);
    Some(Item {
        key: key.to_owned(),
        type_name: known.as_ref().map_or_else(|| node.type_name.clone(), |known| known.name.clone()),
        api_version: node.api_version.clone(),
        // The last segment of the id, not the body's name: they differ.
        name: id.name().to_owned(),
        label: String::new(),
        is_group,
        parent: Parent::Literal(id.parent()),
        id,
        body: Term::of_map(&pruned.body),
        pruned: pruned.paths,
        respelled: pruned.respelled,
        against: pruned.against,
        missing: pruned.missing,
        beside: pruned.beside,
        words: pruned.words,
        table: match known {
            Some(known) if known.is_exact => Table::Exact,
            Some(_) => Table::Near,
            None => Table::Unknown,
        },
        told: terraform::told(&node.type_name, &node.body),
        principals: principals(node),
        secrets: Vec::new(),
        external: Vec::new(),
        unresolved: Vec::new(),
        circular: Vec::new(),
        is_dependency,
    })
}

/// Who a resource's own identity is, or what else Azure calls it by: another one where the resource is made anew.
fn principals(node: &Node) -> Vec<(String, &'static str)> {
    let mut paths = vec!["identity.principalId"];
    if node.type_name.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities") {
        paths.extend(["properties.principalId", "properties.clientId"]);
    }
    // What sends logs to a workspace names it so.
    if node.type_name.eq_ignore_ascii_case("Microsoft.OperationalInsights/workspaces") {
        paths.push("properties.customerId");
    }
    let at =
        |path: &str| node.body.pointer(&format!("/{}", path.replace('.', "/"))).and_then(serde_json::Value::as_str);
    paths.into_iter().filter_map(|path| Some((at(path)?.to_owned(), path))).collect()
}

/// A child is named with its parents: `default` alone says nothing.
fn label_of(item: &Item) -> String {
    let segments = &item.id.segments;
    if item.is_group || segments.is_empty() {
        return format!("rg_{}", item.name.trim_start_matches("rg-").trim_start_matches("RG-"));
    }
    let names: Vec<&str> = segments.iter().map(|(_, name)| name.as_str()).collect();
    let is_guid = |name: &str| uuid::Uuid::try_parse(name).is_ok();
    match names.as_slice() {
        [name] if is_guid(name) => {
            let kind = segments.last().map(|(kind, _)| kind.trim_end_matches('s')).unwrap_or_default();
            format!("{kind}_{}", &name[..8])
        }
        names => names.join("_"),
    }
}

fn parent(id: &ResourceId, numbers: &BTreeMap<String, usize>) -> Parent {
    let above = id.parent();
    numbers.get(&arm::key(&above)).map_or(Parent::Literal(above), |number| Parent::Item(*number))
}

/// Replaces a path's text in reports.
pub fn mentioned(path: &[Step], id: &str) -> Mentioned {
    Mentioned { path: spell(path), id: id.to_owned() }
}
