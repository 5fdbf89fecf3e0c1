//! Data sources: what is known, not planned, and referred to.

use std::collections::BTreeMap;

use super::{
    context::Context,
    hcl::{Block, Part, Value},
    spelling::{canonical, longer},
};
use crate::{
    arm,
    iac::{
        model::{ids::prefixes, plan::Plan, style::Style},
        passes::naming,
    },
};

/// A label for each, by key.
pub fn labels(plan: &Plan) -> BTreeMap<String, String> {
    let named = |key: &String| (key.rsplit('/').next().unwrap_or_default().to_owned(), key.clone());
    let named: Vec<(String, String)> = plan.outside.keys().map(named).collect();
    let labels = naming::labels(Style::Snake, named.iter().map(|(name, id)| (name.as_str(), id.as_str())));
    plan.outside.keys().cloned().zip(labels).collect()
}

/// Its block. Nothing but the id is exported: what Azure says of a resource would go to the state.
pub fn source(plan: &Plan, key: &str, label: &str) -> Option<Block> {
    let outside = plan.outside.get(key)?;
    let mut block = Block::new("data", &["azapi_resource", label]);
    block.set("type", Value::text(outside.kind.as_str()));
    block.set("resource_id", Value::text(canonical(&outside.id)));
    block.set("response_export_values", Value::List(vec![Value::text("id")]));
    Some(block)
}

/// A text that begins with the id of something outside, by a reference where both spell it alike: what is
/// imported is compared to the letter.
pub fn reference(context: &Context<'_>, id: &str, text: &str) -> Vec<Part> {
    let key = arm::key(id);
    let found = context.outside.get(&key).zip(context.plan.outside.get(&key));
    let parts = found
        .and_then(|(label, outside)| longer(&format!("data.azapi_resource.{label}.id"), &canonical(&outside.id), text));
    parts.unwrap_or_else(|| vec![Part::Literal(text.to_owned())])
}

/// Whether the code spells a text by a data source.
pub fn is_read(plan: &Plan, text: &str) -> bool {
    let found = prefixes(text).into_iter().find_map(|key| plan.outside.get(&key));
    found.is_some_and(|outside| longer("", &canonical(&outside.id), text).is_some())
}
