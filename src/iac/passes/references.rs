//! References: every text that is the id of a planned resource, or of something below one, becomes a
//! reference and a suffix; ids in keys of tags, in texts of JSON and behind labels likewise. An id is the same
//! whatever its case: where a language compares spellings with Azure's, the text keeps its own beside the reference
//! (`Piece::Spelled`). In a sentence or a query an id becomes a reference only where it is spelled as its resource is;
//! else the item waits for the resource, and the text stays.
//!
//! The id of a resource that is known and not planned is called external: Terraform reads the resource as data, Bicep
//! declares it as existing, other templates spell the id by a function. An id that nobody has read is called unresolved,
//! whatever of it is known: its group or its parent may be planned, then it is a reference with a suffix all the same.
//!
//! The address of a planned resource (`addresses`) is a reference too where it fills a text, and else a reason to wait; so is
//! the name of a key or a secret beside its vault's address. An import compares texts: there an item only waits for a resource
//! whose address is spelled otherwise.
//!
//! Each body is resolved alone. What it refers to, and how, is told to `circles`; what that cuts is made literal again
//! (`literalise`). How a language spells a reference is known to its printer alone.

use std::collections::{BTreeMap, HashMap};

use smallvec::smallvec;

use super::{
    addresses::Addresses,
    circles::Tie,
    mentions::{self, Mention},
    selection::Known,
};
use crate::{
    arm::{self, ResourceId},
    iac::{
        model::{
            body::{Body, Mentioned},
            capabilities::Capabilities,
            ids::prefixes,
            index::hash,
            plan::{Item, Outside, Parent, Plan},
            term::{Output, Piece, Pieces, Term, Text, is_within},
        },
        types,
    },
};

/// How many letters object and client ids have.
const GUID: usize = 36;

/// What the report says instead of a property where a body only waits for another resource.
const ORDER: &str = "(order)";

/// All that a reference can lead to.
#[derive(Debug)]
pub struct World<'p> {
    pub plan: &'p Plan,
    pub known: &'p Known,
    pub principals: &'p Principals,
    pub capabilities: &'p Capabilities,
    pub addresses: &'p Addresses,
    /// Pairs of hashes of keys, sorted: a nested object, and the resource whose body holds it whole.
    pub shown: &'p [(u64, u64)],
}

/// Object and client ids of items.
#[derive(Debug, Default)]
pub struct Principals {
    /// By the id in lower case: the number of the item, the path of the id in its body, and its spelling there.
    by_id: HashMap<String, (usize, &'static str, String)>,
}

impl Principals {
    /// `is_given` is true for an id that the request maps another one to: it is meant as it is, and stays literal.
    pub fn of(items: &[Item], is_given: impl Fn(&str) -> bool) -> Self {
        let mut found = Self::default();
        for (number, item) in items.iter().enumerate() {
            for (id, path) in item.principals.iter().filter(|(id, _)| !is_given(id)) {
                found.by_id.insert(id.to_lowercase(), (number, path, id.clone()));
            }
        }
        found
    }
}

/// A planned resource that an id leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lead {
    target: usize,
    /// How many bytes of the id are those of the target.
    length: usize,
    /// Whether the whole id was read: that of a resource, or of a part that the target's body holds.
    is_read: bool,
}

