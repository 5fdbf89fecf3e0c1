//! Addresses: URIs and host names by which others name a resource besides its id, such as a vault's URI, a key's, a
//! storage account's endpoints, a site's host name. What a resource says of itself at a read-only path, or what its
//! service documents (`arm::addresses`), is its address; no two resources have the same one.
//!
//! A text that is an address of a planned resource, or begins with one, becomes a reference where the language can say it;
//! a text that only holds one makes its item wait for the resource. It knows neither languages nor circles.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use serde_json::{Map, Value};

use super::prune::Pruned;
use crate::{
    arm::{self, ResourceId},
    graph::model::Node,
    iac::{
        model::index::hash,
        types::{Shape, Type},
    },
};

/// How deep in a body read-only addresses are looked for.
const DEEPEST: usize = 4;

/// What a resource says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Where its body says so; empty: at a place that no language asks for.
    pub path: Box<str>,
    pub value: Box<str>,
}

/// The addresses of a node. `known` is what the table of types says of its type.
pub fn of(node: &Node, id: &ResourceId, known: Option<&Type>) -> Box<[Said]> {
    if id.namespace.is_none() {
        return Box::default();
    }
    let mut found = Vec::new();
    for (path, documented) in arm::addresses(id) {
        if !known.is_some_and(|known| has(&known.shape, &node.body, path)) {
            continue;
        }
        let own = node.body.pointer(&format!("/{}", path.replace('.', "/"))).and_then(Value::as_str);
        let value = own.filter(|own| !own.is_empty()).map_or(documented, str::to_owned);
        if address(&value).is_some() && !value.contains('{') {
            found.push(Said { path: path.into(), value: value.into() });
        }
    }
    if let (Some(Value::Object(properties)), Some(known)) = (node.body.get("properties"), known)
        && let Value::Object(body) = &node.body
        && let Some(prop) = known.shape.of(body).prop("properties")
    {
        read_only(properties, &prop.shape, prop.is_read_only, DEEPEST, &mut found);
    }
    found.into()
}

/// Takes a service's own copy of an address out of the body that it is of: nobody sends it.
pub fn forget_own(said: &[Said], pruned: &mut Pruned) {
    for said in said.iter().filter(|said| !said.path.is_empty()) {
        let Some((above, last)) = said.path.rsplit_once('.') else { continue };
        let mut at = pruned.body.get_mut("properties");
        for name in above.split('.').skip(1) {
            at = at.and_then(|value| value.get_mut(name));
        }
        let Some(Value::Object(fields)) = at else { continue };
        if fields.get(last).and_then(Value::as_str).is_some_and(|own| own == &*said.value) {
            fields.remove(last);
            pruned.paths.push(said.path.to_string());
        }
    }
}

/// Whether a type has a path.
fn has(shape: &Shape, body: &Value, path: &str) -> bool {
    let (mut at, mut body) = (shape.clone(), Some(body));
    for name in path.split('.') {
        let fields = body.and_then(Value::as_object);
        let empty = Map::new();
        let Some(prop) = at.of(fields.unwrap_or(&empty)).prop(name) else { return false };
        at = prop.shape;
        body = body.and_then(|body| body.get(name));
    }
    true
}

fn read_only(fields: &Map<String, Value>, shape: &Shape, above: bool, depth: usize, found: &mut Vec<Said>) {
    let shape = shape.of(fields);
    for (name, value) in fields {
        let Some(prop) = shape.prop(name) else { continue };
        let is_read_only = above || prop.is_read_only;
        match value {
            Value::String(text) if is_read_only && address(text).is_some() => {
                let is_known = found.iter().any(|said| *said.value == **text);
                found.extend((!is_known).then(|| Said { path: Box::default(), value: text.as_str().into() }));
            }
            Value::Object(inner) if depth > 0 && !prop.shape.is_open() => {
                read_only(inner, &prop.shape, is_read_only, depth - 1, found);
            }
            _ => {}
        }
    }
}

