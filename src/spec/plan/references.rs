//! References by name: `web`, `virtual network/web`, `web/default` become ids of what the text describes. What the text
//! does not have may be in the tenant: the job looks it up.

use std::collections::HashMap;

use serde_json::Value;

use super::item::{Item, StepKind};
use crate::{
    arm,
    iac::types::{Publication, publication},
    spec::{
        body::{Mention, get_mut},
        catalogue,
        finding::Findings,
        place::Place,
        words::bare,
    },
};

/// A name that the text does not explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::spec) struct Unresolved {
    /// Number of the item.
    pub item: usize,
    pub path: String,
    pub text: String,
    pub place: Place,
}

/// Something that can be named.
#[derive(Debug, Clone)]
struct Named {
    id: String,
    /// The item that has it in its body, or is it.
    item: usize,
    kind: String,
    /// All segments of its name.
    name: String,
    home: String,
}

/// All that can be named.
pub(in crate::spec) struct Names {
    all: Vec<Named>,
    by_last: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, usize>,
}

impl Names {
    pub(in crate::spec) fn of(items: &[Item]) -> Self {
        let mut names = Self { all: Vec::new(), by_last: HashMap::new(), by_key: HashMap::new() };
        let mut child_types: HashMap<String, bool> = HashMap::new();
        for (number, item) in items.iter().enumerate() {
            if !matches!(item.kind, StepKind::Resource | StepKind::ResourceGroup) {
                continue;
            }
            names.add(&item.id, number, &item.type_name, &item.name, &item.home);
            for (list, entries) in item.body.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let Some(entries) =
                    entries.as_array().filter(|entries| entries.iter().any(|entry| entry.get("name").is_some()))
                else {
                    continue;
                };
                let kind = format!("{}/{list}", item.type_name);
                let is_type = *child_types.entry(kind.clone()).or_insert_with(|| {
                    !matches!(publication(&kind, None), Publication::NoType(_) | Publication::NoNamespace)
                });
                // Parts of a network resource have ids, though no type of their own.
                if is_type || item.type_name.to_lowercase().starts_with("microsoft.network/") {
                    for name in entries.iter().filter_map(|entry| entry["name"].as_str()) {
                        let id = format!("{}/{list}/{name}", item.id);
                        names.add(&id, number, &kind, &format!("{}/{name}", item.name), &item.home);
                    }
                }
            }
        }
        names
    }

    fn add(&mut self, id: &str, item: usize, kind: &str, name: &str, home: &str) {
        let key = arm::key(id);
        if self.by_key.contains_key(&key) {
            return;
        }
        let number = self.all.len();
        self.by_key.insert(key, number);
        let last = name.rsplit('/').next().unwrap_or_default().to_lowercase();
        self.by_last.entry(last).or_default().push(number);
        self.all.push(Named {
            id: id.to_owned(),
            item,
            kind: kind.to_owned(),
            name: name.to_owned(),
            home: home.to_owned(),
        });
    }

    /// The item that an id is of, or that it is below.
    pub(in crate::spec) fn item_of(&self, id: &str) -> Option<usize> {
        let mut key = arm::key(id);
        loop {
            if let Some(number) = self.by_key.get(&key) {
                return Some(self.all[*number].item);
            }
            key.truncate(key.rfind('/')?);
            if key.matches('/').count() < 4 {
                return None;
            }
        }
    }

    /// Whether a place is called after what an id is of.
    fn is_called(&self, id: &str, slot: &str) -> bool {
        self.by_key.get(&arm::key(id)).is_some_and(|number| is_called(&self.all[*number].kind, slot))
    }

    /// What a text means, seen from a group; `slot`: what the place is called where it stands.
    pub(in crate::spec) fn find(&self, text: &str, home: &str, slot: &str) -> Found {
        self.find_beside(text, home, slot, "")
    }

    /// The same; what is meant is rather not what has this key.
    fn find_beside(&self, text: &str, home: &str, slot: &str, own: &str) -> Found {
        let text = text.trim().trim_matches('/');
        let last = text.rsplit('/').next().unwrap_or_default().to_lowercase();
        let Some(same) = self.by_last.get(&last) else { return Found::None };
        let (prefix, is_typed) = match text.rsplit_once('/') {
            Some((prefix, _)) => (prefix, true),
            None => ("", false),
        };
        let kind = is_typed.then(|| catalogue::type_of(prefix)).flatten();
        let fits = |named: &&Named| match (&kind, is_typed) {
            (Some(kind), _) => named.kind.eq_ignore_ascii_case(kind),
            // `vnet1/default`, `vnet1/subnets/default`, `virtual network/vnet1/default`
            (None, true) => names_fit(named, text),
            (None, false) => true,
        };
        let mut found: Vec<&Named> = same.iter().map(|number| &self.all[*number]).filter(fits).collect();
        for narrower in [
            &(|named: &Named| own.is_empty() || arm::key(&named.id) != own) as &dyn Fn(&Named) -> bool,
            &|named: &Named| is_called(&named.kind, slot),
            &|named: &Named| named.home == home,
            &|named: &Named| !named.kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups"),
        ] {
            if found.len() > 1 && found.iter().any(|named| narrower(named)) {
                found.retain(|named| narrower(named));
            }
        }
        match found.as_slice() {
            [] => Found::None,
            [only] => Found::One { id: only.id.clone(), item: only.item },
            [first, second, ..] => {
                Found::Several(format!("{}/{} and {}/{}", first.kind, first.name, second.kind, second.name))
            }
        }
    }
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::spec) enum Found {
    None,
    One {
        id: String,
        item: usize,
    },
    /// Two of them, for a message.
    Several(String),
}

