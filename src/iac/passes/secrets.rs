//! Lift secrets: what is secret by its name or by its shape becomes a parameter without a value.
//!
//! A name may be a field's, that of something above it, the text beside a value (`{name, value}`), or the
//! resource's own. What says where a secret is (a Key Vault reference) stays.
//!
//! Also what Azure wants and never gives back (`never_returned.tsv`): a parameter too.

use std::{
    collections::{HashMap, HashSet},
    sync::{LazyLock, PoisonError, RwLock},
};

use crate::graph::redact::{is_no_secret, is_secret_name, is_secret_value, is_value_field, secret_beside};
use crate::iac::{
    model::term::{Piece, Step, Term, Text, spell},
    passes::prune::Missing,
    types::Leaf,
};

const SECRET: &str = "it is a secret, which is never copied: supply a value";
const NEVER: &str = "Azure never returns it: supply a value";

/// Names below a secret container that say which secret it is, not what it is.
const ABOUT: [&str; 5] = ["name", "id", "identity", "keyVaultUrl", "keyVaultSecretId"];

static NEVER_RETURNED: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    let rows = include_str!("never_returned.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t')).map(|(kind, path)| (kind, path.split('.').collect())).collect()
});

/// A secret that became a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted {
    /// What it is called, without its resource's label.
    pub called: String,
    pub path: String,
    pub why: &'static str,
    pub leaf: Leaf,
    /// Its value, where it is no secret.
    pub value: Option<String>,
}

/// The resource whose secrets are lifted.
#[derive(Debug)]
pub struct Subject<'a> {
    pub type_name: &'a str,
    pub name: &'a str,
    /// Paths of words that the type enumerates: none of them is a secret.
    pub words: &'a HashSet<String>,
    pub missing: Vec<Missing>,
}

/// Which names of fields are called secrets: the same few thousand names are in all bodies, so each is looked at
/// once.
#[derive(Debug, Default)]
pub struct Names(RwLock<HashMap<String, bool>>);

/// Names that are remembered; the keys of tags and settings are people's, and there may be any number.
const MOST_NAMES: usize = 20_000;

impl Names {
    fn is_secret(&self, name: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        known.unwrap_or_else(|| {
            let is_secret = is_secret_name(name);
            let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if names.len() < MOST_NAMES {
                names.insert(name.to_owned(), is_secret);
            }
            is_secret
        })
    }
}

/// Lifts the secrets of a body. Its parameters are numbered in the order of what is returned.
pub fn lift(body: &mut Term, subject: Subject<'_>, known_names: &Names) -> Vec<Lifted> {
    let Subject { type_name, name, words, missing } = subject;
    let mut lifted = Vec::new();
    let mut slots = HashMap::new();
    // Most bodies have no field that is called a secret: their paths are not looked at.
    let has_secret_names = has_secret_name(body, known_names);
    if has_pair(body, Some(name)) {
        beside(body, Some(name), &mut Vec::new(), &mut slots);
    }
    let mut new = |path: &[Step], why: &'static str, leaf: Leaf| {
        let spelled = spell(path);
        let called = slots.get(&spelled).map_or_else(|| field(path), Clone::clone);
        lifted.push(Lifted { called, path: spelled, why, leaf, value: None });
        Piece::Parameter(lifted.len() - 1)
    };
    body.texts_mut(&mut Vec::new(), &mut |path, is_key, text| {
        let Some(literal) = text.as_literal() else { return };
        let is_slot = |path: &[Step]| {
            ((has_secret_names && is_named_secret(path, known_names))
                || (!slots.is_empty() && slots.contains_key(&spell(path))))
                && !words.contains(&spell(path))
        };
        let is_named = || !is_key && (is_slot(path) && !is_no_secret(literal) || is_never_returned(type_name, path));
        let is_secret = !literal.is_empty() && (is_secret_value(literal) || is_named());
        if !is_secret {
            return;
        }
        // A key that looks like a secret can't be a parameter in every language: it goes by its shape alone.
        *text = if is_key { Text::literal("redacted") } else { Text(vec![new(path, SECRET, Leaf::Text)]) };
    });
    let wanted = NEVER_RETURNED.iter().filter(|(kind, _)| kind.eq_ignore_ascii_case(type_name));
    let wanted: Vec<&[&str]> = wanted.map(|(_, path)| path.as_slice()).chain(machine(type_name, body)).collect();
    for path in wanted {
        if let Some(missing) = place(body, path) {
            let steps: Vec<Step> = path.iter().map(|name| Step::Field((*name).to_owned())).collect();
            let text = Text(vec![new(&steps, NEVER, Leaf::Text)]);
            missing.set(path[path.len() - 1], Term::Text(text));
        }
    }
    for missing in missing {
        let piece = new(&missing.path, NEVER, missing.leaf);
        body.set_at(&missing.path, Term::Text(Text(vec![piece])));
    }
    lifted
}

