//! Where values are: paths of a table, followed through a body.

use super::{
    draft::Cell,
    section::{Guard, Path, Piece, Root, Step, Template},
    values,
};
use crate::iac::model::term::{self, Term, Text};

/// A place in a body: the numbers of its fields and items.
pub(super) type BodyPath = Vec<usize>;

pub(super) fn start(root: Root, here: &[usize], frames: &[BodyPath]) -> BodyPath {
    match root {
        Root::Here => here.to_vec(),
        Root::Outer(levels) => {
            frames.len().checked_sub(levels).and_then(|at| frames.get(at)).cloned().unwrap_or_default()
        }
        Root::Body | Root::Id(_) => BodyPath::new(),
    }
}

/// Whether a condition on a body holds.
pub(super) fn holds(guard: &Guard, body: &Term, here: &[usize], frames: &[BodyPath]) -> bool {
    let mut found = Vec::new();
    expand(body, start(guard.path.root, here, frames), &guard.path.steps, true, &mut found);
    let mut values = found.iter().filter_map(|spot| get(body, spot));
    let is_so = if guard.values.is_empty() {
        values.any(|value| !is_blank(value))
    } else {
        values.any(|value| {
            guard.values.iter().any(|wanted| match wanted.strip_prefix('~') {
                Some(part) => values::plain(value).is_some_and(|text| text.to_ascii_lowercase().contains(part)),
                None => is_one_of(value, &[wanted]),
            })
        })
    };
    is_so != guard.negated
}

/// All places that a path leads to from one place; `open`: the items of a list at its end instead of the list.
pub(super) fn expand(body: &Term, at: BodyPath, steps: &[Step], open: bool, found: &mut Vec<BodyPath>) {
    if let Some(value) = get(body, &at) {
        follow(value, &mut { at }, steps, open, found);
    }
}

/// `value` is what is at `at`, which is as it was at the end.
fn follow(value: &Term, at: &mut BodyPath, steps: &[Step], open: bool, found: &mut Vec<BodyPath>) {
    let mut below = |index: usize, steps: &[Step]| {
        let Some(next) = get(value, &[index]) else { return };
        at.push(index);
        follow(next, at, steps, open, found);
        at.pop();
    };
    match (steps.split_first(), value) {
        (None, Term::List(items)) if open => found.extend((0..items.len()).map(|index| [&at[..], &[index]].concat())),
        (None, _) => found.push(at.clone()),
        (Some((Step::Item(index), rest)), Term::List(_)) => below(*index, rest),
        // What is no list is its own first item.
        (Some((Step::Item(0), rest)), _) => follow(value, at, rest, open, found),
        (Some((Step::Field(_), _)), Term::List(items)) => (0..items.len()).for_each(|index| below(index, steps)),
        (Some((Step::Field(name), rest)), Term::Map(fields)) if name.contains('*') => {
            for (index, (key, _)) in fields.iter().enumerate() {
                if key.as_literal().is_some_and(|key| !key.starts_with('@') && fits(name, key)) {
                    below(index, rest);
                }
            }
        }
        (Some((Step::Field(name), rest)), Term::Map(_)) => {
            if let Some((index, _)) = field(value, name) {
                below(index, rest);
            }
        }
        _ => {}
    }
}

/// One star stands for any letters.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
}

/// A field of a map in any case, with its number.
pub(super) fn field<'t>(term: &'t Term, name: &str) -> Option<(usize, &'t Term)> {
    let Term::Map(fields) = term else { return None };
    let is_it =
        |(_, (key, _)): &(usize, &(Text, Term))| key.as_literal().is_some_and(|key| key.eq_ignore_ascii_case(name));
    fields.iter().enumerate().find(is_it).map(|(index, (_, value))| (index, value))
}

