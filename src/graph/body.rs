//! Turns what a scan found into what is stored of it: canonical text, its hash, its compressed form.
//!
//! Knows neither edges nor other nodes.

use serde_json::Value;

use super::{
    GraphError,
    model::{Found, Fullness, Label},
    tables::{Change, NodeRow, key_hash},
};
use crate::arm::{self, ResourceId};

/// Bodies are short: tables of an entropy coder cost more than they bring.
const ZSTD_LEVEL: i32 = -1;
/// Largest body after decompression.
const LARGEST: usize = 256 << 20;

/// A node ready to be written.
pub(super) struct Prepared {
    pub key: String,
    pub hash: u64,
    pub row: NodeRow,
    /// Compressed JSON; none where the body of the generation before serves.
    pub body: Option<Vec<u8>>,
}

/// Makes nodes of what was found; one for a page, for it keeps its buffers.
pub(super) struct BodyEncoder {
    compressor: zstd::bulk::Compressor<'static>,
    text: Vec<u8>,
}

impl BodyEncoder {
    pub(super) fn new() -> Result<Self, GraphError> {
        let compressor =
            zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(|error| GraphError::Body(error.to_string()))?;
        Ok(Self { compressor, text: Vec::new() })
    }

    /// The node, and the children that stand in its body alone. `before` answers the row of the snapshot
    /// that the scan builds on.
    pub(super) fn encode(
        &mut self,
        found: Found,
        before: &dyn Fn(&str) -> Result<Option<NodeRow>, GraphError>,
        out: &mut Vec<Prepared>,
    ) -> Result<(), GraphError> {
        if found.label == Label::Resource && found.fullness != Fullness::Nested {
            let key = key_of(found.label, &found.id);
            for child in nested(&key, &found) {
                self.one(child, before, out)?;
            }
        }
        self.one(found, before, out)
    }

    fn one(
        &mut self,
        found: Found,
        before: &dyn Fn(&str) -> Result<Option<NodeRow>, GraphError>,
        out: &mut Vec<Prepared>,
    ) -> Result<(), GraphError> {
        let key = key_of(found.label, &found.id);
        let failed = |error: &dyn std::fmt::Display| GraphError::Body(error.to_string());
        self.text.clear();
        serde_json::to_writer(&mut self.text, &found.body).map_err(|error| failed(&error))?;
        let mut row = row(found);
        row.hash = *blake3::hash(&self.text).as_bytes();
        let old = before(&key)?;
        let mut body = None;
        match old {
            Some(old) => {
                row.first_seen = old.first_seen;
                if old.hash == row.hash {
                    row.change = Change::Unchanged;
                    row.body = old.body;
                } else {
                    row.change = Change::Changed;
                }
            }
            None => row.change = Change::New,
        }
        if !row.has_body() {
            body = Some(self.compressor.compress(&self.text).map_err(|error| failed(&error))?);
        }
        let hash = key_hash(&key);
        out.push(Prepared { key, hash, row, body });
        Ok(())
    }
}

