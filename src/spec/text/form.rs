//! Which form a text has: a structured block, headings, or prose.

use super::{
    fences::{Fence, fences},
    json,
    markdown::{Block, blocks},
    outline, yaml,
};
use crate::spec::{
    finding::{Finding, Findings},
    node::{Key, Kind, Node},
    place::{Lines, Place},
    words::{Of, bare},
};

/// What a text is.
#[derive(Debug)]
pub(in crate::spec) enum Form {
    /// One tree of what it describes.
    Tree(Node),
    /// Only a language model could read it.
    Prose,
    /// What is wrong is among the findings.
    Broken,
}

/// Names that only a specification's object has.
const OF_TENANT: [&str; 12] = [
    "tenantid",
    "displayname",
    "subscriptions",
    "resourcegroups",
    "users",
    "groups",
    "serviceprincipals",
    "managedidentities",
    "roleassignments",
    "relationships",
    "adminunits",
    "conditionalaccesspolicies",
];

/// Line ends as `\n`, without a mark of byte order.
pub(in crate::spec) fn normal(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n")
}

/// Reads a normal text.
pub(in crate::spec) fn read(text: &str, findings: &mut Findings) -> Form {
    let fences = fences(text);
    let mut found: Vec<(Place, Node)> = Vec::new();
    let mut broken: Vec<Finding> = Vec::new();
    let mut closed = text.to_owned();
    for fence in &fences {
        let content = structured(text, fence);
        match content.as_ref().map(|(content, is_json)| parsed(content, *is_json, fence)) {
            Some(Ok(node)) if is_tenant(&node) => found.push((Place { line: fence.line, column: 1 }, unwrapped(node))),
            Some(Err(fault)) => broken.push(fault),
            _ => {}
        }
        if !fence.is_closed {
            let place = Place { line: fence.line, column: 1 };
            findings.warn(
                place,
                "the code block that begins here is never closed: what follows is read as if it were not in one",
            );
            // Its marks become blanks: every place stays what it was.
            let blanks = " ".repeat(fence.opening.len().saturating_sub(1));
            let end = fence.opening.end.min(closed.len());
            if closed.get(fence.opening.start..end).is_some_and(|line| line.ends_with('\n')) {
                closed.replace_range(fence.opening.start..end - 1, &blanks);
            }
        }
    }
    if found.is_empty() && text.trim_start().starts_with('{') {
        let before = text[..text.len() - text.trim_start().len()].matches('\n').count();
        match json::read(text.trim_start(), u32::try_from(before).unwrap_or(0)) {
            Ok(node) if is_tenant(&node) => found.push((Place { line: 1, column: 1 }, unwrapped(node))),
            Ok(_) => {}
            Err(fault) => broken.push(fault),
        }
    }
    if let [(first, _), (second, _), ..] = found.as_slice() {
        let message = format!("expected one structured specification: another one begins at line {}", first.line);
        findings.error("", *second, message);
        return Form::Broken;
    }
    let blocks = blocks(&closed);
    let has_headings = outline::has_headings(&blocks);
    if let Some((place, mut node)) = found.pop() {
        beside(text, &fences, place, &mut node, &blocks, findings);
        return Form::Tree(node);
    }
    if has_headings {
        for fault in broken {
            findings.warn(fault.place, format!("{}; the block is read as narrative", fault.message));
        }
        return Form::Tree(outline::read(&blocks, findings));
    }
    if broken.is_empty() {
        return Form::Prose;
    }
    for Finding { path, place, message } in broken {
        findings.error(path, place, message);
    }
    Form::Broken
}

/// The content of a json or yaml block, and which it is. Of one that nobody closed, what can belong to it.
fn structured(text: &str, fence: &Fence) -> Option<(String, bool)> {
    let is_json = match fence.language.as_str() {
        "json" | "jsonc" | "json5" => true,
        "yaml" | "yml" => false,
        _ => return None,
    };
    let content = text.get(fence.content.clone())?;
    if fence.is_closed {
        return Some((content.to_owned(), is_json));
    }
    let end = if is_json {
        json::first_value(content)
    } else {
        // A heading after an empty line ends it.
        content.find("\n\n#")
    };
    Some((content.get(..end.unwrap_or(content.len()))?.to_owned(), is_json))
}

fn parsed(content: &str, is_json: bool, fence: &Fence) -> Result<Node, Finding> {
    let mut node = if is_json { json::read(content, fence.line) } else { yaml::read(content, fence.line) }?;
    if node.place == Place::default() {
        node.place = Place { line: fence.line + 1, column: 1 };
    }
    Ok(node)
}

/// Whether an object is a specification: by a name that only one has, or by its only field `tenant`.
fn is_tenant(node: &Node) -> bool {
    let Some(fields) = node.fields() else { return false };
    fields.iter().any(|(key, value)| {
        let name = bare(&key.text);
        OF_TENANT.contains(&name.as_str())
            || (name == "tenant" && value.fields().is_some())
            || (matches!(Of::Tenant.field(&key.text), Some("admin_units" | "service_principals")))
    })
}

/// `{tenant: {…}}` is the inner object, with what is beside it.
fn unwrapped(node: Node) -> Node {
    let place = node.place;
    let Kind::Map(fields) = node.value else { return node };
    let (inner, mut outer): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|(key, value)| bare(&key.text) == "tenant" && value.fields().is_some());
    let mut all = Vec::new();
    for (_, value) in inner {
        if let Kind::Map(fields) = value.value {
            all.extend(fields);
        }
    }
    all.append(&mut outer);
    Node::map(all, place)
}

/// What stands beside the structured block is narrative; headings that look like a specification are told.
fn beside(text: &str, fences: &[Fence], place: Place, node: &mut Node, blocks: &[Block], findings: &mut Findings) {
    if outline::has_headings(blocks) {
        for block in blocks {
            if let Block::Heading { line, .. } = block {
                let message =
                    format!("read as narrative: the structured block at line {} is the specification", place.line);
                findings.warn(line.place, message);
            }
        }
    }
    let lines = Lines::new(text);
    let block = fences.iter().find(|fence| fence.line == place.line);
    let mut narrative = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let is_inside =
            block.is_none_or(|block| start >= block.opening.start && (start < block.content.end || !block.is_closed));
        let is_mark = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        if !is_inside && !is_mark && !line.trim().is_empty() {
            narrative.push(Node::exact(line.trim(), lines.at(start)));
        }
    }
    if let (Kind::Map(fields), false) = (&mut node.value, narrative.is_empty()) {
        fields.push((Key::new("narrative", place), Node::list(narrative, place)));
    }
}
