//! A draft becomes HCL: ids become references where both spell them alike, names of what is planned too.

use super::{
    draft::{Cell, Draft, Entry, IdPart},
    ids::canonical,
    imports::{import_id, literal},
};
use crate::{
    arm::{self, ResourceId},
    iac::{
        emit::terraform::{
            context::Context,
            data,
            forms::Form,
            hcl::{Block, Part, Value},
            spelling::longer,
            terms::{self, value_by},
        },
        model::{
            plan::{Item, Parent},
            term::{Piece, Step, Term, Text},
        },
    },
};

/// The `resource` block of a draft.
pub fn resource(context: &Context<'_>, draft: &Draft) -> Block {
    let mut block = block(context, draft.kind, &context.item().label, &draft.entries, &draft.ignored);
    for entry in &draft.entries {
        if let Entry::Attribute(name, Cell::Term(term) | Cell::Verbatim(term)) = entry
            && let Some(shared) = context.shared(name, term)
        {
            block.replace(name, name, shared);
        }
    }
    if let Some(role) = context.plan.roles.get(&context.number).filter(|_| draft.kind == "azurerm_role_assignment") {
        block.replace("role_definition_id", "role_definition_name", Value::text(role.as_str()));
    }
    block
}

/// The resources beside it with their import ids.
pub fn besides(context: &Context<'_>, draft: &Draft) -> Vec<(Block, String, String)> {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut out = Vec::new();
    for beside in &draft.besides {
        let count = counts.entry(beside.kind).or_default();
        *count += 1;
        let label = &context.item().label;
        let label = if *count == 1 { label.to_string() } else { format!("{label}_{count}") };
        let block = block(context, beside.kind, &label, &beside.entries, &beside.ignored);
        out.push((block, format!("{}.{label}", beside.kind), import_id(context.plan, context.number, &beside.import)));
    }
    out
}

fn block(context: &Context<'_>, kind: &str, label: &str, entries: &[Entry], ignored: &[String]) -> Block {
    let mut block = Block::new("resource", &[kind, label]);
    if let Some(alias) = context.alias() {
        block.set("provider", Value::code(format!("azurerm.{alias}")));
    }
    fill(context, &mut block, entries);
    if !ignored.is_empty() {
        let mut names: Vec<&String> = ignored.iter().collect();
        names.sort();
        names.dedup();
        let mut lifecycle = Block::new("lifecycle", &[]);
        let names = names.into_iter().map(|name| Value::code(name.clone())).collect();
        lifecycle.set("ignore_changes", Value::List(names));
        block.push(lifecycle);
    }
    block
}

/// Attributes first, then blocks, as people write them.
fn fill(context: &Context<'_>, block: &mut Block, entries: &[Entry]) {
    for entry in entries {
        if let Entry::Attribute(name, cell) = entry {
            block.set(name, value(context, cell));
        }
    }
    for entry in entries {
        if let Entry::Block(name, inner) = entry {
            let mut nested = Block::new(name, &[]);
            fill(context, &mut nested, inner);
            block.push(nested);
        }
    }
}

fn value(context: &Context<'_>, cell: &Cell) -> Value {
    match cell {
        Cell::Term(term) => of_term(context, term, true),
        Cell::Verbatim(term) => of_term(context, term, false),
        Cell::Json(term) => Value::Json(Box::new(of_term(context, term, false))),
        Cell::List(cells) => Value::List(cells.iter().map(|cell| value(context, cell)).collect()),
        Cell::Name(text) => name_of(context, text),
        Cell::Id(part) => of_id(context, *part),
        // Its variable is filled in before anything is printed.
        Cell::Asked => Value::Null,
    }
}

fn of_term(context: &Context<'_>, term: &Term, spell_ids: bool) -> Value {
    value_by(term, &|text| if spell_ids { id_parts(context, text) } else { terms::parts(context, text) })
}

/// A text; where it is an id, spelled as the provider spells it, with a reference where the target's own
/// id begins it to the letter.
pub fn id_parts(context: &Context<'_>, text: &Text) -> Vec<Part> {
    match text.0.as_slice() {
        [Piece::Literal(text)] if text.starts_with('/') && arm::looks_like_id(text) => {
            vec![Part::Literal(canonical(text))]
        }
        [Piece::Reference(number) | Piece::Spelled(number, _), ..] => {
            let whole = canonical(&literal(context.plan, text));
            let target = context.shown(*number);
            if target == context.number {
                return vec![Part::Literal(whole)];
            }
            match longer(&context.code_of(target), &context.said_id(target), &whole) {
                Some(parts) => parts,
                // Only an import minds how an id is spelled.
                None if !context.with_imports && target == *number => {
                    let rest = Text(text.0[1..].into());
                    std::iter::once(Part::Code(context.code_of(target))).chain(terms::parts(context, &rest)).collect()
                }
                None => vec![Part::Literal(whole)],
            }
        }
        [Piece::External(id), ..] => data::reference(context, id, &canonical(&literal(context.plan, text))),
        _ => terms::parts(context, text),
    }
}