pub(super) fn get<'t>(term: &'t Term, spot: &[usize]) -> Option<&'t Term> {
    let mut at = term;
    for index in spot {
        at = match at {
            Term::List(items) => items.get(*index)?,
            Term::Map(fields) => &fields.get(*index)?.1,
            _ => return None,
        };
    }
    Some(at)
}

pub(super) fn get_mut<'t>(term: &'t mut Term, spot: &[usize]) -> Option<&'t mut Term> {
    let mut at = term;
    for index in spot {
        at = match at {
            Term::List(items) => items.get_mut(*index)?,
            Term::Map(fields) => &mut fields.get_mut(*index)?.1,
            _ => return None,
        };
    }
    Some(at)
}

pub(super) fn spelled(body: &Term, spot: &[usize]) -> String {
    let mut steps = Vec::new();
    let mut at = body;
    for index in spot {
        at = match at {
            Term::List(items) => {
                steps.push(term::Step::Index(*index));
                &items[*index]
            }
            Term::Map(fields) => {
                steps.push(term::Step::Field(fields[*index].0.as_literal().unwrap_or("…").to_owned()));
                &fields[*index].1
            }
            _ => break,
        };
    }
    term::spell(&steps)
}

/// Nothing that anyone could have meant.
pub(super) fn is_blank(value: &Term) -> bool {
    match value {
        Term::List(items) => items.iter().all(is_blank),
        Term::Map(fields) => fields.is_empty(),
        value => value.is_empty(),
    }
}

/// An empty text below an item of a list: somebody said it, for pruning leaves none else there.
pub(super) fn is_said_empty(body: &Term, spot: &[usize]) -> bool {
    let is_text =
        get(body, spot).is_some_and(|value| matches!(value, Term::Text(text) if text.as_literal() == Some("")));
    is_text && (0..spot.len()).any(|depth| matches!(get(body, &spot[..depth]), Some(Term::List(_))))
}

pub(super) fn is_one_of(value: &Term, values: &[&str]) -> bool {
    values::plain(value).is_some_and(|text| values.iter().any(|wanted| wanted.eq_ignore_ascii_case(&text)))
}

/// The first leaf that is not crossed out.
pub(super) fn leftover(rest: &Term, path: &mut Vec<term::Step>) -> Option<String> {
    match rest {
        Term::List(items) => items.iter().enumerate().find_map(|(index, item)| {
            path.push(term::Step::Index(index));
            let found = leftover(item, path);
            path.pop();
            found
        }),
        Term::Map(fields) => fields.iter().find_map(|(key, value)| {
            let name = key.as_literal().unwrap_or("…");
            // How the last PUT went is nobody's input, although some types don't say so.
            let is_state = name == "provisioningState"
                && matches!(path.last(), Some(term::Step::Field(above)) if above == "properties");
            if matches!(name, "@name" | "@scope") || is_state {
                return None;
            }
            path.push(term::Step::Field(name.to_owned()));
            let found = leftover(value, path);
            path.pop();
            found
        }),
        Term::Text(text) if text.as_literal() == Some("") => {
            path.iter().any(|step| matches!(step, term::Step::Index(_))).then(|| term::spell(path))
        }
        value if value.is_empty() => None,
        _ => Some(term::spell(path)),
    }
}

/// The pieces of an import id, with the values that they name.
pub(super) fn fill(template: &Template, body: &Term, here: &[usize], frames: &[BodyPath]) -> Vec<Cell> {
    let value = |path: &Path| {
        let mut found = Vec::new();
        expand(body, start(path.root, here, frames), &path.steps, false, &mut found);
        found.first().and_then(|spot| get(body, spot)).cloned().map(Cell::Term)
    };
    let cell = |piece: &Piece| match piece {
        Piece::Literal(text) => Some(Cell::Term(Term::Text(Text::literal(*text)))),
        Piece::Id(part) => Some(Cell::Id(*part)),
        Piece::Value(path) => value(path),
    };
    template.iter().filter_map(cell).collect()
}
