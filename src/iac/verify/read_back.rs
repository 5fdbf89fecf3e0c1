//! What was printed is read back by a parser of its language, piece by piece.

use super::limits::{self, Outline};
use crate::iac::{emit::bicep, error::IacError};

/// Reads a piece of a file back; of a template its outline.
pub fn read_back(name: &str, text: &str) -> Result<Option<Outline>, IacError> {
    let unreadable = |cause: String| IacError::Unreadable { file: name.to_owned(), cause };
    match name.rsplit('.').next() {
        Some("tf") => drop(hcl::parse(text).map_err(|error| unreadable(error.to_string()))?),
        Some("bicep") => {
            bicep::read::check(text).map_err(unreadable)?;
            return Ok(Some(limits::outline_bicep(name, text)));
        }
        Some("json") => {
            let value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
            return Ok(limits::outline(name, text, &value));
        }
        _ => {}
    }
    Ok(None)
}