fn name_of(context: &Context<'_>, text: &Text) -> Value {
    match text.0.as_slice() {
        [Piece::Reference(number)] => return item_name(context, *number),
        [Piece::Spelled(number, id)] if id.ends_with(&format!("/{}", context.plan.items[*number].name())) => {
            return item_name(context, *number);
        }
        _ => {}
    }
    let whole = literal(context.plan, text);
    Value::text(whole.rsplit('/').next().unwrap_or_default())
}

fn item_name(context: &Context<'_>, number: usize) -> Value {
    let item = &context.plan.items[number];
    let is_own = number == context.number || matches!(context.forms.get(number), Some(Form::Within(_)));
    if is_own { Value::text(item.name()) } else { Value::code(format!("{}.name", context.address(number))) }
}

/// What the resource's own id says.
fn of_id(context: &Context<'_>, part: IdPart) -> Value {
    let item = context.item();
    match part {
        IdPart::Name => Value::text(item.name()),
        IdPart::Group => group(context, item),
        IdPart::Whole => Value::text(canonical(&item.id)),
        IdPart::Itself => Value::code(format!("{}.id", context.address(context.number))),
        IdPart::Parent => above(context, 1),
        IdPart::ParentName => above_name(context, 1),
        IdPart::Grandparent => above(context, 2),
        IdPart::GrandparentName => above_name(context, 2),
        IdPart::Scope => scope(context),
    }
}

/// Where an assignment stands. One that was made with another spelling keeps it: any change would replace it.
fn scope(context: &Context<'_>) -> Value {
    let item = context.item();
    let told = context.read_only.iter().find_map(|told| match (told.path.as_slice(), &told.value) {
        ([Step::Field(first), Step::Field(last)], Term::Text(text)) if first == "properties" && last == "scope" => {
            text.as_literal()
        }
        _ => None,
    });
    let (as_made, here) = (told.unwrap_or_default(), item.parsed().parent());
    if as_made != canonical(&here) && as_made.eq_ignore_ascii_case(&here) {
        Value::text(as_made)
    } else {
        above(context, 1)
    }
}

fn group(context: &Context<'_>, item: &Item) -> Value {
    match context.group_of(item) {
        Some(number) => Value::code(format!("{}.name", context.address(number))),
        None => Value::text(item.parsed().resource_group.unwrap_or_default()),
    }
}

/// The item or the id so many levels up.
fn up(context: &Context<'_>, levels: usize) -> Result<usize, String> {
    let mut at = Ok(context.number);
    for _ in 0..levels {
        at = match at {
            Ok(number) => match context.plan.items[number].parent {
                Parent::Item(parent) => Ok(parent),
                Parent::Literal => Err(context.plan.items[number].parsed().parent()),
            },
            Err(id) => {
                let above = ResourceId::parse(&id).map(|id| id.parent()).unwrap_or_default();
                context.plan.numbers.get(&arm::key(&above)).ok_or(above)
            }
        };
    }
    at
}

/// As the own id spells it: a parent that spells its name otherwise would replace the child.
fn above(context: &Context<'_>, levels: usize) -> Value {
    let mut wanted = context.item().id.to_string();
    for _ in 0..levels {
        wanted = ResourceId::parse(&wanted).map(|id| id.parent()).unwrap_or_default();
    }
    let wanted = canonical(&wanted);
    if let Ok(number) = up(context, levels) {
        let shown = context.shown(number);
        let code = format!("{}.id", context.address(shown));
        if let Some(parts) = longer(&code, &context.id_of(shown), &wanted) {
            return Value::Template(parts);
        }
    }
    Value::text(wanted)
}

fn above_name(context: &Context<'_>, levels: usize) -> Value {
    // The name as the own id spells it.
    let own: Vec<&str> = context.item().id.rsplit('/').collect();
    let name = own.get(levels * 2).copied().unwrap_or_default();
    match up(context, levels) {
        Ok(number) if context.plan.items[number].name() == name => item_name(context, number),
        _ => Value::text(name),
    }
}
