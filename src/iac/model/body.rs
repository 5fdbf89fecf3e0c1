//! What is sent of one resource, and what was found on the way to it. A body waits on the shelf between
//! the sweeps; only its place is in the plan.

use serde::Serialize;

use super::{
    codec::{Decoder, Encoder},
    term::{Step, Term},
};

/// The body of an item.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    /// Always a map.
    pub term: Term,
    /// Paths that can't be sent.
    pub pruned: Vec<String>,
    /// Paths that are spelled as the type does, not as Azure returned them.
    pub respelled: Vec<String>,
    /// Paths of values that are none of their type's.
    pub against: Vec<String>,
    /// Paths of words that the type wants spelled otherwise than Azure returns them.
    pub reworded: Vec<String>,
    /// Paths of what Azure never returns and somebody may have set.
    pub unseen: Vec<String>,
    /// Read-only values that the language's form of it asks for.
    pub read_only: Vec<ReadOnlyInput>,
    pub external: Vec<Mentioned>,
    pub unresolved: Vec<Mentioned>,
    /// References that stay literal because they would close a circle.
    pub circular: Vec<Mentioned>,
    /// What it still says of the place that it is moved away from.
    pub left_behind: Vec<Mentioned>,
    /// Numbers of items that it needs although no text of it refers to them; in rising order.
    pub waits: Vec<usize>,
}

/// A read-only value at its path.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOnlyInput {
    pub path: Vec<Step>,
    pub value: Term,
}

/// An id at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mentioned {
    pub path: String,
    pub id: String,
}

impl Body {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.term(&self.term);
        for paths in [&self.pruned, &self.respelled, &self.against, &self.reworded, &self.unseen] {
            out.list(paths, |out, path| out.text(path));
        }
        out.list(&self.read_only, |out, input| {
            out.path(&input.path);
            out.term(&input.value);
        });
        for mentions in [&self.external, &self.unresolved, &self.circular, &self.left_behind] {
            out.list(mentions, |out, mentioned| {
                out.text(&mentioned.path);
                out.text(&mentioned.id);
            });
        }
        out.list(&self.waits, |out, number| out.number(*number));
        out.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        fn paths(from: &mut Decoder<'_>) -> Option<Vec<String>> {
            from.list(|from| from.text().map(str::to_owned))
        }
        fn mentions(from: &mut Decoder<'_>) -> Option<Vec<Mentioned>> {
            from.list(|from| Some(Mentioned { path: from.text()?.to_owned(), id: from.text()?.to_owned() }))
        }
        let mut from = Decoder(bytes);
        Some(Self {
            term: from.term()?,
            pruned: paths(&mut from)?,
            respelled: paths(&mut from)?,
            against: paths(&mut from)?,
            reworded: paths(&mut from)?,
            unseen: paths(&mut from)?,
            read_only: from.list(|from| Some(ReadOnlyInput { path: from.path()?, value: from.term()? }))?,
            external: mentions(&mut from)?,
            unresolved: mentions(&mut from)?,
            circular: mentions(&mut from)?,
            left_behind: mentions(&mut from)?,
            waits: from.list(Decoder::number)?,
        })
    }
}
