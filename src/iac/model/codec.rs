//! Terms as bytes, compact and exact: how bodies wait between the sweeps. Nothing of it is ever kept
//! longer than one generation, so it has no version.

use serde_json::Number;

use super::term::{Output, PRINCIPALS, Piece, Pieces, Step, Term, Text};

/// Appends what is written.
#[derive(Debug, Default)]
pub struct Encoder(pub Vec<u8>);

impl Encoder {
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Seven bits a byte, the lowest first.
    pub fn number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(items.len());
        for item in items {
            each(self, item);
        }
    }

    pub fn term(&mut self, term: &Term) {
        match term {
            Term::Null => self.byte(0),
            Term::Bool(false) => self.byte(1),
            Term::Bool(true) => self.byte(2),
            Term::Number(number) => {
                self.byte(3);
                self.text(&number.to_string());
            }
            Term::Text(text) => {
                self.byte(4);
                self.pieces(text);
            }
            Term::List(items) => {
                self.byte(5);
                self.list(items, Self::term);
            }
            Term::Map(fields) => {
                self.byte(6);
                self.list(fields, |out, (key, value)| {
                    out.pieces(key);
                    out.term(value);
                });
            }
        }
    }

    pub fn pieces(&mut self, text: &Text) {
        self.list(&text.0, |out, piece| match piece {
            Piece::Literal(text) => {
                out.byte(0);
                out.text(text);
            }
            Piece::Reference(item) => {
                out.byte(1);
                out.number(*item);
            }
            Piece::Parameter(parameter) => {
                out.byte(2);
                out.number(*parameter);
            }
            Piece::External(id) => {
                out.byte(3);
                out.text(id);
            }
            Piece::Principal(item, path) => {
                out.byte(4);
                out.number(*item);
                out.number(PRINCIPALS.iter().position(|known| known == path).unwrap_or_default());
            }
            Piece::Output(of) => {
                out.byte(6);
                out.number(of.item);
                out.text(&of.path);
                out.text(&of.was);
            }
            Piece::Spelled(item, id) => {
                out.byte(5);
                out.number(*item);
                out.text(id);
            }
        });
    }

    pub fn path(&mut self, path: &[Step]) {
        self.list(path, |out, step| match step {
            Step::Field(name) => {
                out.byte(0);
                out.text(name);
            }
            Step::Index(index) => {
                out.byte(1);
                out.number(*index);
            }
        });
    }
}

/// Reads what an [`Encoder`] wrote; `None`: it did not.
#[derive(Debug)]
pub struct Decoder<'b>(pub &'b [u8]);

impl<'b> Decoder<'b> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn number(&mut self) -> Option<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    pub fn text(&mut self) -> Option<&'b str> {
        let length = self.number()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    pub fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        let mut items = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            items.push(each(self)?);
        }
        Some(items)
    }

    pub fn term(&mut self) -> Option<Term> {
        Some(match self.byte()? {
            0 => Term::Null,
            1 => Term::Bool(false),
            2 => Term::Bool(true),
            3 => Term::Number(self.text()?.parse::<Number>().ok()?),
            4 => Term::Text(self.pieces()?),
            5 => Term::List(self.list(Self::term)?),
            6 => Term::Map(self.list(|from| Some((from.pieces()?, from.term()?)))?),
            _ => return None,
        })
    }

    pub fn pieces(&mut self) -> Option<Text> {
        let count = self.number()?;
        let mut pieces = Pieces::new();
        for _ in 0..count {
            pieces.push(self.piece()?);
        }
        Some(Text(pieces))
    }

    fn piece(&mut self) -> Option<Piece> {
        Some(match self.byte()? {
            0 => Piece::Literal(self.text()?.to_owned()),
            1 => Piece::Reference(self.number()?),
            2 => Piece::Parameter(self.number()?),
            3 => Piece::External(self.text()?.to_owned()),
            4 => {
                let item = self.number()?;
                Piece::Principal(item, PRINCIPALS.get(self.number()?)?)
            }
            5 => Piece::Spelled(self.number()?, self.text()?.to_owned()),
            6 => {
                let (item, path) = (self.number()?, self.text()?.to_owned());
                Piece::Output(Box::new(Output { item, path, was: self.text()?.to_owned() }))
            }
            _ => return None,
        })
    }

    pub fn path(&mut self) -> Option<Vec<Step>> {
        self.list(|from| {
            Some(match from.byte()? {
                0 => Step::Field(from.text()?.to_owned()),
                1 => Step::Index(from.number()?),
                _ => return None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_term_is_what_it_was() {
        let mut term = Term::of(json!({
            "a": [null, true, false, "", "ü\n"], "n": [1, -1, 1.5, 1e300, 18_446_744_073_709_551_615_u64], "m": {}, "l": [],
        }));
        term.set(
            "pieces",
            Term::Text(Text(smallvec::smallvec![
                Piece::Reference(300),
                Piece::Literal("/x".to_owned()),
                Piece::Parameter(0),
                Piece::External("/subscriptions/s".to_owned()),
                Piece::Principal(70_000, PRINCIPALS[2]),
                Piece::Spelled(1, "/SUBSCRIPTIONS/s".to_owned()),
                Piece::Output(Box::new(Output {
                    item: 9,
                    path: "properties.x".to_owned(),
                    was: "https://x/".to_owned()
                })),
            ])),
        );
        let mut out = Encoder::default();
        out.term(&term);
        let mut from = Decoder(&out.0);
        assert_eq!((from.term(), from.0.len()), (Some(term), 0));
        assert_eq!(Decoder(&out.0[..out.0.len() - 1]).term(), None);
    }
}
