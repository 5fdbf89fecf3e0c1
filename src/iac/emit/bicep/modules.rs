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

use super::{
    format::wrapped,
    symbols::{self, Declared, Module},
    write::{self, Part, Value, named, quoted, with_cloud},
};
use crate::{
    arm::{self, ResourceId},
    iac::{
        emit::{
            call::{self, Caller},
            cloud,
            describe::description,
            fields::in_order,
            files::{Piece as FilePiece, Print},
            ground::{Ground, is_asked},
            repeated::{LOCATION, Repeated},
        },
        model::{
            body::Body,
            plan::{Given, Item, Parent, Plan},
            term::{Piece, Step, Term, Text, spell},
        },
        passes::placement::{Bundle, Place, Places},
        types::{self, Leaf},
    },
};

/// Prints a plan; beyond ARM's limits `main-2.bicep` and so on, to be deployed in order.
pub struct Bicep<'p> {
    printer: Printer<'p>,
    bundles: Vec<Bundle<'p>>,
    modules: BTreeMap<Place, Module>,
}

impl<'p> Bicep<'p> {
    pub fn new(plan: &'p Plan, places: &'p Places) -> Self {
        let printer = Printer { plan, places, outside: symbols::outside(plan) };
        Self { printer, bundles: places.bundles(plan), modules: symbols::modules(plan, places) }
    }
}

impl Print for Bicep<'_> {
    fn count(&self) -> usize {
        self.modules.len() + 2 * self.bundles.len()
    }

    fn print(&self, file: usize) -> io::Result<FilePiece> {
        let of = |file: String, text: String| Ok(FilePiece { file, text });
        if let Some((place, module)) = self.modules.iter().nth(file) {
            return of(format!("modules/{}.bicep", module.file), write::relaxed(self.printer.module(place)?));
        }
        let at = (file - self.modules.len()) / 2;
        let bundle = &self.bundles[at];
        let name = if at == 0 { "main".to_owned() } else { format!("main-{}", at + 1) };
        if (file - self.modules.len()).is_multiple_of(2) {
            return of(format!("{name}.bicep"), write::relaxed(self.printer.main(bundle, &self.modules)?));
        }
        let mut given = format!("using '{name}.bicep'\n");
        for number in &bundle.parameters {
            let parameter = &self.printer.plan.parameters[*number];
            let value = match &parameter.value {
                Some(value) => quoted(value),
                None => read(&parameter.name, parameter.leaf),
            };
            let _ = write!(given, "\nparam {} = {value}\n", parameter.name);
        }
        of(format!("{name}.bicepparam"), given)
    }
}

/// Without the variable the build of the file is refused: nothing empty is deployed.
fn read(parameter: &str, leaf: Leaf) -> String {
    let read = format!("readEnvironmentVariable({})", quoted(&variable(parameter)));
    match leaf {
        Leaf::Text => read,
        Leaf::Number => format!("int({read})"),
        Leaf::Bool => format!("bool({read})"),
        Leaf::Any => format!("json({read})"),
    }
}

/// The variable of the environment that a parameter is read from: `ATGD_SQL_CONTOSO_ADMINISTRATOR_LOGIN_PASSWORD`.
pub fn variable(parameter: &str) -> String {
    let mut out = String::from("ATGD_");
    let mut was_lower = false;
    for c in parameter.chars() {
        if c.is_ascii_uppercase() && was_lower {
            out.push('_');
        }
        was_lower = !c.is_ascii_uppercase();
        out.push(c.to_ascii_uppercase());
    }
    out
}

struct Printer<'p> {
    plan: &'p Plan,
    places: &'p Places,
    /// By key.
    outside: BTreeMap<String, Declared>,
}

/// What is printed of one place: its resources, and the `existing` ones that they need.
struct Sheet<'p> {
    place: &'p Place,
    existing: BTreeMap<String, String>,
    /// Items that the resource at hand names by their symbols.
    named: BTreeSet<usize>,
    repeated: Repeated,
}

/// Where in a body a value stands.
struct Spot<'s> {
    /// The number of the item.
    number: usize,
    /// Paths of values that are none of their types'.
    against: &'s [String],
    path: Vec<Step>,
}

