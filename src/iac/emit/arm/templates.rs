//! ARM templates: one at subscription scope, a nested deployment (inner scope) a resource group.
//!
//! `resourceId()` orders nothing, so every need is a `dependsOn`. Groups may need each other: a group's
//! resources are then spread over stages, one deployment a stage, so that deployments form no circle.
//! Texts that begin with `[` and end with `]` are doubled at the front.

use std::{collections::BTreeSet, io};

use serde_json::{Value, json};

use super::json::Writer;
use crate::{
    arm::ResourceId,
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
            term::{Piece, Term, Text},
        },
        passes::placement::{Bundle, Place, Places},
        types::Leaf,
    },
};

const SUBSCRIPTION_SCHEMA: &str =
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#";
const GROUP_SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const PARAMETERS_SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
const DEPLOYMENTS_VERSION: &str = "2022-09-01";

/// Prints a plan: `azuredeploy.json` and its parameters; beyond ARM's limits `azuredeploy-2.json` and
/// so on, to be deployed in order.
pub struct Templates<'p> {
    plan: &'p Plan,
    places: &'p Places,
    bundles: Vec<Bundle<'p>>,
}

impl Print for Templates<'_> {
    fn count(&self) -> usize {
        2 * self.bundles.len()
    }

    fn print(&self, piece: usize) -> io::Result<FilePiece> {
        let (at, bundle) = (piece / 2, &self.bundles[piece / 2]);
        let name = if at == 0 { "azuredeploy".to_owned() } else { format!("azuredeploy-{}", at + 1) };
        Ok(if piece.is_multiple_of(2) {
            FilePiece { file: format!("{name}.json"), text: self.template(bundle)? }
        } else {
            FilePiece { file: format!("{name}.parameters.json"), text: self.given(&bundle.parameters) }
        })
    }
}

impl<'p> Templates<'p> {
    pub fn new(plan: &'p Plan, places: &'p Places) -> Self {
        Self { plan, places, bundles: places.bundles(plan) }
    }

    fn template(&self, bundle: &Bundle<'_>) -> io::Result<String> {
        let mut failure = None;
        let beside: BTreeSet<&Place> = bundle.places.iter().copied().collect();
        let mut out = Writer::new();
        out.object(|out| {
            out.field("$schema", SUBSCRIPTION_SCHEMA);
            out.field("contentVersion", "1.0.0.0");
            out.key("metadata");
            out.object(|out| {
                out.key("generator");
                out.object(|out| {
                    out.field("name", "atgd");
                    out.field("version", env!("CARGO_PKG_VERSION"));
                });
                out.field("subscription", &self.places.main);
            });
            let top = bundle.places.iter().copied().find(|place| self.places.is_top(place));
            let sheet = match top.map(|place| self.sheet(place)).transpose() {
                Ok(sheet) => sheet,
                Err(error) => {
                    failure = Some(error);
                    None
                }
            };
            let none = Repeated::default();
            self.heads(out, &bundle.parameters, sheet.as_ref().map_or(&none, |sheet| &sheet.repeated));
            out.key("resources");
            out.list(|out| {
                if let Some(sheet) = &sheet {
                    self.resources(out, sheet);
                }
                for place in bundle.places.iter().copied().filter(|place| !self.places.is_top(place)) {
                    match self.sheet(place) {
                        Ok(sheet) => {
                            out.item();
                            self.deployment(out, &sheet, &beside);
                        }
                        Err(error) => failure = Some(error),
                    }
                }
            });
        });
        failure.map_or_else(|| Ok(out.finish()), Err)
    }

    /// A place with its bodies, which are few.
    fn sheet<'a>(&'a self, place: &'a Place) -> io::Result<Sheet<'a>> {
        let numbers = self.places.items.get(place).map(Vec::as_slice).unwrap_or_default();
        let bodies = numbers.iter().map(|number| self.plan.body(*number)).collect::<io::Result<Vec<Body>>>()?;
        Ok(Sheet { place, numbers, repeated: Repeated::of(self.plan, place, &bodies)?, bodies })
    }

    /// Parameters and variables of a template.
    fn heads(&self, out: &mut Writer, parameters: &BTreeSet<usize>, repeated: &Repeated) {
        out.key("parameters");
        self.declared(out, parameters, repeated);
        let mut variables = repeated.variables().peekable();
        if variables.peek().is_some() {
            out.key("variables");
            out.object(|out| {
                for (name, tags) in variables {
                    out.key(name);
                    plain(out, tags);
                }
            });
        }
    }

