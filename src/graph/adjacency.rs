//! Edges as they are stored: packed with the node whose body says them, and found from either end.
//!
//! ```text
//! EDGES     (generation, last source) ─▶ zstd [ source ▸ its edges ] × up to HOLDERS, in key order
//! EDGES_IN  (generation, place(end), batch) ─▶ the nodes whose bodies say an edge with this end
//! ```
//! A node's body says edges of two kinds: those that the node holds (to its subnet) and those that another node
//! holds (its group contains it). Keys of one region are much alike, so packing them together makes rows few and
//! small. Ends share a row with the others of their bucket; an end with many sources has a row of its own.
//! Knows no rules: which edges there are is `rules`' to say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    GraphError,
    body::Opener,
    model::Edge,
    tables::{EDGES, EDGES_IN, key_hash, kind_byte, kind_of},
};
use crate::store::{Bytes, Order, Read, Span, StoreError, Write, bincoded, unbincoded};

/// Sayers in one row.
const HOLDERS: usize = 32;
/// Rows that the ends of a batch share.
const BUCKETS: u64 = 128;
/// An end that more nodes of a batch lead to than this has a row of its own.
const SHARED: usize = 16;
/// Rows of edges that a migration reads in one go.
const AGAIN: usize = 256;
/// Rows longer than this are compressed.
const PLAIN: usize = 400;
const ZSTD_LEVEL: i32 = 1;

/// The end is the source of an edge.
const AS_SOURCE: u8 = 1;
/// The end is the target of an edge.
const AS_TARGET: u8 = 2;

/// The edges that each node of a batch says, in the order of keys.
#[derive(Debug, Clone, Default)]
pub(super) struct EdgeSet {
    pub by_source: Vec<(String, Vec<Edge>)>,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    source: String,
    edges: Vec<PackedEdge>,
}

#[derive(Serialize, Deserialize)]
struct PackedEdge {
    kind: u8,
    /// Empty: the source.
    source: String,
    /// Empty: the source.
    target: String,
    path: String,
    properties: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct Ends {
    end: String,
    by_source: Vec<(u8, String)>,
}

/// The rows of a batch, packed off the writer's thread.
#[derive(Default)]
pub(super) struct Rows {
    edges: Vec<((u64, String), Bytes)>,
    ends: Vec<((u64, u64, u32), Bytes)>,
}

impl Rows {
    pub(super) fn pack(generation: u64, batch: u32, set: EdgeSet) -> Result<Self, GraphError> {
        let mut ends: Vec<(u64, &str, &str, u8)> = Vec::new();
        for (source, edges) in &set.by_source {
            for edge in edges {
                for (end, side) in [(&edge.source, AS_SOURCE), (&edge.target, AS_TARGET)] {
                    if end != source {
                        ends.push((key_hash(end), end, source, side));
                    }
                }
            }
        }
        // Sorted, so that a batch's rows go in side by side.
        ends.sort_unstable();
        let mut rows = Self::default();
        let compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL);
        let mut compressor = compressor.map_err(|error| GraphError::Body(error.to_string()))?;
        let mut shared: Vec<Ends> = Vec::new();
        let mut own: BTreeMap<u64, Vec<Ends>> = BTreeMap::new();
        for of_end in ends.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (hash, end, ..) = of_end[0];
            let mut by_source: Vec<(u8, String)> = Vec::new();
            for of_sayer in of_end.chunk_by(|a, b| a.2 == b.2) {
                let sides = of_sayer.iter().fold(0, |sides, (.., side)| sides | side);
                by_source.push((sides, of_sayer[0].2.to_owned()));
            }
            let ends = Ends { end: end.to_owned(), by_source };
            if ends.by_source.len() > SHARED {
                // Of two keys with one place, a wonder, both are in the row.
                own.entry(own_place(hash)).or_default().push(ends);
            } else {
                if shared.last().is_some_and(|last| bucket(key_hash(&last.end)) != bucket(hash)) {
                    rows.share(generation, batch, &mut compressor, &mut shared)?;
                }
                shared.push(ends);
            }
        }
        rows.share(generation, batch, &mut compressor, &mut shared)?;
        for (place, ends) in own {
            rows.ends.push(((generation, place, batch), packed(&mut compressor, &ends)?));
        }
        let mut by_source = set.by_source.into_iter().filter(|(_, edges)| !edges.is_empty()).peekable();
        while by_source.peek().is_some() {
            let mut chunk = Vec::with_capacity(HOLDERS);
            let mut last = String::new();
            for (source, edges) in by_source.by_ref().take(HOLDERS) {
                last.clone_from(&source);
                let edges = edges.into_iter().map(|edge| PackedEdge::of(edge, &source)).collect();
                chunk.push(Packed { source, edges });
            }
            rows.edges.push(((generation, last), packed(&mut compressor, &chunk)?));
        }
        Ok(rows)
    }

    fn share(
        &mut self,
        generation: u64,
        batch: u32,
        compressor: &mut zstd::bulk::Compressor<'_>,
        shared: &mut Vec<Ends>,
    ) -> Result<(), GraphError> {
        if let Some(first) = shared.first() {
            let at = (generation, bucket(key_hash(&first.end)), batch);
            self.ends.push((at, packed(compressor, shared)?));
            shared.clear();
        }
        Ok(())
    }

    pub(super) fn write(&self, write: &mut Write<'_>) -> Result<(), StoreError> {
        for (at, row) in &self.edges {
            write.put(&EDGES, at, row)?;
        }
        for (at, row) in &self.ends {
            write.put(&EDGES_IN, at, row)?;
        }
        Ok(())
    }
}

