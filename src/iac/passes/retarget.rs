//! Re-target: the same resources for another subscription, tenant or place.
//!
//! Ids, locations and names are rewritten before any other pass sees them, everywhere at once: the ids
//! of resources, every id in a body, host names made of a name that must be unique in the world, tenant
//! and object ids. What two subscriptions call the same cannot both go to one target: the report says so.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::selection::{Selection, is_moved};
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::model::Node,
    iac::model::{ids::prefixes, index::hash},
};

/// Names that are unique in the world: type, longest name, whether only letters and digits are allowed.
static GLOBAL: LazyLock<BTreeMap<String, (usize, bool)>> = LazyLock::new(|| {
    let rows = include_str!("global_names.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let (kind, longest, alphabet) = (cells.next()?, cells.next()?, cells.next()?);
        Some((kind.to_ascii_lowercase(), (longest.parse().ok()?, alphabet == "alphanumeric")))
    })
    .collect()
});

/// Unused entries of the identity map that a warning names.
const MOST_NAMES: usize = 5;

/// What is put in place of what.
#[derive(Debug)]
pub struct Target<'a> {
    request: &'a GenerateIacRequest,
    words: Vec<Word>,
    /// Keys of renamed resources and their new names.
    names: BTreeMap<String, String>,
    /// Old names as they are in host names, and the new ones.
    hosts: Vec<(String, String)>,
}

/// A subscription, tenant or object id and what it becomes.
#[derive(Debug)]
struct Word {
    /// Lower case.
    from: String,
    to: String,
    is_used: AtomicBool,
}

/// What the target does to a selection before any body is read.
#[derive(Debug, Default)]
pub struct Moved {
    /// Hashes of keys of rows whose id in the target another row has.
    pub dropped: HashSet<u64>,
    pub warnings: Vec<String>,
}

impl<'a> Target<'a> {
    /// `None`: nothing is to be rewritten.
    pub fn of(selection: &Selection, request: &'a GenerateIacRequest) -> Option<Self> {
        if !is_moved(request) {
            return None;
        }
        let mut words = BTreeMap::new();
        if let Some(to) = request.target_subscription_id {
            for row in &selection.rows {
                let from = ResourceId::parse(&row.id).and_then(|id| id.subscription);
                words.extend(from.map(|id| (id.to_lowercase(), to.to_string())));
            }
        }
        if let Some(to) = request.target_tenant_id {
            words.insert(request.tenant_id.to_string(), to.to_string());
        }
        words.extend(request.identity_map.iter().map(|(from, to)| (from.to_lowercase(), to.clone())));
        let words = words.into_iter().map(|(from, to)| Word { from, to, is_used: AtomicBool::new(false) }).collect();
        let (mut names, mut hosts) = (BTreeMap::new(), Vec::new());
        if let Some(suffix) = request.name_suffix.as_deref() {
            for row in &selection.rows {
                let Some((longest, is_plain)) = GLOBAL.get(&row.type_name.to_ascii_lowercase()) else { continue };
                let old = row.id.rsplit('/').next().unwrap_or_default();
                let new = renamed(old, suffix, *longest, *is_plain);
                hosts.push((old.to_lowercase(), new.clone()));
                names.insert(arm::key(&row.id), new);
            }
        }
        Some(Self { request, words, names, hosts })
    }

    /// What two subscriptions call the same is one row in the target; what is known is known there by its new key.
    pub fn rows(&self, selection: &mut Selection) -> Moved {
        let (mut moved, mut taken) = (Moved::default(), HashSet::new());
        for row in &selection.rows {
            let id = self.new_id(&row.type_name, &row.id);
            if taken.insert(hash(&arm::key(&id))) {
                continue;
            }
            moved.dropped.insert(hash(&arm::key(&row.id)));
            if ResourceId::parse(&id).is_none_or(|id| id.namespace.is_some()) {
                moved.warnings.push(format!(
                    "{} has the same id in the target as a resource of another subscription: left out",
                    row.id
                ));
            }
        }
        selection.known.rewrite(|key| arm::key(&self.rewritten(key, false)));
        moved
    }

    /// Entries of the identity map that nothing was rewritten by, once all nodes are rewritten.
    pub fn unused(&self) -> Option<String> {
        let is_used = |from: &str| {
            let from = from.to_lowercase();
            self.words.iter().any(|word| word.from == from && word.is_used.load(Ordering::Relaxed))
        };
        let unused: Vec<&str> =
            self.request.identity_map.keys().filter(|from| !is_used(from)).map(String::as_str).collect();
        let few = unused.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
        let more = unused.len().saturating_sub(MOST_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!unused.is_empty())
            .then(|| format!("the identity map was not needed for {few}{more}: nothing that was selected names it"))
    }

    fn new_id(&self, type_name: &str, old: &str) -> String {
        let id = self.text(old);
        match ResourceId::parse(&id) {
            Some(parsed) => assignment(type_name, old, parsed),
            None => id,
        }
    }

    /// A node as it is in the target.
    pub fn node(&self, mut node: Node) -> Node {
        node.id = self.new_id(&node.type_name, &node.id);
        node.id.rsplit('/').next().unwrap_or_default().clone_into(&mut node.name);
        node.key = arm::key(&node.id);
        if let (Some(_), Some(to)) = (&node.subscription_id, self.request.target_subscription_id) {
            node.subscription_id = Some(to.to_string());
        }
        let own = node.location.clone().filter(|location| is_region(location));
        if let (Some(to), true) = (&self.request.location, own.is_some()) {
            node.location = Some(arm::location_code(to));
        }
        node.body = self.value(&node.body, own.as_deref(), "");
        if let Value::Object(body) = &mut node.body {
            body.insert("id".to_owned(), Value::String(node.id.clone()));
        }
        node
    }

