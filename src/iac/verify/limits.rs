//! Whether Azure Resource Manager would take the templates: its limits, and whether each name in them names
//! something.
//!
//! Works on what was printed, not on the plan: parameters are declared where they are used and given where
//! they are declared; an id that a function spells is that of a resource of the templates, which is waited
//! for, or of one that the plan knows outside; nothing waits for itself; nothing is deployed twice.
//! Files are outlined one by one, then judged together.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use serde_json::{Map, Value, json};

use crate::{
    arm::{self, Scope, Target, evaluate_text},
    iac::{
        error::IacError,
        model::{ids::prefixes, index::hash, plan::Plan},
    },
};

/// Documented limits of a template.
const BYTES: usize = 4 * 1024 * 1024;
const RESOURCES: usize = 800;
const PARAMETERS: usize = 256;
const VARIABLES: usize = 256;
const OUTPUTS: usize = 64;
const EXPRESSION: usize = 24_576;
const NAME: usize = 64;
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";

/// What a file says, as far as others have to know it.
#[derive(Debug, Default)]
pub struct Outline {
    pub name: String,
    declared: BTreeSet<String>,
    /// Ids of other files, or of nothing.
    mentioned: BTreeSet<String>,
    findings: Vec<String>,
    /// What Azure's published types refuse.
    untyped: Vec<String>,
    /// What the Bicep compiler refuses or warns of, as far as the text tells.
    unstyled: Vec<String>,
}

impl Outline {
    pub fn with_types(self, untyped: Vec<String>) -> Self {
        Self { untyped, ..self }
    }

    pub fn with_style(self, unstyled: Vec<String>) -> Self {
        Self { unstyled, ..self }
    }
}

/// Outlines a file; `None`: it is no template.
pub fn outline(name: &str, text: &str, template: &Value) -> Option<Outline> {
    if !name.starts_with("azuredeploy") || name.ends_with(".parameters.json") {
        return None;
    }
    let mut outline = Outline { name: name.to_owned(), ..Outline::default() };
    if text.len() > BYTES {
        outline.findings.push(format!("{} bytes, more than {BYTES}", text.len()));
    }
    let subscription = template["metadata"]["subscription"].as_str().map(str::to_owned);
    let target = Target { subscription, ..Target::default() };
    let (declared, mentioned) = walk(template, &target, None, &mut outline.findings);
    outline.mentioned = without(mentioned, &declared);
    outline.declared = declared;
    Some(outline)
}

/// Parameters, resources and modules of a Bicep file are counted as its template would be.
pub fn outline_bicep(name: &str, text: &str) -> Outline {
    let count =
        |word: &str| text.lines().filter(|line| line.starts_with(word) && !line.contains(" existing = ")).count();
    let mut outline = Outline { name: name.to_owned(), ..Outline::default() };
    if text.len() > BYTES {
        outline.findings.push(format!("{} bytes, more than {BYTES}", text.len()));
    }
    for (what, found, most) in
        [("parameters", count("param "), PARAMETERS), ("resources", count("resource ") + count("module "), RESOURCES)]
    {
        if found > most {
            outline.findings.push(format!("{found} {what}, more than {most}"));
        }
    }
    outline
}

/// Sees the outlines of all files, in the order of their deployment.
#[derive(Debug, Default)]
pub struct Judge {
    files: usize,
    /// Hashes of ids: there may be a million.
    deployed: HashSet<u64>,
    findings: Vec<Finding>,
    pub untyped: Found,
    pub unstyled: Found,
    /// Whether a template of each language was seen.
    pub has_arm: bool,
    pub has_bicep: bool,
}

/// What a check found: a template that is wrong once is often wrong everywhere, so only the first are kept.
#[derive(Debug, Default)]
pub struct Found {
    pub count: usize,
    pub first: Vec<String>,
}

/// Findings that are kept.
const KEPT: usize = 20;

