//! Terraform: `azurerm_*` where a table carries the whole body, `azapi_resource` with the pruned body
//! for the rest; a file a resource group.
//!
//! What the real providers want for a plan with imports only decides many details: `identity_ids` is
//! always written, `tags` never empty, import ids are spelled one way, `schema_validation_enabled =
//! false` comes with `ignore_changes` of it.

mod azurerm;
mod data;
mod hcl;
mod identity;

use std::collections::BTreeMap;

pub use azurerm::{Form, Told, ask, choose, split, told};
pub use data::is_read;
pub use hcl::{Block, Key, Part, Value};
use identity::spell_identity;

use crate::arm::{self, ResourceId};
use crate::iac::{
    place,
    plan::{Given, Item, Parent, Plan, Table},
    print::Print,
    term::{Piece, Step, Term, Text, spell},
    types::Leaf,
};

/// Prints a plan.
pub struct Terraform<'p> {
    plan: &'p Plan,
    with_imports: bool,
    subscriptions: Vec<(String, Option<String>)>,
    groups: BTreeMap<String, usize>,
    outside: BTreeMap<String, String>,
    /// Numbers of items by the file that they go to.
    files: Vec<(String, Vec<usize>)>,
}

/// Files that are no group's; the last two only where there are such.
const OTHERS: [&str; 4] = ["versions.tf", "providers.tf", "variables.tf", "outputs.tf"];

impl<'p> Terraform<'p> {
    pub fn new(plan: &'p Plan, with_imports: bool) -> Self {
        let mut files: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, name) in file_names(plan).into_iter().enumerate() {
            // What is written in another's block is in no file.
            if !matches!(plan.forms.get(number), Some(Form::Within(_))) {
                files.entry(name).or_default().push(number);
            }
        }
        let (subscriptions, groups) = (subscriptions(plan), azurerm::groups(plan));
        let (outside, files) = (data::labels(plan), files.into_iter().collect());
        Self { plan, with_imports, subscriptions, groups, outside, files }
    }

    fn others(&self) -> Vec<&'static str> {
        let data = (!self.outside.is_empty()).then_some("data.tf");
        OTHERS.into_iter().chain(data).chain(self.with_imports.then_some("imports.tf")).collect()
    }

    fn resources(&self, number: usize) -> Vec<(Block, String, String)> {
        let Self { plan, with_imports, subscriptions, groups, outside, .. } = self;
        resources(&Context { plan, number, groups, subscriptions, outside, with_imports: *with_imports })
    }
}

impl Print for Terraform<'_> {
    fn count(&self) -> usize {
        self.others().len() + self.files.len()
    }

    fn print(&self, file: usize) -> (String, String) {
        // The largest first: all imports stand in one file.
        let Some((name, numbers)) = self.files.get(self.count() - 1 - file) else {
            let name = self.others()[self.count() - 1 - file - self.files.len()];
            let text = match name {
                "versions.tf" => hcl::print(&[versions()]),
                "providers.tf" => hcl::print(&providers(&self.subscriptions)),
                "variables.tf" => hcl::print(&variables(self.plan, &self.subscriptions)),
                "outputs.tf" => hcl::print(&outputs(self.plan)),
                "data.tf" => hcl::print(&data::sources(self.plan, &self.outside)),
                _ => {
                    let numbers = self.files.iter().flat_map(|(_, numbers)| numbers).copied();
                    let mut numbers: Vec<usize> = numbers.collect();
                    numbers.sort_unstable();
                    let imports = numbers.into_iter().flat_map(|number| self.resources(number));
                    hcl::print(&imports.map(|(_, address, id)| import(address, id)).collect::<Vec<_>>())
                }
            };
            return (name.to_owned(), text);
        };
        let blocks: Vec<Block> =
            numbers.iter().flat_map(|number| self.resources(*number)).map(|(block, ..)| block).collect();
        (name.clone(), hcl::print(&blocks))
    }
}

/// Subscriptions of the plan, the one with most resources first, each with its provider's alias.
fn subscriptions(plan: &Plan) -> Vec<(String, Option<String>)> {
    let alias = |(index, id): (usize, String)| (id, (index > 0).then(|| format!("subscription_{index}")));
    place::subscriptions(plan).into_iter().enumerate().map(alias).collect()
}