impl World<'_> {
    /// Makes the references of an item's body. Returns, by key, the resources outside of the plan that can be read by
    /// their ids.
    pub fn resolve(&self, number: usize, body: &mut Body) -> Vec<(String, Outside)> {
        self.name_principals(number, &mut body.term);
        let mut found = Found::default();
        body.term.texts_mut(&mut |path, is_key, text| {
            let Some(literal) = text.as_literal() else { return };
            for mention in mentions::ids(literal).into_iter().rev() {
                self.link(number, path, text, mention, &mut found);
            }
            self.address(number, is_key || !self.knows_at(path), text, &mut found);
        });
        if found.has_vault {
            self.beside_vaults(number, &body.term, &mut found.waits);
        }
        body.external = found.external;
        body.unresolved = found.unresolved;
        found.waits.sort_unstable();
        found.waits.dedup();
        body.waits = found.waits;
        found.outside.into_iter().collect()
    }

    /// Makes a reference of an id in a text, or sorts it under external or unresolved. Of several ids in one text the
    /// last comes first: what stands before it is literal still.
    fn link(&self, number: usize, path: &str, text: &mut Text, mention: Mention, out: &mut Found) {
        let Some(Piece::Literal(first)) = text.0.first().cloned() else { return };
        let Mention { at, is_whole } = mention;
        let (id, is_alone) = (&first[at.clone()], at == (0..first.len()) && text.0.len() == 1);
        let (narrow, wide) = (mentions::narrow(id), prefixes(id));
        // A name may hold what ends an id in a sentence: the end that leads to more is the right one.
        let reach = |found: &[String]| self.lead(number, found).map_or(0, |lead| lead.length);
        let (id, found) = if is_whole || narrow == id {
            (id, wide)
        } else {
            let shorter = prefixes(narrow);
            if reach(&shorter) < reach(&wide) { (id, wide) } else { (narrow, shorter) }
        };
        let Some(lead) = self.lead(number, &found) else {
            return self.beyond(path, text, id, found, is_alone, out);
        };
        let item = &self.plan.items[lead.target];
        let spelled = with_slash(id);
        let (Some(own), Some(suffix)) = (spelled.get(..lead.length), spelled.get(lead.length..)) else { return };
        if !lead.is_read {
            out.unresolved.push(mentioned(path, id));
        }
        let is_spelled_so = own == &*item.id;
        if !is_spelled_so && !is_whole {
            out.waits.push(lead.target);
            return;
        }
        let piece = if is_spelled_so || !self.capabilities.compares {
            Piece::Reference(lead.target)
        } else {
            Piece::Spelled(lead.target, own.to_owned())
        };
        let suffix = self.respelled(&spelled, lead.length).unwrap_or_else(|| suffix.to_owned());
        let (before, after) = (&first[..at.start], &first[at.start + id.len()..]);
        let mut pieces = Pieces::new();
        pieces.extend((!before.is_empty()).then(|| Piece::Literal(before.to_owned())));
        pieces.push(piece);
        let rest = suffix + after;
        pieces.extend((!rest.is_empty()).then_some(Piece::Literal(rest)));
        pieces.extend(text.0.drain(1..));
        *text = Text(pieces);
    }

    /// What is behind the target's id as the resource that the whole id is of spells it, where no spellings are compared.
    fn respelled(&self, id: &str, length: usize) -> Option<String> {
        let known = self.plan.apart_id(hash(&arm::key(id))).filter(|_| !self.capabilities.compares)?;
        known.get(length..).map(str::to_owned)
    }

    /// Makes a reference of an address of a planned resource, or waits for what a text names by one. `is_fixed`: the text
    /// stays as it is.
    fn address(&self, number: usize, is_fixed: bool, text: &mut Text, out: &mut Found) {
        let Some(literal) = text.as_literal().filter(|text| text.contains('.') && !self.addresses.is_empty()) else {
            return;
        };
        let is_own = |target: usize| self.is_in(number, target) || self.is_in(target, number);
        let whole = self.addresses.find(literal).filter(|found| !is_own(found.item));
        match whole {
            Some(found) if !is_fixed && (found.is_spelled_so || !self.capabilities.compares) => {
                let (before, after) = (&literal[..found.at.start], &literal[found.at.end..]);
                out.has_vault |= self.is_vault(found.item);
                let was = literal[found.at.clone()].to_owned();
                let mut pieces = Pieces::new();
                pieces.extend((!before.is_empty()).then(|| Piece::Literal(before.to_owned())));
                pieces.push(Piece::Output(Box::new(Output { item: found.item, path: found.path.to_owned(), was })));
                pieces.extend((!after.is_empty()).then(|| Piece::Literal(after.to_owned())));
                *text = Text(pieces);
            }
            whole => {
                let owners = match &whole {
                    Some(found) => vec![found.item],
                    None => self.addresses.owners(literal),
                };
                for owner in owners.into_iter().filter(|owner| !is_own(*owner)) {
                    out.has_vault |= self.is_vault(owner);
                    out.waits.push(owner);
                }
            }
        }
    }

    /// Whether an item is another or below it.
    fn is_in(&self, item: usize, other: usize) -> bool {
        let above = |item: &usize| match self.plan.items[*item].parent {
            Parent::Item(parent) => Some(parent),
            Parent::Literal => None,
        };
        std::iter::successors(Some(item), above).any(|at| at == other)
    }

    fn is_vault(&self, item: usize) -> bool {
        let kind = &self.plan.items[item].type_name;
        kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults")
            || kind.eq_ignore_ascii_case("Microsoft.KeyVault/managedHSMs")
    }

    /// Keys and secrets that are named beside the address of their vault.
    fn beside_vaults(&self, number: usize, term: &Term, waits: &mut Vec<usize>) {
        match term {
            Term::List(items) => items.iter().for_each(|item| self.beside_vaults(number, item, waits)),
            Term::Map(fields) => {
                let vault = fields.iter().find_map(|(_, value)| {
                    let Term::Text(text) = value else { return None };
                    let of_piece = text.0.iter().find_map(|piece| match piece {
                        Piece::Output(of) => Some(of.item),
                        _ => None,
                    });
                    let named = || text.as_literal().and_then(|text| self.addresses.owners(text).first().copied());
                    of_piece.or_else(named).filter(|item| self.is_vault(*item))
                });
                for (key, value) in fields {
                    if let (Some(vault), Term::Text(text)) = (vault, value) {
                        let key = key.as_literal().unwrap_or_default().to_ascii_lowercase();
                        let kinds = [("keyname", "keys"), ("secretname", "secrets")];
                        let kind = kinds.iter().find(|(end, _)| key.ends_with(end)).map(|(_, kind)| kind);
                        let id = kind
                            .zip(text.as_literal())
                            .map(|(kind, name)| arm::key(&format!("{}/{kind}/{name}", self.plan.items[vault].id)));
                        let found = id.and_then(|id| self.plan.numbers.get(&id)).filter(|found| *found != number);
                        waits.extend(found);
                    }
                    self.beside_vaults(number, value, waits);
                }
            }
            _ => {}
        }
    }

    /// The nearest planned item among the ids that one goes through, the longest first.
    fn lead(&self, number: usize, found: &[String]) -> Option<Lead> {
        let at = found.iter().position(|key| self.plan.numbers.get(key).is_some())?;
        let (target, length) = (self.plan.numbers.get(&found[at])?, found[at].len());
        let is_group = self.plan.items[target].is_group;
        // A resource that is known and not planned is outside, even if its group is planned.
        let is_outside = |key: &String| is_resource(key) && self.known.get(key).is_some_and(|kind| !kind.is_empty());
        if is_group && found[..at].iter().any(is_outside) {
            return None;
        }
        let is_part = !is_group && self.is_part(&found[0]);
        let is_read = at == 0 || target == number || is_part || self.is_known(&found[0]);
        Some(Lead { target, length, is_read })
    }

    /// Whether a key is of a part of a resource: its body holds the part, or no type is published for such.
    fn is_part(&self, key: &str) -> bool {
        let part = hash(key);
        let shown = self.shown.partition_point(|(held, _)| *held < part);
        self.shown.get(shown).is_some_and(|(held, _)| *held == part)
            || ResourceId::parse(key).is_none_or(|id| types::newest(&id.type_name()).is_none())
    }

    /// What becomes of an id that leads to nothing in the plan.
    fn beyond(&self, path: &str, text: &mut Text, id: &str, found: Vec<String>, is_alone: bool, out: &mut Found) {
        if found.iter().any(|key| is_resource(key) && self.is_known(key)) {
            out.external.push(mentioned(path, id));
            let Some(key) = found.into_iter().find(|key| self.is_known(key)) else { return };
            let read = self.known.get(&key).filter(|kind| !kind.is_empty());
            if is_alone && (self.capabilities.has_functions || read.is_some()) {
                *text = outside(id, key.len());
            }
            if let (Some(kind), Some(Piece::External(id))) = (read, text.0.first()) {
                let source = || Outside { id: id.clone(), kind: kind.to_owned() };
                out.outside.entry(key).or_insert_with(source);
            }
        } else if let Some(key) = found.first().filter(|key| is_resource(key)) {
            out.unresolved.push(mentioned(path, id));
            if is_alone && self.capabilities.has_functions && self.known.is_stub(key) {
                *text = outside(id, key.len());
            }
        }
    }

    /// Whether what a resource says of itself may stand at a path: templates know it too late for all but properties.
    fn knows_at(&self, path: &str) -> bool {
        !self.capabilities.has_functions || is_within(path, "properties")
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
        term.texts_mut(&mut |path, is_key, text| {
            let is_sayable = !is_key && self.knows_at(path);
            let Some(literal) = text.as_literal().filter(|text| is_sayable && text.len() == GUID) else { return };
            match known.get(&literal.to_lowercase()) {
                Some((target, path, spelled))
                    if *target != number && (!self.capabilities.compares || spelled == literal) =>
                {
                    *text = Text(smallvec![Piece::Principal(*target, path)]);
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
    waits: Vec<usize>,
    /// Whether an address of a vault is in it.
    has_vault: bool,
}

fn mentioned(path: &str, id: &str) -> Mentioned {
    Mentioned { path: path.to_owned(), id: id.to_owned() }
}

fn with_slash(id: &str) -> String {
    if id.starts_with('/') { id.to_owned() } else { format!("/{id}") }
}

/// The text for an id that begins with the id of an external resource, which is `length` bytes long.
fn outside(literal: &str, length: usize) -> Text {
    let spelled = with_slash(literal);
    match (spelled.get(..length), spelled.get(length..)) {
        (Some(id), Some("")) => Text(smallvec![Piece::External(id.to_owned())]),
        (Some(id), Some(suffix)) => Text(smallvec![Piece::External(id.to_owned()), Piece::Literal(suffix.to_owned())]),
        _ => Text::literal(literal),
    }
}

/// Whether a key is that of a resource or a group; that of a subscription is not.
fn is_resource(key: &str) -> bool {
    key.split('/').count() > 3 || key.starts_with("/providers/")
}

/// What a body refers to, by the number of the item, with the strongest tie to each.
pub fn ties(body: &Body) -> BTreeMap<usize, Tie> {
    let mut found: BTreeMap<usize, Tie> = body.waits.iter().map(|target| (*target, Tie::Wait)).collect();
    body.term.texts(&mut |_, text| {
        for piece in &text.0 {
            let (target, tie) = match piece {
                Piece::Reference(target) | Piece::Spelled(target, _) => (*target, Tie::Id),
                Piece::Principal(target, _) => (*target, Tie::Principal),
                Piece::Output(of) => (of.item, Tie::Output),
                Piece::Literal(_) | Piece::Parameter(_) | Piece::External(_) => continue,
            };
            let known = found.entry(target).or_insert(tie);
            *known = tie.max(*known);
        }
    });
    found
}

/// What a body asks of other items besides their ids: the item, the path, and what was there.
pub fn outputs(body: &Body) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    body.term.texts(&mut |_, text| {
        for piece in &text.0 {
            if let Piece::Output(of) = piece {
                found.push((of.item, of.path.clone(), of.was.clone()));
            }
        }
    });
    found
}

/// Makes the references of a body to an item literal, and notes where they were.
pub fn literalise(body: &mut Body, target: usize, item: &Item) {
    let waited = body.waits.len();
    body.waits.retain(|waited| *waited != target);
    let is_waiting = body.waits.len() < waited;
    let told = body.circular.len();
    let circular = &mut body.circular;
    body.term.texts_mut(&mut |path, _, text| {
        let of_it = |piece: &Piece| match piece {
            Piece::Reference(to) if *to == target => Some(item.id.to_string()),
            Piece::Spelled(to, id) if *to == target => Some(id.clone()),
            Piece::Output(of) if of.item == target => Some(of.was.clone()),
            // The identity gets its id only when its item is made: without a reference, only the old id can be written.
            Piece::Principal(to, at) if *to == target => {
                let was = item.principals.iter().find(|(_, path)| path == at);
                Some(was.map(|(id, _)| id.clone()).unwrap_or_default())
            }
            _ => None,
        };
        if !text.0.iter().any(|piece| of_it(piece).is_some()) {
            return;
        }
        let mut pieces = Pieces::new();
        for piece in text.0.drain(..) {
            let piece = of_it(&piece).map_or(piece, Piece::Literal);
            match (pieces.last_mut(), piece) {
                (Some(Piece::Literal(before)), Piece::Literal(more)) => before.push_str(&more),
                (_, piece) => pieces.push(piece),
            }
        }
        *text = Text(pieces);
        circular.push(Mentioned { path: path.to_owned(), id: item.id.to_string() });
    });
    // No text of the body is a reference: it would only have been made later.
    if is_waiting && circular.len() == told {
        circular.push(Mentioned { path: ORDER.to_owned(), id: item.id.to_string() });
    }
}

/// Numbers of the items that an item needs: its parent, and those that its body refers to.
pub fn needs(parent: Parent, targets: impl Iterator<Item = usize>) -> Vec<u32> {
    let above = match parent {
        Parent::Item(parent) => Some(parent),
        Parent::Literal => None,
    };
    let mut needs: Vec<u32> = targets.chain(above).filter_map(|target| u32::try_from(target).ok()).collect();
    needs.sort_unstable();
    needs.dedup();
    needs
}
