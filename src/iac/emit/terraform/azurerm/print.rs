//! A draft becomes HCL: ids become references where both spell them alike, names of what is planned too.

use super::{
    Form, canonical,
    draft::{Cell, Draft, Entry, IdPart},
};
use crate::{
    arm::{self, ResourceId},
    iac::{
        plan::{Item, Parent},
        term::{Piece, Step, Term, Text},
        terraform::{Block, Context, Key, Part, Value, address, data, longer},
    },
};

/// The `resource` block of a draft.
pub fn resource(context: &Context<'_>, draft: &Draft) -> Block {
    block(context, draft.kind, &context.item().label, &draft.entries, &draft.ignored)
}

/// The resources beside it with their import ids.
pub fn besides(context: &Context<'_>, draft: &Draft) -> Vec<(Block, String, String)> {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut out = Vec::new();
    for beside in &draft.besides {
        let count = counts.entry(beside.kind).or_default();
        *count += 1;
        let label = &context.item().label;
        let label = if *count == 1 { label.clone() } else { format!("{label}_{count}") };
        let block = block(context, beside.kind, &label, &beside.entries, &beside.ignored);
        out.push((block, format!("{}.{label}", beside.kind), import_id(context, &beside.import)));
    }
    out
}

/// A composite import id as text.
pub fn import_id(context: &Context<'_>, cells: &[Cell]) -> String {
    let text = |cell: &Cell| match cell {
        Cell::Id(IdPart::Whole) => canonical(&context.item().id.text),
        Cell::Id(IdPart::Name) => context.item().name.clone(),
        Cell::Id(IdPart::Scope) => canonical(&context.item().id.parent()),
        Cell::Term(Term::Text(text)) => {
            let whole = literal(context, text);
            if whole.starts_with('/') { canonical(&whole) } else { whole }
        }
        _ => String::new(),
    };
    cells.iter().map(text).collect()
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
    match term {
        Term::Null => Value::Null,
        Term::Bool(flag) => Value::Bool(*flag),
        Term::Number(number) => Value::Number(number.to_string()),
        Term::Text(text) if spell_ids => Value::Template(id_parts(context, text)),
        Term::Text(text) => Value::Template(context.parts(text)),
        Term::List(items) => Value::List(items.iter().map(|item| of_term(context, item, spell_ids)).collect()),
        Term::Map(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| {
                    let name = key
                        .as_literal()
                        .map_or_else(|| Key::Template(id_parts(context, key)), |name| Key::Name(name.to_owned()));
                    (name, of_term(context, value, spell_ids))
                })
                .collect(),
        ),
    }
}

/// A text; where it is an id, spelled as the provider spells it, with a reference where the target's own
/// id begins it to the letter.
pub fn id_parts(context: &Context<'_>, text: &Text) -> Vec<Part> {
    match text.0.as_slice() {
        [Piece::Literal(text)] if text.starts_with('/') && arm::looks_like_id(text) => {
            vec![Part::Literal(canonical(text))]
        }
        [Piece::Reference(number), ..] => {
            let whole = canonical(&literal(context, text));
            let target = context.shown(*number);
            if target == context.number {
                return vec![Part::Literal(whole)];
            }
            match longer(&context.code_of(target), &context.said_id(target), &whole) {
                Some(parts) => parts,
                // Only an import minds how an id is spelled.
                None if !context.with_imports && target == *number => {
                    let rest = Text(text.0[1..].to_vec());
                    std::iter::once(Part::Code(context.code_of(target))).chain(context.parts(&rest)).collect()
                }
                None => vec![Part::Literal(whole)],
            }
        }
        [Piece::External(id), ..] => data::reference(context, id, &canonical(&literal(context, text))),
        _ => context.parts(text),
    }
}

/// A text with ids for references; parameters have no text.
pub fn literal(context: &Context<'_>, text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Reference(number) => context.plan.items[*number].id.text.clone(),
        Piece::External(id) => id.clone(),
        Piece::Parameter(_) | Piece::Principal(..) => String::new(),
    };
    text.0.iter().map(piece).collect()
}

fn name_of(context: &Context<'_>, text: &Text) -> Value {
    if let [Piece::Reference(number)] = text.0.as_slice() {
        return item_name(context, *number);
    }
    let whole = literal(context, text);
    Value::text(whole.rsplit('/').next().unwrap_or_default())
}

fn item_name(context: &Context<'_>, number: usize) -> Value {
    let item = &context.plan.items[number];
    let is_own = number == context.number || matches!(context.plan.forms.get(number), Some(Form::Within(_)));
    if is_own {
        Value::text(item.name.as_str())
    } else {
        Value::code(format!("{}.name", address(context.plan, number)))
    }
}

/// What the resource's own id says.
fn of_id(context: &Context<'_>, part: IdPart) -> Value {
    let item = context.item();
    match part {
        IdPart::Name => Value::text(item.name.as_str()),
        IdPart::Group => group(context, item),
        IdPart::Whole => Value::text(canonical(&item.id.text)),
        IdPart::Itself => Value::code(format!("{}.id", address(context.plan, context.number))),
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
    let told = item.told.iter().find_map(|told| match (told.path.as_slice(), &told.value) {
        ([Step::Field(first), Step::Field(last)], Term::Text(text)) if first == "properties" && last == "scope" => {
            text.as_literal()
        }
        _ => None,
    });
    let (as_made, here) = (told.unwrap_or_default(), item.id.parent());
    if as_made != canonical(&here) && as_made.eq_ignore_ascii_case(&here) {
        Value::text(as_made)
    } else {
        above(context, 1)
    }
}

fn group(context: &Context<'_>, item: &Item) -> Value {
    match context.group_of(item) {
        Some(number) => Value::code(format!("{}.name", address(context.plan, number))),
        None => Value::text(item.id.resource_group.clone().unwrap_or_default()),
    }
}

/// The item or the id so many levels up.
fn up(context: &Context<'_>, levels: usize) -> Result<usize, String> {
    let mut at = Ok(context.number);
    for _ in 0..levels {
        at = match at {
            Ok(number) => match &context.plan.items[number].parent {
                Parent::Item(parent) => Ok(*parent),
                Parent::Literal(id) => Err(id.clone()),
            },
            Err(id) => {
                let above = ResourceId::parse(&id).map(|id| id.parent()).unwrap_or_default();
                match context.plan.items.binary_search_by(|item| item.key.as_str().cmp(&arm::key(&above))) {
                    Ok(number) => Ok(number),
                    Err(_) => Err(above),
                }
            }
        };
    }
    at
}

/// As the own id spells it: a parent that spells its name otherwise would replace the child.
fn above(context: &Context<'_>, levels: usize) -> Value {
    let mut wanted = context.item().id.text.clone();
    for _ in 0..levels {
        wanted = ResourceId::parse(&wanted).map(|id| id.parent()).unwrap_or_default();
    }
    let wanted = canonical(&wanted);
    if let Ok(number) = up(context, levels) {
        let shown = context.shown(number);
        let code = format!("{}.id", address(context.plan, shown));
        if let Some(parts) = longer(&code, &context.id_of(shown), &wanted) {
            return Value::Template(parts);
        }
    }
    Value::text(wanted)
}

fn above_name(context: &Context<'_>, levels: usize) -> Value {
    // The name as the own id spells it.
    let own: Vec<&str> = context.item().id.text.rsplit('/').collect();
    let name = own.get(levels * 2).copied().unwrap_or_default();
    match up(context, levels) {
        Ok(number) if context.plan.items[number].name == name => item_name(context, number),
        _ => Value::text(name),
    }
}