/// Whether any field is called a secret.
fn has_secret_name(term: &Term, names: &Names) -> bool {
    match term {
        Term::List(items) => items.iter().any(|item| has_secret_name(item, names)),
        Term::Map(fields) => fields.iter().any(|(name, value)| {
            name.as_literal().is_some_and(|name| names.is_secret(name)) || has_secret_name(value, names)
        }),
        _ => false,
    }
}

/// What the fields of an object, or its resource's own name, call the value there, where that is a secret.
fn called<'t>(fields: &'t [(Text, Term)], own: Option<&'t str>) -> Option<&'t str> {
    let texts = fields.iter().filter_map(|(name, value)| match value {
        Term::Text(text) => Some((name.as_literal()?, text.as_literal()?)),
        _ => None,
    });
    secret_beside(texts.chain(own.map(|own| ("name", own))))
}

/// Whether anything is called a secret by the name beside it: most bodies have nothing such.
fn has_pair(term: &Term, own: Option<&str>) -> bool {
    match term {
        Term::List(items) => items.iter().any(|item| has_pair(item, None)),
        Term::Map(fields) => called(fields, own).is_some() || fields.iter().any(|(_, value)| has_pair(value, None)),
        _ => false,
    }
}

/// Paths of the texts that the name beside them, or the resource's own (`own`), calls secrets, each with
/// what a parameter of it is called: `containers_0_environment_variables_db_password`.
fn beside(term: &Term, own: Option<&str>, path: &mut Vec<Step>, slots: &mut HashMap<String, String>) {
    match term {
        Term::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                beside(item, None, path, slots);
                path.pop();
            }
        }
        Term::Map(fields) => {
            let called = called(fields, own);
            for (name, value) in fields {
                let Some(name) = name.as_literal() else { continue };
                path.push(Step::Field(name.to_owned()));
                if let Some(called) = called.filter(|_| is_value_field(name)) {
                    let above = path[..path.len() - 1].to_vec();
                    below(value, &above, called, path, slots);
                } else {
                    // `{name, properties: {value}}`: a resource, and what is made like one.
                    beside(value, called.filter(|_| name == "properties"), path, slots);
                }
                path.pop();
            }
        }
        _ => {}
    }
}

