//! What the provider says of the resources of the tables: one file that `packaging/azurerm-values/make` writes,
//! read once. Knows no table and no draft.
//!
//! A row is kind, path of a block (`""` at the top) or of an attribute, a word, and what it says:
//! `attributes`, `blocks`, `required` names, `conflicts`, `with`, `one`, `some` paths, `most`, `least` a number,
//! `takes` the values (`a|b`, `1..9`, `duration`, `uuid`, `lower-keys`), `default` what nobody needs to say.

use std::{collections::HashMap, sync::LazyLock};

/// Names by the path of their block.
pub type Names = HashMap<&'static str, Vec<&'static str>>;

/// Of one kind.
#[derive(Debug, Default)]
pub struct Facts {
    pub required: Names,
    /// What may be written, for the test that holds the tables to it.
    #[cfg(test)]
    pub attributes: Names,
    #[cfg(test)]
    pub blocks: Names,
    /// Values, by the path of the attribute.
    pub takes: HashMap<&'static str, &'static str>,
    /// What attributes and blocks want of each other, by the path of the one that wants it.
    pub rules: Vec<(&'static str, Rule)>,
    pub defaults: Vec<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub enum Rule {
    Conflicts(Vec<&'static str>),
    With(Vec<&'static str>),
    One(Vec<&'static str>),
    Some(Vec<&'static str>),
    Most(usize),
    Least(usize),
}

static FACTS: LazyLock<HashMap<&'static str, Facts>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Facts> = HashMap::new();
    for row in include_str!("tables/facts.tsv").lines().filter(|row| !row.starts_with('#')) {
        if let [kind, path, word, said] = *row.split('\t').collect::<Vec<_>>() {
            note(all.entry(kind).or_default(), path, word, said);
        }
    }
    all
});

fn note(facts: &mut Facts, path: &'static str, word: &str, said: &'static str) {
    let names = || said.split(' ').collect::<Vec<_>>();
    let rule = match word {
        #[cfg(test)]
        "attributes" => {
            facts.attributes.insert(path, names());
            return;
        }
        #[cfg(test)]
        "blocks" => {
            facts.blocks.insert(path, names());
            return;
        }
        "required" => {
            facts.required.insert(path, names());
            return;
        }
        "takes" => {
            facts.takes.insert(path, said);
            return;
        }
        "default" => return facts.defaults.push((path, said)),
        "conflicts" => Rule::Conflicts(names()),
        "with" => Rule::With(names()),
        "one" => Rule::One(names()),
        "some" => Rule::Some(names()),
        "most" => Rule::Most(said.parse().unwrap_or(usize::MAX)),
        "least" => Rule::Least(said.parse().unwrap_or_default()),
        _ => return,
    };
    facts.rules.push((path, rule));
}

/// What the provider says of a kind; a test holds that it is asked for each.
pub fn of(kind: &str) -> Option<&'static Facts> {
    FACTS.get(kind)
}
