//! Names of administrators become parameters whose values the file of parameters has: they are no secrets, and each place
//! that the code is deployed to may want another.

use smallvec::smallvec;

use super::secrets::{Lifted, field};
use crate::iac::{
    model::term::{Piece, Step, Term, Text, spell},
    types::Leaf,
};

const WHY: &str = "The file of parameters has the one that was read";

/// Puts a parameter in the place of each name that is a plain text. Parameters are numbered behind those of `lifted`.
pub fn lift(body: &mut Term, places: &[Vec<Step>], lifted: &mut Vec<Lifted>) {
    for place in places {
        let Some(Term::Text(text)) = body.at_mut(place) else { continue };
        let Some(value) = text.as_literal().map(str::to_owned) else { continue };
        let number = lifted.len();
        lifted.push(Lifted {
            called: field(place),
            path: spell(place),
            why: WHY,
            leaf: Leaf::Text,
            value: Some(value),
        });
        *text = Text(smallvec![Piece::Parameter(number)]);
    }
}
