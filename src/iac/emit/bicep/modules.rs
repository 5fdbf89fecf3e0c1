//! Bicep: `main.bicep` at subscription scope with the resource groups, a module for what is deployed to
//! each group, `main.bicepparam`.
//!
//! A resource of the same module is meant by its symbol, which also orders the deployment; one of another
//! module by an `existing` resource, and then the module waits for that module. Children name their
//! `parent`, extensions their `scope`. What is known and not planned is an `existing` resource too, where
//! its version is known; else a function spells its id.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    io,
};

use super::write::{self, Part, Value, quoted};
use crate::{
    arm::{self, ResourceId},
    iac::{
        emit::{
            call::{self, Caller},
            describe::description,
            fields::in_order,
            files::{Piece as FilePiece, Print},
        },
        model::{
            plan::{Item, Parent, Plan},
            term::{Piece, Term, Text},
        },
        passes::{
            naming,
            placement::{Bundle, Place, Places},
        },
        types::{self, Leaf},
    },
};

/// Symbols that would hide a function or a word of the language.
const TAKEN: [&str; 22] = [
    "subscription",
    "resourceGroup",
    "resourcegroup",
    "tenant",
    "deployment",
    "environment",
    "resource",
    "module",
    "param",
    "var",
    "output",
    "func",
    "type",
    "import",
    "existing",
    "for",
    "if",
    "in",
    "null",
    "true",
    "false",
    "json",
];

/// Prints a plan; beyond ARM's limits `main-2.bicep` and so on, to be deployed in order.
pub struct Bicep<'p> {
    printer: Printer<'p>,
    bundles: Vec<Bundle<'p>>,
    names: BTreeMap<Place, String>,
}

impl<'p> Bicep<'p> {
    pub fn new(plan: &'p Plan, places: &'p Places) -> Self {
        let symbols = symbols(plan);
        let outside = outside(plan, &symbols);
        let printer = Printer { plan, places, symbols, outside };
        Self { printer, bundles: places.bundles(plan), names: module_names(places) }
    }
}

impl Print for Bicep<'_> {
    fn count(&self) -> usize {
        self.names.len() + 2 * self.bundles.len()
    }

    fn print(&self, file: usize) -> io::Result<FilePiece> {
        let of = |file: String, text: String| Ok(FilePiece { file, text });
        if let Some((place, name)) = self.names.iter().nth(file) {
            return of(format!("modules/{name}.bicep"), write::relaxed(self.printer.module(place)?));
        }
        let at = (file - self.names.len()) / 2;
        let bundle = &self.bundles[at];
        let name = if at == 0 { "main".to_owned() } else { format!("main-{}", at + 1) };
        if (file - self.names.len()).is_multiple_of(2) {
            return of(format!("{name}.bicep"), write::relaxed(self.printer.main(bundle, &self.names)?));
        }
        let mut given = format!("using '{name}.bicep'\n");
        for number in &bundle.parameters {
            let parameter = &self.printer.plan.parameters[*number];
            // Without the variable the build of the file is refused: nothing empty is deployed.
            let read = format!("readEnvironmentVariable({})", quoted(&variable(&parameter.name)));
            let value = match parameter.leaf {
                Leaf::Text => read,
                Leaf::Number => format!("int({read})"),
                Leaf::Bool => format!("bool({read})"),
                Leaf::Any => format!("json({read})"),
            };
            let _ = write!(given, "\nparam {} = {value}\n", parameter.name);
        }
        of(format!("{name}.bicepparam"), given)
    }
}

/// The variable of the environment that a parameter is read from.
pub fn variable(parameter: &str) -> String {
    format!("ATGD_{}", parameter.to_ascii_uppercase())
}

