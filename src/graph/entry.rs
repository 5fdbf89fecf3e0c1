//! The data that a scan hands to a generation and reads back: pages with their cursors, entries, counts. Data only.

use std::collections::BTreeMap;

use super::model::{Found, Fullness, Label};

/// A page of one stream of answers.
#[derive(Debug, Clone)]
pub struct Page {
    pub stream: String,
    pub found: Vec<Found>,
    pub cursor: Cursor,
}

/// How far a stream was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// The address of the next page.
    Next(String),
    Done,
}

/// What a page changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Put {
    pub added: u64,
    pub replaced: u64,
}

/// Which entries are wanted, in key order.
#[derive(Debug, Clone, Default)]
pub struct Select {
    /// Key of the last entry before.
    pub after: Option<String>,
    pub limit: usize,
}

/// A thing found so far, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub label: Label,
    pub id: String,
    pub type_name: String,
    pub subscription: Option<String>,
    pub api_version: String,
    pub location: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub fullness: Fullness,
    /// It was not seen in its own scan.
    pub is_stale: bool,
}

/// How many resources of a type there are in a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub subscription: String,
    /// Lower-cased.
    pub type_name: String,
    pub count: u64,
}
