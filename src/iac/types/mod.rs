//! Types: what Azure's public SDK says of the bodies of ARM types, version by version.
//!
//! The table (`types.bin`) is made by `packaging/azure-types/make`, whose text says its format. It is
//! read lazily, one namespace at a time, and kept. It knows neither what people name nor what ARM
//! refuses beyond the shape of a body; types that it lacks are the general rules' business.
//!
//! A version that the table lacks is judged by its neighbours: the nearest older and the nearest newer
//! one. What they call unknown is unknown: services return much that only later versions know.

mod shape;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, LazyLock, OnceLock},
};

use serde_json::Value;
pub use shape::{Leaf, Prop, Shape};

use crate::arm::ApiVersion;

static TABLE: &[u8] = include_bytes!("../types.bin");

/// A resource type as the table sees it.
#[derive(Debug, Clone)]
pub enum Known {
    /// Can be written; the shape is that of the whole body.
    Writable(Type),
    /// Can only be read, in this version or in all.
    ReadOnly,
    /// Not in the table.
    Unknown,
}

impl Known {
    pub fn writable(self) -> Option<Type> {
        match self {
            Self::Writable(known) => Some(known),
            Self::ReadOnly | Self::Unknown => None,
        }
    }
}

/// A writable type in one version.
#[derive(Debug, Clone)]
pub struct Type {
    /// As the SDK spells it.
    pub name: String,
    /// Whether the table has the very version.
    pub is_exact: bool,
    /// The name as the SDK spells it, where there is a body for this one name.
    pub singleton: Option<String>,
    pub shape: Shape,
}

struct Table {
    index: HashMap<String, (usize, usize)>,
    /// Names that ARM computes nearly wherever they stand, lower case.
    computed: HashSet<String>,
    frames: &'static [u8],
    read: HashMap<String, OnceLock<Option<Arc<Namespace>>>>,
}

/// One namespace, read.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    /// By type below the namespace, lower case, with `#name` where a name has a body of its own.
    types: HashMap<String, Entry>,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Entry {
    spelled: String,
    versions: BTreeMap<ApiVersion, u32>,
    /// Versions in which it can only be read.
    read_only: HashSet<ApiVersion>,
}

impl Entry {
    /// The nearest older and the nearest newer version. Previews know what a stable version of the same
    /// year does not have, though its service already returns it: a stable version asks stable ones.
    fn neighbours(&self, wanted: &ApiVersion) -> Vec<u32> {
        let is_asked = |version: &ApiVersion| wanted.is_preview() || !version.is_preview();
        let older = self.versions.range(..wanted).rev().find(|(version, _)| is_asked(version));
        let newer = self.versions.range(wanted..).find(|(version, _)| is_asked(version));
        let found: Vec<u32> = older.into_iter().chain(newer).map(|(_, root)| *root).collect();
        if !found.is_empty() {
            return found;
        }
        let older = self.versions.range(..wanted).next_back();
        let newer = self.versions.range(wanted..).next();
        older.into_iter().chain(newer).map(|(_, root)| *root).collect()
    }
}

#[derive(Debug)]
enum Node {
    Leaf(Leaf),
    /// A number, with its least and its greatest value.
    Bounded(Option<f64>, Option<f64>),
    Enum(Vec<String>),
    List(u32),
    Object {
        fields: Vec<(String, u32, u8)>,
        more: Option<u32>,
        cases: Option<(String, Vec<(String, u32)>)>,
    },
}

static LOADED: LazyLock<Table> = LazyLock::new(|| read_index(TABLE).unwrap_or_else(Table::empty));

/// Looks a type up. `name` is the resource's: some types have a body of their own for one name.
pub fn find(type_name: &str, api_version: &str, name: &str) -> Known {
    let Some((space, rest)) = type_name.split_once('/') else { return Known::Unknown };
    let Some(namespace) = namespace(space) else { return Known::Unknown };
    let kind = rest.to_ascii_lowercase();
    let special = format!("{kind}#{}", name.to_ascii_lowercase());
    let entry = namespace.types.get(&special).or_else(|| namespace.types.get(&kind)).or_else(|| {
        // A name that the SDK does not spell: the body of its only sibling, if all have one.
        let prefix = format!("{kind}#");
        let mut siblings = namespace.types.iter().filter(|(key, _)| key.starts_with(&prefix));
        siblings.next().filter(|_| siblings.next().is_none()).map(|(_, entry)| entry)
    });
    let Some(entry) = entry else { return Known::Unknown };
    let wanted = ApiVersion::new(api_version.to_ascii_lowercase());
    if entry.versions.is_empty() || entry.read_only.contains(&wanted) {
        return Known::ReadOnly;
    }
    let exact = entry.versions.get(&wanted).copied();
    let roots = exact.map_or_else(|| entry.neighbours(&wanted), |root| vec![root]);
    let (spelled, singleton) = match entry.spelled.split_once('#') {
        Some((spelled, singleton)) => (spelled, Some(singleton.to_owned()).filter(|s| s.eq_ignore_ascii_case(name))),
        None => (entry.spelled.as_str(), None),
    };
    Known::Writable(Type {
        name: format!("{}/{spelled}", namespace.name),
        singleton,
        is_exact: exact.is_some(),
        shape: Shape::new(Arc::clone(&namespace), roots),
    })
}