/// The row that an end shares; hashes in order give buckets in order.
const fn bucket(hash: u64) -> u64 {
    hash / (u64::MAX / BUCKETS + 1)
}

/// The row of an end that shares none.
const fn own_place(hash: u64) -> u64 {
    hash | 1 << 63
}

impl PackedEdge {
    fn of(edge: Edge, source: &str) -> Self {
        let end = |key: String| if key == source { String::new() } else { key };
        Self {
            kind: kind_byte(edge.kind),
            source: end(edge.source),
            target: end(edge.target),
            path: edge.path,
            properties: edge.properties.into_iter().collect(),
        }
    }

    fn edge(self, source: &str) -> Edge {
        let end = |key: String| if key.is_empty() { source.to_owned() } else { key };
        Edge {
            kind: kind_of(self.kind),
            source: end(self.source),
            target: end(self.target),
            path: self.path,
            properties: self.properties.into_iter().collect(),
        }
    }
}

/// `[0][bincode]`, or `[1][zstd of it]`.
fn packed<T: Serialize>(compressor: &mut zstd::bulk::Compressor<'_>, value: &T) -> Result<Bytes, GraphError> {
    let mut plain = bincoded(value).map_err(GraphError::Body)?.0;
    if plain.len() <= PLAIN {
        plain.insert(0, 0);
        return Ok(Bytes(plain));
    }
    let body = |error: std::io::Error| GraphError::Body(error.to_string());
    let mut out = vec![1];
    out.extend(compressor.compress(&plain).map_err(body)?);
    Ok(Bytes(out))
}

fn unpacked<T: serde::de::DeserializeOwned>(opener: &mut Opener, row: &Bytes) -> Result<T, GraphError> {
    let (flag, payload) = row.0.split_first().ok_or_else(|| GraphError::Body("a row is empty".to_owned()))?;
    if *flag == 0 {
        return unbincoded(payload).map_err(GraphError::Body);
    }
    unbincoded(&opener.bytes(payload)?).map_err(GraphError::Body)
}

/// Which ends of a node's edges are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Out,
    In,
}

