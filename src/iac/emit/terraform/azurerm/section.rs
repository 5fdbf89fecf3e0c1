//! The tables as data: how bodies of one ARM type become one `azurerm_*` type. What the words of the tables
//! do is held here as functions, so that nothing below the words knows them by name.

use super::draft::{Cell, IdPart};
use crate::iac::model::term::{Term, Text};

/// One section of a table.
#[derive(Debug, Default)]
pub struct Section {
    /// `azurerm_subnet`.
    pub kind: &'static str,
    /// Spelled as import ids spell it.
    pub arm: &'static str,
    pub when: Vec<Guard>,
    pub require: Vec<&'static str>,
    pub import: Option<Template>,
    pub absorb: Vec<Absorbed>,
    pub apart: Vec<Apart>,
    /// Read-only paths whose values the provider wants all the same.
    pub told: Vec<Path>,
    /// Why such a resource is left to azapi.
    pub left: Option<&'static str>,
    /// Attributes that Azure never returns, and when that is so.
    pub unread: Vec<(&'static str, Vec<Guard>)>,
    /// Attributes whose default the provider reads where Azure says nothing.
    pub defaults: Vec<&'static str>,
    /// Attributes that somebody has to give, and why.
    pub ask: Vec<(&'static str, &'static str)>,
    /// A child that the body repeats: its type (lower case), and where its name stands.
    pub same: Option<(String, Path)>,
    pub lines: Vec<Line>,
}

/// Children of this type (lower case) are written in their parent.
#[derive(Debug)]
pub struct Absorbed {
    pub type_key: String,
    /// The last word of the type, as paths name it after `+`.
    pub name: &'static str,
    pub may_stay: bool,
}

/// Nested objects that are emitted as resources of this type.
#[derive(Debug)]
pub struct Apart {
    pub path: Path,
    pub kind: &'static str,
    /// Whether Azure takes them by themselves: azapi can carry those that azurerm cannot.
    pub may_stay: bool,
}

/// Where a value is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Root {
    #[default]
    Here,
    /// This many levels out.
    Outer(usize),
    Body,
    /// What the id says.
    Id(IdPart),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Field(&'static str),
    Item(usize),
}

/// A text with values in it: an import id.
pub type Template = Vec<Piece>;

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Literal(&'static str),
    Id(IdPart),
    Value(Path),
}

/// A condition on a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    pub path: Path,
    /// Empty: it is there.
    pub values: Vec<&'static str>,
    pub negated: bool,
}

/// One line of a section.
#[derive(Debug)]
pub struct Line {
    pub path: Path,
    pub target: Target,
    pub changes: Vec<Change>,
    pub guards: Vec<Guard>,
    /// Not read where all of these hold.
    pub unless: Vec<Guard>,
    /// Of the values that the path leads to, those for which these hold.
    pub only: Vec<Guard>,
    pub inner: Vec<Line>,
}

impl Line {
    pub fn is(&self, mark: Mark) -> bool {
        self.changes.iter().any(|change| matches!(change.does, Does::Mark(own) if own == mark))
    }
}

#[derive(Debug)]
pub enum Target {
    /// Consumed; with values only if it is one of them.
    Ignore(Vec<&'static str>),
    Attribute {
        blocks: Vec<&'static str>,
        name: &'static str,
    },
    Block {
        blocks: Vec<&'static str>,
        name: &'static str,
    },
    /// A resource of its own for each value, with its import id.
    Association(&'static str, Template),
    Constant {
        blocks: Vec<&'static str>,
        name: &'static str,
        value: &'static str,
    },
}

/// What is done to a value on its way to an attribute.
#[derive(Debug, Clone)]
pub struct Change {
    pub does: Does,
    pub given: Arguments,
}

/// What a word does.
#[derive(Debug, Clone, Copy)]
pub enum Does {
    /// To a text, number or switch, in a list to each; a parameter passes as it is.
    Plain(fn(Term, &Arguments) -> Result<Term, String>),
    /// The same, but a parameter is refused: the provider wants one of a list of words.
    Word(fn(Term, &Arguments) -> Result<Term, String>),
    /// To an id, in a list to each.
    Id(fn(Text, &Arguments) -> Cell),
    /// To the value as a whole; `None`: the attribute is not written.
    Whole(fn(Cell, &Arguments) -> Result<Option<Cell>, String>),
    /// Says what the value is where the body has none; with `true` only where an import compares it.
    Absent(bool),
    /// Tells the walk how to treat the line.
    Mark(Mark),
}

/// How the walk treats a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// All values make one block.
    Merged,
    /// An empty value counts as one.
    Empty,
    /// Read, and left for other lines.
    Keep,
    /// Written even where it is empty.
    Ever,
    /// Its changes are ignored: the value is a secret, or never returned.
    Secret,
    /// Text, letters, and the value at another path.
    With,
    /// An id whose last name has to be spelled so.
    Ends,
}

/// What a word was given, in the order of what it takes; the parser has checked it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments(pub Vec<Argument>);

#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Text(&'static str),
    Number(u64),
    Path(Path),
    Guard(Guard),
    Template(Template),
}

impl Arguments {
    /// The text at this place; empty where none was given.
    pub fn text(&self, at: usize) -> &'static str {
        match self.0.get(at) {
            Some(Argument::Text(text)) => text,
            _ => "",
        }
    }

    /// The number at this place; 0 where none was given.
    pub fn number(&self, at: usize) -> u64 {
        match self.0.get(at) {
            Some(Argument::Number(number)) => *number,
            _ => 0,
        }
    }

    pub fn texts(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().filter_map(|argument| match argument {
            Argument::Text(text) => Some(*text),
            _ => None,
        })
    }

    pub fn path(&self) -> Option<&Path> {
        self.0.iter().find_map(|argument| match argument {
            Argument::Path(path) => Some(path),
            _ => None,
        })
    }

    pub fn guards(&self) -> impl Iterator<Item = Guard> + '_ {
        self.0.iter().filter_map(|argument| match argument {
            Argument::Guard(guard) => Some(guard.clone()),
            _ => None,
        })
    }

    pub fn template(&self) -> Option<&Template> {
        self.0.iter().find_map(|argument| match argument {
            Argument::Template(template) => Some(template),
            _ => None,
        })
    }
}