    fn resources(&self, out: &mut Writer, sheet: &Sheet<'_>) {
        for (number, body) in sheet.numbers.iter().zip(&sheet.bodies) {
            out.item();
            self.resource(out, *number, body, sheet);
        }
    }

    fn declared(&self, out: &mut Writer, numbers: &BTreeSet<usize>, repeated: &Repeated) {
        out.object(|out| {
            if repeated.has_location() {
                out.key(LOCATION);
                out.object(|out| {
                    out.field("type", "string");
                    out.field("defaultValue", "[resourceGroup().location]");
                    out.key("metadata");
                    out.object(|out| {
                        out.field("description", "Region of the resources: that of their resource group.");
                    });
                });
            }
            for number in numbers {
                let parameter = &self.plan.parameters[*number];
                let kind = match parameter.leaf {
                    Leaf::Text if parameter.kind == Given::Open => "string",
                    Leaf::Text => "securestring",
                    Leaf::Number => "int",
                    Leaf::Bool => "bool",
                    Leaf::Any => "secureObject",
                };
                out.key(&parameter.name);
                out.object(|out| {
                    out.field("type", kind);
                    out.key("metadata");
                    let about = description(self.plan, parameter);
                    out.object(|out| out.field("description", &about));
                });
            }
        });
    }

    /// Everything of a place as one nested deployment; `beside` are the places of the same file. What came
    /// before stands in a file that is deployed before: nothing to wait for.
    fn deployment(&self, out: &mut Writer, sheet: &Sheet<'_>, beside: &BTreeSet<&Place>) {
        let place = sheet.place;
        let schema = if place.group.is_some() { GROUP_SCHEMA } else { SUBSCRIPTION_SCHEMA };
        let used = self.places.parameters(self.plan, place);
        let (items, needs) = self.places.needs(self.plan, place);
        let has_top = beside.iter().any(|at| self.places.is_top(at));
        let items = items.into_iter().filter(|_| has_top);
        let mut depends: Vec<String> =
            items.map(|number| format!("[{}]", self.id(&self.plan.items[number], None))).collect();
        let needs = needs.into_iter().filter(|place| beside.contains(place));
        depends.extend(needs.map(|place| format!("[{}]", self.deployment_id(place))));
        out.object(|out| {
            out.field("type", DEPLOYMENTS);
            out.field("apiVersion", DEPLOYMENTS_VERSION);
            out.field("name", &place.name());
            if place.subscription != self.places.main {
                out.field("subscriptionId", &place.subscription);
            }
            match &place.group {
                Some(_) => out.field("resourceGroup", &literal(&self.places.group_name(self.plan, place))),
                None => out.field("location", "[deployment().location]"),
            }
            waits(out, depends);
            out.key("properties");
            out.object(|out| {
                out.field("mode", "Incremental");
                out.key("expressionEvaluationOptions");
                out.object(|out| out.field("scope", "inner"));
                out.key("parameters");
                out.object(|out| {
                    for number in &used {
                        let name = &self.plan.parameters[*number].name;
                        out.key(name);
                        out.object(|out| out.field("value", &format!("[parameters({})]", quoted(name))));
                    }
                });
                out.key("template");
                out.object(|out| {
                    out.field("$schema", schema);
                    out.field("contentVersion", "1.0.0.0");
                    self.heads(out, &used, &sheet.repeated);
                    out.key("resources");
                    out.list(|out| self.resources(out, sheet));
                });
            });
        });
    }

    /// The id of a nested deployment, as its siblings see it.
    fn deployment_id(&self, place: &Place) -> String {
        let group = place.group.as_ref().map(|_| self.places.group_name(self.plan, place));
        let group = group.map(|group| format!("/resourceGroups/{group}")).unwrap_or_default();
        let id = format!("/subscriptions/{}{group}/providers/{DEPLOYMENTS}/{}", place.subscription, place.name());
        let called = ResourceId::parse(&id).and_then(|id| self.caller(None).id(&id, DEPLOYMENTS));
        called.unwrap_or_else(|| quoted(&id))
    }

    /// The file of parameters: what is known. What has to be given is not in it, so that the deployment asks or is refused.
    fn given(&self, numbers: &BTreeSet<usize>) -> String {
        let mut out = Writer::new();
        out.object(|out| {
            out.field("$schema", PARAMETERS_SCHEMA);
            out.field("contentVersion", "1.0.0.0");
            out.key("parameters");
            out.object(|out| {
                for parameter in numbers.iter().map(|number| &self.plan.parameters[*number]) {
                    if let Some(value) = &parameter.value {
                        out.key(&parameter.name);
                        out.object(|out| out.field("value", value));
                    }
                }
            });
        });
        out.finish()
    }