impl Found {
    fn take(&mut self, more: Vec<String>) {
        self.count += more.len();
        let room = KEPT.saturating_sub(self.first.len());
        self.first.extend(more.into_iter().take(room));
    }
}

#[derive(Debug)]
enum Finding {
    Wrong(String),
    /// An id that no file deployed before.
    Unknown {
        file: String,
        id: String,
    },
}

impl Judge {
    /// Whether no template was seen.
    pub fn is_empty(&self) -> bool {
        self.files == 0
    }

    pub fn see(&mut self, outline: Outline) {
        self.files += 1;
        self.has_arm |= outline.name.rsplit('.').next() == Some("json");
        self.has_bicep |= outline.name.rsplit('.').next() == Some("bicep");
        self.untyped.take(outline.untyped);
        self.unstyled.take(outline.unstyled);
        let name = outline.name;
        self.findings.extend(outline.findings.into_iter().map(|finding| Finding::Wrong(format!("{name}: {finding}"))));
        let unknown = outline.mentioned.into_iter().filter(|id| !whole(id).any(|id| self.deployed.contains(&hash(id))));
        self.findings.extend(unknown.map(|id| Finding::Unknown { file: name.clone(), id }));
        for id in outline.declared {
            if !self.deployed.insert(hash(&id)) {
                self.findings.push(Finding::Wrong(format!("{name}: {id} is deployed twice")));
            }
        }
    }

    /// What is wrong with all files together.
    pub fn findings(self, plan: &Plan) -> Result<Vec<String>, IacError> {
        let is_unknown = self.findings.iter().any(|finding| matches!(finding, Finding::Unknown { .. }));
        let outside = if is_unknown { outside(plan)? } else { HashSet::new() };
        let said = |finding| match finding {
            Finding::Wrong(text) => Some(text),
            Finding::Unknown { file, id } => (!outside.contains(&hash(&id)))
                .then(|| format!("{file}: {id} is in no template that is deployed before, nor known outside")),
        };
        Ok(self.findings.into_iter().filter_map(said).collect())
    }
}

/// Hashes of what bodies mention outside of the plan, and of what is above that.
fn outside(plan: &Plan) -> Result<HashSet<u64>, IacError> {
    let mut found = HashSet::new();
    for (number, item) in plan.items.iter().enumerate() {
        if item.counts.external + item.counts.unresolved + item.counts.circular > 0 {
            let body = plan.body(number)?;
            let mentioned = body.external.iter().chain(&body.unresolved).chain(&body.circular);
            found.extend(mentioned.flat_map(|mentioned| prefixes(&mentioned.id)).map(|key| hash(&key)));
        }
    }
    Ok(found)
}

/// An id, and the resources that it may stand below: a part of a resource has an id, too.
fn whole(id: &str) -> impl Iterator<Item = &str> {
    fn shorter(id: &str) -> Option<&str> {
        let (above, _) = id.rsplit_once('/')?.0.rsplit_once('/')?;
        // Below `…/providers/{namespace}` stand a type and a name at least.
        let is_resource = above.contains("/providers/") && above.rsplit('/').nth(1) != Some("providers");
        is_resource.then_some(above)
    }
    std::iter::successors(Some(id), |id| shorter(id))
}

fn is_in(id: &str, ids: &BTreeSet<String>) -> bool {
    whole(id).any(|id| ids.contains(id))
}

fn without(mut ids: BTreeSet<String>, others: &BTreeSet<String>) -> BTreeSet<String> {
    ids.retain(|id| !is_in(id, others));
    ids
}

/// Evaluates a template's texts, and keeps what they name.
struct Names<'t> {
    target: &'t Target,
    declared: &'t Map<String, Value>,
    seen: RefCell<BTreeSet<String>>,
}

