//! References: every text that is the id of a planned resource, or of something below one, becomes a
//! reference and a suffix. The id of a resource that is known and not planned is called external: Terraform
//! reads the resource as data, Bicep declares it as existing, other templates spell the id by a function. The
//! id of an unknown resource stays literal and is called unresolved.
//!
//! Two sweeps use this file: the first notes which ids a body mentions (`Mentions`), so that circles are found
//! before any reference is made; the second makes the references of one body (`World::resolve`). How a
//! language spells a reference is known to its printer alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::selection::Known;
use crate::{
    arm,
    iac::model::{
        body::{Body, Mentioned},
        capabilities::Capabilities,
        ids::prefixes,
        index::hash,
        plan::{Item, Outside, Parent, Plan},
        term::{Piece, Step, Term, Text, spell},
    },
};

/// How many letters object and client ids have.
const GUID: usize = 36;

/// What a body mentions, as hashes.
#[derive(Debug, Default)]
pub struct Mentions {
    /// For each id in the body: the id itself, then what is above it, the longest first; `None` ends an id.
    chains: Vec<Option<Link>>,
    /// Texts that may be object or client ids: hashes in lower case, and as the body spells them.
    guids: Vec<(u64, u64)>,
}

/// An id, or the beginning of one that is the id of what is above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link {
    /// Hash of its key.
    key: u64,
    /// Hash of its text, as the body spells it.
    text: u64,
}

impl Mentions {
    /// Notes what a body mentions. `is_selected` is true for the hash of a key that is surely that of a selected
    /// resource: what is above such a key is not noted.
    pub fn of(term: &Term, is_selected: impl Fn(u64) -> bool) -> Self {
        let (mut mentions, mut seen) = (Self::default(), HashSet::new());
        term.texts(&mut |is_key, text| {
            let Some(literal) = text.as_literal() else { return };
            if !is_key && literal.len() == GUID {
                mentions.guids.push((hash(&literal.to_lowercase()), hash(literal)));
            }
            if !arm::looks_like_id(literal) || !seen.insert(hash(literal)) {
                return;
            }
            let spelled = with_slash(literal);
            let found = prefixes(literal);
            for key in &found {
                let exact = spelled.get(..key.len()).unwrap_or_default();
                let link = Link { key: hash(key), text: hash(exact) };
                mentions.chains.push(Some(link));
                if is_selected(link.key) {
                    break;
                }
            }
            if !found.is_empty() {
                mentions.chains.push(None);
            }
        });
        mentions.guids.dedup();
        mentions
    }

    pub fn is_empty(&self) -> bool {
        self.chains.is_empty() && self.guids.is_empty()
    }
}

fn with_slash(id: &str) -> String {
    if id.starts_with('/') { id.to_owned() } else { format!("/{id}") }
}

/// All that a reference can lead to.
#[derive(Debug)]
pub struct World<'p> {
    pub plan: &'p Plan,
    pub known: &'p Known,
    pub principals: &'p Principals,
    pub capabilities: &'p Capabilities,
}