fn versions() -> Block {
    let provider = |source: &str, version: &str| {
        Value::Object(vec![
            (Key::Name("source".to_owned()), Value::text(source)),
            (Key::Name("version".to_owned()), Value::text(version)),
        ])
    };
    let mut required = Block::new("required_providers", &[]);
    required.set("azapi", provider("Azure/azapi", "~> 2.12"));
    required.set("azurerm", provider("hashicorp/azurerm", "~> 5.2"));
    let mut terraform = Block::new("terraform", &[]);
    terraform.set("required_version", Value::text(">= 1.11"));
    terraform.push(required);
    terraform
}

fn variable_of(alias: Option<&String>) -> String {
    alias.map_or_else(|| "subscription_id".to_owned(), |alias| format!("{alias}_id"))
}

fn providers(subscriptions: &[(String, Option<String>)]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (_, alias) in subscriptions {
        let mut provider = Block::new("provider", &["azurerm"]);
        if let Some(alias) = alias {
            provider.set("alias", Value::text(alias.as_str()));
        }
        provider.set("subscription_id", Value::code(format!("var.{}", variable_of(alias.as_ref()))));
        provider.set("resource_provider_registrations", Value::text("none"));
        provider.push(Block::new("features", &[]));
        blocks.push(provider);
    }
    if subscriptions.is_empty() {
        let mut provider = Block::new("provider", &["azurerm"]);
        provider.push(Block::new("features", &[]));
        blocks.push(provider);
    }
    let mut azapi = Block::new("provider", &["azapi"]);
    if !subscriptions.is_empty() {
        azapi.set("subscription_id", Value::code("var.subscription_id"));
    }
    blocks.push(azapi);
    blocks
}

fn variables(plan: &Plan, subscriptions: &[(String, Option<String>)]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (id, alias) in subscriptions {
        let mut variable = Block::new("variable", &[&variable_of(alias.as_ref())]);
        variable.set("description", Value::text("The subscription that the resources are in."));
        variable.set("type", Value::code("string"));
        variable.set("default", Value::text(id.as_str()));
        blocks.push(variable);
    }
    for parameter in &plan.parameters {
        let mut variable = Block::new("variable", &[&parameter.name]);
        let description = format!("{} of {}: {}.", parameter.path, parameter.resource, parameter.why);
        variable.set("description", Value::text(description));
        variable.set(
            "type",
            Value::code(match parameter.leaf {
                Leaf::Text => "string",
                Leaf::Number => "number",
                Leaf::Bool => "bool",
                Leaf::Any => "any",
            }),
        );
        match parameter.kind {
            Given::Secret => {
                variable.set("sensitive", Value::Bool(true));
            }
            Given::Open => {}
            Given::Idle => {
                variable.set("default", Value::text("asbefore"));
            }
        }
        blocks.push(variable);
    }
    blocks
}

fn outputs(plan: &Plan) -> Vec<Block> {
    let groups = plan.items.iter().enumerate().filter(|(_, item)| item.is_group);
    let ids = groups
        .map(|(number, item)| (Key::Name(item.name.clone()), Value::code(format!("{}.id", address(plan, number)))));
    let mut output = Block::new("output", &["resource_group_ids"]);
    output.set("description", Value::text("Ids of the resource groups, by their names."));
    let mut ids: Vec<(Key, Value)> = ids.collect();
    // Groups of one name in several subscriptions: the label tells them apart.
    let mut seen = std::collections::BTreeSet::new();
    for ((key, _), item) in ids.iter_mut().zip(plan.items.iter().filter(|item| item.is_group)) {
        if let Key::Name(name) = key
            && !seen.insert(name.clone())
        {
            name.clone_from(&item.label);
        }
    }
    output.set("value", Value::Object(ids));
    vec![output]
}