/// A file's name for each place but the main one.
fn module_names(places: &Places) -> BTreeMap<Place, String> {
    let others: Vec<&Place> = places.items.keys().filter(|place| !places.is_top(place)).collect();
    let name = |place: &&Place| {
        let group = place.group.as_deref().unwrap_or("subscription");
        if place.number == 0 { group.to_owned() } else { format!("{group}_{}", place.number + 1) }
    };
    let named: Vec<(String, String)> = others.iter().map(|place| (name(place), place.name())).collect();
    let labels = naming::labels(named.iter().map(|(name, id)| (name.as_str(), id.as_str())));
    others.into_iter().cloned().zip(labels).collect()
}

/// The label, unless it means something else already.
fn symbols(plan: &Plan) -> Vec<String> {
    let parameters: BTreeSet<&str> = plan.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let symbol = |item: &Item| {
        let is_taken = TAKEN.contains(&&*item.label) || parameters.contains(&*item.label);
        if is_taken { format!("{}_resource", item.label) } else { item.label.to_string() }
    };
    plan.items.iter().map(symbol).collect()
}

/// What is outside of the plan, by key: what is referred to, and its parents.
fn outside(plan: &Plan, symbols: &[String]) -> BTreeMap<String, Declared> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    for outside in plan.outside.values() {
        let mut kind = outside.kind.clone();
        let mut at = ResourceId::parse(&outside.id);
        while let Some(id) = at {
            let known = plan.outside.get(&id.key()).map(|outside| outside.kind.clone());
            kind = known.unwrap_or_else(|| kind_beside(&id.type_name(), &kind));
            found.insert(id.key(), (id.name().to_owned(), kind.clone()));
            at = ResourceId::parse(&id.parent()).filter(|_| id.is_child());
        }
    }
    let parameters = plan.parameters.iter().map(|parameter| parameter.name.as_str());
    let taken: BTreeSet<&str> = symbols.iter().map(String::as_str).chain(parameters).chain(TAKEN).collect();
    let labels = naming::labels(found.iter().map(|(key, (name, _))| (name.as_str(), key.as_str())));
    let told_apart = |((key, (_, kind)), label): ((String, (String, String)), String)| {
        let symbol = if taken.contains(label.as_str()) { hashed(&label, &key) } else { label };
        (key, Declared { symbol, kind })
    };
    found.into_iter().zip(labels).map(told_apart).collect()
}

/// A type in the version of another of its namespace, where it has that; else in its newest.
fn kind_beside(type_name: &str, other: &str) -> String {
    let version = other.rsplit('@').next().unwrap_or_default();
    if types::find(type_name, version, "").writable().is_some_and(|known| known.is_exact) {
        return format!("{type_name}@{version}");
    }
    format!("{type_name}@{}", types::newest(type_name).unwrap_or_else(|| version.to_owned()))
}

fn hashed(label: &str, id: &str) -> String {
    format!("{label}_{}", naming::short_hash(id))
}

struct Printer<'p> {
    plan: &'p Plan,
    places: &'p Places,
    symbols: Vec<String>,
    /// By key.
    outside: BTreeMap<String, Declared>,
}

/// How an `existing` resource outside of the plan is declared.
struct Declared {
    symbol: String,
    kind: String,
}

/// What is printed of one place: its resources, and the `existing` ones that they need.
struct Sheet<'p> {
    place: &'p Place,
    existing: BTreeMap<String, String>,
    /// Items that the resource at hand names by their symbols.
    named: BTreeSet<usize>,
}