/// Where the host name is in a text that is nothing but a URI or a host name.
pub fn address(text: &str) -> Option<Range<usize>> {
    if text.len() < 5
        || !text.contains('.')
        || text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | ','))
    {
        return None;
    }
    let start = match text.find("://") {
        Some(at) if text[..at].chars().all(|c| c.is_ascii_alphabetic()) => at + 3,
        Some(_) => return None,
        None => 0,
    };
    let rest = &text[start..];
    let end = start + rest.find(|c: char| !is_of_host(c)).unwrap_or(rest.len());
    let host = &text[start..end];
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_host = host.split('.').count() > 2 && last.len() > 1 && last.chars().all(|c| c.is_ascii_lowercase());
    // A host name alone has nothing behind it but a path.
    let is_whole = start > 0 || matches!(text[end..].chars().next(), None | Some('/' | ':'));
    (is_host && is_whole).then_some(start..end)
}

fn is_of_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
}

/// An address in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<'a> {
    pub item: usize,
    pub path: &'a str,
    pub at: Range<usize>,
    /// The text spells it as its resource does.
    pub is_spelled_so: bool,
}

/// The addresses of all items.
#[derive(Debug, Default)]
pub struct Addresses {
    /// By the hash of the host name in lower case.
    by_host: HashMap<u64, Vec<(u32, Said)>>,
}

impl Addresses {
    /// Adds those of an item.
    pub fn add(&mut self, item: usize, said: Box<[Said]>) {
        let Ok(item) = u32::try_from(item) else { return };
        for said in said {
            if let Some(host) = address(&said.value) {
                let host = hash(&said.value[host].to_ascii_lowercase());
                self.by_host.entry(host).or_default().push((item, said));
            }
        }
    }

    /// A host name whose service documents it is its resource's, whoever else repeats it; what several items say of
    /// themselves besides is nobody's address.
    pub fn settle(&mut self) {
        for all in self.by_host.values_mut().filter(|all| all.len() > 1) {
            if all.iter().any(|(_, said)| !said.path.is_empty()) {
                let documented: HashSet<u32> =
                    all.iter().filter(|(_, said)| !said.path.is_empty()).map(|(item, _)| *item).collect();
                all.retain(|(item, _)| documented.contains(item));
            }
            let plain = |said: &Said| said.value.trim_end_matches('/').to_ascii_lowercase();
            let mut owners: HashMap<String, HashSet<u32>> = HashMap::new();
            for (item, said) in all.iter() {
                owners.entry(plain(said)).or_default().insert(*item);
            }
            all.retain(|(_, said)| owners.get(&plain(said)).is_some_and(|owners| owners.len() == 1));
        }
        self.by_host.retain(|_, all| !all.is_empty());
    }