/// A file for each resource group, one for what stands above them.
fn file_names(plan: &Plan) -> Vec<String> {
    let group_of = |id: &ResourceId| {
        let (subscription, group) = (id.subscription.as_deref()?, id.resource_group.as_deref()?);
        Some(arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}")))
    };
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    for item in &plan.items {
        if let (Some(key), Some(name)) = (group_of(&item.id), &item.id.resource_group) {
            groups.entry(key).or_insert_with(|| name.clone());
        }
    }
    let labels = crate::iac::name::labels(groups.iter().map(|(key, name)| (name.as_str(), key.as_str())));
    let reserved = ["versions", "providers", "variables", "imports", "outputs", "data", "subscription"];
    let files: BTreeMap<String, String> = groups
        .into_keys()
        .zip(labels)
        .map(|(key, label)| {
            let label = if reserved.contains(&label.as_str()) { format!("rg_{label}") } else { label };
            (key, format!("{label}.tf"))
        })
        .collect();
    let file = |item: &Item| group_of(&item.id).and_then(|key| files.get(&key).cloned());
    plan.items.iter().map(|item| file(item).unwrap_or_else(|| "subscription.tf".to_owned())).collect()
}

/// `azapi_resource.label`; of a resource that is written in another, the other's.
pub fn address(plan: &Plan, number: usize) -> String {
    let label = &plan.items[number].label;
    match plan.forms.get(number) {
        Some(Form::Typed(draft)) => format!("{}.{label}", draft.kind),
        Some(Form::Within(other)) => address(plan, *other),
        _ => format!("azapi_resource.{label}"),
    }
}

/// Why a resource is no `azurerm_*`.
pub fn reason(plan: &Plan, number: usize) -> Option<&str> {
    match plan.forms.get(number) {
        Some(Form::Generic(reason)) => Some(reason),
        _ => None,
    }
}

/// Whether a resource is an `azurerm_*`, or written in one.
pub fn is_typed(plan: &Plan, number: usize) -> bool {
    matches!(plan.forms.get(number), Some(Form::Typed(_) | Form::Within(_)))
}

/// The blocks of an item, each with its address and its import id.
fn resources(context: &Context<'_>) -> Vec<(Block, String, String)> {
    let address = address(context.plan, context.number);
    match context.plan.forms.get(context.number) {
        Some(Form::Within(_)) => Vec::new(),
        Some(Form::Typed(draft)) => {
            let id = context.id_of(context.number);
            let mut blocks = vec![(azurerm::resource(context, draft), address, id)];
            blocks.extend(azurerm::besides(context, draft));
            blocks
        }
        _ => {
            let id = format!("{}?api-version={}", context.id_of(context.number), context.item().api_version);
            vec![(generic(context), address, id)]
        }
    }
}

fn generic(context: &Context<'_>) -> Block {
    let item = context.item();
    let mut body = item.body.clone();
    let tags = body.take("tags").filter(|tags| !tags.is_empty());
    let location = body.take("location");
    let identity = body.take("identity");
    let mut block = Block::new("resource", &["azapi_resource", &item.label]);
    block.set("type", Value::text(format!("{}@{}", item.type_name, item.api_version)));
    block.set("parent_id", context.parent());
    block.set("name", Value::text(item.name.as_str()));
    if let Some(location) = location {
        block.set("location", context.value(&location));
    }
    if let Some(tags) = tags {
        block.set("tags", context.value(&tags));
    }
    // What Azure never returns, or spells otherwise than the schema, is no part of a comparison.
    let beside = if context.with_imports { item.beside.as_slice() } else { &[] };
    let (body, unseen) = split_unseen(body, &mut Vec::new(), beside);
    block.set("body", context.value(&body.unwrap_or_else(|| Term::Map(Vec::new()))));
    let mut ignored = Vec::new();
    if let Some(unseen) = unseen {
        block.set("sensitive_body", context.value(&unseen));
        ignored.push("sensitive_body");
    }
    // Nor where Azure's own value is against the schema: one such resource would fail the whole plan.
    if item.table != Table::Exact || !item.against.is_empty() {
        block.set("schema_validation_enabled", Value::Bool(false));
        ignored.push("schema_validation_enabled");
    }
    if let Some(identity) = identity {
        let (identity, is_comparable) = context.identity(&identity);
        block.push(identity);
        if !is_comparable {
            ignored.push("identity");
        }
    }
    if !ignored.is_empty() {
        let mut lifecycle = Block::new("lifecycle", &[]);
        lifecycle.set("ignore_changes", Value::List(ignored.into_iter().map(Value::code).collect()));
        block.push(lifecycle);
    }
    block
}

