//! Children that every parent has in Azure without a PUT: default services, policies, settings.
//!
//! Terraform's azurerm reads `blobServices/default` of each storage account without asking whether it exists. So
//! with `--tls` (`any_version`) the children of `built_in.tsv` are answered where the parent exists and nothing was
//! put. They are in no list and not among what is served, so that a scan of a recorded world finds what was recorded.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};

use super::{state::State, world::World};
use crate::arm;

const TABLE: &str = include_str!("built_in.tsv");

static DEFAULTS: LazyLock<BTreeMap<(String, String), &'static str>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut cells = line.splitn(3, '\t');
        Some(((cells.next()?.to_lowercase(), cells.next()?.to_lowercase()), cells.next()?))
    });
    rows.collect()
});

/// What those of a type that are read by a name always say.
pub(super) fn properties(type_name: &str, name: &str) -> Option<Value> {
    let text = DEFAULTS.get(&(type_name.to_lowercase(), name.to_lowercase()))?;
    serde_json::from_str(text).ok()
}

/// The body of what is asked for, if every parent has it and this parent is there.
pub(super) fn default_of(state: &State, world: &World, path: &str, type_name: &str) -> Option<String> {
    if !state.settings.any_version {
        return None;
    }
    let key = arm::key(path);
    let (above, last) = key.rsplit_once('/')?;
    let kind = type_name.to_lowercase();
    let itself = kind.ends_with(&format!("/{last}"));
    let name = if itself && !DEFAULTS.contains_key(&(kind.clone(), last.to_owned())) { "" } else { last };
    let text = DEFAULTS.get(&(kind, name.to_owned()))?;
    let parent = if name.is_empty() { above } else { above.rsplit_once('/')?.0 };
    if !world.contains(parent) {
        return None;
    }
    if let Some(whole) = text.strip_prefix('=') {
        return Some(whole.to_owned());
    }
    let properties: Value = serde_json::from_str(text).ok()?;
    let name = path.rsplit('/').next()?;
    Some(json!({"id": path, "name": name, "type": type_name, "properties": properties}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_type_and_json() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(DEFAULTS.len(), rows, "a row has no three cells, or two are of one child");
        for ((kind, _), text) in DEFAULTS.iter() {
            assert!(kind.matches('/').count() >= 2, "{kind}");
            serde_json::from_str::<Value>(text.trim_start_matches('='))
                .unwrap_or_else(|error| panic!("{kind}: {error}"));
        }
    }
}
