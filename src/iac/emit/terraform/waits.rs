//! What an item needs and its code does not name: where an import wants an id, a group or a parent in Azure's own
//! spelling, the text stays literal and `depends_on` keeps the order.

use std::{collections::BTreeMap, sync::LazyLock};

use super::{
    azurerm::ids,
    context::Context,
    forms::{Form, Forms},
    hcl::{Block, Entry, Key, Part, Value},
    shared::Shared,
    spelling::canonical,
};
use crate::iac::model::{
    body::{Body, Mentioned},
    plan::{Parent, Plan},
    term::Piece,
};

static NOTHING_OUTSIDE: BTreeMap<String, String> = BTreeMap::new();
static NOTHING_SHARED: LazyLock<Shared> = LazyLock::new(Shared::default);

/// Adds `depends_on` to the first block of an item for every need that none of its blocks names.
pub fn wait(context: &Context<'_>, mut blocks: Vec<Block>) -> Vec<Block> {
    let mut wanted: Vec<String> = context
        .item()
        .needs()
        .map(|need| context.shown(need))
        .filter(|need| *need != context.number)
        .map(|need| context.address(need))
        .collect();
    if !wanted.is_empty() {
        let mut named = |code: &str| wanted.retain(|address| !names(code, address));
        for block in &blocks {
            each_code(block, &mut named);
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    if let Some(first) = blocks.first_mut().filter(|_| !wanted.is_empty()) {
        // Terraform's style guide has it last.
        first.set("depends_on", Value::List(wanted.into_iter().map(Value::code).collect()));
    }
    blocks
}

/// Whether code names an address: as a whole, not as the begin of a longer label.
fn names(code: &str, address: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    code.match_indices(address).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_none_or(|c| !is_part(c) && c != '.');
        before && code[at + address.len()..].chars().next().is_none_or(|c| !is_part(c))
    })
}

fn each_code(block: &Block, see: &mut impl FnMut(&str)) {
    for entry in &block.body {
        match entry {
            Entry::Attribute(_, value) => code_of(value, see),
            Entry::Block(inner) => each_code(inner, see),
        }
    }
}

fn code_of(value: &Value, see: &mut impl FnMut(&str)) {
    let of_parts = |parts: &[Part], see: &mut dyn FnMut(&str)| {
        for part in parts {
            if let Part::Code(code) = part {
                see(code);
            }
        }
    };
    match value {
        Value::Code(code) => see(code),
        Value::Template(parts) => of_parts(parts, see),
        Value::List(items) => items.iter().for_each(|item| code_of(item, see)),
        Value::Json(inner) => code_of(inner, see),
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Key::Template(parts) = key {
                    of_parts(parts, see);
                }
                code_of(value, see);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Ids of planned resources that stay literal in a body's code, because Azure spells them otherwise than the
/// resources' own ids; first the id of its parent.
pub fn literal_ids(plan: &Plan, forms: &Forms, number: usize, body: &Body) -> Vec<Mentioned> {
    let context = Context {
        plan,
        forms,
        number,
        subscriptions: &[],
        outside: &NOTHING_OUTSIDE,
        shared: &NOTHING_SHARED,
        read_only: &[],
        with_imports: true,
    };
    let is_typed = matches!(forms.get(number), Some(Form::Typed(_)));
    let mut found = Vec::new();
    let above = context.item().parsed().parent();
    if let Parent::Item(parent) = context.item().parent
        && *plan.items[parent].id != above
        && is_apart(&context, parent, &above, is_typed)
    {
        found.push(Mentioned { path: "parent".to_owned(), id: above });
    }
    body.term.paths(&mut |path, text| {
        for piece in &text.0 {
            if let Piece::Spelled(target, id) = piece
                && is_apart(&context, *target, id, is_typed)
            {
                found.push(Mentioned { path: path.to_owned(), id: id.clone() });
            }
        }
    });
    found
}

/// Whether what the target's address says is not how an id is spelled in the code.
fn is_apart(context: &Context<'_>, target: usize, id: &str, is_typed: bool) -> bool {
    let spelled = if is_typed { ids::canonical(id) } else { canonical(id) };
    context.said_id(context.shown(target)) != spelled
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn an_address_is_named_only_as_a_whole() {
        assert!(names("azurerm_x.a.id", "azurerm_x.a"));
        assert!(names("azurerm_x.a.identity[0].principal_id", "azurerm_x.a"));
        assert!(!names("azurerm_x.ab.id", "azurerm_x.a"));
        assert!(!names("data.azurerm_x.a.id", "azurerm_x.a"));
    }
}