/// A body without what Azure never returns, and that alone: the provider merges the two, lists item by
/// item where they are of one length. A list of plain values that holds such goes over whole.
fn split_unseen(term: Term, path: &mut Vec<Step>, beside: &[String]) -> (Option<Term>, Option<Term>) {
    match term {
        Term::Text(text) if text.0.iter().any(|piece| matches!(piece, Piece::Parameter(_))) => {
            (None, Some(Term::Text(text)))
        }
        Term::Text(text) if !beside.is_empty() && beside.contains(&spell(path)) => (None, Some(Term::Text(text))),
        Term::Map(fields) => {
            let (mut plain, mut unseen) = (Vec::new(), Vec::new());
            for (key, value) in fields {
                path.push(Step::Field(key.as_literal().unwrap_or_default().to_owned()));
                let (open, hidden) = split_unseen(value, path, beside);
                path.pop();
                plain.extend(open.map(|open| (key.clone(), open)));
                unseen.extend(hidden.map(|hidden| (key, hidden)));
            }
            (Some(Term::Map(plain)), (!unseen.is_empty()).then_some(Term::Map(unseen)))
        }
        Term::List(items) if items.iter().all(|item| matches!(item, Term::Map(_))) => {
            let mut split = |(index, item)| {
                path.push(Step::Index(index));
                let split = split_unseen(item, path, beside);
                path.pop();
                split
            };
            let (plain, unseen): (Vec<_>, Vec<_>) = items.into_iter().enumerate().map(&mut split).unzip();
            let is_any = unseen.iter().any(Option::is_some);
            let none = || Term::Map(Vec::new());
            let unseen = is_any.then(|| Term::List(unseen.into_iter().map(|item| item.unwrap_or_else(none)).collect()));
            (Some(Term::List(plain.into_iter().map(|item| item.unwrap_or_else(none)).collect())), unseen)
        }
        Term::List(items) => {
            let list = Term::List(items);
            if list.has_parameters() { (None, Some(list)) } else { (Some(list), None) }
        }
        other => (Some(other), None),
    }
}

fn import(address: String, id: String) -> Block {
    let mut block = Block::new("import", &[]);
    block.set("to", Value::code(address));
    block.set("id", Value::text(id));
    block
}

/// Providers read the static words of an id with their case.
fn canonical(id: &str) -> String {
    let mut parts: Vec<&str> = id.split('/').collect();
    for (at, word) in [(1, "subscriptions"), (3, "resourceGroups")] {
        if let Some(part) = parts.get_mut(at).filter(|part| part.eq_ignore_ascii_case(word)) {
            *part = word;
        }
    }
    parts.join("/")
}

/// A text that is an id, or that of something below it, by what refers to the id; `None`: it is neither.
fn longer(code: &str, id: &str, text: &str) -> Option<Vec<Part>> {
    let rest = text.strip_prefix(id).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let rest = (!rest.is_empty()).then(|| Part::Literal(rest.to_owned()));
    Some(std::iter::once(Part::Code(code.to_owned())).chain(rest).collect())
}

/// Where a value is printed.
struct Context<'p> {
    plan: &'p Plan,
    number: usize,
    /// Numbers of the resource groups, by key.
    groups: &'p BTreeMap<String, usize>,
    subscriptions: &'p [(String, Option<String>)],
    /// Labels of what is read as data, by key.
    outside: &'p BTreeMap<String, String>,
    with_imports: bool,
}