/// Every text of a value is called so, below what holds the pair.
fn below(term: &Term, pair: &[Step], called: &str, path: &mut Vec<Step>, slots: &mut HashMap<String, String>) {
    match term {
        Term::Text(_) => {
            let mut steps = pair.to_vec();
            if matches!(steps.last(), Some(Step::Index(_))) {
                steps.pop();
            }
            steps.push(Step::Field(called.to_owned()));
            // A name may hold a secret itself.
            slots.insert(spell(path), field(if is_secret_value(called) { path } else { &steps }));
        }
        Term::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                below(item, pair, called, path, slots);
                path.pop();
            }
        }
        Term::Map(fields) => {
            for (name, value) in fields {
                path.push(Step::Field(name.as_literal().unwrap_or_default().to_owned()));
                below(value, pair, called, path, slots);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Somebody returned what Azure never does.
fn is_never_returned(type_name: &str, path: &[Step]) -> bool {
    NEVER_RETURNED.iter().any(|(kind, names)| {
        let is_it = |(step, name): (&Step, &&str)| matches!(step, Step::Field(field) if field == name);
        kind.eq_ignore_ascii_case(type_name) && names.len() == path.len() && path.iter().zip(names).all(is_it)
    })
}

/// Where machines and sets of them are told their password, by type.
const MACHINES: [(&str, &[&str]); 2] = [
    ("Microsoft.Compute/virtualMachines", &["properties", "osProfile", "adminPassword"]),
    (
        "Microsoft.Compute/virtualMachineScaleSets",
        &["properties", "virtualMachineProfile", "osProfile", "adminPassword"],
    ),
];

/// A machine that is entered by password needs one.
fn machine(type_name: &str, body: &Term) -> Option<&'static [&'static str]> {
    let (_, path) = MACHINES.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(type_name))?;
    let profile = path[..path.len() - 1].iter().try_fold(body, |at, name| at.get(name))?;
    let linux = profile.get("linuxConfiguration").and_then(|linux| linux.get("disablePasswordAuthentication"));
    (linux != Some(&Term::Bool(true))).then_some(*path)
}

/// Whether a field, or what it stands in, is called a secret.
fn is_named_secret(path: &[Step], known: &Names) -> bool {
    let names: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    let Some((last, above)) = names.split_last() else { return false };
    // Permissions on secrets are words.
    if above.last() == Some(&"permissions") {
        return false;
    }
    if above.first() == Some(&"tags") || (names.len() == 1 && *last == "tags") {
        return known.is_secret(last);
    }
    known.is_secret(last) || (!ABOUT.contains(last) && above.iter().any(|name| known.is_secret(name)))
}

/// The map that a missing property belongs into; `None` where it is there, or its parent is not.
fn place<'t>(body: &'t mut Term, path: &[&str]) -> Option<&'t mut Term> {
    let (last, above) = path.split_last()?;
    let mut at = body;
    for (depth, name) in above.iter().enumerate() {
        // `properties` may have become empty and gone; deeper objects mean that the feature is not used.
        if depth == 0 && at.get(name).is_none() {
            at.set(name, Term::Map(Vec::new()));
        }
        let Term::Map(fields) = at else { return None };
        at = fields.iter_mut().find(|(key, _)| key.as_literal() == Some(name)).map(|(_, value)| value)?;
    }
    at.get(last).is_none().then_some(at)
}

/// `osProfile.adminPassword` as `os_profile_admin_password`, without what every path begins with.
pub(super) fn field(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        let part = match step {
            Step::Field(name) if name == "properties" => continue,
            Step::Field(name) => snake(name),
            Step::Index(index) => index.to_string(),
        };
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(&part);
    }
    out
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_lower {
            out.push('_');
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_spelled_as_people_name_variables() {
        let path = ["properties", "osProfile", "adminPassword"].map(|name| Step::Field(name.to_owned()));
        assert_eq!(field(&path), "os_profile_admin_password");
    }

    #[test]
    fn names_in_secret_containers_stay_and_values_go() {
        let path = |names: &[&str]| names.iter().map(|name| Step::Field((*name).to_owned())).collect::<Vec<_>>();
        let is_secret = |names: &[&str]| is_named_secret(&path(names), &Names::default());
        assert!(is_secret(&["properties", "configuration", "secrets", "value"]));
        assert!(!is_secret(&["properties", "configuration", "secrets", "name"]));
        assert!(is_secret(&["properties", "protectedSettings", "script"]));
        assert!(!is_secret(&["properties", "sku"]));
    }
}
