//! Bicep, read back with tree-sitter: modules are followed, symbols and functions evaluated.

use std::{cell::RefCell, collections::HashMap};

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::{
    emitted::{Emitted, PARAMETER},
    read_arm::{known, location_of, said},
};
use crate::{
    arm::{ResourceId, Target},
    iac::{
        emit::{
            bicep::read::{items, parse, subscription_of, unescape},
            files::Files,
        },
        model::plan::Plan,
    },
};

/// Fields of a declaration that are no part of the body.
const AROUND: [&str; 4] = ["name", "parent", "scope", "dependsOn"];
/// Symbols may mean each other only so deep.
const DEEPEST: usize = 40;

/// Every resource of the files, from `main.bicep` and those beside it on.
pub fn read(files: &Files, plan: &Plan) -> Result<Vec<Emitted>, String> {
    let mut found = Vec::new();
    let mains =
        files.iter().filter(|(name, _)| name.strip_suffix(".bicep").is_some_and(|name| name.starts_with("main")));
    for (name, text) in mains {
        let subscription = subscription_of(text).to_owned();
        let given = files.get(&name.replace(".bicep", ".bicepparam")).map(|text| given(text)).unwrap_or_default();
        let place = Place { subscription, group: None, location: None };
        file((files, plan), name, &place, &given, true, &mut found)?;
    }
    if found.is_empty() { Err("there is no main.bicep".to_owned()) } else { Ok(found) }
}

#[derive(Clone)]
struct Place {
    subscription: String,
    group: Option<String>,
    /// The region of the group, where the files deploy it.
    location: Option<String>,
}

/// Values that a file of parameters says itself.
fn given(text: &str) -> Map<String, Value> {
    let literal = |line: &str| {
        let (name, value) = line.strip_prefix("param ")?.split_once(" = '")?;
        Some((name.to_owned(), Value::String(unescape(value.strip_suffix('\'')?).ok()?)))
    };
    text.lines().filter_map(literal).collect()
}

/// A `resource` of a file.
struct Declared<'t> {
    kind: String,
    is_existing: bool,
    fields: Vec<(Node<'t>, Node<'t>)>,
}

struct Sheet<'t> {
    text: &'t str,
    place: &'t Place,
    plan: &'t Plan,
    resources: HashMap<String, Declared<'t>>,
    parameters: HashMap<String, Value>,
    ids: RefCell<HashMap<String, String>>,
}

fn file(
    (files, plan): (&Files, &Plan),
    name: &str,
    place: &Place,
    given: &Map<String, Value>,
    is_main: bool,
    found: &mut Vec<Emitted>,
) -> Result<(), String> {
    let text = files.get(name).ok_or_else(|| format!("there is no {name}"))?;
    let tree = parse(text).map_err(|cause| format!("{name}: {cause}"))?;
    let mut sheet = Sheet::new(text, place, plan);
    let root = tree.root_node();
    let (mut order, mut modules) = (Vec::new(), Vec::new());
    for node in children(root) {
        match node.kind() {
            "parameter_declaration" => {
                let name = sheet.source(named(node, 0)?).to_owned();
                let value = match (given.get(&name), default_of(node)) {
                    (Some(given), _) => given.clone(),
                    (None, Some(default)) => sheet.value(default, 0)?,
                    (None, None) if is_main => json!({PARAMETER: name}),
                    (None, None) => return Err(format!("{name} is not given")),
                };
                sheet.parameters.insert(name, value);
            }
            "variable_declaration" => {
                let value = sheet.value(named(node, 1)?, 0)?;
                sheet.parameters.insert(sheet.source(named(node, 0)?).to_owned(), value);
            }
            "resource_declaration" => {
                let symbol = sheet.source(named(node, 0)?).to_owned();
                let kind = sheet.string(named(node, 1)?, 0)?;
                let object = body_of(node)?;
                let is_existing = sheet.text[..object.start_byte()]
                    .trim_end()
                    .trim_end_matches('=')
                    .trim_end()
                    .ends_with(" existing");
                let fields = fields(object)?;
                order.push(symbol.clone());
                sheet.resources.insert(symbol, Declared { kind, is_existing, fields });
            }
            "module_declaration" => modules.push(node),
            _ => {}
        }
    }
    for symbol in &order {
        found.extend(emitted(&sheet, symbol)?);
    }
    for node in modules {
        let (path, mut at, params) = call(&sheet, node)?;
        if let Some(group) = &at.group {
            at.location = location_of(&format!("/subscriptions/{}/resourceGroups/{group}", at.subscription), found);
        }
        file((files, plan), &path, &at, &params, false, found)?;
    }
    Ok(())
}

