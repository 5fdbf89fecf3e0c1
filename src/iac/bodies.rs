//! Bodies as they can be sent, each text written out: what a specification of a tenant is made of. All passes of a
//! plan, and no language.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    build::{self, Order},
    error::IacError,
    model::{
        body::Body,
        capabilities::Capabilities,
        plan::{Given, Plan},
        term::{Piece, Term, Text},
    },
    passes::select,
    shelf::Shelf,
};
use crate::{api::GenerateIacRequest, graph::Snapshot, work::Work};

/// A resource or a resource group as it can be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sendable {
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    pub is_group: bool,
    /// A secret is null.
    pub body: Value,
    /// Pointers (RFC 6901) to the texts that are secret, or hold a secret.
    pub secrets: Vec<String>,
    /// Object ids of its own identity.
    pub principals: Vec<String>,
    /// Pointers to object ids of identities that are made anew with their resources, and what each is of.
    pub old_principals: Vec<(String, String)>,
}

/// A resource that can't be sent, or need not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsent {
    pub id: String,
    pub reason: Arc<str>,
}

/// All that a snapshot holds.
pub(crate) struct Bodies {
    plan: Plan,
    pub left_out: Vec<Unsent>,
    /// How many resources are written in the bodies of others.
    pub nested: usize,
    pub warnings: Vec<String>,
}

/// Selects everything, and passes it through.
pub(crate) fn bodies(snapshot: &Snapshot, work: &Work) -> Result<Bodies, IacError> {
    let request = serde_json::json!({"tenant_id": snapshot.tenant_id(), "output_format": "arm"});
    let request: GenerateIacRequest =
        serde_json::from_value(request).map_err(|error| std::io::Error::other(error.to_string()))?;
    let selection = select::select(snapshot, &request, &work.cancel)?;
    // Names of administrators are no secrets, and a text has no file of parameters.
    let capabilities = Capabilities { asks_administrators: false, ..Capabilities::whole() };
    let order = Order { request: &request, capabilities: &capabilities, cancel: &work.cancel };
    let mut plan = build::build(snapshot, selection, &order, || Shelf::in_directory(work.artifacts.directory()))?;
    let unsent = |left: super::model::plan::LeftOut| Unsent { id: left.id.into(), reason: left.reason };
    let left_out = std::mem::take(&mut plan.left_out).into_iter().map(unsent).collect();
    let warnings = std::mem::take(&mut plan.warnings);
    Ok(Bodies { left_out, nested: plan.within.len(), warnings, plan })
}

impl Bodies {
    /// How many there are, in the order of their keys: what contains others comes before them.
    pub(crate) fn count(&self) -> usize {
        self.plan.items.len()
    }

    pub(crate) fn at(&self, number: usize) -> Result<Sendable, IacError> {
        let item = &self.plan.items[number];
        let Body { term, .. } = self.plan.body(number)?;
        let mut writer = Writer { plan: &self.plan, secrets: Vec::new(), old_principals: Vec::new() };
        let body = writer.value(&term, "");
        let is_object = |path: &str| path.ends_with("principalId");
        let principals = item.principals.iter().filter(|(_, path)| is_object(path));
        Ok(Sendable {
            id: item.id.to_string(),
            type_name: item.type_name.to_string(),
            api_version: item.api_version.to_string(),
            is_group: item.is_group,
            body,
            secrets: writer.secrets,
            principals: principals.map(|(id, _)| id.to_lowercase()).collect(),
            old_principals: writer.old_principals,
        })
    }
}

struct Writer<'p> {
    plan: &'p Plan,
    secrets: Vec<String>,
    old_principals: Vec<(String, String)>,
}

impl Writer<'_> {
    fn value(&mut self, term: &Term, at: &str) -> Value {
        match term {
            Term::Null => Value::Null,
            Term::Bool(flag) => Value::Bool(*flag),
            Term::Number(number) => Value::Number(number.clone()),
            Term::Text(text) => self.text(text, at),
            Term::List(items) => {
                let of = |(number, item): (usize, &Term)| self.value(item, &format!("{at}/{number}"));
                Value::Array(items.iter().enumerate().map(of).collect())
            }
            Term::Map(fields) => {
                let mut out = Map::new();
                for (key, value) in fields {
                    let key = self.written(key);
                    let below = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    let value = self.value(value, &below);
                    out.insert(key, value);
                }
                Value::Object(out)
            }
        }
    }

    fn text(&mut self, text: &Text, at: &str) -> Value {
        for piece in &text.0 {
            match piece {
                Piece::Parameter(number) if self.plan.parameters[*number].kind == Given::Secret => {
                    self.secrets.push(at.to_owned());
                    return Value::Null;
                }
                Piece::Principal(number, _) => {
                    self.old_principals.push((at.to_owned(), self.plan.items[*number].id.to_string()));
                }
                _ => {}
            }
        }
        Value::String(self.written(text))
    }

    /// As it was when it was scanned.
    fn written(&self, text: &Text) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) | Piece::Spelled(_, text) | Piece::External(text) => text.clone(),
            Piece::Reference(number) => self.plan.items[*number].id.to_string(),
            Piece::Output(output) => output.was.clone(),
            Piece::Principal(number, at) => {
                let known = self.plan.items[*number].principals.iter().find(|(_, path)| path == at);
                known.map(|(id, _)| id.clone()).unwrap_or_default()
            }
            Piece::Parameter(number) => self.plan.parameters[*number].value.clone().unwrap_or_default(),
        };
        text.0.iter().map(piece).collect()
    }
}
