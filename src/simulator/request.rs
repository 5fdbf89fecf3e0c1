//! A request taken apart as ARM does it, where case does not matter. Knows no route.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};

use super::reply::Query;

/// A request taken apart as ARM does it, whatever its case.
pub(super) struct Asked<'a> {
    pub method: &'a Method,
    /// Decoded, as it was spelled.
    pub path: &'a str,
    pub segments: Vec<&'a str>,
    /// The segments in lower case.
    pub words: Vec<&'a str>,
    pub query: Query,
    /// Path and query in lower case: what the scope of a fault is looked for in.
    pub address: String,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
}

impl Asked<'_> {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