/// What a declaration emits; nothing where the resource exists already.
fn emitted(sheet: &Sheet<'_>, symbol: &str) -> Result<Option<Emitted>, String> {
    let declared = &sheet.resources[symbol];
    if declared.is_existing {
        return Ok(None);
    }
    let mut body = Map::new();
    for (key, value) in &declared.fields {
        let key = sheet.key(*key)?;
        if !AROUND.contains(&key.as_str()) {
            body.insert(key, sheet.value(*value, 0)?);
        }
    }
    let (type_name, api_version) =
        declared.kind.split_once('@').ok_or_else(|| format!("{} is no type", declared.kind))?;
    Ok(Some(Emitted {
        id: sheet.id(symbol, 0)?,
        type_name: type_name.to_owned(),
        api_version: api_version.to_owned(),
        body: Value::Object(body),
    }))
}

/// A module's file, where it is deployed, and what it is given.
fn call(sheet: &Sheet<'_>, node: Node<'_>) -> Result<(String, Place, Map<String, Value>), String> {
    let path = sheet.string(named(node, 1)?, 0)?;
    let (mut at, mut params) = (sheet.place.clone(), Map::new());
    for (key, value) in fields(body_of(node)?)? {
        match sheet.key(key)?.as_str() {
            "scope" => at = place_of(&sheet.scope(value, 0)?),
            "params" => params = sheet.value(value, 0)?.as_object().cloned().unwrap_or_default(),
            _ => {}
        }
    }
    Ok((path, at, params))
}

/// The default of a parameter, behind its name and its type.
fn default_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut values = children(node).into_iter().skip(1);
    values.rfind(|child| !child.kind().contains("type") && child.kind() != "decorators")
}

