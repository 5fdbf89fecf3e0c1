//! The table itself: how `types.bin` is read, one namespace at a time.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, LazyLock, OnceLock},
};

use serde_json::Value;

use crate::arm::ApiVersion;

static TABLE: &[u8] = include_bytes!("../types.bin");

/// All namespaces, and which of them are read.
pub struct Table {
    index: HashMap<String, (usize, usize)>,
    /// Names that ARM computes nearly wherever they stand, lower case.
    pub computed: HashSet<String>,
    frames: &'static [u8],
    read: HashMap<String, OnceLock<Option<Arc<Namespace>>>>,
}

/// One namespace, read.
#[derive(Debug)]
pub struct Namespace {
    pub name: String,
    /// By type below the namespace, lower case, with `#name` where a name has a body of its own.
    pub types: HashMap<String, Entry>,
    pub nodes: Vec<Node>,
}

#[derive(Debug)]
pub struct Entry {
    pub spelled: String,
    pub versions: BTreeMap<ApiVersion, u32>,
    /// Versions in which it can only be read.
    pub read_only: HashSet<ApiVersion>,
}

impl Entry {
    /// The nearest older and the nearest newer version. Previews know what a stable version of the same
    /// year does not have, though its service already returns it: a stable version asks stable ones.
    pub fn neighbours(&self, wanted: &ApiVersion) -> Vec<u32> {
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
pub enum Node {
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

/// The table, its index read.
pub static LOADED: LazyLock<Table> = LazyLock::new(|| read_index(TABLE).unwrap_or_else(Table::empty));

/// What a value is that holds no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    Text,
    Number,
    Bool,
    Any,
}

impl Node {
    /// A field of an object.
    pub fn field(&self, is_it: impl Fn(&str) -> bool) -> Option<(&String, u32, u8)> {
        let Self::Object { fields, .. } = self else { return None };
        fields.iter().find(|(name, _, _)| is_it(name)).map(|(name, at, flags)| (name, *at, *flags))
    }
}

/// A namespace, in any case.
pub fn namespace(name: &str) -> Option<Arc<Namespace>> {
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
