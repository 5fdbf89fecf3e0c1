//! Form 1 in JSON: a block read into nodes with their places.
//!
//! serde_json reads it; each value's place is that of its text within the block.

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::spec::{
    finding::Finding,
    node::{Key, Kind, Node},
    place::{Lines, Place},
};

/// Deepest nesting.
const DEEPEST: usize = 100;

/// Reads one value and what comes behind it. The error's path is empty.
pub(super) fn read(text: &str, before: u32) -> Result<Node, Finding> {
    let lines = Lines::after(text, before);
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| broken(&error, before))?;
    Reader { text, lines: &lines }.node(raw, 0)
}

/// How many bytes the first value of a text has.
pub(super) fn first_value(text: &str) -> Option<usize> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    stream.next()?.ok()?;
    Some(stream.byte_offset())
}

fn broken(error: &serde_json::Error, before: u32) -> Finding {
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX).saturating_add(before);
    let column = u32::try_from(error.column()).unwrap_or(u32::MAX).max(1);
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or(&text);
    Finding {
        path: String::new(),
        place: Place { line, column },
        message: format!("this JSON block can't be read: {words}"),
    }
}

struct Reader<'t> {
    text: &'t str,
    lines: &'t Lines<'t>,
}

impl<'t> Reader<'t> {
    fn place(&self, inner: &str) -> Place {
        let offset = (inner.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.lines.at(offset.min(self.text.len()))
    }

    fn node(&self, raw: &'t RawValue, depth: usize) -> Result<Node, Finding> {
        let text = raw.get();
        let place = self.place(text);
        let fault = |message: String| Finding { path: String::new(), place, message };
        if depth > DEEPEST {
            return Err(fault(format!("this is nested deeper than {DEEPEST} levels")));
        }
        let failed = |error: serde_json::Error| fault(format!("this JSON block can't be read: {error}"));
        let value = match text.as_bytes().first() {
            Some(b'{') => {
                let Fields(fields) = serde_json::from_str(text).map_err(failed)?;
                let mut out = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    let name: String = serde_json::from_str(key.get()).map_err(failed)?;
                    out.push((Key::new(name, self.place(key.get())), self.node(value, depth + 1)?));
                }
                Kind::Map(out)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
                Kind::List(items.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => {
                let text: String = serde_json::from_str(text).map_err(failed)?;
                return Ok(Node::quoted(&text, place));
            }
            _ => match serde_json::from_str(text).map_err(failed)? {
                serde_json::Value::Bool(flag) => Kind::Bool(flag),
                serde_json::Value::Number(number) => Kind::Number(number),
                _ => Kind::Null,
            },
        };
        Ok(Node { place, value })
    }
}

/// The fields of an object in their order, each as it is in the text.
struct Fields<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Ok(Fields(Vec::new()))
            }
        }
        deserializer.deserialize_map(Seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place_and_secrets_are_told_from_texts() {
        let text = "{\n  \"a\": [1, \"secret:x\"],\n  \"b\": \"secret::y\"}";
        let node = read(text, 10).expect("readable");
        let fields = node.fields().expect("an object");
        assert_eq!((fields[0].0.place.line, fields[0].0.place.column), (12, 3));
        let Kind::List(items) = &fields[0].1.value else { panic!("no list") };
        assert_eq!(items[1].value, Kind::Secret("x".to_owned()));
        assert_eq!((items[1].place.line, items[1].place.column), (12, 12));
        assert_eq!(fields[1].1.text(), Some("secret:y"));
    }

    #[test]
    fn broken_json_says_where() {
        let fault = read("{\n \"a\" 1}", 3).expect_err("broken");
        assert_eq!(fault.place.line, 5);
    }
}
