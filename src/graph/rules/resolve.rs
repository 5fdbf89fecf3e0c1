//! Finds the node that an id in a body means: the longest part of the id that is a known key. Pure.

use super::known::Known;
use crate::arm::{self, ResourceId};

/// What an id means in this graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Known(String),
    Unknown { key: String, id: String },
}

/// The longest prefix that is known; else the thing that the id names, if it names a resource at all.
pub(crate) fn resolve(id: &str, known: &dyn Known) -> Option<Target> {
    let whole = arm::key(id);
    let role = whole.rsplit_once("/providers/microsoft.authorization/roledefinitions/").map(|(_, guid)| guid);
    if let Some(guid) = role.filter(|guid| known.label_of(guid).is_some()) {
        return Some(Target::Known(guid.to_owned()));
    }
    let mut prefix = whole.as_str();
    loop {
        if known.label_of(prefix).is_some() {
            // A group or subscription is meant only where the id ends with it; otherwise the id names a resource below it.
            let named_itself = prefix.len() == whole.len() || prefix.contains("/providers/");
            if named_itself {
                return Some(Target::Known(prefix.to_owned()));
            }
            break;
        }
        match prefix.rfind('/') {
            Some(at) if at > 0 => prefix = &prefix[..at],
            _ => break,
        }
    }
    unknown(id)
}

/// The resource that an unknown id names; `None` for locations, images and other metadata.
fn unknown(id: &str) -> Option<Target> {
    let mut text = id.trim().trim_matches('/');
    let parsed = loop {
        if let Some(parsed) = ResourceId::parse(text) {
            break parsed;
        }
        text = &text[..text.rfind('/')?];
    };
    let first_type = parsed.segments.first().map(|(kind, _)| kind.to_lowercase());
    let metadata = match first_type.as_deref() {
        Some("locations" | "operations" | "publishers") => true,
        Some(_) => false,
        None => parsed.resource_group.is_none() && parsed.subscription.is_none(),
    };
    (!metadata).then(|| Target::Unknown { key: parsed.key(), id: parsed.text })
}
