//! What is wrong with a text, and what people should look at: all of it at once, each with its place.

use serde::Serialize;

use super::place::Place;

/// Errors and warnings that are told, each; what is beyond is counted.
const MOST: usize = 500;

/// One error of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    pub path: String,
    #[serde(flatten)]
    pub place: Place,
    pub message: String,
}

/// Something that people should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Warning {
    #[serde(flatten)]
    pub place: Place,
    pub message: String,
}

/// All that was found so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    errors: Vec<Finding>,
    warnings: Vec<Warning>,
    untold_errors: usize,
    untold_warnings: usize,
}

impl Findings {
    pub(super) fn error(&mut self, path: impl Into<String>, place: Place, message: impl Into<String>) {
        if self.errors.len() >= MOST {
            self.untold_errors += 1;
            return;
        }
        self.errors.push(Finding { path: path.into(), place, message: message.into() });
    }

    pub(super) fn warn(&mut self, place: Place, message: impl Into<String>) {
        if self.warnings.len() >= 20 * MOST {
            self.untold_warnings += 1;
            return;
        }
        self.warnings.push(Warning { place, message: message.into() });
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Errors in the order of the text.
    pub(crate) fn errors(&self) -> Vec<Finding> {
        let mut errors = self.errors.clone();
        errors.sort_by(|a, b| (a.place, &a.path, &a.message).cmp(&(b.place, &b.path, &b.message)));
        errors.dedup();
        if self.untold_errors > 0 {
            let message = format!("{} more errors are not listed", self.untold_errors);
            errors.push(Finding { path: String::new(), place: Place::default(), message });
        }
        errors
    }

    /// Warnings in the order of the text.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.warnings.clone();
        warnings.sort();
        warnings.dedup();
        if self.untold_warnings > 0 {
            let message = format!("{} more warnings are not listed", self.untold_warnings);
            warnings.push(Warning { place: Place::default(), message });
        }
        warnings
    }
}