    fn value(&self, value: &Value, own: Option<&str>, name: &str) -> Value {
        match value {
            Value::String(text) => {
                if let (Some(to), Some(own)) = (&self.request.location, own)
                    && is_place(name)
                    && arm::location_code(text) == own
                {
                    return Value::String(to.clone());
                }
                Value::String(self.text(text))
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item, own, name)).collect()),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (self.text(key), self.value(value, own, key)));
                Value::Object(fields.collect::<Map<String, Value>>())
            }
            other => other.clone(),
        }
    }

    /// A text with everything in it rewritten.
    fn text(&self, text: &str) -> String {
        self.rewritten(text, true)
    }

    /// `counts`: words that are rewritten count as used.
    fn rewritten(&self, text: &str, counts: bool) -> String {
        let mut out = if arm::looks_like_id(text) { self.id(text) } else { text.to_owned() };
        if !self.hosts.is_empty() && out.contains('.') {
            for (old, new) in &self.hosts {
                out = replace_host(&out, old, new);
            }
        }
        for word in &self.words {
            let replaced = replace_word(&out, &word.from, &word.to);
            if counts && replaced != out {
                word.is_used.store(true, Ordering::Relaxed);
            }
            out = replaced;
        }
        out
    }

    /// The names of renamed resources in an id.
    fn id(&self, id: &str) -> String {
        if self.names.is_empty() {
            return id.to_owned();
        }
        let mut parts: Vec<String> = id.split('/').map(str::to_owned).collect();
        let shift = usize::from(id.starts_with('/'));
        for key in prefixes(id) {
            if let Some(new) = self.names.get(&key) {
                let at = key.split('/').count() - 2 + shift;
                if let Some(part) = parts.get_mut(at) {
                    part.clone_from(new);
                }
            }
        }
        parts.join("/")
    }
}

/// A role assignment's name is unique in its tenant: another place needs another.
fn assignment(type_name: &str, old: &str, id: ResourceId) -> String {
    let is_assignment = type_name.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments");
    if !is_assignment || arm::key(&id.text) == arm::key(old) {
        return id.text;
    }
    id.with_name(&Uuid::new_v5(&Uuid::NAMESPACE_URL, arm::key(&id.text).as_bytes()).to_string()).text
}

/// Whether a field of this name says where something is.
fn is_place(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("location") || name.ends_with("locations") || name == "locationname" || name == "region"
}

/// `global` and what is none of a region's codes stay.
fn is_region(location: &str) -> bool {
    !location.is_empty() && !matches!(location, "global" | "unitedstates" | "europe" | "asiapacific")
}

fn renamed(old: &str, suffix: &str, longest: usize, is_plain: bool) -> String {
    let suffix: String =
        if is_plain { suffix.chars().filter(char::is_ascii_alphanumeric).collect() } else { suffix.to_owned() };
    let suffix = if is_plain { suffix.to_lowercase() } else { suffix };
    let kept: String = old.chars().take(longest.saturating_sub(suffix.chars().count())).collect();
    format!("{kept}{suffix}")
}

/// Replaces a word in any case where no letter, digit or hyphen stands beside it.
fn replace_word(text: &str, word: &str, to: &str) -> String {
    replace(text, word, to, |_| true)
}

/// Replaces a name where it begins a host name of Azure's.
fn replace_host(text: &str, name: &str, to: &str) -> String {
    const CLOUD: [&str; 5] = ["azure", "windows.net", "microsoft", "chinacloudapi", "usgovcloudapi"];
    replace(text, name, to, |rest| {
        let host: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
        host.starts_with('.') && CLOUD.iter().any(|part| host.to_ascii_lowercase().contains(part))
    })
}

fn replace(text: &str, word: &str, to: &str, fits: impl Fn(&str) -> bool) -> String {
    if word.is_empty() || text.len() < word.len() {
        return text.to_owned();
    }
    let lower = text.to_ascii_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let (mut out, mut at) = (String::new(), 0);
    while let Some(found) = lower[at..].find(word) {
        let (start, end) = (at + found, at + found + word.len());
        let before = text[..start].chars().next_back().is_none_or(|c| !is_part(c));
        let after = text[end..].chars().next().is_none_or(|c| !is_part(c));
        out.push_str(&text[at..start]);
        out.push_str(if before && after && fits(&text[end..]) { to } else { &text[start..end] });
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_hosts_are_replaced_whole_and_in_any_case() {
        assert_eq!(replace_word("a/ABC-1/abc-12", "abc-1", "x"), "a/x/abc-12");
        assert_eq!(replace_host("https://Kv.vault.azure.net/kv.x", "kv", "kv2"), "https://kv2.vault.azure.net/kv.x");
    }

    #[test]
    fn a_name_keeps_its_suffix_however_long_it_is() {
        assert_eq!(renamed("averylongstorageaccountx", "-Dr", 24, true), "averylongstorageaccoundr");
        assert_eq!(renamed("kv-a", "-dr", 24, false), "kv-a-dr");
    }

    #[test]
    fn every_row_of_the_table_is_a_type_a_length_and_an_alphabet() {
        let rows = include_str!("global_names.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(GLOBAL.len(), rows);
    }
}