impl Scope for Names<'_> {
    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        if name.eq_ignore_ascii_case("parameters") {
            let wanted = arguments.first().and_then(Value::as_str).unwrap_or_default();
            let is_declared = self.declared.keys().any(|known| known.eq_ignore_ascii_case(wanted));
            return if is_declared { Ok(json!({})) } else { Err(format!("the parameter {wanted} is not declared")) };
        }
        // What a variable says was looked at where it is declared.
        if name.eq_ignore_ascii_case("variables") {
            return Ok(json!({}));
        }
        if name.eq_ignore_ascii_case("reference") {
            return Ok(Value::Null);
        }
        if let Some(found) = self.target.call(name, arguments) {
            if let Ok(Value::String(id)) = &found {
                self.seen.borrow_mut().insert(arm::key(id));
            }
            return found;
        }
        let subscription = self.target.subscription.as_deref().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "subscription" => {
                Ok(json!({"id": format!("/subscriptions/{subscription}"), "subscriptionId": subscription}))
            }
            "resourcegroup" => Ok(json!({"id": self.target.scope(), "name": self.target.group, "location": ""})),
            "deployment" => Ok(json!({"name": "main", "location": ""})),
            _ => arm::call(name, arguments).unwrap_or_else(|| Err(format!("there is no function {name}"))),
        }
    }
}

/// One resource of a template.
struct Node {
    shown: String,
    /// Ids that are there once it is deployed; a deployment holds all of its template.
    holds: BTreeSet<String>,
    waits: BTreeSet<String>,
    mentions: BTreeSet<String>,
}

/// What a template holds, and what it mentions; what is wrong is found on the way.
fn walk(
    template: &Value,
    target: &Target,
    given: Option<&Map<String, Value>>,
    findings: &mut Vec<String>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let empty = Map::new();
    let count = |name: &str| template[name].as_object().map_or(0, Map::len);
    let resources = template["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (what, found, most) in [
        ("resources", resources.len(), RESOURCES),
        ("parameters", count("parameters"), PARAMETERS),
        ("variables", count("variables"), VARIABLES),
        ("outputs", count("outputs"), OUTPUTS),
    ] {
        if found > most {
            findings.push(format!("{found} {what}, more than {most}"));
        }
    }
    let declared = template["parameters"].as_object().unwrap_or(&empty);
    if let Some(given) = given {
        let lacks = declared.iter().filter(|(name, is)| is.get("defaultValue").is_none() && !given.contains_key(*name));
        findings.extend(lacks.map(|(name, _)| format!("the parameter {name} is not given")));
        let surplus = given.keys().filter(|name| !declared.contains_key(*name));
        findings.extend(surplus.map(|name| format!("the parameter {name} is given and not declared")));
    }
    let names = Names { target, declared, seen: RefCell::default() };
    let nodes: Vec<Node> = resources.iter().filter_map(|resource| node(resource, &names, findings)).collect();
    wiring(&nodes, findings);
    let (mut holds, mut mentions) = (BTreeSet::new(), BTreeSet::new());
    for node in nodes {
        for id in node.holds {
            if holds.contains(&id) {
                findings.push(format!("{id} is there twice"));
            }
            holds.insert(id);
        }
        mentions.extend(node.mentions);
    }
    (holds, mentions)
}