/// Object and client ids of items.
#[derive(Debug, Default)]
pub struct Principals {
    /// By the id in lower case: the number of the item, the path of the id in its body, and its spelling there.
    by_id: HashMap<String, (usize, &'static str, String)>,
    /// By the hash of the id in lower case: the number of the item, and the hash of the id as its body spells it.
    by_hash: HashMap<u64, (usize, u64)>,
}

impl Principals {
    /// `is_given` is true for an id that the request maps another one to: it is meant as it is, and stays literal.
    pub fn of(items: &[Item], is_given: impl Fn(&str) -> bool) -> Self {
        let mut found = Self::default();
        for (number, item) in items.iter().enumerate() {
            for (id, path) in item.principals.iter().filter(|(id, _)| !is_given(id)) {
                let lower = id.to_lowercase();
                found.by_hash.insert(hash(&lower), (number, hash(id)));
                found.by_id.insert(lower, (number, path, id.clone()));
            }
        }
        found
    }
}

impl World<'_> {
    /// Numbers of the items that a body will refer to once [`Self::resolve`] has made its references; in rising order.
    pub fn targets(&self, number: usize, mentions: &Mentions) -> Box<[u32]> {
        let chains = mentions.chains.split(Option::is_none);
        let links = |chain: &[Option<Link>]| chain.iter().copied().flatten().collect::<Vec<Link>>();
        let mut found: Vec<usize> = chains.filter_map(|chain| self.target(&links(chain))).collect();
        found.extend(mentions.guids.iter().filter_map(|(lower, exact)| {
            let (target, spelled) = self.principals.by_hash.get(lower)?;
            (*target != number && (!self.capabilities.compares || spelled == exact)).then_some(*target)
        }));
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|target| u32::try_from(target).ok()).collect()
    }

    /// The item that an id leads to: the nearest planned one among the id and what is above it.
    fn target(&self, chain: &[Link]) -> Option<usize> {
        let items = &self.plan.items;
        for (at, link) in chain.iter().enumerate() {
            if let Some(target) = self.plan.numbers.at(link.key) {
                let is_outside = |link: &Link| self.known.at(link.key).is_some_and(|kind| !kind.is_empty());
                let is_hidden = items[target].is_group && chain[..at].iter().any(is_outside);
                let is_spelled_so = !self.capabilities.compares || hash(&items[target].id) == link.text;
                return (!is_hidden && is_spelled_so).then_some(target);
            }
            if let Some(id) = self.plan.apart_id(link.key) {
                let is_spelled_so = !self.capabilities.compares || hash(id) == link.text;
                let above =
                    prefixes(id).into_iter().skip(1).find_map(|key| Some((self.plan.numbers.get(&key)?, key.len())));
                if let Some((target, length)) = above.filter(|_| is_spelled_so) {
                    let is_spelled_so = id.get(..length) == Some(&items[target].id);
                    return (!self.capabilities.compares || is_spelled_so).then_some(target);
                }
            }
        }
        None
    }

    /// Makes the references of an item's body. Returns, by key, the resources outside of the plan that can be read by
    /// their ids. References to the items in `cuts` would close a circle: they stay literal.
    pub fn resolve(&self, number: usize, body: &mut Body, cuts: &[usize]) -> Vec<(String, Outside)> {
        self.name_principals(number, &mut body.term);
        let mut found = Found::default();
        body.term.texts_mut(&mut Vec::new(), &mut |path, _, text| self.link(path, text, &mut found));
        body.external = found.external;
        body.unresolved = found.unresolved;
        for target in cuts {
            body.circular.extend(literalise(&mut body.term, *target, &self.plan.items[*target]));
        }
        found.outside.into_iter().collect()
    }

    /// Makes a reference of one text, or sorts its id under external or unresolved.
    fn link(&self, path: &[Step], text: &mut Text, out: &mut Found) {
        let Some(literal) = text.as_literal().filter(|text| arm::looks_like_id(text)).map(str::to_owned) else {
            return;
        };
        let (found, items) = (prefixes(&literal), &self.plan.items);
        let target = found.iter().find_map(|key| Some((self.plan.numbers.get(key)?, key.len())));
        // A resource that is known and not planned is outside, even if its group is planned.
        let is_outside = |key: &String| is_resource(key) && self.known.get(key).is_some_and(|kind| !kind.is_empty());
        let target = target.filter(|(target, length)| {
            !items[*target].is_group || !found.iter().any(|key| key.len() > *length && is_outside(key))
        });
        if let Some((target, length)) = target {
            let spelled = with_slash(&literal);
            let is_spelled_so = spelled.get(..length) == Some(&items[target].id);
            let Some(suffix) = spelled.get(length..) else { return };
            if is_spelled_so || !self.capabilities.compares {
                let mut pieces = vec![Piece::Reference(target)];
                if !suffix.is_empty() {
                    pieces.push(Piece::Literal(suffix.to_owned()));
                }
                *text = Text(pieces);
            }
        } else if found.iter().any(|key| is_resource(key) && self.is_known(key)) {
            out.external.push(mentioned(path, &literal));
            let Some(key) = found.into_iter().find(|key| self.is_known(key)) else { return };
            let read = self.known.get(&key).filter(|kind| !kind.is_empty());
            if self.capabilities.has_functions || read.is_some() {
                *text = outside(&literal, key.len());
            }
            if let (Some(kind), Some(Piece::External(id))) = (read, text.0.first()) {
                let source = || Outside { id: id.clone(), kind: kind.to_owned() };
                out.outside.entry(key).or_insert_with(source);
            }
        } else if found.first().is_some_and(|key| is_resource(key)) {
            out.unresolved.push(mentioned(path, &literal));
        }
    }

    fn is_known(&self, key: &str) -> bool {
        self.known.get(key).is_some() || self.plan.apart_id(hash(key)).is_some() || self.known.is_role(key)
    }

    /// Replaces object and client ids of planned identities by references to those identities. With imports, an id that
    /// is spelled otherwise than its item spells it stays literal, because the import compares the texts.
    fn name_principals(&self, number: usize, term: &mut Term) {
        let known = &self.principals.by_id;
        // Most bodies name no identity: they are not walked twice.
        let is_named = |text: &str| text.len() == GUID && known.contains_key(&text.to_lowercase());
        if known.is_empty() || !term.any_text(&is_named) {
            return;
        }
        term.texts_mut(&mut Vec::new(), &mut |_, is_key, text| {
            let Some(literal) = text.as_literal().filter(|text| !is_key && text.len() == GUID) else { return };
            match known.get(&literal.to_lowercase()) {
                Some((target, path, spelled))
                    if *target != number && (!self.capabilities.compares || spelled == literal) =>
                {
                    *text = Text(vec![Piece::Principal(*target, path)]);
                }
                _ => {}
            }
        });
    }
}

