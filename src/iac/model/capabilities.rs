//! What a language can express, told once by its emitter and read by the passes.

use serde_json::Value;

use super::{body::ReadOnlyInput, style::Style};
use crate::graph::model::Node;

/// One value for each language and way of using it.
#[derive(Debug, Clone, Copy)]
pub struct Capabilities {
    /// What is printed is compared with what Azure returns, to the letter: an import. Names, words and ids
    /// keep Azure's spelling.
    pub compares: bool,
    /// The id of what is known and not planned can be spelled by a function.
    pub has_functions: bool,
    /// How the language spells names.
    pub style: Style,
    /// Names of administrators are parameters whose values the file of parameters has.
    pub asks_administrators: bool,
    /// Takes nested objects out of a body that are resources of their own in the language; `None`: it leaves
    /// the body as it is.
    pub split: fn(&Node, &Self) -> Option<Split>,
    /// Read-only values that the language's form of a type asks for.
    pub read_only: fn(&str, &Value) -> Vec<ReadOnlyInput>,
}

/// A resource without the nested objects that become resources of their own.
#[derive(Debug, Clone)]
pub struct Split {
    pub bare: Node,
    pub children: Vec<Node>,
}

impl Capabilities {
    /// A language that takes bodies as their types have them: templates.
    pub const fn whole() -> Self {
        Self {
            compares: false,
            has_functions: true,
            style: Style::Camel,
            asks_administrators: true,
            split: |_, _| None,
            read_only: |_, _| Vec::new(),
        }
    }
}
