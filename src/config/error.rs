//! The errors of a configuration, each with the place of the wrong value.

use std::{fmt, path::Path};

/// A refused configuration. `Display` is one line for people: where, what, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{message}")]
pub struct ConfigError {
    place: Place,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Nowhere,
    File(String),
    Position { file: String, line: usize, column: usize },
    Source(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => Ok(()),
            Self::File(file) => write!(f, "{file}: "),
            Self::Position { file, line, column } => write!(f, "{file}:{line}:{column}: "),
            Self::Source(name) => write!(f, "{name}: "),
        }
    }
}

impl ConfigError {
    pub(super) fn anywhere(message: impl Into<String>) -> Self {
        Self { place: Place::Nowhere, message: message.into() }
    }

    pub(super) fn in_file(file: &Path, message: impl Into<String>) -> Self {
        Self { place: Place::File(file.display().to_string()), message: message.into() }
    }

    /// At a byte offset of the file's text.
    pub(super) fn at_offset(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        Self { place: Place::Position { file: file.to_owned(), line, column }, message: message.into() }
    }

    /// From a variable or a flag.
    pub(super) fn of_source(name: &str, message: impl Into<String>) -> Self {
        Self { place: Place::Source(name.to_owned()), message: message.into() }
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Line and column, from 1, of a value in a file.
    pub fn position(&self) -> Option<(usize, usize)> {
        match self.place {
            Place::Position { line, column, .. } => Some((line, column)),
            _ => None,
        }
    }
}

/// Adds the nearest allowed name to serde's "unknown field" and leaves other messages as they are.
pub(super) fn with_suggestion(message: &str) -> String {
    let unknown = ["unknown field `", "unknown variant `"];
    let Some(rest) = unknown.iter().find_map(|prefix| message.strip_prefix(prefix)) else {
        return message.to_owned();
    };
    let Some(written) = rest.split('`').next() else { return message.to_owned() };
    let nearest = rest
        .split('`')
        .skip(2)
        .step_by(2)
        .map(|allowed| (strsim::damerau_levenshtein(written, allowed), allowed))
        .min()
        .filter(|(distance, allowed)| *distance <= allowed.len().max(3) / 3);
    match nearest {
        Some((_, allowed)) => format!("{message}; did you mean `{allowed}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_allowed_name_is_suggested_and_far_ones_are_not() {
        let message = "unknown field `lisen`, expected one of `listen`, `public_url`";
        assert!(with_suggestion(message).ends_with("did you mean `listen`?"));
        let message = "unknown field `colour`, expected one of `listen`, `public_url`";
        assert_eq!(with_suggestion(message), message);
    }

    #[test]
    fn positions_count_characters_from_one() {
        let error = ConfigError::at_offset("f", "a = 1\né = x", 11, "wrong");
        assert_eq!(error.position(), Some((2, 5)));
        assert_eq!(error.to_string(), "f:2:5: wrong");
    }
}
