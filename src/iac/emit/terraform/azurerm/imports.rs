//! Ids by which azurerm imports, where they are more than the id of the resource.

use super::{
    draft::{Cell, IdPart},
    ids::canonical,
};
use crate::iac::model::{
    plan::Plan,
    term::{Piece, Term, Text},
};

/// A composite import id of an item as text.
pub fn import_id(plan: &Plan, number: usize, cells: &[Cell]) -> String {
    let item = &plan.items[number];
    let text = |cell: &Cell| match cell {
        Cell::Id(IdPart::Whole) => canonical(&item.id),
        Cell::Id(IdPart::Name) => item.name().to_owned(),
        Cell::Id(IdPart::Scope) => canonical(&item.parsed().parent()),
        Cell::Term(Term::Text(text)) => {
            let whole = literal(plan, text);
            if whole.starts_with('/') { canonical(&whole) } else { whole }
        }
        _ => String::new(),
    };
    cells.iter().map(text).collect()
}

/// A text with ids for references; parameters have no text.
pub fn literal(plan: &Plan, text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Reference(number) => plan.items[*number].id.to_string(),
        Piece::External(id) | Piece::Spelled(_, id) => id.clone(),
        Piece::Output(of) => of.was.clone(),
        Piece::Parameter(_) | Piece::Principal(..) => String::new(),
    };
    text.0.iter().map(piece).collect()
}
