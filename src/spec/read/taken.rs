//! The fields of one thing by the model's names; what is none of them is told.

use std::collections::BTreeMap;

use crate::spec::{
    finding::Findings,
    model::Word,
    node::{Key, Kind, Node, Spelled},
    place::Place,
    text::{PROSE, TITLE},
    words::{Of, bare},
};

/// The fields of one thing.
pub(super) struct Taken {
    of: Of,
    pub place: Place,
    pub path: String,
    pub title: Vec<Word>,
    known: BTreeMap<&'static str, (Key, Node)>,
    pub other: Vec<(Key, Node)>,
    pub narrative: Vec<Word>,
}

/// Sorts the fields of an object; anything else is an error.
pub(super) fn take(node: Node, of: Of, path: String, findings: &mut Findings) -> Option<Taken> {
    let place = node.place;
    let fields = match node.value {
        Kind::Map(fields) => fields,
        // `users: [alice@contoso.com]`
        Kind::Text { .. } => vec![(Key::new(TITLE, place), node)],
        _ => {
            findings.error(path, place, format!("expected {} with its fields, not {}", of.called(), node.describe()));
            return None;
        }
    };
    let mut taken =
        Taken { of, place, path, title: Vec::new(), known: BTreeMap::new(), other: Vec::new(), narrative: Vec::new() };
    for (key, node) in fields {
        taken.add(key, node, findings);
    }
    Some(taken)
}

impl Taken {
    fn add(&mut self, key: Key, node: Node, findings: &mut Findings) {
        if key.text == TITLE {
            self.title.extend(node.word().map(|text| Word { text, place: node.place }));
            return;
        }
        if key.text == PROSE {
            return self.prose(&node);
        }
        match self.of.field(&key.text) {
            Some("narrative") if self.of != Of::Resource => self.prose(&node),
            Some(name) => {
                if name == "narrative" && self.known.contains_key(name) {
                    return self.prose(&node);
                }
                if let Some((earlier, known)) = self.known.get(name) {
                    // The same twice is as good as once.
                    if known.json() != node.json() {
                        let message = format!("{name} stands twice: the first is at line {}", earlier.place.line);
                        findings.error(format!("{}.{name}", self.path), key.place, message);
                    }
                    return;
                }
                self.known.insert(name, (key, node));
            }
            None => self.other.push((key, node)),
        }
    }

    /// Every text in a value, as narrative.
    pub(super) fn prose(&mut self, node: &Node) {
        match &node.value {
            Kind::List(items) => items.iter().for_each(|item| self.prose(item)),
            Kind::Map(fields) => fields.iter().for_each(|(key, value)| {
                let text = format!("{}: {}", key.text, value.json());
                self.narrative.push(Word { place: key.place, text });
            }),
            _ => {
                self.narrative.extend(node.word().map(|text| Word { place: node.place, text }));
            }
        }
    }

    pub(super) fn node(&mut self, name: &str) -> Option<(Key, Node)> {
        self.known.remove(name).filter(|(_, node)| node.value != Kind::Null)
    }

    /// A text, or what is written as one.
    pub(super) fn word(&mut self, name: &str, findings: &mut Findings) -> Option<Word> {
        let (_, node) = self.node(name)?;
        if let Some(text) = node.word() {
            Some(Word { text: text.trim().to_owned(), place: node.place })
        } else {
            findings.error(self.at(name), node.place, format!("expected a text, not {}", node.describe()));
            None
        }
    }

    /// Texts of a list, of one text, or of a text with commas.
    pub(super) fn words(&mut self, name: &str, findings: &mut Findings) -> Vec<Word> {
        let Some((_, node)) = self.node(name) else { return Vec::new() };
        let path = self.at(name);
        words_of(&node, &path, findings)
    }

    /// `yes`, `true`, `enabled`.
    pub(super) fn flag(&mut self, name: &str, findings: &mut Findings) -> Option<bool> {
        let (_, node) = self.node(name)?;
        let flag = match &node.value {
            Kind::Bool(flag) => Some(*flag),
            Kind::Text { text, .. } => as_bool(text),
            _ => None,
        };
        if flag.is_none() {
            findings.error(self.at(name), node.place, format!("expected yes or no, not {}", node.describe()));
        }
        flag
    }

    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Tells what was not taken; loose lines become narrative.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Vec<Word> {
        for (key, node) in std::mem::take(&mut self.other) {
            let shown: String = key.text.chars().take(60).collect();
            if key.text.is_empty() {
                findings.warn(node.place, "this cell is in no column: it was not read");
            } else if !key.is_loose {
                findings.warn(key.place, format!("{shown:?} is no field of {}: it was not read", self.of.called()));
            }
            let text = format!("{shown}: {}", node.word().unwrap_or_else(|| node.json().to_string()));
            self.narrative.push(Word { place: key.place, text });
        }
        for (name, (key, node)) in std::mem::take(&mut self.known) {
            if node.value != Kind::Null {
                findings.warn(key.place, format!("{name} of {} was not read here", self.of.called()));
            }
        }
        self.narrative
    }
}

/// Texts of a list, of one text, or of a text with commas.
pub(super) fn words_of(node: &Node, path: &str, findings: &mut Findings) -> Vec<Word> {
    let place = node.place;
    match &node.value {
        Kind::List(items) => items.iter().flat_map(|item| words_of(item, path, findings)).collect(),
        Kind::Text { text, spelled: Spelled::Quoted | Spelled::Literal } => vec![Word { text: text.clone(), place }],
        Kind::Text { text, .. } => {
            let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| Word { text: part.to_owned(), place }).collect()
        }
        Kind::Null => Vec::new(),
        // `{name: x}`, and a bullet that is a name with something in brackets.
        Kind::Map(fields) => {
            let name = fields.iter().find(|(key, _)| {
                key.text == TITLE
                    || matches!(bare(&key.text).as_str(), "name" | "upn" | "displayname" | "userprincipalname")
            });
            if let Some(text) = name.and_then(|(_, node)| node.word()) {
                vec![Word { text, place }]
            } else {
                findings.error(path, place, "expected a list of names");
                Vec::new()
            }
        }
        _ => node.word().map(|text| Word { text, place }).into_iter().collect(),
    }
}

/// Truth as people write it.
pub(in crate::spec) fn as_bool(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "true" | "on" | "enabled" | "enable" | "y" | "1" | "✓" | "✔" | "x" => Some(true),
        "no" | "false" | "off" | "disabled" | "disable" | "n" | "0" | "✗" | "✘" => Some(false),
        _ => None,
    }
}
