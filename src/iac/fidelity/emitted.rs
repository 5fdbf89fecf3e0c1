//! What generated code says, read back.

use serde_json::Value;

/// A resource as generated code says it, with references and parameters evaluated. A value that has to
/// be given is an object with the one field `PARAMETER`.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    pub body: Value,
}

/// The field of an object that stands for a value that has to be given.
pub const PARAMETER: &str = "\u{0}parameter";