impl Context<'_> {
    fn item(&self) -> &Item {
        &self.plan.items[self.number]
    }

    /// Of the provider for another subscription than the first.
    fn alias(&self) -> Option<&String> {
        let own = self.item().subscription();
        self.subscriptions.iter().find(|(id, _)| *id == own).and_then(|(_, alias)| alias.as_ref())
    }

    /// The group that an item is in, where it is planned under the same spelling.
    fn group_of(&self, item: &Item) -> Option<usize> {
        let (subscription, group) = (item.id.subscription.as_deref()?, item.id.resource_group.as_deref()?);
        let key = arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}"));
        self.groups.get(&key).copied().filter(|number| self.plan.items[*number].name == group)
    }

    /// The item that stands for this one in the code.
    fn shown(&self, number: usize) -> usize {
        match self.plan.forms.get(number) {
            Some(Form::Within(other)) => self.shown(*other),
            _ => number,
        }
    }

    /// What `.id` of an item says once it is imported.
    fn id_of(&self, number: usize) -> String {
        let id = &self.plan.items[number].id.text;
        match self.plan.forms.get(number) {
            Some(Form::Typed(draft)) => match &draft.import {
                Some(cells) => azurerm::import_id(&Context { number, ..*self }, cells),
                None => azurerm::canonical(id),
            },
            _ => canonical(id),
        }
    }

    /// What says an item's ARM id, as code.
    fn code_of(&self, number: usize) -> String {
        let name = if self.is_role(number) { "role_definition_resource_id" } else { "id" };
        format!("{}.{name}", address(self.plan, number))
    }

    /// What that says once it is imported.
    fn said_id(&self, number: usize) -> String {
        if self.is_role(number) { canonical(&self.plan.items[number].id.text) } else { self.id_of(number) }
    }

    /// A role's `.id` names its scope too.
    fn is_role(&self, number: usize) -> bool {
        matches!(self.plan.forms.get(number), Some(Form::Typed(draft)) if draft.kind == "azurerm_role_definition")
    }

    /// As its own id spells it: an import reads it from there.
    fn parent(&self) -> Value {
        let item = self.item();
        match item.parent {
            Parent::Item(number) => Value::Template(self.reference_as(number, canonical(&item.id.parent()))),
            Parent::Literal(_) => Value::text(canonical(&item.id.parent())),
        }
    }

    /// A reference as code. A resource can't refer to itself: its parent's id and the rest stand for it.
    /// Where `.id` is spelled otherwise than the text is, an import wants the text.
    fn reference(&self, number: usize) -> Vec<Part> {
        self.reference_as(number, canonical(&self.plan.items[number].id.text))
    }

    /// Within a text that an import compares to the letter.
    fn reference_in_text(&self, number: usize) -> Vec<Part> {
        let id = &self.plan.items[number].id.text;
        if self.with_imports && canonical(id) != *id {
            return vec![Part::Literal(id.clone())];
        }
        self.reference(number)
    }

    fn reference_as(&self, number: usize, own: String) -> Vec<Part> {
        let item = &self.plan.items[number];
        let shown = self.shown(number);
        if shown != self.number {
            let code = self.code_of(number);
            return match longer(&code, &self.said_id(shown), &own) {
                Some(parts) => parts,
                None if self.with_imports => vec![Part::Literal(own)],
                None => vec![Part::Code(code)],
            };
        }
        let (above, rest) = item.id.text.split_at(item.id.parent().len());
        match item.parent {
            Parent::Item(parent) => {
                let mut parts = self.reference(parent);
                parts.push(Part::Literal(rest.to_owned()));
                parts
            }
            Parent::Literal(_) => vec![Part::Literal(format!("{}{rest}", canonical(above)))],
        }
    }

    fn parts(&self, text: &Text) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for piece in &text.0 {
            let next = match piece {
                Piece::Literal(text) => vec![Part::Literal(text.clone())],
                Piece::Reference(number) => self.reference_in_text(*number),
                Piece::External(id) => data::reference(self, id, id),
                Piece::Principal(number, path) => vec![self.principal(*number, path)],
                Piece::Parameter(number) => vec![Part::Code(format!("var.{}", self.plan.parameters[*number].name))],
            };
            for part in next {
                match (parts.last_mut(), part) {
                    (Some(Part::Literal(before)), Part::Literal(more)) => before.push_str(&more),
                    (_, part) => parts.push(part),
                }
            }
        }
        parts
    }

    fn value(&self, term: &Term) -> Value {
        match term {
            Term::Null => Value::Null,
            Term::Bool(flag) => Value::Bool(*flag),
            Term::Number(number) => Value::Number(number.to_string()),
            Term::Text(text) => Value::Template(self.parts(text)),
            Term::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Term::Map(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| {
                        let key = key
                            .as_literal()
                            .map_or_else(|| Key::Template(self.parts(key)), |name| Key::Name(name.to_owned()));
                        (key, self.value(value))
                    })
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