    pub fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }

    /// The longest address of an item that a text begins with, where a language can ask the item for it.
    pub fn find(&self, text: &str) -> Option<Found<'_>> {
        let host = address(text)?;
        let all = self.by_host.get(&hash(&text[host.clone()].to_ascii_lowercase()))?;
        let fit = |(item, said): &'_ (u32, Said)| -> Option<(Range<usize>, usize)> {
            let own = address(&said.value).filter(|_| !said.path.is_empty())?;
            let (before, after) = (&said.value[..own.start], &said.value[own.end..]);
            let rest = text[host.end..].strip_prefix(after).filter(|_| text[..host.start].ends_with(before))?;
            let is_end = after.ends_with('/') || matches!(rest.chars().next(), None | Some('/' | ':' | '?' | '#'));
            is_end.then_some((host.start - before.len()..host.end + after.len(), *item as usize))
        };
        let found = all.iter().filter_map(|entry| fit(entry).map(|(at, item)| (at, item, &entry.1)));
        let (at, item, said) = found.max_by_key(|(at, item, _)| (at.len(), std::cmp::Reverse(*item)))?;
        let is_spelled_so = text[at.clone()] == *said.value;
        Some(Found { item, path: &said.path, at, is_spelled_so })
    }

    /// Items whose host names are in a text.
    pub fn owners(&self, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        for word in text.split(|c| !is_of_host(c)) {
            let all = word.contains('.').then(|| self.by_host.get(&hash(&word.trim_matches('.').to_ascii_lowercase())));
            // Of several on one host the one whose address is shortest has the host.
            let owner = all.flatten().and_then(|all| all.iter().min_by_key(|(_, said)| said.value.len()));
            found.extend(owner.map(|(item, _)| *item as usize));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        let mut all = Addresses::default();
        let said = |path: &str, value: &str| Said { path: path.into(), value: value.into() };
        all.add(0, Box::new([said("properties.vaultUri", "https://kv.vault.azure.net/")]));
        all.add(
            1,
            Box::new([
                said("properties.keyUri", "https://kv.vault.azure.net/keys/cmk"),
                said("properties.keyUriWithVersion", "https://kv.vault.azure.net/keys/cmk/0123"),
            ]),
        );
        all.add(2, Box::new([said("properties.defaultHostName", "site.azurewebsites.net")]));
        all.add(3, Box::new([said("", "https://westeurope-5.in.applicationinsights.azure.com/")]));
        // A storage account repeats which version of the key it uses.
        all.add(5, Box::new([said("", "https://kv.vault.azure.net/keys/cmk/0123")]));
        all.add(4, Box::new([said("", "https://westeurope-5.in.applicationinsights.azure.com/")]));
        all.settle();
        all
    }

    #[test]
    fn the_longest_address_that_a_text_begins_with_is_meant() {
        let all = addresses();
        let check = |text: &str, expected: Option<(usize, &str, &str)>| {
            let found = all.find(text).map(|found| (found.item, found.path, &text[found.at]));
            assert_eq!(found, expected, "{text}");
        };
        check("https://kv.vault.azure.net/", Some((0, "properties.vaultUri", "https://kv.vault.azure.net/")));
        check("https://KV.vault.azure.net/secrets/s", Some((0, "properties.vaultUri", "https://KV.vault.azure.net/")));
        let key = "https://kv.vault.azure.net/keys/cmk";
        check(key, Some((1, "properties.keyUri", key)));
        check(&format!("{key}/0123"), Some((1, "properties.keyUriWithVersion", &format!("{key}/0123"))));
        check(&format!("{key}/4567"), Some((1, "properties.keyUri", key)));
        check(&format!("{key}-2"), Some((0, "properties.vaultUri", "https://kv.vault.azure.net/")));
        check(
            "https://site.azurewebsites.net/api?x=1",
            Some((2, "properties.defaultHostName", "site.azurewebsites.net")),
        );
        check("https://site.azurewebsites.net.example.org/", None);
        check("https://westeurope-5.in.applicationinsights.azure.com/", None);
        check("see https://kv.vault.azure.net/", None);
    }

    #[test]
    fn a_text_that_holds_an_address_has_an_owner() {
        let all = addresses();
        assert_eq!(all.owners("@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/s)"), [0]);
        assert_eq!(all.owners("Endpoint=sb://other.servicebus.windows.net/;x=site.azurewebsites.net"), [2]);
        assert_eq!(all.owners("mykv.vault.azure.net"), [] as [usize; 0]);
        assert_eq!(all.owners("\u{e4}\u{fc}.site.azurewebsites.net \u{e4}\u{e4}"), [2]);
    }

    #[test]
    fn versions_and_words_are_no_addresses() {
        for text in ["1.2.3", "12.0", "a.b", "Microsoft.Azure.Extensions", "kv.vault.azure.net is here", "a:b.c.de"] {
            assert_eq!(address(text), None, "{text}");
        }
        assert_eq!(address("sb://x.servicebus.windows.net:443/"), Some(5..29));
    }
}
