//! The table's file: which namespaces it has, and one of them when it is asked for.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{LazyLock, OnceLock},
};

use serde_json::Value;

use super::node::{Node, number};
use crate::arm::ApiVersion;

static FILE: &[u8] = include_bytes!("../types.bin");

static LOADED: LazyLock<Table> = LazyLock::new(|| read_index(FILE).unwrap_or_else(Table::empty));

struct Table {
    index: HashMap<String, Frame>,
    /// Names that ARM computes nearly wherever they stand, lower case.
    computed: HashSet<String>,
    frames: &'static [u8],
}

/// Where a namespace's frame is, and the namespace once it was read.
struct Frame {
    start: usize,
    length: usize,
    read: OnceLock<Option<Namespace>>,
}

/// One namespace, read.
#[derive(Debug)]
pub(super) struct Namespace {
    /// By type below the namespace, lower case.
    pub types: HashMap<String, Entry>,
    pub nodes: Vec<Node>,
}

/// One type.
#[derive(Debug)]
pub(super) struct Entry {
    /// Namespace and type, as the newest version spells them.
    pub spelled: String,
    pub versions: BTreeMap<ApiVersion, Version>,
}

/// One version of a type.
#[derive(Debug, Clone)]
pub(super) struct Version {
    /// The node of the whole body.
    pub body: u32,
    /// The node of the resource's name; 0: any text will do.
    pub name: u32,
    /// Where it can be written: 1 tenant, 2 management group, 4 subscription, 8 resource group, 16 at another resource.
    pub writable: u8,
    /// Namespace and type, where this version spells them otherwise than the newest.
    pub spelled: Option<String>,
}

impl Version {
    pub(super) const fn is_writable(&self) -> bool {
        self.writable != 0
    }
}

impl Entry {
    /// The nearest older and the nearest newer version. Previews know what a stable version of the same
    /// year does not have, though its service already returns it: a stable version asks stable ones.
    pub(super) fn neighbours(&self, wanted: &ApiVersion) -> Vec<&Version> {
        let is_asked = |version: &ApiVersion| wanted.is_preview() || !version.is_preview();
        let older = self.versions.range(..wanted).rev().find(|(version, _)| is_asked(version));
        let newer = self.versions.range(wanted..).find(|(version, _)| is_asked(version));
        let found: Vec<&Version> = older.into_iter().chain(newer).map(|(_, version)| version).collect();
        if !found.is_empty() {
            return found;
        }
        let older = self.versions.range(..wanted).next_back();
        let newer = self.versions.range(wanted..).next();
        older.into_iter().chain(newer).map(|(_, version)| version).collect()
    }
}

/// A namespace by its name in any case; `None` where nothing of it is published.
pub(super) fn namespace(name: &str) -> Option<&'static Namespace> {
    let Frame { start, length, read } = LOADED.index.get(&name.to_ascii_lowercase())?;
    read.get_or_init(|| read_namespace(LOADED.frames.get(*start..start + length)?)).as_ref()
}

/// A type by its name in any case, with its namespace.
pub(super) fn entry(type_name: &str) -> Option<(&'static Namespace, &'static Entry)> {
    let (space, kind) = type_name.split_once('/')?;
    let namespace = namespace(space)?;
    Some((namespace, namespace.types.get(&kind.to_ascii_lowercase())?))
}

/// A version of a type, with its namespace.
pub(super) fn version(type_name: &str, api_version: &str) -> Option<(&'static Namespace, &'static Version)> {
    let (namespace, entry) = entry(type_name)?;
    Some((namespace, entry.versions.get(&ApiVersion::new(api_version.to_ascii_lowercase()))?))
}

/// Whether Azure publishes a property of this name as read-only nearly wherever it has it.
pub fn is_computed_name(name: &str) -> bool {
    LOADED.computed.contains(&name.to_ascii_lowercase())
}

/// Names of all namespaces, lower case.
#[cfg(test)]
pub(super) fn namespaces() -> impl Iterator<Item = &'static str> {
    LOADED.index.keys().map(String::as_str)
}

impl Table {
    /// Without a table everything is unknown; a test sees to it that there is one.
    fn empty() -> Self {
        Self { index: HashMap::new(), computed: HashSet::new(), frames: &[] }
    }
}

fn read_index(bytes: &'static [u8]) -> Option<Table> {
    let rest = bytes.strip_prefix(b"ATGT")?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (head, frames) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let head: Value = serde_json::from_slice(&zstd::decode_all(head).ok()?).ok()?;
    let size = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let index = head["frames"].as_object()?.iter();
    let index = index.filter_map(|(name, at)| {
        Some((name.clone(), Frame { start: size(&at[0])?, length: size(&at[1])?, read: OnceLock::new() }))
    });
    let computed = head["computed"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned);
    Some(Table { index: index.collect(), computed: computed.collect(), frames })
}

fn read_namespace(frame: &[u8]) -> Option<Namespace> {
    let text: Value = serde_json::from_slice(&zstd::decode_all(frame).ok()?).ok()?;
    let mut nodes = text["k"].as_array()?.iter().map(Node::read).collect::<Option<Vec<_>>>()?;
    join_cases(&mut nodes);
    let name = text["n"].as_str()?;
    let types = text["t"].as_object()?.iter().map(|(spelled, rows)| {
        let versions = rows.as_object()?.iter().map(|(version, row)| {
            let version = ApiVersion::new(version.to_ascii_lowercase());
            Some((version, read_version(name, row)?))
        });
        let entry = Entry { spelled: format!("{name}/{spelled}"), versions: versions.collect::<Option<_>>()? };
        Some((spelled.to_ascii_lowercase(), entry))
    });
    Some(Namespace { types: types.collect::<Option<_>>()?, nodes })
}

/// Gives each case of an object the properties that all cases have: a node of its own, for others may use the case alone.
fn join_cases(nodes: &mut Vec<Node>) {
    for at in 0..nodes.len() {
        let Some(Node::Object { fields: common, cases: Some(cases), .. }) = nodes.get(at) else { continue };
        let mut joined = Vec::with_capacity(cases.nodes.len());
        for (value, case) in &cases.nodes {
            if let Some(Node::Object { fields, more, is_secret, .. }) = nodes.get(*case as usize) {
                let mut fields = fields.clone();
                for (name, field) in common {
                    fields.entry(name.clone()).or_insert(*field);
                }
                joined.push((value.clone(), Node::object(fields, *more, None, *is_secret)));
            }
        }
        let numbered = joined.into_iter().map(|(value, node)| {
            nodes.push(node);
            (value, u32::try_from(nodes.len() - 1).unwrap_or_default())
        });
        let numbered: Vec<(String, u32)> = numbered.collect();
        if let Some(Node::Object { cases: Some(cases), .. }) = nodes.get_mut(at) {
            cases.nodes.extend(numbered);
        }
    }
}

fn read_version(namespace: &str, row: &Value) -> Option<Version> {
    Some(Version {
        body: number(&row[0])?,
        writable: u8::try_from(row[2].as_u64()?).ok()?,
        name: number(&row[3])?,
        spelled: row[4].as_str().map(|kind| format!("{namespace}/{kind}")),
    })
}