/// The newest version of a type that the table has.
pub fn newest(type_name: &str) -> Option<String> {
    let (space, rest) = type_name.split_once('/')?;
    let namespace = namespace(space)?;
    let entry = namespace.types.get(&rest.to_ascii_lowercase())?;
    entry.versions.keys().next_back().map(|version| version.as_str().to_owned())
}

/// Whether the SDK calls a property of this name read-only nearly wherever it knows it.
pub fn is_computed_name(name: &str) -> bool {
    LOADED.computed.contains(&name.to_ascii_lowercase())
}

fn namespace(name: &str) -> Option<Arc<Namespace>> {
    let key = name.to_ascii_lowercase();
    let table = &*LOADED;
    let (start, length) = *table.index.get(&key)?;
    let read = table.read.get(&key)?;
    read.get_or_init(|| read_namespace(table.frames.get(start..start + length)?).map(Arc::new)).clone()
}

impl Table {
    /// Without a table everything is unknown; a test sees to it that there is one.
    fn empty() -> Self {
        Self { index: HashMap::new(), computed: HashSet::new(), frames: &[], read: HashMap::new() }
    }
}

fn read_index(bytes: &'static [u8]) -> Option<Table> {
    let rest = bytes.strip_prefix(b"ATGT")?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (head, frames) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let head: Value = serde_json::from_slice(&zstd::decode_all(head).ok()?).ok()?;
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let index: HashMap<String, (usize, usize)> = head["frames"]
        .as_object()?
        .iter()
        .filter_map(|(name, at)| Some((name.clone(), (number(&at[0])?, number(&at[1])?))))
        .collect();
    let computed = head["computed"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let read = index.keys().map(|name| (name.clone(), OnceLock::new())).collect();
    Some(Table { index, computed, frames, read })
}

fn read_namespace(frame: &[u8]) -> Option<Namespace> {
    let text: Value = serde_json::from_slice(&zstd::decode_all(frame).ok()?).ok()?;
    let id = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let nodes = text["k"].as_array()?.iter().map(read_node).collect::<Option<Vec<_>>>()?;
    let mut types = HashMap::new();
    for (spelled, entry) in text["t"].as_object()? {
        let versions: BTreeMap<ApiVersion, u32> = entry["v"]
            .as_object()?
            .iter()
            .filter_map(|(version, root)| Some((ApiVersion::new(version.to_ascii_lowercase()), id(root)?)))
            .collect();
        let read_only = entry["r"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let read_only = read_only.map(|version| ApiVersion::new(version.to_ascii_lowercase())).collect();
        types.insert(spelled.to_ascii_lowercase(), Entry { spelled: spelled.clone(), versions, read_only });
    }
    complete(&mut types);
    Some(Namespace { name: text["n"].as_str()?.to_owned(), types, nodes })
}

/// A body of one name has the versions in which any name had it, too: the SDK spells the name late.
fn complete(types: &mut HashMap<String, Entry>) {
    let special: Vec<String> = types.keys().filter(|key| key.contains('#')).cloned().collect();
    for key in special {
        let plain = key.split('#').next().and_then(|kind| types.get(kind));
        let versions: Vec<(ApiVersion, u32)> =
            plain.into_iter().flat_map(|entry| entry.versions.iter().map(|(v, root)| (v.clone(), *root))).collect();
        if let Some(entry) = types.get_mut(&key) {
            for (version, root) in versions {
                entry.versions.entry(version).or_insert(root);
            }
            let Entry { versions, read_only, .. } = entry;
            read_only.retain(|version| !versions.contains_key(version));
        }
    }
}

fn read_node(value: &Value) -> Option<Node> {
    let id = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    match value {
        Value::String(text) => Some(Node::Leaf(match text.as_str() {
            "s" => Leaf::Text,
            "n" => Leaf::Number,
            "b" => Leaf::Bool,
            _ => Leaf::Any,
        })),
        Value::Array(values) => Some(Node::Enum(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())),
        Value::Object(node) => {
            if let Some(item) = node.get("a") {
                return Some(Node::List(id(item)?));
            }
            if let Some(bounds) = node.get("n") {
                return Some(Node::Bounded(bounds[0].as_f64(), bounds[1].as_f64()));
            }
            let fields = node.get("p")?.as_object()?.iter().filter_map(|(name, at)| {
                let flags = at.get(1).and_then(Value::as_u64).and_then(|flags| u8::try_from(flags).ok());
                Some((name.clone(), id(at).or_else(|| id(at.get(0)?))?, flags.unwrap_or_default()))
            });
            let cases = node.get("c").and_then(Value::as_object).map(|cases| {
                let by = node.get("d").and_then(Value::as_str).unwrap_or_default().to_owned();
                (by, cases.iter().filter_map(|(value, at)| Some((value.clone(), id(at)?))).collect())
            });
            Some(Node::Object { fields: fields.collect(), more: node.get("m").and_then(id), cases })
        }
        _ => None,
    }
}
