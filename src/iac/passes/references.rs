//! Resolve references: every text that is the id of a planned resource, or of something below one,
//! becomes a reference and a suffix. Known but not planned is called external: Terraform reads it as data,
//! Bicep declares it as existing, other templates spell it by a function. Unknown stays literal and is called unresolved. Circles are cut at the reference that closes them.

use std::collections::{BTreeMap, BTreeSet};

use crate::arm;
use crate::iac::{
    plan::{Mentioned, Outside, Parent, Plan, mentioned},
    select::prefixes,
    term::{Piece, Text},
};

/// Links the bodies of a plan. With `exact_spelling` a text that spells an id otherwise than its
/// resource does stays literal: an import compares texts to the letter.
/// `with_functions`: what is known and not planned is spelled by a function of the language.
pub fn resolve(
    plan: &mut Plan,
    numbers: &BTreeMap<String, usize>,
    known: &BTreeMap<String, String>,
    exact_spelling: bool,
    with_functions: bool,
) {
    let ids: Vec<String> = plan.items.iter().map(|item| item.id.text.clone()).collect();
    let left_out: BTreeSet<String> = plan.left_out.keys().chain(plan.within.keys()).cloned().collect();
    let roles: BTreeSet<&str> = known.keys().filter_map(|key| role(key)).collect();
    // A role that is built in is the same in every subscription: by its last word it is known in all.
    let is_known = |key: &str| {
        known.contains_key(key) || left_out.contains(key) || role(key).is_some_and(|name| roles.contains(name))
    };
    let groups: BTreeSet<usize> = (0..plan.items.len()).filter(|number| plan.items[*number].is_group).collect();
    let mut sources: BTreeMap<String, Outside> = BTreeMap::new();
    for item in &mut plan.items {
        let (mut external, mut unresolved) = (Vec::new(), Vec::new());
        item.body.texts_mut(&mut Vec::new(), &mut |path, _, text| {
            let Some(literal) = text.as_literal().filter(|text| arm::looks_like_id(text)) else { return };
            let found = prefixes(literal);
            let target = found.iter().find_map(|key| Some((numbers.get(key)?, key.len())));
            // What is known and not planned is outside, also where its group is planned.
            let is_outside = |key: &String| is_resource(key) && known.get(key).is_some_and(|kind| !kind.is_empty());
            let target = target.filter(|(target, length)| {
                !groups.contains(target) || !found.iter().any(|key| key.len() > *length && is_outside(key))
            });
            match target {
                Some((target, length)) => {
                    let spelled = if literal.starts_with('/') { literal.to_owned() } else { format!("/{literal}") };
                    let is_spelled_so = spelled.get(..length) == Some(ids[*target].as_str());
                    let Some(suffix) = spelled.get(length..) else { return };
                    if is_spelled_so || !exact_spelling {
                        let mut pieces = vec![Piece::Reference(*target)];
                        if !suffix.is_empty() {
                            pieces.push(Piece::Literal(suffix.to_owned()));
                        }
                        *text = Text(pieces);
                    }
                }
                None if found.iter().any(|key| is_resource(key) && is_known(key)) => {
                    external.push(mentioned(path, literal));
                    let Some(key) = found.iter().find(|key| is_known(key)) else { return };
                    let read = known.get(key).filter(|kind| !kind.is_empty());
                    if with_functions || read.is_some() {
                        *text = outside(literal, key.len());
                    }
                    if let (Some(kind), Some(Piece::External(id))) = (read, text.0.first()) {
                        let source = || Outside { id: id.clone(), kind: kind.clone() };
                        sources.entry(key.clone()).or_insert_with(source);
                    }
                }
                None if found.first().is_some_and(|key| is_resource(key)) => unresolved.push(mentioned(path, literal)),
                None => {}
            }
        });
        item.external = external;
        item.unresolved = unresolved;
    }
    plan.outside = sources;
    cut_circles(plan, &ids);
}

