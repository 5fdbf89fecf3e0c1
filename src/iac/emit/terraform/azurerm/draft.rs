//! A drafted `azurerm_*` resource: what a table made of a body, before addresses are known.

use crate::iac::model::term::{Term, Text};

/// A resource to print.
#[derive(Debug)]
pub struct Draft {
    pub kind: &'static str,
    pub entries: Vec<Entry>,
    /// Of `lifecycle.ignore_changes`.
    pub ignored: Vec<String>,
    pub besides: Vec<Beside>,
    /// Its import id, where it is not the id of the resource.
    pub import: Option<Vec<Cell>>,
    /// Numbers of the children that are written in it.
    pub within: Vec<usize>,
    /// Paths of values that it does not say: the provider or Azure sets them by itself.
    pub left: Vec<String>,
    /// Attributes that somebody has to give, and why.
    pub asked: Vec<(&'static str, &'static str)>,
    /// Ids that have to end in a name, letter by letter. Held to that where the names of items are known, before the
    /// draft is kept.
    pub endings: Vec<(Text, &'static str)>,
}

/// A resource that azurerm has beside another: an association.
#[derive(Debug)]
pub struct Beside {
    pub kind: &'static str,
    pub entries: Vec<Entry>,
    pub ignored: Vec<String>,
    pub import: Vec<Cell>,
}

#[derive(Debug, Clone)]
pub enum Entry {
    Attribute(&'static str, Cell),
    Block(&'static str, Vec<Entry>),
}

/// What the id of a resource says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdPart {
    Name,
    /// The name of its group.
    Group,
    /// The id itself, as the provider spells it.
    Whole,
    /// The same as a reference, for what stands beside the resource.
    Itself,
    Parent,
    ParentName,
    Grandparent,
    GrandparentName,
    /// What an assignment stands at.
    Scope,
}

/// A value of the draft.
#[derive(Debug, Clone)]
pub enum Cell {
    Term(Term),
    /// Printed letter by letter.
    Verbatim(Term),
    /// What the resource's own id says.
    Id(IdPart),
    /// The name that an id ends in.
    Name(Text),
    Json(Term),
    List(Vec<Cell>),
    /// Somebody has to give it.
    Asked,
}

impl Draft {
    /// Gives an attribute its value.
    pub fn fill(&mut self, name: &str, value: Cell) {
        let found = self.entries.iter_mut().find(|entry| entry.name() == name);
        if let Some(Entry::Attribute(_, cell)) = found {
            *cell = value;
        }
    }

    /// Numbers of the parameters that it is given.
    pub fn parameters(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.entries.iter().for_each(|entry| entry.parameters(&mut found));
        self.besides.iter().flat_map(|beside| &beside.entries).for_each(|entry| entry.parameters(&mut found));
        found
    }

    /// Whether there is an attribute or a block of this name at the top.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name() == name)
    }
}

impl Entry {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Attribute(name, _) | Self::Block(name, _) => name,
        }
    }

    fn parameters(&self, found: &mut Vec<usize>) {
        match self {
            Self::Attribute(_, cell) => cell.parameters(found),
            Self::Block(_, entries) => entries.iter().for_each(|entry| entry.parameters(found)),
        }
    }

    pub fn has_parameter(&self) -> bool {
        match self {
            Self::Attribute(_, cell) => cell.has_parameter(),
            Self::Block(_, entries) => entries.iter().any(Self::has_parameter),
        }
    }
}

impl Cell {
    fn parameters(&self, found: &mut Vec<usize>) {
        match self {
            Self::Term(term) | Self::Verbatim(term) | Self::Json(term) => found.extend(term.parameters()),
            Self::List(cells) => cells.iter().for_each(|cell| cell.parameters(found)),
            _ => {}
        }
    }

    pub fn has_parameter(&self) -> bool {
        match self {
            Self::Term(term) | Self::Verbatim(term) | Self::Json(term) => term.has_parameters(),
            Self::List(cells) => cells.iter().any(Self::has_parameter),
            _ => false,
        }
    }
}