/// What was found in one body; `outside` by key.
#[derive(Default)]
struct Found {
    external: Vec<Mentioned>,
    unresolved: Vec<Mentioned>,
    outside: BTreeMap<String, Outside>,
}

fn mentioned(path: &[Step], id: &str) -> Mentioned {
    Mentioned { path: spell(path), id: id.to_owned() }
}

/// The text for an id that begins with the id of an external resource, which is `length` bytes long.
fn outside(literal: &str, length: usize) -> Text {
    let spelled = with_slash(literal);
    match (spelled.get(..length), spelled.get(length..)) {
        (Some(id), Some("")) => Text(vec![Piece::External(id.to_owned())]),
        (Some(id), Some(suffix)) => Text(vec![Piece::External(id.to_owned()), Piece::Literal(suffix.to_owned())]),
        _ => Text::literal(literal),
    }
}

/// Whether a key is that of a resource or a group; that of a subscription is not.
fn is_resource(key: &str) -> bool {
    key.split('/').count() > 3 || key.starts_with("/providers/")
}

/// Makes the references to an item literal again; returns where they were.
fn literalise(term: &mut Term, target: usize, item: &Item) -> Vec<Mentioned> {
    let mut cut = Vec::new();
    term.texts_mut(&mut Vec::new(), &mut |path, _, text| {
        if let [Piece::Principal(to, at)] = text.0.as_slice()
            && *to == target
        {
            // The identity gets its id only when its item is made: without a reference, only the old id can be written.
            cut.push(mentioned(path, &item.id));
            let was = item.principals.iter().find(|(_, path)| path == at);
            *text = Text::literal(was.map(|(id, _)| id.as_str()).unwrap_or_default());
            return;
        }
        if !text.0.contains(&Piece::Reference(target)) {
            return;
        }
        let of_piece = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            _ => item.id.to_string(),
        };
        let whole: String = text.0.iter().map(of_piece).collect();
        cut.push(mentioned(path, &whole));
        *text = Text::literal(whole);
    });
    cut
}

/// Numbers of the items that an item needs: its parent, and those that its body refers to.
pub fn needs(parent: Parent, targets: &[u32]) -> Vec<u32> {
    let mut needs = targets.to_vec();
    if let Parent::Item(parent) = parent {
        needs.extend(u32::try_from(parent));
    }
    needs.sort_unstable();
    needs.dedup();
    needs
}