fn body_of(node: Node<'_>) -> Result<Node<'_>, String> {
    children(node).into_iter().find(|child| child.kind() == "object").ok_or_else(|| "no body".to_owned())
}

fn place_of(id: &str) -> Place {
    let parsed = ResourceId::parse(id);
    let subscription = parsed.as_ref().and_then(|id| id.subscription.clone()).unwrap_or_default();
    Place { subscription, group: parsed.and_then(|id| id.resource_group), location: None }
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn named(node: Node<'_>, at: u32) -> Result<Node<'_>, String> {
    node.named_child(at).ok_or_else(|| format!("a {} is not whole", node.kind()))
}

fn fields(object: Node<'_>) -> Result<Vec<(Node<'_>, Node<'_>)>, String> {
    let properties = children(object).into_iter().filter(|child| child.kind() == "object_property");
    properties.map(|property| Ok((named(property, 0)?, named(property, 1)?))).collect()
}

impl<'t> Sheet<'t> {
    fn new(text: &'t str, place: &'t Place, plan: &'t Plan) -> Self {
        Self {
            text,
            place,
            plan,
            resources: HashMap::new(),
            parameters: HashMap::new(),
            ids: RefCell::new(HashMap::new()),
        }
    }
}

impl Sheet<'_> {
    fn source(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    fn key(&self, node: Node<'_>) -> Result<String, String> {
        if node.kind() == "string" { self.string(node, 0) } else { Ok(self.source(node).to_owned()) }
    }

    /// A text with its interpolations evaluated.
    fn string(&self, node: Node<'_>, depth: usize) -> Result<String, String> {
        let mut out = String::new();
        let mut at = node.start_byte() + 1;
        for inner in children(node).into_iter().filter(|child| child.kind() == "interpolation") {
            out.push_str(&unescape(&self.text[at..inner.start_byte()])?);
            let value = self.value(named(inner, 0)?, depth)?;
            out.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            at = inner.end_byte();
        }
        out.push_str(&unescape(&self.text[at..node.end_byte() - 1])?);
        Ok(out)
    }

    fn value(&self, node: Node<'_>, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("symbols mean each other".to_owned());
        }
        Ok(match node.kind() {
            "string" => Value::String(self.string(node, depth)?),
            "number" => serde_json::from_str(self.source(node)).map_err(|error| error.to_string())?,
            "boolean" => json!(self.source(node) == "true"),
            "null" => Value::Null,
            "array" => items(node)
                .into_iter()
                .map(|(item, arguments)| match arguments {
                    Some(arguments) => self.called(self.source(item), arguments, depth),
                    None => self.value(item, depth),
                })
                .collect::<Result<_, _>>()?,
            "object" => {
                let mut out = Map::new();
                for (key, value) in fields(node)? {
                    out.insert(self.key(key)?, self.value(value, depth)?);
                }
                Value::Object(out)
            }
            "identifier" => {
                let name = self.source(node);
                if let Some(value) = self.parameters.get(name) {
                    value.clone()
                } else {
                    let id = self.id(name, depth + 1)?;
                    said(self.plan, &id)
                }
            }
            "member_expression" => {
                let of = self.value(named(node, 0)?, depth)?;
                let name = self.source(named(node, 1)?);
                of.get(name).cloned().ok_or_else(|| format!("{} is not known", self.source(node)))?
            }
            "subscript_expression" => {
                let of = self.value(named(node, 0)?, depth)?;
                let at = self.value(named(node, 1)?, depth)?;
                let at = at.as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
                of.get(at).cloned().ok_or_else(|| format!("{} is not known", self.source(node)))?
            }
            "call_expression" => self.called(self.source(named(node, 0)?), named(node, 1)?, depth)?,
            other => return Err(format!("a {other}: {}", self.source(node))),
        })
    }

    /// The functions that templates have, too.
    fn called(&self, name: &str, arguments: Node<'_>, depth: usize) -> Result<Value, String> {
        let values = children(arguments)
            .into_iter()
            .map(|argument| self.value(argument, depth))
            .collect::<Result<Vec<_>, _>>()?;
        if let ("json", [Value::String(text)]) = (name, values.as_slice()) {
            return serde_json::from_str(text).map_err(|error| error.to_string());
        }
        if let ("any", [value]) = (name, values.as_slice()) {
            return Ok(value.clone());
        }
        let Place { subscription, group, location } = self.place.clone();
        if name == "resourceGroup" && values.is_empty() {
            return Ok(json!({"name": group, "location": location}));
        }
        known(&Target { subscription: Some(subscription), group, management_group: None }, name, &values)
    }

    /// What stands at a `scope`, as an id.
    fn scope(&self, node: Node<'_>, depth: usize) -> Result<String, String> {
        if node.kind() == "identifier" {
            return self.id(self.source(node), depth + 1);
        }
        let name = self.source(named(node, 0)?);
        let arguments = children(named(node, 1)?);
        let given = arguments
            .into_iter()
            .map(|argument| Ok(self.value(argument, depth)?.as_str().unwrap_or_default().to_owned()))
            .collect::<Result<Vec<String>, String>>()?;
        let own = &self.place.subscription;
        match (name, given.as_slice()) {
            ("subscription", []) => Ok(format!("/subscriptions/{own}")),
            ("subscription", [id]) => Ok(format!("/subscriptions/{id}")),
            ("resourceGroup", [group]) => Ok(format!("/subscriptions/{own}/resourceGroups/{group}")),
            ("resourceGroup", [id, group]) => Ok(format!("/subscriptions/{id}/resourceGroups/{group}")),
            _ => Err(format!("the scope {}", self.source(node))),
        }
    }

    /// The id that a symbol means.
    fn id(&self, symbol: &str, depth: usize) -> Result<String, String> {
        if let Some(known) = self.ids.borrow().get(symbol) {
            return Ok(known.clone());
        }
        if depth > DEEPEST {
            return Err(format!("{symbol} means itself"));
        }
        let declared = self.resources.get(symbol).ok_or_else(|| format!("{symbol} is not declared"))?;
        let kind = declared.kind.split('@').next().unwrap_or_default();
        let (mut name, mut parent, mut scope) = (String::new(), None, None);
        for (key, value) in &declared.fields {
            match self.key(*key)?.as_str() {
                "name" => name = self.string(*value, depth)?,
                "parent" => parent = Some(self.id(self.source(*value), depth + 1)?),
                "scope" => scope = Some(self.scope(*value, depth)?),
                _ => {}
            }
        }
        let id = if let Some(parent) = parent {
            format!("{parent}/{}/{name}", kind.rsplit('/').next().unwrap_or_default())
        } else {
            let above = scope.unwrap_or_else(|| match &self.place.group {
                Some(group) => format!("/subscriptions/{}/resourceGroups/{group}", self.place.subscription),
                None => format!("/subscriptions/{}", self.place.subscription),
            });
            if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
                format!("{above}/resourceGroups/{name}")
            } else {
                let (namespace, kinds) = kind.split_once('/').ok_or_else(|| format!("{kind} is no type"))?;
                let (kinds, names): (Vec<&str>, Vec<&str>) = (kinds.split('/').collect(), name.split('/').collect());
                if kinds.len() != names.len() {
                    return Err(format!("{name} has not one name for each part of {kind}"));
                }
                let pairs: Vec<String> = kinds.iter().zip(names).map(|(kind, name)| format!("{kind}/{name}")).collect();
                format!("{above}/providers/{namespace}/{}", pairs.join("/"))
            }
        };
        self.ids.borrow_mut().insert(symbol.to_owned(), id.clone());
        Ok(id)
    }
}