impl Printer<'_> {
    fn main(&self, bundle: &Bundle<'_>, names: &BTreeMap<Place, String>) -> io::Result<String> {
        let mut out =
            format!("targetScope = 'subscription'\n\nmetadata subscription = {}\n", quoted(&self.places.main));
        self.parameters(&mut out, bundle.parameters.iter().copied());
        for place in bundle.places.iter().copied().filter(|place| self.places.is_top(place)) {
            self.resources(&mut out, place, &self.places.items[place])?;
        }
        let beside: BTreeSet<&Place> = bundle.places.iter().copied().collect();
        for place in bundle.places.iter().copied() {
            if let Some(name) = names.get(place) {
                out.push('\n');
                self.call(&mut out, place, name, names, &beside);
            }
        }
        Ok(out)
    }

    /// A module as the main file uses it.
    fn call(
        &self,
        out: &mut String,
        place: &Place,
        name: &str,
        names: &BTreeMap<Place, String>,
        beside: &BTreeSet<&Place>,
    ) {
        let (mut items, mut needs) = self.places.needs(self.plan, place);
        // What another file deploys was there before this one.
        needs.retain(|need| beside.contains(need));
        if !beside.iter().any(|place| self.places.is_top(place)) {
            items.clear();
        }
        let _ = write!(
            out,
            "module {} 'modules/{name}.bicep' = {{\n  name: {}\n",
            module_symbol(name),
            quoted(&place.name())
        );
        let group = place.group.as_ref().map(|_| self.places.group_name(self.plan, place));
        let is_main = place.subscription == self.places.main;
        // The group's own symbol orders the module behind the group.
        let own = items.iter().copied().find(|number| {
            let item = &self.plan.items[*number];
            item.is_group && is_main && Some(item.name().to_lowercase()) == place.group
        });
        let scope = match (&group, own) {
            (Some(_), Some(number)) => self.symbols[number].clone(),
            (Some(group), None) if is_main => format!("resourceGroup({})", quoted(group)),
            (Some(group), None) => format!("resourceGroup({}, {})", quoted(&place.subscription), quoted(group)),
            (None, _) if is_main => "subscription()".to_owned(),
            (None, _) => format!("subscription({})", quoted(&place.subscription)),
        };
        let _ = writeln!(out, "  scope: {scope}");
        let used = self.places.parameters(self.plan, place);
        if !used.is_empty() {
            out.push_str("  params: {\n");
            for number in used {
                let name = &self.plan.parameters[number].name;
                let _ = writeln!(out, "    {name}: {name}");
            }
            out.push_str("  }\n");
        }
        let mut waits: Vec<String> =
            items.iter().filter(|number| Some(**number) != own).map(|number| self.symbols[*number].clone()).collect();
        waits.extend(needs.into_iter().filter_map(|need| names.get(need)).map(|name| module_symbol(name)));
        if !waits.is_empty() {
            out.push_str("  dependsOn: [\n");
            for symbol in waits {
                let _ = writeln!(out, "    {symbol}");
            }
            out.push_str("  ]\n");
        }
        out.push_str("}\n");
    }

    fn module(&self, place: &Place) -> io::Result<String> {
        let scope = if place.group.is_some() { "resourceGroup" } else { "subscription" };
        let mut out = format!("targetScope = '{scope}'\n");
        self.parameters(&mut out, self.places.parameters(self.plan, place).into_iter());
        self.resources(&mut out, place, &self.places.items[place])?;
        Ok(out)
    }

    fn parameters(&self, out: &mut String, numbers: impl Iterator<Item = usize>) {
        for number in numbers {
            let parameter = &self.plan.parameters[number];
            let about = description(self.plan, parameter);
            let (secure, kind) = match parameter.leaf {
                Leaf::Text => ("@secure()\n", "string"),
                Leaf::Number => ("", "int"),
                Leaf::Bool => ("", "bool"),
                Leaf::Any => ("@secure()\n", "object"),
            };
            let _ = write!(out, "\n@description({})\n{secure}param {} {kind}\n", quoted(&about), parameter.name);
        }
    }

    fn resources(&self, out: &mut String, place: &Place, numbers: &[usize]) -> io::Result<()> {
        let mut sheet = Sheet { place, existing: BTreeMap::new(), named: BTreeSet::new() };
        let mut text = String::new();
        for number in numbers {
            text.push('\n');
            self.resource(&mut text, *number, &mut sheet)?;
        }
        for declaration in sheet.existing.values() {
            out.push('\n');
            out.push_str(declaration);
        }
        out.push_str(&text);
        Ok(())
    }

    fn resource(&self, out: &mut String, number: usize, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let item = &self.plan.items[number];
        let (id, body) = (item.parsed(), self.plan.body(number)?);
        sheet.named.clear();
        let kind = format!("{}@{}", item.type_name, item.api_version);
        let _ = writeln!(out, "resource {} {} = {{", self.symbols[number], quoted(&kind));
        let names: Vec<&str> = id.segments.iter().map(|(_, name)| name.as_str()).collect();
        let parent = match item.parent {
            Parent::Item(parent) if id.is_child() && !self.plan.items[parent].is_group => Some(parent),
            _ => None,
        };
        if let Some(parent) = parent {
            let _ = writeln!(out, "  parent: {}", self.symbol(parent, sheet));
        } else if let Some(scope) = self.scope(item, sheet) {
            let _ = writeln!(out, "  scope: {scope}");
        }
        let name = if item.is_group || parent.is_some() { item.name().to_owned() } else { names.join("/") };
        let _ = writeln!(out, "  name: {}", quoted(&name));
        if let Term::Map(fields) = &body.term {
            for (key, value) in in_order(fields) {
                let (key, value) = (self.parts(key, number, sheet), self.value(value, number, sheet));
                write::field(out, &key, &value, 0);
            }
        }
        // An order that no symbol tells.
        let is_told =
            |need: &usize| *need == number || sheet.named.contains(need) || self.places.of[*need] != *sheet.place;
        let waits: Vec<usize> = item.needs().filter(|need| !is_told(need)).collect();
        if !waits.is_empty() {
            let symbols = waits.into_iter().map(|need| Value::Text(vec![Part::Code(self.symbols[need].clone())]));
            write::field(out, &[Part::Literal("dependsOn".to_owned())], &Value::List(symbols.collect()), 0);
        }
        out.push_str("}\n");
        Ok(())
    }

    /// What an extension resource extends, where that is not the place of the deployment itself.
    fn scope(&self, item: &Item, sheet: &mut Sheet<'_>) -> Option<String> {
        if item.is_group {
            return None;
        }
        let id = item.parsed();
        let above = ResourceId::parse(&id.scope)?;
        above.namespace.as_ref()?;
        if let Parent::Item(parent) = item.parent
            && !id.is_child()
        {
            return Some(self.symbol(parent, sheet));
        }
        Some(self.existing(&above, None, sheet))
    }

    /// The symbol of an item, seen from a place: its own, or that of an `existing` resource.
    fn symbol(&self, number: usize, sheet: &mut Sheet<'_>) -> String {
        if self.places.of[number] == *sheet.place {
            sheet.named.insert(number);
            return self.symbols[number].clone();
        }
        let item = &self.plan.items[number];
        self.existing(&item.parsed(), Some(number), sheet)
    }

    /// Declares a resource that another module or nobody deploys.
    fn existing(&self, id: &ResourceId, number: Option<usize>, sheet: &mut Sheet<'_>) -> String {
        let key = arm::key(&id.text);
        let symbol = number.map_or_else(
            || match self.outside.get(&key) {
                Some(outside) => outside.symbol.clone(),
                None => hashed(&naming::label(id.name()), &key),
            },
            |number| self.symbols[number].clone(),
        );
        if sheet.existing.contains_key(&symbol) {
            return symbol;
        }
        let is_group = id.namespace.is_none();
        let mut out = format!("resource {symbol} {} existing = {{\n", quoted(&self.existing_kind(id, number)));
        let name = quoted(id.name());
        if let Some(parent) = ResourceId::parse(&id.parent()).filter(|_| id.is_child()) {
            let parent = match self.plan.numbers.get(&arm::key(&parent.text)) {
                Some(number) => self.symbol(number, sheet),
                None => self.existing(&parent, None, sheet),
            };
            let _ = writeln!(out, "  parent: {parent}\n  name: {name}\n}}");
            sheet.existing.insert(symbol.clone(), out);
            return symbol;
        }
        let _ = writeln!(out, "  name: {name}");
        let subscription = id.subscription.as_deref().unwrap_or_default().to_lowercase();
        let group = id.resource_group.as_ref().filter(|_| !is_group);
        let is_here =
            subscription == sheet.place.subscription && group.map(|group| group.to_lowercase()) == sheet.place.group;
        let extended = ResourceId::parse(&id.scope).filter(|scope| scope.namespace.is_some());
        if let Some(extended) = extended {
            let number = self.plan.numbers.get(&arm::key(&extended.text));
            let scope = match number {
                Some(number) => self.symbol(number, sheet),
                None => self.existing(&extended, None, sheet),
            };
            let _ = writeln!(out, "  scope: {scope}");
        } else if !is_here {
            let is_own = subscription == sheet.place.subscription;
            let scope = match group {
                Some(group) if is_own => format!("resourceGroup({})", quoted(group)),
                Some(group) => format!("resourceGroup({}, {})", quoted(&subscription), quoted(group)),
                None if is_own => "subscription()".to_owned(),
                None => format!("subscription({})", quoted(&subscription)),
            };
            let _ = writeln!(out, "  scope: {scope}");
        }
        out.push_str("}\n");
        sheet.existing.insert(symbol.clone(), out);
        symbol
    }

    /// `type@api-version` of a resource that is declared as existing.
    fn existing_kind(&self, id: &ResourceId, number: Option<usize>) -> String {
        if let Some(number) = number {
            let item = &self.plan.items[number];
            return format!("{}@{}", item.type_name, item.api_version);
        }
        if let Some(outside) = self.outside.get(&arm::key(&id.text)) {
            return outside.kind.clone();
        }
        let kind = id.type_name();
        let version = types::newest(&kind).filter(|_| id.namespace.is_some());
        format!("{kind}@{}", version.unwrap_or_else(|| "2022-09-01".to_owned()))
    }

    fn parts(&self, text: &Text, number: usize, sheet: &mut Sheet<'_>) -> Vec<Part> {
        let caller = Caller::at(sheet.place, quoted);
        let of_id = |id: &ResourceId, kind: &str| match caller.id(id, kind) {
            Some(code) => Part::Code(code),
            None => Part::Literal(id.text.clone()),
        };
        let item = &self.plan.items[number];
        if let [Piece::Reference(to), Piece::Literal(suffix)] = text.0.as_slice()
            && *to == number
            && let Some((id, kind)) = call::below(&item.parsed(), &item.type_name, suffix)
        {
            return vec![of_id(&id, &kind)];
        }
        let part = |piece: &Piece| match piece {
            Piece::Literal(text) => Part::Literal(text.clone()),
            // A resource can't mean itself by its symbol.
            Piece::Reference(to) | Piece::Spelled(to, _) if *to == number => of_id(&item.parsed(), &item.type_name),
            Piece::Reference(to) | Piece::Spelled(to, _) => Part::Code(format!("{}.id", self.symbol(*to, sheet))),
            Piece::Principal(to, path) => Part::Code(format!("{}.{path}", self.symbol(*to, sheet))),
            Piece::Parameter(number) => Part::Code(self.plan.parameters[*number].name.clone()),
            Piece::External(id) => match ResourceId::parse(id) {
                Some(parsed) if parsed.subscription.is_some() && self.outside.contains_key(&parsed.key()) => {
                    Part::Code(format!("{}.id", self.existing(&parsed, None, sheet)))
                }
                Some(parsed) => of_id(&parsed, &parsed.type_name()),
                None => Part::Literal(id.clone()),
            },
        };
        text.0.iter().map(part).collect()
    }

    fn value(&self, term: &Term, number: usize, sheet: &mut Sheet<'_>) -> Value {
        match term {
            Term::Null => Value::Null,
            Term::Bool(flag) => Value::Bool(*flag),
            Term::Number(value) => Value::Number(value.to_string()),
            Term::Text(text) => Value::Text(self.parts(text, number, sheet)),
            Term::List(items) => Value::List(items.iter().map(|item| self.value(item, number, sheet)).collect()),
            Term::Map(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (self.parts(key, number, sheet), self.value(value, number, sheet)))
                    .collect(),
            ),
        }
    }
}

/// A module's symbol is told from those of resources.
fn module_symbol(name: &str) -> String {
    format!("{name}_module")
}
