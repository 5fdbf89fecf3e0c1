//! What stands at a place of a body: what its type says, or what people wrote as they liked.
//!
//! Only where a type says what a value is may a printer change its spelling: in open content a text is a text.

use crate::iac::{
    model::{
        body::Body,
        plan::Item,
        term::{Piece, Term, Text},
    },
    types::{self, Shape},
};

/// The ground that a value stands on.
#[derive(Debug, Clone)]
pub enum Ground {
    /// People's, or of a type that nobody published.
    Open,
    Typed(Shape),
    /// An object of a name and a value, such as a setting: the value is people's.
    Pair(Shape),
}

impl Ground {
    /// Of the whole body. Most bodies have nothing that their printer has to look twice at: `is_asked` is false.
    pub fn of(item: &Item, is_asked: bool) -> Self {
        let known = || types::find(&item.type_name, &item.api_version, item.name()).writable();
        is_asked.then(known).flatten().map_or(Self::Open, |known| Self::Typed(known.shape))
    }

    /// Whether a host of Azure's cloud here is one that the language can spell.
    pub fn is_typed(&self) -> bool {
        matches!(self, Self::Typed(_))
    }

    /// What the fields of a map stand on.
    pub fn of_fields(&self, fields: &[(Text, Term)]) -> Self {
        let Self::Typed(shape) = self else { return Self::Open };
        let by = |name: &str| {
            let found =
                fields.iter().find(|(key, _)| key.as_literal().is_some_and(|key| key.eq_ignore_ascii_case(name)));
            found.map(|(_, value)| match value {
                Term::Text(text) => text.as_literal().unwrap_or_default(),
                _ => "",
            })
        };
        let has = |name: &str| fields.iter().any(|(key, _)| key.as_literal() == Some(name));
        let shape = shape.of_kind(by);
        if fields.len() < 4 && has("name") && has("value") { Self::Pair(shape) } else { Self::Typed(shape) }
    }

    /// What the value of a field stands on; that of a map with people's keys is people's where any text will do.
    pub fn field(&self, name: &str) -> Self {
        let shape = match self {
            Self::Open => return Self::Open,
            Self::Pair(_) if name == "value" => return Self::Open,
            Self::Typed(shape) | Self::Pair(shape) => shape,
        };
        let below = match shape.prop(name) {
            Some(prop) => Some(prop.shape),
            None => shape.more().filter(|shape| shape.leaf().is_none()),
        };
        below.filter(|shape| !shape.is_open()).map_or(Self::Open, Self::Typed)
    }

    /// What the items of a list stand on.
    pub fn items(&self) -> Self {
        let Self::Typed(shape) = self else { return Self::Open };
        shape.items().filter(|shape| !shape.is_open()).map_or(Self::Open, Self::Typed)
    }
}

/// Whether a printer of templates has to look at what values stand on: where a host of the cloud is written, or a value
/// that is none of its type's.
pub fn is_asked(body: &Body, has_hosts: impl Fn(&str) -> bool) -> bool {
    let mut is_there = !body.against.is_empty();
    body.term.texts(&mut |_, text| {
        let has_one = |piece: &Piece| matches!(piece, Piece::Literal(text) if has_hosts(text));
        is_there = is_there || text.0.iter().any(has_one);
    });
    is_there
}