fn names_fit(named: &Named, text: &str) -> bool {
    let (lower, full) = (text.to_lowercase(), named.name.to_lowercase());
    if lower == full || full.ends_with(&format!("/{lower}")) || arm::key(&named.id).ends_with(&format!("/{lower}")) {
        return true;
    }
    let typed = lower.find('/').map(|_| lower.clone()).and_then(|lower| {
        let cut = lower.len().checked_sub(full.len() + 1)?;
        lower.ends_with(&format!("/{full}")).then(|| lower[..cut].to_owned())
    });
    typed.and_then(|kind| catalogue::type_of(&kind)).is_some_and(|kind| kind.eq_ignore_ascii_case(&named.kind))
}

/// Whether a type's last word is what a slot is called: `serverFarmId` and `serverfarms`.
fn is_called(kind: &str, slot: &str) -> bool {
    let slot = bare(slot);
    let slot = slot
        .strip_suffix("resourceids")
        .or_else(|| slot.strip_suffix("resourceid"))
        .or_else(|| slot.strip_suffix("ids"))
        .or_else(|| slot.strip_suffix("id"))
        .unwrap_or(&slot);
    let last = bare(kind.rsplit('/').next().unwrap_or_default());
    let last = last
        .strip_suffix("es")
        .filter(|last| last.ends_with("address"))
        .or_else(|| last.strip_suffix('s'))
        .unwrap_or(&last);
    let slot = slot.strip_suffix('s').filter(|slot| !slot.ends_with("addres")).unwrap_or(slot);
    !slot.is_empty() && !last.is_empty() && (slot.ends_with(last) || last.ends_with(slot))
}

/// What the place of a mention is called: `subnet` of `properties.subnet.id`.
fn slot_of(path: &str) -> &str {
    let path = path.strip_suffix(".id").unwrap_or(path);
    let last = path.rsplit('.').next().unwrap_or(path);
    last.split('[').next().unwrap_or(last)
}

