//! Drafts as bytes, as they wait between the sweeps.

use std::collections::HashMap;

use parking_lot::RwLock;

use super::draft::{Beside, Cell, Draft, Entry, IdPart};
use crate::iac::model::codec::{Decoder, Encoder};

/// Names of the tables by number: drafts hold few different ones.
#[derive(Debug, Default)]
pub struct Names(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    all: Vec<&'static str>,
    numbers: HashMap<&'static str, usize>,
}

const ID_PARTS: [IdPart; 9] = [
    IdPart::Name,
    IdPart::Group,
    IdPart::Whole,
    IdPart::Itself,
    IdPart::Parent,
    IdPart::ParentName,
    IdPart::Grandparent,
    IdPart::GrandparentName,
    IdPart::Scope,
];

impl Names {
    fn number(&self, name: &'static str) -> usize {
        let known = self.0.read().numbers.get(name).copied();
        known.unwrap_or_else(|| {
            let mut known = self.0.write();
            let Known { all, numbers } = &mut *known;
            *numbers.entry(name).or_insert_with(|| {
                all.push(name);
                all.len() - 1
            })
        })
    }

    fn name(&self, number: usize) -> Option<&'static str> {
        self.0.read().all.get(number).copied()
    }

    /// What is printed of a draft. Which children are written in it, and its import id, are in its form.
    pub fn encode(&self, draft: &Draft, out: &mut Encoder) {
        out.number(self.number(draft.kind));
        self.entries(&draft.entries, out);
        out.list(&draft.ignored, |out, path| out.text(path));
        out.list(&draft.besides, |out, beside| {
            out.number(self.number(beside.kind));
            self.entries(&beside.entries, out);
            out.list(&beside.ignored, |out, path| out.text(path));
            out.list(&beside.import, |out, cell| write_cell(cell, out));
        });
        out.list(&draft.asked, |out, (name, why)| {
            out.number(self.number(name));
            out.number(self.number(why));
        });
    }

    fn entries(&self, entries: &[Entry], out: &mut Encoder) {
        out.list(entries, |out, entry| match entry {
            Entry::Attribute(name, cell) => {
                out.byte(0);
                out.number(self.number(name));
                write_cell(cell, out);
            }
            Entry::Block(name, inner) => {
                out.byte(1);
                out.number(self.number(name));
                self.entries(inner, out);
            }
        });
    }

    /// Reads what was encoded with these names.
    pub fn decode(&self, from: &mut Decoder<'_>) -> Option<Draft> {
        fn texts(from: &mut Decoder<'_>) -> Option<Vec<String>> {
            from.list(|from| from.text().map(str::to_owned))
        }
        Some(Draft {
            kind: self.name(from.number()?)?,
            entries: self.read_entries(from)?,
            ignored: texts(from)?,
            besides: from.list(|from| {
                Some(Beside {
                    kind: self.name(from.number()?)?,
                    entries: self.read_entries(from)?,
                    ignored: texts(from)?,
                    import: from.list(read_cell)?,
                })
            })?,
            left: Vec::new(),
            asked: from.list(|from| Some((self.name(from.number()?)?, self.name(from.number()?)?)))?,
            import: None,
            within: Vec::new(),
            endings: Vec::new(),
        })
    }

    fn read_entries(&self, from: &mut Decoder<'_>) -> Option<Vec<Entry>> {
        from.list(|from| {
            Some(match from.byte()? {
                0 => Entry::Attribute(self.name(from.number()?)?, read_cell(from)?),
                1 => Entry::Block(self.name(from.number()?)?, self.read_entries(from)?),
                _ => return None,
            })
        })
    }
}

fn write_cell(cell: &Cell, out: &mut Encoder) {
    match cell {
        Cell::Term(term) => {
            out.byte(0);
            out.term(term);
        }
        Cell::Verbatim(term) => {
            out.byte(1);
            out.term(term);
        }
        Cell::Json(term) => {
            out.byte(2);
            out.term(term);
        }
        Cell::Id(part) => {
            out.byte(3);
            out.number(ID_PARTS.iter().position(|known| known == part).unwrap_or_default());
        }
        Cell::Name(text) => {
            out.byte(4);
            out.pieces(text);
        }
        Cell::List(cells) => {
            out.byte(5);
            out.list(cells, |out, cell| write_cell(cell, out));
        }
        Cell::Asked => out.byte(6),
    }
}

fn read_cell(from: &mut Decoder<'_>) -> Option<Cell> {
    Some(match from.byte()? {
        0 => Cell::Term(from.term()?),
        1 => Cell::Verbatim(from.term()?),
        2 => Cell::Json(from.term()?),
        3 => Cell::Id(*ID_PARTS.get(from.number()?)?),
        4 => Cell::Name(from.pieces()?),
        5 => Cell::List(from.list(read_cell)?),
        6 => Cell::Asked,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iac::model::term::{Term, Text};

    #[test]
    fn a_draft_is_what_it_was() {
        let text = |text: &str| Text::literal(text);
        let cells = vec![
            Cell::Term(Term::Bool(true)),
            Cell::Verbatim(Term::Text(text("a"))),
            Cell::Json(Term::Map(vec![(text("k"), Term::Null)])),
            Cell::Name(text("/b")),
            Cell::Asked,
        ];
        let cells = cells.into_iter().chain(ID_PARTS.map(Cell::Id)).collect();
        let entries = vec![Entry::Attribute("one", Cell::List(cells)), Entry::Block("two", vec![])];
        let draft = Draft {
            kind: "azurerm_x",
            besides: vec![Beside {
                kind: "azurerm_y",
                entries: entries.clone(),
                ignored: vec![],
                import: vec![Cell::Id(IdPart::Scope)],
            }],
            entries,
            ignored: vec!["one".to_owned()],
            import: None,
            within: vec![],
            left: vec![],
            asked: vec![("three", "because")],
            endings: vec![],
        };
        let (names, mut out) = (Names::default(), Encoder::default());
        names.encode(&draft, &mut out);
        let read = names.decode(&mut Decoder(&out.0)).expect("a draft");
        assert_eq!(format!("{read:?}"), format!("{draft:?}"));
    }
}