    fn caller<'a>(&'a self, from: Option<&'a Place>) -> Caller<'a> {
        from.map_or(Caller { subscription: &self.places.main, group: None, quoted: named }, |place| {
            Caller::at(place, named)
        })
    }

    fn resource(&self, out: &mut Writer, number: usize, body: &Body, sheet: &Sheet<'_>) {
        let place = sheet.place;
        let item = &self.plan.items[number];
        let id = item.parsed();
        let names: Vec<&str> = id.segments.iter().map(|(_, name)| name.as_str()).collect();
        let name = if item.is_group { item.name().to_owned() } else { names.join("/") };
        let same = item.needs().filter(|need| *need != number && self.places.of[*need] == *place);
        let depends = same.map(|need| format!("[{}]", self.id(&self.plan.items[need], Some(place)))).collect();
        out.object(|out| {
            out.field("type", &item.type_name);
            out.field("apiVersion", &item.api_version);
            if let Some(scope) = self.scope(item, place) {
                out.field("scope", &scope);
            }
            out.field("name", &expression(with_cloud(&name)));
            waits(out, depends);
            if let Term::Map(fields) = &body.term {
                let ground = Ground::of(item, is_asked(body, cloud::mentions)).of_fields(fields);
                for (key, value) in in_order(fields) {
                    out.key(&self.text(key, place));
                    match key.as_literal() {
                        Some(LOCATION) if sheet.repeated.is_location(value) => {
                            out.text(&format!("[parameters({})]", quoted(LOCATION)));
                        }
                        Some("tags") if let Some(name) = sheet.repeated.variable(value) => {
                            out.text(&format!("[variables({})]", quoted(name)));
                        }
                        name => self.value(out, value, &ground.field(name.unwrap_or_default()), place),
                    }
                }
            }
        });
    }

    /// What an extension resource extends, where that is not the place of the deployment itself.
    fn scope(&self, item: &Item, place: &Place) -> Option<String> {
        let id = item.parsed();
        if item.is_group || id.is_child() {
            return None;
        }
        let above = ResourceId::parse(&id.scope)?;
        above.namespace.as_ref()?;
        if let Parent::Item(parent) = item.parent {
            return Some(format!("[{}]", self.id(&self.plan.items[parent], Some(place))));
        }
        Some(literal(&id.scope))
    }

    /// An expression for the id of an item, seen from a place (none: the template itself).
    fn id(&self, item: &Item, from: Option<&Place>) -> String {
        let (caller, id) = (self.caller(from), item.parsed());
        if let Parent::Item(parent) = item.parent
            && !id.is_child()
            && ResourceId::parse(&id.scope).is_some_and(|scope| scope.namespace.is_some())
        {
            return caller.extension(&self.id(&self.plan.items[parent], from), &id, &item.type_name);
        }
        caller.id(&id, &item.type_name).unwrap_or_else(|| quoted(&item.id))
    }

    /// An expression for what an item says of itself once it is deployed: who its identity is, its URI.
    fn principal(&self, item: &Item, path: &str, place: &Place) -> String {
        let (id, version) = (self.id(item, Some(place)), quoted(&item.api_version));
        match path.strip_prefix("properties.") {
            Some(property) => format!("reference({id}, {version}).{property}"),
            None => format!("reference({id}, {version}, 'Full').{path}"),
        }
    }

    fn value(&self, out: &mut Writer, term: &Term, ground: &Ground, place: &Place) {
        match term {
            Term::Null => out.scalar(&Value::Null),
            Term::Bool(flag) => out.scalar(&json!(flag)),
            Term::Number(number) => out.scalar(&Value::Number(number.clone())),
            Term::Text(text) => {
                let of = |part| match part {
                    Said::Constant(text) if ground.is_typed() => with_cloud(&text),
                    part => vec![part],
                };
                let parts = self.said(text, place).into_iter().flat_map(of).collect();
                out.text(&expression(parts));
            }
            Term::List(items) => {
                let ground = ground.items();
                out.list(|out| {
                    for item in items {
                        out.item();
                        self.value(out, item, &ground, place);
                    }
                });
            }
            Term::Map(fields) => {
                let ground = ground.of_fields(fields);
                out.object(|out| {
                    for (key, value) in fields {
                        out.key(&self.text(key, place));
                        self.value(out, value, &ground.field(key.as_literal().unwrap_or_default()), place);
                    }
                });
            }
        }
    }

    fn text(&self, text: &Text, place: &Place) -> String {
        expression(self.said(text, place))
    }

