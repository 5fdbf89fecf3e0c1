//! A template's resource whose name and id are known and whose body is not evaluated yet.

use serde_json::Value;

/// A resource before its body is evaluated.
pub(super) struct Planned {
    pub raw: Value,
    pub copies: Vec<(String, u64)>,
    /// With the parents' names: `vnet/subnet`.
    pub name: String,
    pub type_name: String,
    pub api_version: String,
    pub id: String,
    pub symbolic: Option<String>,
    /// What its `condition` says.
    pub wanted: bool,
    /// Only referred to (`existing`), not put.
    pub existing: bool,
    /// Names and ids as `dependsOn` spells them.
    pub depends: Vec<String>,
}