/// Object and client ids of identities become what Azure says of them when they are there; not those that
/// the request gave (`is_given`). What an import compares (`is_compared`) has to be spelled alike.
pub fn principals(plan: &mut Plan, is_given: impl Fn(&str) -> bool, is_compared: bool) {
    let of_item = |(number, item): (usize, &crate::iac::plan::Item)| {
        let told = |(id, path): &(String, &'static str)| (id.to_lowercase(), (number, *path, id.clone()));
        item.principals.iter().map(told).collect::<Vec<_>>()
    };
    let known: BTreeMap<String, (usize, &'static str, String)> =
        plan.items.iter().enumerate().flat_map(of_item).collect();
    if known.is_empty() {
        return;
    }
    // Most bodies name nobody.
    let is_named = |text: &str| text.len() == 36 && known.contains_key(&text.to_lowercase());
    for (number, item) in plan.items.iter_mut().enumerate().filter(|(_, item)| item.body.any_text(&is_named)) {
        item.body.texts_mut(&mut Vec::new(), &mut |_, is_key, text| {
            let Some(literal) = text.as_literal().filter(|text| !is_key && text.len() == 36) else { return };
            match known.get(&literal.to_lowercase()) {
                Some((target, path, spelled))
                    if *target != number && !is_given(literal) && (!is_compared || spelled == literal) =>
                {
                    *text = Text(vec![Piece::Principal(*target, path)]);
                }
                _ => {}
            }
        });
    }
}

/// An id of something that is not planned, and what stands behind it.
fn outside(literal: &str, length: usize) -> Text {
    let spelled = if literal.starts_with('/') { literal.to_owned() } else { format!("/{literal}") };
    match (spelled.get(..length), spelled.get(length..)) {
        (Some(id), Some("")) => Text(vec![Piece::External(id.to_owned())]),
        (Some(id), Some(suffix)) => Text(vec![Piece::External(id.to_owned()), Piece::Literal(suffix.to_owned())]),
        _ => Text::literal(literal),
    }
}

/// The name of the role definition that a key is of.
fn role(key: &str) -> Option<&str> {
    key.split_once("/providers/microsoft.authorization/roledefinitions/").map(|(_, name)| name)
}

/// Subscriptions alone are no resources.
fn is_resource(key: &str) -> bool {
    key.split('/').count() > 3 || key.starts_with("/providers/")
}

/// Depth-first in the order of the items; an edge to an item that is still open closes a circle.
fn cut_circles(plan: &mut Plan, ids: &[String]) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; plan.items.len()];
    for start in 0..plan.items.len() {
        if marks[start] != Mark::New {
            continue;
        }
        let mut stack = vec![(start, plan.items[start].needs(), 0)];
        marks[start] = Mark::Open;
        while let Some((item, needs, next)) = stack.last_mut() {
            let item = *item;
            let Some(need) = needs.get(*next).copied() else {
                marks[item] = Mark::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            if need == item {
                continue;
            }
            match marks[need] {
                Mark::New => {
                    marks[need] = Mark::Open;
                    stack.push((need, plan.items[need].needs(), 0));
                }
                Mark::Open => cut(plan, item, need, ids),
                Mark::Done => {}
            }
        }
    }
}

/// Makes the references from one item to another literal again. A parent is never cut: it is what the
/// child stands in; then the child's other end was cut before, or the parent's body refers to it.
fn cut(plan: &mut Plan, from: usize, to: usize, ids: &[String]) {
    let id = ids[to].clone();
    if plan.items[from].parent == Parent::Item(to) {
        // The circle runs through the parent's own references: those that lead back are cut there.
        let back: Vec<usize> = reaching(plan, to, from);
        for target in back {
            let (literal, known) = (ids[target].clone(), plan.items[target].principals.clone());
            let item = &mut plan.items[to];
            let cut = literalise(item, target, &literal, &known);
            item.circular.extend(cut);
        }
        return;
    }
    let known = plan.items[to].principals.clone();
    let item = &mut plan.items[from];
    let cut = literalise(item, to, &id, &known);
    item.circular.extend(cut);
}

/// What an item refers to from which another is reached.
fn reaching(plan: &Plan, item: usize, wanted: usize) -> Vec<usize> {
    let mut targets = Vec::new();
    plan.items[item].body.references(&mut targets);
    targets.sort_unstable();
    targets.dedup();
    targets.retain(|target| {
        let mut seen = BTreeSet::from([*target]);
        let mut queue = vec![*target];
        while let Some(at) = queue.pop() {
            if at == wanted {
                return true;
            }
            queue.extend(plan.items[at].needs().into_iter().filter(|next| *next != item && seen.insert(*next)));
        }
        false
    });
    targets
}

fn literalise(
    item: &mut crate::iac::plan::Item,
    target: usize,
    id: &str,
    principals: &[(String, &'static str)],
) -> Vec<Mentioned> {
    let mut cut = Vec::new();
    item.body.texts_mut(&mut Vec::new(), &mut |path, _, text| {
        if matches!(text.0.as_slice(), [Piece::Principal(to, _)] if *to == target) {
            // Who it is can't be asked for before it is there, nor be known: the id is said as it was.
            cut.push(mentioned(path, id));
            let was = principals.iter().find(|(_, at)| matches!(text.0[0], Piece::Principal(_, path) if path == *at));
            *text = Text::literal(was.map(|(id, _)| id.as_str()).unwrap_or_default());
            return;
        }
        if !text.0.contains(&Piece::Reference(target)) {
            return;
        }
        let whole: String = text
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.as_str(),
                _ => id,
            })
            .collect();
        cut.push(mentioned(path, &whole));
        *text = Text::literal(whole);
    });
    cut
}
