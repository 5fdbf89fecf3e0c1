//! `azapi_resource`: any resource with its whole pruned body; `azapi_update_resource` where it is there with its parent.

use super::{
    context::Context,
    forms::Form,
    hcl::{Block, Value},
    identity, outputs,
    terms::value,
};
use crate::iac::model::{
    body::Body,
    plan::Table,
    term::{Piece, Step, Term, spell},
};

/// The `resource` block of an item.
pub fn generic(context: &Context<'_>, body: Body) -> Block {
    let item = context.item();
    let Body { term: mut rest, against, reworded, .. } = body;
    let is_in_place = matches!(context.forms.get(context.number), Some(Form::InPlace));
    // What is updated in place has a body and nothing beside it.
    let mut beside = |name: &str| if is_in_place { None } else { rest.take(name) };
    let tags = beside("tags").filter(|tags| !tags.is_empty());
    let (location, own_identity) = (beside("location"), beside("identity"));
    let kind = if is_in_place { "azapi_update_resource" } else { "azapi_resource" };
    let mut block = Block::new("resource", &[kind, &item.label]);
    block.set("type", Value::text(format!("{}@{}", item.type_name, item.api_version)));
    block.set("parent_id", context.parent());
    block.set("name", Value::text(item.name()));
    if let Some(location) = location {
        block.set("location", context.shared("location", &location).unwrap_or_else(|| value(context, &location)));
    }
    if let Some(tags) = tags {
        block.set("tags", context.shared("tags", &tags).unwrap_or_else(|| value(context, &tags)));
    }
    // What Azure never returns, or spells otherwise than the schema, is no part of a comparison.
    let reworded = if context.with_imports { reworded.as_slice() } else { &[] };
    let (body, unseen) = split_unseen(rest, &mut Vec::new(), reworded);
    block.set("body", value(context, &body.unwrap_or_else(|| Term::Map(Vec::new()))));
    if let Some(exported) = outputs::exported(item).filter(|_| !context.with_imports) {
        block.set("response_export_values", exported);
    }
    let mut ignored = Vec::new();
    if let Some(unseen) = unseen {
        block.set("sensitive_body", value(context, &unseen));
        ignored.push("sensitive_body");
    }
    // Nor where Azure's own value is against the schema: one such resource would fail the whole plan.
    if !is_in_place && (item.table != Table::Exact || !against.is_empty()) {
        block.set("schema_validation_enabled", Value::Bool(false));
        ignored.push("schema_validation_enabled");
    }
    if let Some(own) = own_identity {
        let (own, is_comparable) = identity::identity(context, &own);
        block.push(own);
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
fn split_unseen(term: Term, path: &mut Vec<Step>, reworded: &[String]) -> (Option<Term>, Option<Term>) {
    match term {
        Term::Text(text) if text.0.iter().any(|piece| matches!(piece, Piece::Parameter(_))) => {
            (None, Some(Term::Text(text)))
        }
        Term::Text(text) if !reworded.is_empty() && reworded.contains(&spell(path)) => (None, Some(Term::Text(text))),
        Term::Map(fields) => {
            let (mut plain, mut unseen) = (Vec::new(), Vec::new());
            for (key, value) in fields {
                path.push(Step::Field(key.as_literal().unwrap_or_default().to_owned()));
                let (open, hidden) = split_unseen(value, path, reworded);
                path.pop();
                plain.extend(open.map(|open| (key.clone(), open)));
                unseen.extend(hidden.map(|hidden| (key, hidden)));
            }
            (Some(Term::Map(plain)), (!unseen.is_empty()).then_some(Term::Map(unseen)))
        }
        Term::List(items) if items.iter().all(|item| matches!(item, Term::Map(_))) => {
            let mut split = |(index, item)| {
                path.push(Step::Index(index));
                let split = split_unseen(item, path, reworded);
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
