//! What of the source a finished body still says: old names, the region, the subscriptions. All of it is in the report,
//! so that a person can decide.

use super::{target::Target, texts::words};
use crate::{
    arm,
    iac::model::{
        body::{Body, Mentioned},
        plan::{Item, Plan},
        term::{Piece, Text},
    },
};

/// Letters of a text that a row shows.
const SHOWN: usize = 200;

/// Letters of the version of a key or a secret.
const VERSION: usize = 32;

impl Target<'_> {
    /// Rows for the report: paths and texts. What the name of the resource itself says is at the path `name`.
    pub fn left(&self, plan: &Plan, item: &Item, body: &Body) -> Vec<Mentioned> {
        let mut found: Vec<Mentioned> = Vec::new();
        let mut tell = |path: String, text: &str| {
            let id: String = text.chars().take(SHOWN).collect();
            if !found.iter().any(|told| told.path == path && told.id == id) {
                found.push(Mentioned { path, id });
            }
        };
        if self.is_of_source(item.name()) {
            tell("name".to_owned(), item.name());
        }
        body.term.paths(&mut |path, text| {
            for piece in &text.0 {
                if let Piece::Literal(literal) = piece
                    && self.is_of_source(literal)
                {
                    tell(path.to_owned(), literal);
                }
            }
            if self.is_old_version(plan, text) {
                tell(path.to_owned(), &text.0.iter().filter_map(literal_of).collect::<String>());
            }
        });
        found
    }

    /// Whether a text says something of the source.
    fn is_of_source(&self, text: &str) -> bool {
        let is_letter = |c: char| c.is_alphanumeric();
        if self.request.target_subscription_id.is_some() {
            let lower = text.to_ascii_lowercase();
            let mut others = self.texts.words.iter().filter(|(_, word)| word.is_other);
            if text.len() >= 36 && others.any(|(from, _)| lower.contains(from)) {
                return true;
            }
        }
        if self.request.location.is_some() && self.names_region(text) {
            return true;
        }
        !self.texts.names.is_empty()
            && words(text, |c| is_letter(c) || c == '-').into_iter().any(|at| self.texts.names.is_old(&text[at]))
    }

    /// Whether a region that something moves away from is named, by its code or as people write it.
    fn names_region(&self, text: &str) -> bool {
        let to = self.texts.location.as_deref().map(arm::location_code).unwrap_or_default();
        let is_left = |code: &str| code != to && self.regions.is_left(code);
        let parts = words(text, char::is_alphanumeric);
        // `West US 2` has three words.
        (0..parts.len()).any(|first| {
            let beside = |pair: &[std::ops::Range<usize>]| text[pair[0].end..pair[1].start] == *" ";
            (first..parts.len().min(first + 3))
                .take_while(|last| parts[first..=*last].windows(2).all(beside))
                .any(|last| is_left(&arm::location_code(&text[parts[first].start..parts[last].end])))
        })
    }

    /// Whether a text names a version of a key of a vault that is made anew.
    fn is_old_version(&self, plan: &Plan, text: &Text) -> bool {
        if self.request.name_suffix.is_none() && self.request.target_subscription_id.is_none() {
            return false;
        }
        let is_vaults = |piece: &Piece| match piece {
            Piece::Output(output) => plan.items[output.item].type_name.starts_with("Microsoft.KeyVault/"),
            _ => false,
        };
        let is_version = |piece: &Piece| {
            literal_of(piece).is_some_and(|text| {
                let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                last.len() == VERSION && last.chars().all(|c| c.is_ascii_hexdigit())
            })
        };
        text.0.iter().any(is_vaults) && text.0.iter().any(is_version)
    }
}

fn literal_of(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Literal(text) => Some(text),
        _ => None,
    }
}