/// Edges that lead from a node, or to it; at most `limit`.
pub(super) fn of(read: &Read, generation: u64, key: &str, side: Side, limit: usize) -> Result<Vec<Edge>, GraphError> {
    let is_wanted = |edge: &Edge| match side {
        Side::Out => edge.source == key,
        Side::In => edge.target == key,
    };
    let mut opener = Opener::new()?;
    let mut by_source = vec![key.to_owned()];
    let bit = if side == Side::Out { AS_SOURCE } else { AS_TARGET };
    let hash = key_hash(key);
    for place in [bucket(hash), own_place(hash)] {
        read.scan(&EDGES_IN, &Span::prefix(&(generation, place)), Order::Rising, |_, row| {
            let ends: Vec<Ends> = unpacked(&mut opener, &row)?;
            for ends in ends.into_iter().filter(|ends| ends.end == key) {
                by_source
                    .extend(ends.by_source.into_iter().filter(|(sides, _)| sides & bit != 0).map(|(_, source)| source));
            }
            Ok::<_, GraphError>(by_source.len() <= limit)
        })?;
    }
    by_source.sort();
    by_source.dedup();
    let mut found = Vec::new();
    let mut chunk: BTreeMap<String, Vec<PackedEdge>> = BTreeMap::new();
    let mut last = String::new();
    for source in by_source {
        if source > last || chunk.is_empty() {
            chunk.clear();
            let span = Span::prefix(&generation).from(&(generation, source.clone()));
            read.scan(&EDGES, &span, Order::Rising, |(_, at), row| {
                last = at;
                let held: Vec<Packed> = unpacked(&mut opener, &row)?;
                chunk = held.into_iter().map(|held| (held.source, held.edges)).collect();
                Ok::<_, GraphError>(false)
            })?;
        }
        let edges = chunk.remove(&source).unwrap_or_default();
        found.extend(edges.into_iter().map(|edge| edge.edge(&source)).filter(is_wanted));
        if found.len() >= limit {
            found.truncate(limit);
            break;
        }
    }
    found.sort();
    Ok(found)
}

/// A page of all edges, in order of who says them: whole rows until `limit` is reached, and the key of
/// the last row; `None`: there was none.
pub(super) fn page(
    read: &Read,
    generation: u64,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Edge>, Option<String>), GraphError> {
    let mut span = Span::prefix(&generation);
    if let Some(after) = after {
        span = span.after(&(generation, after.to_owned()));
    }
    let mut opener = Opener::new()?;
    let mut edges = Vec::new();
    let mut last = None;
    read.scan(&EDGES, &span, Order::Rising, |(_, at), row| {
        let held: Vec<Packed> = unpacked(&mut opener, &row)?;
        for Packed { source, edges: packed } in held {
            edges.extend(packed.into_iter().map(|edge| edge.edge(&source)));
        }
        last = Some(at);
        Ok::<_, GraphError>(edges.len() < limit)
    })?;
    Ok((edges, last))
}

/// The migration to format 2: before it, ends stood in another table. They are made anew from the edges themselves.
pub(super) fn find_ends_again(write: &mut Write<'_>) -> Result<(), StoreError> {
    let failed = |error: GraphError| StoreError::Record { table: "edges.v2", cause: error.to_string() };
    let mut opener = Opener::new().map_err(failed)?;
    let (mut span, mut generation, mut is_made, mut batch) = (Span::all(), 0, true, 0);
    loop {
        let mut rows: Vec<((u64, String), Bytes)> = Vec::new();
        write.scan(&EDGES, &span, Order::Rising, |at, row| {
            rows.push((at, row));
            Ok::<_, StoreError>(rows.len() < AGAIN)
        })?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        span = Span::all().after(last);
        for of_one in rows.chunk_by(|(a, _), (b, _)| a.0 == b.0) {
            let number = of_one[0].0.0;
            if number != generation {
                (generation, is_made, batch) = (number, false, 0);
                write.scan(&EDGES_IN, &Span::prefix(&number), Order::Rising, |_, _| {
                    is_made = true;
                    Ok::<_, StoreError>(false)
                })?;
            }
            if is_made {
                continue;
            }
            let mut set = EdgeSet::default();
            for (_, row) in of_one {
                for Packed { source, edges } in unpacked::<Vec<Packed>>(&mut opener, row).map_err(failed)? {
                    let edges = edges.into_iter().map(|edge| edge.edge(&source)).collect();
                    set.by_source.push((source, edges));
                }
            }
            let made = Rows::pack(number, batch, set).map_err(failed)?;
            for (at, row) in &made.ends {
                write.put(&EDGES_IN, at, row)?;
            }
            batch += 1;
        }
    }
}
