//! Lift secrets: what is secret by its name, by what stands beside it, by its type or by its shape becomes a parameter
//! without a value.
//!
//! Which texts are called secrets is told by `graph::redact`, the same for all that leaves the graph; the published type
//! adds those that it marks, and takes away the words that it enumerates. Of a text that is a document (XML, JSON, an
//! address) only the secret parts become parameters. What says where a secret is (a Key Vault reference) stays.
//!
//! What Azure wants and never gives back (`unseen`) becomes a parameter, too.

use std::{collections::HashSet, ops::Range};

use serde_json::Value;
use smallvec::smallvec;

use super::unseen::Missing;
use crate::{
    graph::redact::{self, Class, Found, Names, Slot, is_secret_value, secrets_in},
    iac::{
        model::term::{Piece, Pieces, Step, Term, Text, is_within, spell},
        types::Leaf,
    },
};

const SECRET: &str = "it is a secret, which is never copied: supply a value";
const NEVER: &str = "Azure never returns it: supply a value";

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
    pub name: &'a str,
    /// Paths of words that the type enumerates: none of them is a secret.
    pub words: &'a HashSet<String>,
    /// Paths of what the type marks as a secret.
    pub marked: &'a HashSet<String>,
    pub missing: Vec<Missing>,
}

/// Lifts the secrets of a body. Its parameters are numbered in the order of what is returned.
pub fn lift(body: Value, subject: Subject<'_>, names: &Names) -> (Term, Vec<Lifted>) {
    let mut hits = Vec::new();
    redact::visit(&body, Some(subject.name), names, &mut |slot| hits.extend(hit(slot, &subject, names)));
    let mut term = Term::of(body);
    let mut lifted = Vec::new();
    let mut new = |called: String, path: &[Step], why: &'static str, leaf: Leaf| {
        lifted.push(Lifted { called, path: spell(path), why, leaf, value: None });
        Piece::Parameter(lifted.len() - 1)
    };
    for Hit { path, called, parts } in hits {
        let Some(Term::Text(text)) = term.at_mut(&path) else { continue };
        let Some(whole) = text.as_literal().map(str::to_owned) else { continue };
        let mut pieces = Pieces::new();
        let mut at = 0;
        for part in parts {
            if part.start > at {
                pieces.push(Piece::Literal(whole[at..part.start].to_owned()));
            }
            pieces.push(new(called.clone(), &path, SECRET, Leaf::Text));
            at = part.end;
        }
        if at < whole.len() {
            pieces.push(Piece::Literal(whole[at..].to_owned()));
        }
        *text = Text(pieces);
    }
    for Missing { path, leaf, .. } in subject.missing {
        let piece = new(field(&path), &path, NEVER, leaf);
        term.set_at(&path, Term::Text(Text(smallvec![piece])));
    }
    hide_keys(&mut term);
    (term, lifted)
}

/// Paths of texts that a whole body calls secrets by what was pruned from it: a flag or a name beside them that the type
/// does not have.
pub fn called_by_pruned(body: &Value, pruned: &[String], names: &Names) -> Vec<String> {
    let says = |path: &String| {
        let name = path.rsplit('.').next().unwrap_or_default();
        let class = names.class(name);
        class.is(Class::FLAG) || class.is(Class::NAME) || name == "type"
    };
    let mut found = Vec::new();
    if pruned.iter().any(says) {
        redact::visit(body, None, names, &mut |slot| found.extend(slot.is_secret.then(|| spell(&own(slot.path)))));
    }
    found
}

/// A text with a secret in it.
struct Hit {
    path: Vec<Step>,
    called: String,
    /// Where in the text; never none.
    parts: Vec<Range<usize>>,
}

