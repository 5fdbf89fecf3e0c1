//! Form 1 in YAML: a block read into nodes with their places. Anchors and aliases are refused: a small text could
//! otherwise mean a huge one.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::Number;

use crate::spec::{
    finding::Finding,
    node::{Key, Kind, Node, Spelled, secret_or},
    place::Place,
};

/// Deepest nesting.
const DEEPEST: usize = 100;

/// Reads one document; the error's path is empty.
pub(super) fn read(text: &str, before: u32) -> Result<Node, Finding> {
    let mut builder = Builder { before, open: Vec::new(), done: None };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let place = place_of(error.marker().line(), error.marker().col(), before);
            fault(place, format!("this YAML block can't be read: {}", error.info()))
        })?;
        builder.take(event, &span)?;
    }
    builder.done.ok_or_else(|| fault(place_of(1, 0, before), "this YAML block is empty".to_owned()))
}

fn fault(place: Place, message: String) -> Finding {
    Finding { path: String::new(), place, message }
}

fn place_of(line: usize, column: usize, before: u32) -> Place {
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX / 2);
    Place { line: short(line.max(1)) + before, column: short(column) + 1 }
}

/// A list or an object that is not closed yet.
enum Open {
    List(Place, Vec<Node>),
    /// With the key whose value comes next.
    Map(Place, Vec<(Key, Node)>, Option<Key>),
}

struct Builder {
    before: u32,
    open: Vec<Open>,
    done: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Finding> {
        let place = place_of(span.start.line(), span.start.col(), self.before);
        match event {
            Event::Alias(_) => {
                return Err(fault(place, "expected a value: anchors and aliases are not read".to_owned()));
            }
            Event::Scalar(text, style, ..) => {
                let waits_for_key = matches!(self.open.last(), Some(Open::Map(_, _, None)));
                if waits_for_key {
                    if let Some(Open::Map(_, _, key)) = self.open.last_mut() {
                        *key = Some(Key::new(text.into_owned(), place));
                    }
                    return Ok(());
                }
                return self.put(scalar(&text, style, place));
            }
            Event::SequenceStart(..) => self.begin(Open::List(place, Vec::new()), place)?,
            Event::MappingStart(..) => self.begin(Open::Map(place, Vec::new(), None), place)?,
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.open.pop() {
                    Some(Open::List(place, items)) => Node::list(items, place),
                    Some(Open::Map(place, fields, _)) => Node::map(fields, place),
                    None => return Ok(()),
                };
                return self.put(node);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, open: Open, place: Place) -> Result<(), Finding> {
        if matches!(self.open.last(), Some(Open::Map(_, _, None))) {
            return Err(fault(place, "expected a text for the name of a field".to_owned()));
        }
        if self.open.len() >= DEEPEST {
            return Err(fault(place, format!("this is nested deeper than {DEEPEST} levels")));
        }
        self.open.push(open);
        Ok(())
    }

    fn put(&mut self, node: Node) -> Result<(), Finding> {
        match self.open.last_mut() {
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, fields, key)) => {
                if let Some(key) = key.take() {
                    fields.push((key, node));
                }
            }
            None if self.done.is_some() => {
                return Err(fault(node.place, "expected one document: this block holds several".to_owned()));
            }
            None => self.done = Some(node),
        }
        Ok(())
    }
}

/// A scalar as YAML's core schema reads it; words such as `yes` stay texts that are read as people write.
fn scalar(text: &str, style: ScalarStyle, place: Place) -> Node {
    if style != ScalarStyle::Plain {
        return Node::quoted(text, place);
    }
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(text) {
            Some(number) => Kind::Number(number),
            None => secret_or(text, Spelled::Plain),
        },
    };
    Node { place, value }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // 007 is no number to people, and a version such as 1.30 is not 1.3.
    if !digits.starts_with(|c: char| c.is_ascii_digit())
        || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0."))
    {
        return None;
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    // Only what comes back as it was written: else the text is kept, and is a number where its type says so.
    Number::from_f64(number).filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_meaning_and_place() {
        let node = read("a: yes\nb: [1, 1.30, '2']\nc:\n  d: secret:x\n", 4).expect("readable");
        let fields = node.fields().expect("an object");
        assert_eq!(fields[0].1.value, Kind::Text { text: "yes".to_owned(), spelled: Spelled::Plain });
        assert_eq!(fields[0].1.place, Place { line: 5, column: 4 });
        let Kind::List(items) = &fields[1].1.value else { panic!("no list") };
        assert_eq!(items[1].text(), Some("1.30"));
        assert_eq!(items[2].value, Kind::Text { text: "2".to_owned(), spelled: Spelled::Quoted });
        assert_eq!(fields[2].1.fields().expect("an object")[0].1.value, Kind::Secret("x".to_owned()));
    }

    #[test]
    fn aliases_and_broken_blocks_are_refused_with_their_line() {
        assert_eq!(read("a: &x 1\nb: *x\n", 0).expect_err("refused").place.line, 2);
        assert!(read("a: [1\nb: 2", 7).expect_err("broken").place.line > 7);
    }
}