fn node(resource: &Value, names: &Names<'_>, findings: &mut Vec<String>) -> Option<Node> {
    let kind = resource["type"].as_str().unwrap_or_default();
    let mut text = |value: &Value| -> Option<String> {
        match evaluate_text(value.as_str()?, names) {
            Ok(Value::String(text)) => Some(text),
            Ok(_) => None,
            Err(error) => {
                findings.push(format!("{value}: {error}"));
                None
            }
        }
    };
    let name = text(&resource["name"])?;
    let waits: BTreeSet<String> =
        resource["dependsOn"].as_array().into_iter().flatten().filter_map(&mut text).map(|id| arm::key(&id)).collect();
    if kind.eq_ignore_ascii_case(DEPLOYMENTS) {
        let mut target = names.target.clone();
        if let Some(subscription) = text(&resource["subscriptionId"]) {
            target = Target { subscription: Some(subscription), ..Target::default() };
        }
        if let Some(group) = text(&resource["resourceGroup"]) {
            target.group = Some(group);
        }
        let id = arm::below(&target.scope(), kind, std::slice::from_ref(&name)).ok()?;
        if name.chars().count() > NAME {
            findings.push(format!("{name:?} is longer than {NAME} characters"));
        }
        let properties = &resource["properties"];
        lengths(&properties["parameters"], names, findings);
        let given = properties["parameters"].as_object().cloned().unwrap_or_default();
        let (mut holds, mentions) = walk(&properties["template"], &target, Some(&given), findings);
        let mentions = without(mentions, &holds);
        holds.insert(arm::key(&id));
        return Some(Node { shown: name, holds, waits, mentions });
    }
    let id = match text(&resource["scope"]) {
        Some(scope) => arm::below(&scope, kind, std::slice::from_ref(&name)),
        None => names.target.id(kind, std::slice::from_ref(&name)),
    };
    let id = id.map_err(|error| findings.push(error)).ok()?;
    names.seen.borrow_mut().clear();
    if let Value::Object(fields) = resource {
        for (_, value) in fields.iter().filter(|(field, _)| *field != "dependsOn") {
            lengths(value, names, findings);
        }
    }
    let key = arm::key(&id);
    let mentions = names.seen.take().into_iter().filter(|mentioned| whole(mentioned).all(|id| id != key)).collect();
    Some(Node { shown: id, holds: BTreeSet::from([key]), waits, mentions })
}

/// Evaluates all texts below a value; expressions are only so long.
fn lengths(value: &Value, names: &Names<'_>, findings: &mut Vec<String>) {
    fn longest(value: &Value) -> usize {
        let of_text = |text: &str| if text.starts_with('[') && !text.starts_with("[[") { text.len() } else { 0 };
        match value {
            Value::String(text) => of_text(text),
            Value::Array(items) => items.iter().map(longest).max().unwrap_or(0),
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| of_text(key).max(longest(value))).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
    let found = longest(value);
    if found > EXPRESSION {
        findings.push(format!("an expression of {found} characters, more than {EXPRESSION}"));
    }
    if let Err(error) = arm::check(value, names) {
        findings.push(error);
    }
}

/// Whoever names a neighbour has to wait for it, by way of others too, and nobody for himself.
fn wiring(nodes: &[Node], findings: &mut Vec<String>) {
    let mut holder: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        holder.extend(node.holds.iter().map(|id| (id.as_str(), at)));
    }
    let waits: Vec<BTreeSet<usize>> = nodes
        .iter()
        .map(|node| node.waits.iter().filter_map(|id| holder.get(id.as_str()).copied()).collect())
        .collect();
    for node in nodes {
        for id in node.waits.iter().filter(|id| !holder.contains_key(id.as_str())) {
            findings.push(format!("{} waits for {id}, which is not there", node.shown));
        }
    }
    // What can be deployed once all that it waits for is; what never can is in a circle.
    let mut before: Vec<Option<BTreeSet<usize>>> = vec![None; nodes.len()];
    loop {
        let mut is_moved = false;
        for at in 0..nodes.len() {
            if before[at].is_some() || waits[at].iter().any(|other| before[*other].is_none()) {
                continue;
            }
            let mut all = waits[at].clone();
            all.extend(waits[at].iter().filter_map(|other| before[*other].as_ref()).flatten());
            before[at] = Some(all);
            is_moved = true;
        }
        if !is_moved {
            break;
        }
    }
    for (at, node) in nodes.iter().enumerate() {
        let Some(before) = &before[at] else {
            findings.push(format!("{} waits for itself", node.shown));
            continue;
        };
        for id in &node.mentions {
            if let Some(other) = whole(id).find_map(|id| holder.get(id))
                && *other != at
                && !before.contains(other)
            {
                findings.push(format!("{} names {id} and does not wait for it", node.shown));
            }
        }
    }
}