fn hit(slot: Slot<'_, '_>, subject: &Subject<'_>, names: &Names) -> Option<Hit> {
    let Slot { text, path, is_secret, called } = slot;
    if text.is_empty() {
        return None;
    }
    let parts = if is_secret || !subject.marked.is_empty() {
        let spelled = spell(&own(path));
        let is_marked = || {
            subject.marked.iter().any(|marked| is_within(&spelled, marked))
                && !redact::is_no_secret(text)
                && !crate::arm::looks_like_id(text)
        };
        if (is_secret && !subject.words.contains(&spelled)) || is_marked() {
            Found::All
        } else {
            secrets_in(text, names)
        }
    } else {
        secrets_in(text, names)
    };
    let parts = match parts {
        Found::Nothing => return None,
        Found::All => std::iter::once(0..text.len()).collect(),
        Found::Parts(parts) => parts,
    };
    let path = own(path);
    // A name may hold a secret itself.
    let called = match called.filter(|(called, _)| !is_secret_value(called)) {
        Some((called, depth)) => {
            let mut steps = path[..depth].to_vec();
            if matches!(steps.last(), Some(Step::Index(_))) {
                steps.pop();
            }
            steps.push(Step::Field(called.to_owned()));
            field(&steps)
        }
        None => field(&path),
    };
    Some(Hit { path, called, parts })
}

fn own(path: &[redact::Step<'_>]) -> Vec<Step> {
    let step = |step: &redact::Step<'_>| match step {
        redact::Step::Field(name) => Step::Field((*name).to_owned()),
        redact::Step::Index(index) => Step::Index(*index),
    };
    path.iter().map(step).collect()
}

/// A key that looks like a secret can't be a parameter in every language: it goes by its shape alone.
fn hide_keys(term: &mut Term) {
    match term {
        Term::List(items) => items.iter_mut().for_each(hide_keys),
        Term::Map(fields) => {
            for (key, value) in fields {
                if key.as_literal().is_some_and(is_secret_value) {
                    *key = Text::literal("redacted");
                }
                hide_keys(value);
            }
        }
        _ => {}
    }
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
    use serde_json::json;

    use super::*;

    fn lifted(body: &Value) -> (Term, Vec<Lifted>) {
        let none = HashSet::new();
        let subject = Subject { name: "a", words: &none, marked: &none, missing: Vec::new() };
        lift(body.clone(), subject, &Names::default())
    }

    #[test]
    fn a_field_is_spelled_as_people_name_variables() {
        let path = ["properties", "osProfile", "adminPassword"].map(|name| Step::Field(name.to_owned()));
        assert_eq!(field(&path), "os_profile_admin_password");
    }

    #[test]
    fn of_a_document_only_the_secret_parts_become_parameters() {
        let (term, lifted) =
            lifted(&json!({"properties": {"format": "xml", "value": "<a password=\"opaque\" b=\"c\" />"}}));
        let value = term.get("properties").and_then(|properties| properties.get("value"));
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let pieces = vec![literal("<a password=\""), Piece::Parameter(0), literal("\" b=\"c\" />")];
        assert_eq!(value, Some(&Term::Text(Text(pieces.into()))));
        assert_eq!(lifted.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["properties.value"]);
    }

    #[test]
    fn a_value_is_called_as_the_name_beside_it_and_the_word_of_a_type_is_none() {
        let body = json!({"properties": {"env": [{"name": "DB_PASSWORD", "value": "opaque"}], "password": "Default"}});
        let words = HashSet::from(["properties.password".to_owned()]);
        let none = HashSet::new();
        let subject = Subject { name: "a", words: &words, marked: &none, missing: Vec::new() };
        let (_, lifted) = lift(body, subject, &Names::default());
        assert_eq!(lifted.iter().map(|one| one.called.as_str()).collect::<Vec<_>>(), ["env_db_password"]);
    }

    #[test]
    fn what_the_type_marks_is_a_secret_whatever_it_is_called() {
        let body = json!({"properties": {"endpointUrl": "https://example.org/hook/abc", "proxy": {"a": "b"}}});
        let marked = HashSet::from(["properties.endpointUrl".to_owned(), "properties.proxy".to_owned()]);
        let none = HashSet::new();
        let subject = Subject { name: "a", words: &none, marked: &marked, missing: Vec::new() };
        let (_, lifted) = lift(body, subject, &Names::default());
        assert_eq!(
            lifted.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(),
            ["properties.endpointUrl", "properties.proxy.a"]
        );
    }
}