fn row(found: Found) -> NodeRow {
    let parsed = ResourceId::parse(&found.id);
    let trimmed = found.id.trim();
    let id = if parsed.is_some() { format!("/{}", trimmed.trim_matches('/')) } else { trimmed.to_owned() };
    let name = match &parsed {
        Some(_) => None,
        None => text_at(&found.body, &["displayName", "name"]).filter(|name| *name != id),
    };
    let location = found.body.get("location").and_then(Value::as_str).filter(|location| !location.trim().is_empty());
    let tags = found.body.get("tags").and_then(Value::as_object).map(|tags| {
        tags.iter().map(|(tag, value)| (tag.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    });
    NodeRow {
        label: found.label,
        id,
        type_name: found.type_name,
        name,
        api_version: found.api_version,
        location: location.map(arm::location_code),
        tags: tags.unwrap_or_default(),
        fullness: found.fullness,
        hash: [0; 32],
        body: (0, 0),
        first_seen: 0,
        last_seen: 0,
        change: Change::New,
        stale: None,
    }
}

/// The key of a thing: its ARM id's, a role definition's guid, an identity's object id.
pub(super) fn key_of(label: Label, id: &str) -> String {
    match label {
        Label::RoleDefinition => id.trim_end_matches('/').rsplit('/').next().unwrap_or(id).to_lowercase(),
        Label::User
        | Label::Group
        | Label::ServicePrincipal
        | Label::Application
        | Label::ManagedIdentity
        | Label::Principal
        | Label::Tenant => id.to_lowercase(),
        _ => arm::key(id),
    }
}

fn text_at(body: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| body.get(name)?.as_str().map(str::to_owned))
}

/// A node that has no body of its own.
pub(super) fn bare(label: Label, id: &str) -> NodeRow {
    let parsed = ResourceId::parse(id).filter(|_| label == Label::External);
    NodeRow {
        label,
        id: id.to_owned(),
        type_name: parsed.as_ref().map_or_else(|| label.word().to_owned(), ResourceId::type_name),
        name: parsed.is_none().then(|| id.to_owned()),
        api_version: String::new(),
        location: None,
        tags: std::collections::BTreeMap::new(),
        fullness: Fullness::Inventory,
        hash: [0; 32],
        body: (0, 0),
        first_seen: 0,
        last_seen: 0,
        change: Change::New,
        stale: None,
    }
}

/// Opens what was compressed; one for many, for making one costs more than using it.
pub(super) struct Opener(zstd::bulk::Decompressor<'static>);

impl Opener {
    pub(super) fn new() -> Result<Self, GraphError> {
        zstd::bulk::Decompressor::new().map(Self).map_err(|error| GraphError::Body(error.to_string()))
    }

    pub(super) fn bytes(&mut self, packed: &[u8]) -> Result<Vec<u8>, GraphError> {
        self.0.decompress(packed, unpacked_size(packed)).map_err(|error| GraphError::Body(error.to_string()))
    }

    pub(super) fn json(&mut self, packed: &[u8]) -> Result<Value, GraphError> {
        serde_json::from_slice(&self.bytes(packed)?).map_err(|error| GraphError::Body(error.to_string()))
    }
}

/// What the frame says of itself, for a buffer of that size; bounded.
pub(super) fn unpacked_size(packed: &[u8]) -> usize {
    let said = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    said.and_then(|size| usize::try_from(size).ok()).unwrap_or(LARGEST).min(LARGEST)
}

/// One body.
pub(super) fn decompress(packed: &[u8]) -> Result<Value, GraphError> {
    Opener::new()?.json(packed)
}

/// Types whose objects inside a parent's body are resources of their own.
const NESTED: &[(&str, &str)] = &[
    ("microsoft.network/virtualnetworks", "subnets"),
    ("microsoft.network/virtualnetworks", "virtualNetworkPeerings"),
    ("microsoft.network/networksecuritygroups", "securityRules"),
    ("microsoft.network/routetables", "routes"),
];

fn nested(key: &str, parent: &Found) -> Vec<Found> {
    let mut found = Vec::new();
    for (_, list) in NESTED.iter().filter(|(kind, _)| parent.type_name.eq_ignore_ascii_case(kind)) {
        let items = parent.body.get("properties").and_then(|properties| properties.get(list)).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            let child = arm::key(id).strip_prefix(&format!("{key}/{}/", list.to_lowercase())).map(str::to_owned);
            if child.is_some_and(|name| !name.is_empty() && !name.contains('/')) && item.get("properties").is_some() {
                found.push(Found {
                    label: Label::Resource,
                    id: id.to_owned(),
                    type_name: format!("{}/{list}", parent.type_name),
                    api_version: parent.api_version.clone(),
                    fullness: Fullness::Nested,
                    body: item.clone(),
                });
            }
        }
    }
    found
}