    fn said(&self, text: &Text, place: &Place) -> Vec<Said> {
        let parts = match text.0.as_slice() {
            [whole @ (Piece::Reference(_) | Piece::External(_)), Piece::Literal(suffix)] => {
                self.longer(whole, suffix, place).map(|code| vec![Said::Code(code)])
            }
            _ => None,
        };
        parts.unwrap_or_else(|| text.0.iter().map(|piece| self.piece(piece, place)).collect())
    }

    fn piece(&self, piece: &Piece, place: &Place) -> Said {
        match piece {
            Piece::Literal(text) => Said::Constant(text.clone()),
            Piece::Reference(number) | Piece::Spelled(number, _) => {
                Said::Code(self.id(&self.plan.items[*number], Some(place)))
            }
            Piece::Output(of) => Said::Code(self.principal(&self.plan.items[of.item], &of.path, place)),
            Piece::Principal(number, path) => Said::Code(self.principal(&self.plan.items[*number], path, place)),
            Piece::External(id) => {
                let parsed = ResourceId::parse(id);
                let called = parsed.and_then(|parsed| self.caller(Some(place)).id(&parsed, &parsed.type_name()));
                called.map_or_else(|| Said::Constant(id.clone()), Said::Code)
            }
            Piece::Parameter(number) => {
                Said::Code(format!("parameters({})", quoted(&self.plan.parameters[*number].name)))
            }
        }
    }

    /// The id of something below another (`/probes/http`) by one function.
    fn longer(&self, whole: &Piece, suffix: &str, place: &Place) -> Option<String> {
        let (id, kind) = match whole {
            Piece::Reference(number) => {
                let item = &self.plan.items[*number];
                call::below(&item.parsed(), &item.type_name, suffix)?
            }
            Piece::External(id) => {
                let id = ResourceId::parse(id)?;
                call::below(&id, &id.type_name(), suffix)?
            }
            _ => return None,
        };
        self.caller(Some(place)).id(&id, &kind)
    }
}

/// A place, and what is deployed to it.
struct Sheet<'a> {
    place: &'a Place,
    numbers: &'a [usize],
    bodies: Vec<Body>,
    repeated: Repeated,
}

/// Tags that need nothing of a place.
fn plain(out: &mut Writer, tags: &Term) {
    match tags {
        Term::Map(fields) => out.object(|out| {
            for (key, value) in fields {
                out.key(&literal(key.as_literal().unwrap_or_default()));
                plain(out, value);
            }
        }),
        Term::Text(text) => out.text(&literal(text.as_literal().unwrap_or_default())),
        _ => out.scalar(&Value::Null),
    }
}

/// A part of a text.
enum Said {
    Constant(String),
    Code(String),
}

impl Said {
    fn constant(&self) -> Option<&str> {
        match self {
            Self::Constant(text) => Some(text),
            Self::Code(_) => None,
        }
    }
}

/// A value of parts: a literal, or one expression.
fn expression(parts: Vec<Said>) -> String {
    if let Some(plain) = parts.iter().map(Said::constant).collect::<Option<String>>() {
        return literal(&plain);
    }
    format!("[{}]", joined(parts))
}

fn joined(parts: Vec<Said>) -> String {
    let mut parts: Vec<String> = parts
        .into_iter()
        .map(|part| match part {
            Said::Constant(text) => quoted(&text),
            Said::Code(code) => code,
        })
        .collect();
    match parts.as_slice() {
        [_] => parts.swap_remove(0),
        many => format!("concat({})", many.join(", ")),
    }
}

/// A text whose cloud's hosts come from `environment()`.
fn with_cloud(text: &str) -> Vec<Said> {
    let of = |part: cloud::Part<'_>| match part {
        cloud::Part::Literal(text) => Said::Constant(text.to_owned()),
        cloud::Part::Code(code) => Said::Code(code.to_owned()),
    };
    cloud::parts(text)
        .map_or_else(|| vec![Said::Constant(text.to_owned())], |parts| parts.into_iter().map(of).collect())
}

/// A name within an expression.
fn named(text: &str) -> String {
    joined(with_cloud(text))
}

fn waits(out: &mut Writer, depends: Vec<String>) {
    if depends.is_empty() {
        return;
    }
    out.key("dependsOn");
    out.list(|out| {
        for one in depends {
            out.item();
            out.text(&one);
        }
    });
}

/// A literal of an expression.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A literal value: what would be read as an expression is escaped.
fn literal(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') { format!("[{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_like_expressions_are_escaped_and_others_left() {
        assert_eq!(literal("[x]"), "[[x]");
        assert_eq!(literal("[[x]]"), "[[[x]]");
        assert_eq!(literal("[x"), "[x");
        assert_eq!(quoted("it's"), "'it''s'");
    }
}