impl Printer<'_> {
    fn main(&self, bundle: &Bundle<'_>, modules: &BTreeMap<Place, Module>) -> io::Result<String> {
        let mut out =
            format!("targetScope = 'subscription'\n\nmetadata subscription = {}\n", quoted(&self.places.main));
        self.parameters(&mut out, bundle.parameters.iter().copied());
        for place in bundle.places.iter().copied().filter(|place| self.places.is_top(place)) {
            self.resources(&mut out, place, &self.places.items[place])?;
        }
        let beside: BTreeSet<&Place> = bundle.places.iter().copied().collect();
        for place in bundle.places.iter().copied() {
            if let Some(module) = modules.get(place) {
                out.push('\n');
                self.call(&mut out, place, module, modules, &beside);
            }
        }
        Ok(out)
    }

    /// A module as the main file uses it.
    fn call(
        &self,
        out: &mut String,
        place: &Place,
        module: &Module,
        modules: &BTreeMap<Place, Module>,
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
            "module {} 'modules/{}.bicep' = {{\n  name: {}\n",
            module.symbol,
            module.file,
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
            (Some(_), Some(number)) => self.plan.items[number].label.to_string(),
            (Some(group), None) if is_main => format!("resourceGroup({})", quoted(group)),
            (Some(group), None) => format!("resourceGroup({}, {})", quoted(&place.subscription), quoted(group)),
            (None, _) if is_main => "subscription()".to_owned(),
            (None, _) => format!("subscription({})", quoted(&place.subscription)),
        };
        scoped(out, &scope);
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
            items.iter().filter(|number| Some(**number) != own).map(|number| self.label(*number)).collect();
        waits.extend(needs.into_iter().filter_map(|need| modules.get(need)).map(|module| module.symbol.clone()));
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

    fn label(&self, number: usize) -> String {
        self.plan.items[number].label.to_string()
    }

    fn parameters(&self, out: &mut String, numbers: impl Iterator<Item = usize>) {
        for number in numbers {
            let parameter = &self.plan.parameters[number];
            let about = description(self.plan, parameter);
            let (secure, kind) = match parameter.leaf {
                Leaf::Text if parameter.kind == Given::Open => ("", "string"),
                Leaf::Text => ("@secure()\n", "string"),
                Leaf::Number => ("", "int"),
                Leaf::Bool => ("", "bool"),
                Leaf::Any => ("@secure()\n", "object"),
            };
            let _ = write!(out, "\n@description({})\n{secure}param {} {kind}\n", quoted(&about), parameter.name);
        }
    }

    fn resources(&self, out: &mut String, place: &Place, numbers: &[usize]) -> io::Result<()> {
        // A module's bodies are few: what they say alike is found before any is written.
        let bodies = numbers.iter().map(|number| self.plan.body(*number)).collect::<io::Result<Vec<Body>>>()?;
        let repeated = Repeated::of(self.plan, place, &bodies)?;
        declare(out, &repeated);
        let mut sheet = Sheet { place, existing: BTreeMap::new(), named: BTreeSet::new(), repeated };
        let mut text = String::new();
        for (number, body) in numbers.iter().zip(&bodies) {
            text.push('\n');
            self.resource(&mut text, *number, body, &mut sheet);
        }
        for declaration in sheet.existing.values() {
            out.push('\n');
            out.push_str(declaration);
        }
        out.push_str(&text);
        Ok(())
    }

    fn resource(&self, out: &mut String, number: usize, body: &Body, sheet: &mut Sheet<'_>) {
        let item = &self.plan.items[number];
        let id = item.parsed();
        sheet.named.clear();
        let kind = format!("{}@{}", item.type_name, item.api_version);
        let _ = writeln!(out, "resource {} {} = {{", item.label, quoted(&kind));
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
        let _ = writeln!(out, "  name: {}", named(&name));
        if let Term::Map(fields) = &body.term {
            let ground = Ground::of(item, is_asked(body, cloud::mentions)).of_fields(fields);
            let mut spot = Spot { number, against: &body.against, path: Vec::new() };
            for (key, value) in in_order(fields) {
                let key_parts = self.parts(key, number, sheet);
                let value = match key.as_literal() {
                    Some(LOCATION) if sheet.repeated.is_location(value) => symbol(LOCATION),
                    Some("tags") if let Some(name) = sheet.repeated.variable(value) => symbol(name),
                    _ => self.field(key, value, &ground, &mut spot, sheet),
                };
                write::field(out, &key_parts, &value, 0);
            }
        }
        // An order that no symbol tells.
        let is_told =
            |need: &usize| *need == number || sheet.named.contains(need) || self.places.of[*need] != *sheet.place;
        let waits: Vec<usize> = item.needs().filter(|need| !is_told(need)).collect();
        if !waits.is_empty() {
            let symbols = waits.into_iter().map(|need| Value::Text(vec![Part::Code(self.label(need))]));
            write::field(out, &[Part::Literal("dependsOn".to_owned())], &Value::List(symbols.collect()), 0);
        }
        out.push_str("}\n");
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
            return self.label(number);
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
                None => symbols::unknown(id),
            },
            |number| self.label(number),
        );
        if sheet.existing.contains_key(&symbol) {
            return symbol;
        }
        let is_group = id.namespace.is_none();
        let mut out = format!("resource {symbol} {} existing = {{\n", quoted(&self.existing_kind(id, number)));
        let name = named(id.name());
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
            scoped(&mut out, &scope);
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
        let caller = Caller::at(sheet.place, named);
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
            Piece::Output(of) => Part::Code(format!("{}.{}", self.symbol(of.item, sheet), of.path)),
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

    fn field(&self, key: &Text, value: &Term, ground: &Ground, spot: &mut Spot<'_>, sheet: &mut Sheet<'_>) -> Value {
        let name = key.as_literal().unwrap_or_default();
        spot.path.push(Step::Field(name.to_owned()));
        let value = self.value(value, &ground.field(name), spot, sheet);
        spot.path.pop();
        value
    }

    fn value(&self, term: &Term, ground: &Ground, spot: &mut Spot<'_>, sheet: &mut Sheet<'_>) -> Value {
        let value = match term {
            Term::Null => Value::Null,
            Term::Bool(flag) => Value::Bool(*flag),
            Term::Number(value) => Value::Number(value.to_string()),
            Term::Text(text) => {
                let parts = self.parts(text, spot.number, sheet).into_iter();
                let of = |part| match part {
                    Part::Literal(text) if ground.is_typed() => with_cloud(&text),
                    part => vec![part],
                };
                Value::Text(parts.flat_map(of).collect())
            }
            Term::List(items) => {
                let ground = ground.items();
                let mut values = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    spot.path.push(Step::Index(at));
                    values.push(self.value(item, &ground, spot, sheet));
                    spot.path.pop();
                }
                Value::List(values)
            }
            Term::Map(fields) => {
                let ground = ground.of_fields(fields);
                let of = |(key, value): &(Text, Term)| {
                    (self.parts(key, spot.number, sheet), self.field(key, value, &ground, spot, sheet))
                };
                Value::Object(fields.iter().map(of).collect())
            }
        };
        let is_against = !spot.against.is_empty() && ground.is_typed() && spot.against.contains(&spell(&spot.path));
        if is_against { Value::Any(Box::new(value)) } else { value }
    }
}

fn symbol(name: &str) -> Value {
    Value::Text(vec![Part::Code(name.to_owned())])
}

/// The parameter and the variables of what the resources of a file say alike.
fn declare(out: &mut String, repeated: &Repeated) {
    if repeated.has_location() {
        let about = quoted("Region of the resources: that of their resource group.");
        let _ = write!(out, "\n@description({about})\nparam {LOCATION} string = resourceGroup().location\n");
    }
    for (name, tags) in repeated.variables() {
        let _ = write!(out, "\nvar {name} = ");
        write::value(out, &plain(tags), 0);
        out.push('\n');
    }
}

/// Tags that need nothing of a place.
fn plain(tags: &Term) -> Value {
    let of = |text: &Text| vec![Part::Literal(text.as_literal().unwrap_or_default().to_owned())];
    match tags {
        Term::Map(fields) => Value::Object(fields.iter().map(|(key, value)| (of(key), plain(value))).collect()),
        Term::Text(text) => Value::Text(of(text)),
        _ => Value::Null,
    }
}

fn scoped(out: &mut String, scope: &str) {
    const BEGIN: &str = "  scope: ";
    let _ = writeln!(out, "{BEGIN}{}", wrapped(scope, 2, BEGIN.len(), 0));
}
