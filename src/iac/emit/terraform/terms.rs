//! Values of bodies as HCL: references become code, everything else literals.

use super::{
    context::Context,
    data,
    forms::Form,
    hcl::{Key, Part, Value},
    outputs,
};
use crate::iac::model::term::{Piece, Term, Text};

/// A text, in pieces.
pub fn parts(context: &Context<'_>, text: &Text) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for piece in &text.0 {
        let next = match piece {
            Piece::Literal(text) => vec![Part::Literal(text.clone())],
            Piece::Reference(number) => context.reference_in_text(*number, &context.plan.items[*number].id),
            Piece::Spelled(number, id) => context.reference_in_text(*number, id),
            Piece::External(id) => data::reference(context, id, id),
            Piece::Output(of) => vec![outputs::of(context, of)],
            Piece::Principal(number, path) => vec![principal(context, *number, path)],
            Piece::Parameter(number) => vec![Part::Code(format!("var.{}", context.plan.parameters[*number].name))],
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

/// A value; `text` prints the texts in it.
pub fn value_by(term: &Term, text: &impl Fn(&Text) -> Vec<Part>) -> Value {
    match term {
        Term::Null => Value::Null,
        Term::Bool(flag) => Value::Bool(*flag),
        Term::Number(number) => Value::Number(number.to_string()),
        Term::Text(of) => Value::Template(text(of)),
        Term::List(items) => Value::List(items.iter().map(|item| value_by(item, text)).collect()),
        Term::Map(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| {
                    let name = key.as_literal().map(|name| Key::Name(name.to_owned()));
                    (name.unwrap_or_else(|| Key::Template(text(key))), value_by(value, text))
                })
                .collect(),
        ),
    }
}

/// A value as it is.
pub fn value(context: &Context<'_>, term: &Term) -> Value {
    value_by(term, &|text| parts(context, text))
}

/// The object or client id of an item's identity: what the resource says of itself once it is there.
fn principal(context: &Context<'_>, number: usize, path: &'static str) -> Part {
    let item = &context.plan.items[number];
    let address = context.address(number);
    let code = match (context.forms.get(number), path) {
        (Some(Form::Typed(typed)), "identity.principalId") => {
            typed.has_identity.then(|| format!("{address}.identity[0].principal_id"))
        }
        (Some(Form::Typed(typed)), _) if typed.kind == "azurerm_user_assigned_identity" => {
            let name = if path.ends_with("clientId") { "client_id" } else { "principal_id" };
            Some(format!("{address}.{name}"))
        }
        (Some(Form::Typed(typed)), "properties.customerId") if typed.kind == "azurerm_log_analytics_workspace" => {
            Some(format!("{address}.workspace_id"))
        }
        (Some(Form::Generic(_)), "identity.principalId") => {
            item.has_identity.then(|| format!("{address}.identity[0].principal_id"))
        }
        _ => None,
    };
    code.map_or_else(
        || {
            let was = item.principals.iter().find(|(_, at)| *at == path);
            Part::Literal(was.map(|(id, _)| id.clone()).unwrap_or_default())
        },
        Part::Code,
    )
}