/// Puts ids in the place of names, and notes who needs whom.
pub(in crate::spec) fn resolve(items: &mut [Item], names: &Names, findings: &mut Findings) -> Vec<Unresolved> {
    let mut unresolved = Vec::new();
    for (number, item) in items.iter_mut().enumerate() {
        let mentions = std::mem::take(&mut item.mentions);
        let (home, own) = (item.home.clone(), arm::key(&item.id));
        for mention in mentions {
            let at = slot_of(&mention.path);
            let slot = if mention.path.contains("userAssignedIdentities") { "userAssignedIdentities" } else { at };
            match names.find_beside(&mention.text, &home, slot, &own) {
                // A resource does not refer to itself: its body may say its name once more.
                Found::One { id, .. } if arm::key(&id) == own => {}
                Found::One { id, .. } if mention.is_literal && !names.is_called(&id, slot) => {}
                Found::Several(_) | Found::None if mention.is_literal => {}
                Found::One { id, item: other } => {
                    put(item, &mention, &id);
                    if other != number {
                        item.needs.insert(other);
                    }
                }
                Found::Several(which) => {
                    let path = format!("{}.{}", item.path, mention.path.replace('\u{0}', ""));
                    let message =
                        format!("{:?} is the name of several: {which}; write type/name or an id", mention.text);
                    findings.error(path, mention.place, message);
                }
                Found::None if mention.is_sure => {
                    let Mention { path, text, place, .. } = mention;
                    unresolved.push(Unresolved { item: number, path, text, place });
                }
                Found::None => {}
            }
        }
    }
    unresolved
}

/// Sets an id where a name was.
pub(in crate::spec) fn put(item: &mut Item, mention: &Mention, id: &str) {
    if mention.path == "\u{0}scope" {
        let rest = super::draft::id_of(id, &item.type_name, &item.name);
        id.clone_into(&mut item.scope);
        item.id = rest;
        return;
    }
    if let Some((list, name)) = mention.path.split_once(".\u{0}") {
        if let Some(Value::Object(fields)) = get_mut(&mut item.body, list)
            && let Some(value) = fields.remove(name)
        {
            fields.insert(id.to_owned(), value);
        }
        return;
    }
    if let Some(value) = get_mut(&mut item.body, &mention.path) {
        *value = Value::String(id.to_owned());
    }
}

/// Notes what bodies need by ids in them, what children need, and what people say that comes first.
pub(in crate::spec) fn needs(items: &mut [Item], names: &Names, findings: &mut Findings) {
    for (number, item) in items.iter_mut().enumerate() {
        let mut found = Vec::new();
        ids_in(&Value::Object(item.body.clone()), &mut |id| found.extend(names.item_of(id)));
        // The parent, and what an extension extends.
        if item.kind == StepKind::Resource {
            let above = arm::ResourceId::parse(&item.id).map(|id| id.parent());
            found.extend(above.and_then(|above| names.item_of(&above)));
        }
        for word in &item.depends_on {
            match names.find(&word.text, &item.home, "") {
                Found::One { item, .. } => found.push(item),
                Found::Several(which) => {
                    let message = format!("{:?} is the name of several: {which}; write type/name or an id", word.text);
                    findings.error(format!("{}.depends_on", item.path), word.place, message);
                }
                Found::None => match names.item_of(&word.text) {
                    Some(item) => found.push(item),
                    None => findings.warn(
                        word.place,
                        format!("{:?} is nothing that the text describes: it orders no step", word.text),
                    ),
                },
            }
        }
        item.needs.extend(found.into_iter().filter(|other| *other != number));
    }
}

fn ids_in(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) if arm::looks_like_id(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| ids_in(item, see)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if arm::looks_like_id(name) {
                    see(name);
                }
                ids_in(value, see);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_say_which_type_is_meant() {
        for (kind, slot) in [
            ("Microsoft.Web/serverfarms", "serverFarmId"),
            ("Microsoft.Network/virtualNetworks/subnets", "subnet"),
            ("Microsoft.OperationalInsights/workspaces", "WorkspaceResourceId"),
            ("Microsoft.Network/publicIPAddresses", "publicIPAddress"),
            ("Microsoft.Network/virtualNetworks", "remoteVirtualNetwork"),
        ] {
            assert!(is_called(kind, slot), "{kind} {slot}");
        }
        assert!(!is_called("Microsoft.KeyVault/vaults", "subnet"));
        assert_eq!(slot_of("properties.ipConfigurations[0].properties.subnet.id"), "subnet");
    }
}
