//! Select: what the request's filters keep (AND over fields, OR inside one, case-insensitive, globs),
//! and what the kept resources refer to, when dependencies are wanted. What is excluded is not even a
//! dependency. A selection of nothing says which filter kept nothing, and what there is.
//!
//! Filters look at outlines; bodies are read of role definitions, and of what is kept where its
//! dependencies are wanted.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use super::{
    filters::{Reasons, Wanted},
    managed_groups,
    selection::{Known, Row, Selection, State, is_moved},
    source::{PAGE, Source},
};
use crate::{
    api::GenerateIacRequest,
    arm,
    graph::{
        model::{Label, Node},
        rules::mentions,
    },
    iac::{
        error::IacError,
        model::{
            ids::{compare_keys, prefixes},
            index::{Index, hash},
            words::Words,
        },
    },
};

/// Dependencies that are added at most; beyond that ids stay as they are, and the report says so.
const MOST_DEPENDENCIES: usize = 20_000;

/// Whether code can be made of a node at all. Of a role definition its body tells.
fn is_candidate(node: &Node) -> bool {
    match node.label {
        Label::Resource | Label::ResourceGroup => true,
        // Built-in ones are Azure's own.
        Label::RoleDefinition => {
            let kind = node.body.pointer("/properties/type").and_then(serde_json::Value::as_str);
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case("CustomRole"))
        }
        _ => false,
    }
}

/// Reads the outlines of a source once, page by page.
pub fn select(
    source: &dyn Source,
    request: &GenerateIacRequest,
    cancel: &CancellationToken,
) -> Result<Selection, IacError> {
    let wanted = Wanted::of(request)?;
    let (mut selection, mut words) = (Selection::default(), Words::default());
    selection.known.rewritten = is_moved(request).then(Vec::new);
    let mut pages: Vec<Option<String>> = Vec::new();
    let mut is_any = false;
    each_page(source, cancel, |after, page| {
        let number = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        pages.push(after.map(str::to_owned));
        for node in page {
            if !is_candidate(&node) {
                know(&mut selection.known, &node);
                continue;
            }
            let is_kept = wanted.takes(&node);
            is_any |= is_kept;
            let state = if is_kept { State::Kept } else { State::Other };
            selection.rows.push(row(&node, &mut words, state, number));
        }
    })?;
    if !is_any {
        let mut reasons = Reasons::of(&wanted);
        each_page(source, cancel, |_, page| {
            for node in page.iter().filter(|node| is_candidate(node)) {
                reasons.see(node);
            }
        })?;
        selection.nothing = Some(reasons.told());
    }
    selection.rows.sort_by(|a, b| compare_keys(&a.id, &b.id));
    if request.include_dependencies && is_any {
        add_dependencies(source, &mut selection, &wanted)?;
    }
    let (rows, others): (Vec<Row>, Vec<Row>) = selection.rows.into_iter().partition(|row| row.state != State::Other);
    selection.rows = rows;
    // A group that is selected may be that of a resource that is not.
    let mut may_have: HashMap<Arc<str>, bool> = HashMap::new();
    for row in others {
        let is_manager = may_have
            .entry(Arc::clone(&row.type_name))
            .or_insert_with(|| managed_groups::may_have(&row.type_name, &row.api_version));
        if *is_manager && is_any {
            selection.managers.push(row.id.clone());
        }
        selection.known.insert(&arm::key(&row.id), format!("{}@{}", row.type_name, row.api_version));
    }
    let held: HashSet<u32> = selection.rows.iter().map(|row| row.page).collect();
    let numbered = (0_u32..).zip(pages);
    selection.pages = numbered.filter(|(number, _)| held.contains(number)).map(|(_, after)| after).collect();
    Ok(selection)
}

fn row(node: &Node, words: &mut Words, state: State, page: u32) -> Row {
    Row {
        id: node.id.as_str().into(),
        type_name: words.get(&node.type_name),
        api_version: words.get(&node.api_version),
        location: node.location.as_deref().map(|location| words.get(location)),
        state,
        page,
    }
}

/// Notes what no code is made of. A stub stands for what was referred to and not read.
fn know(known: &mut Known, node: &Node) {
    match node.label {
        Label::External => known.insert_stub(&arm::key(&node.id)),
        _ => known.insert(&arm::key(&node.id), String::new()),
    }
}

fn each_page(
    source: &dyn Source,
    cancel: &CancellationToken,
    mut see: impl FnMut(Option<&str>, Vec<Node>),
) -> Result<(), IacError> {
    let mut after: Option<String> = None;
    loop {
        if cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        let page = source.nodes(after.as_deref(), PAGE, &|node| node.label == Label::RoleDefinition)?;
        let Some(last) = page.last().map(|node| node.key.clone()) else { return Ok(()) };
        see(after.as_deref(), page);
        after = Some(last);
    }
}

fn add_dependencies(source: &dyn Source, selection: &mut Selection, wanted: &Wanted) -> Result<(), IacError> {
    let rows = &mut selection.rows;
    if rows.iter().all(|row| row.state != State::Other) {
        return Ok(());
    }
    let mut numbers = Index::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        numbers.insert(hash(&arm::key(&row.id)), number);
    }
    let mut added = 0;
    let mut queue: VecDeque<usize> = (0..rows.len()).filter(|number| rows[*number].state != State::Other).collect();
    while let Some(number) = queue.pop_front() {
        let Some(node) = source.node(&rows[number].id)? else { continue };
        let mut targets: Vec<String> = mentions(&node.body).into_iter().map(|mention| arm::key(&mention.id)).collect();
        targets.push(node.id.clone());
        let own = arm::key(&node.id);
        for target in targets {
            for id in prefixes(&target) {
                let found = numbers.get(&id).filter(|found| rows[*found].state == State::Other);
                let Some(found) = found else { continue };
                if wanted.excludes(&rows[found].type_name) {
                    // What it stands below is needed for its sake alone, unless it is what we stand below.
                    if arm::key(&target) == own {
                        continue;
                    }
                    break;
                }
                if added >= MOST_DEPENDENCIES {
                    selection.bound_reached = true;
                    return Ok(());
                }
                added += 1;
                rows[found].state = State::Dependency;
                queue.push_back(found);
            }
        }
    }
    Ok(())
}
