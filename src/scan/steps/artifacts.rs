//! The files of a scan's job: the coverage, and the graph without bodies and without secrets: the key of
//! what is called after one (a tag) is masked, the same wherever it stands.

use std::io::{BufWriter, Write};

use serde::Serialize;
use serde_json::Value;

use crate::{
    graph::{Snapshot, redact::redacted_key},
    scan::error::ScanError,
    work::{ArtifactError, Work},
};

const BATCH: usize = 1_000;
const EDGES: usize = 5_000;

#[derive(Serialize)]
struct NodeLine<'a> {
    key: &'a str,
    id: &'a str,
    label: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    name: &'a str,
    location: Option<&'a str>,
    resource_group: Option<&'a str>,
    subscription_id: Option<&'a str>,
}

#[derive(Serialize)]
struct EdgeLine<'a> {
    kind: &'a str,
    source: &'a str,
    target: &'a str,
    path: &'a str,
}

/// Writes `coverage.json` and `graph.json`; streams, so that memory stays flat.
pub(crate) fn write(work: &Work, snapshot: &Snapshot, coverage: &Value) -> Result<(), ScanError> {
    work.artifacts.write("coverage.json", coverage.to_string().as_bytes())?;
    let io = |source| ArtifactError::Io { path: "graph.json".to_owned(), source };
    let mut out = BufWriter::new(work.artifacts.create("graph.json")?);
    write!(out, "{{\"snapshot\":{},\"nodes\":[", snapshot.number()).map_err(io)?;
    let mut after: Option<String> = None;
    let mut first = true;
    loop {
        if work.cancel.is_cancelled() {
            return Err(ScanError::Cancelled);
        }
        let nodes = snapshot.outlines(after.as_deref(), BATCH)?;
        let Some(last) = nodes.last() else { break };
        after = Some(last.key.clone());
        for node in nodes {
            out.write_all(if first { b"\n" } else { b",\n" }).map_err(io)?;
            let line = NodeLine {
                key: &redacted_key(&node.key),
                id: &redacted_key(&node.id),
                label: node.label.word(),
                type_name: &node.type_name,
                name: &redacted_key(&node.name),
                location: node.location.as_deref(),
                resource_group: node.resource_group.as_deref(),
                subscription_id: node.subscription_id.as_deref(),
            };
            serde_json::to_writer(&mut out, &line).map_err(|error| io(error.into()))?;
            first = false;
        }
    }
    write!(out, "],\"edges\":[").map_err(io)?;
    let mut after = None;
    let mut first = true;
    loop {
        let (edges, last) = snapshot.edges(after.as_ref(), EDGES)?;
        let Some(last) = last else { break };
        after = Some(last);
        for edge in edges {
            out.write_all(if first { b"\n" } else { b",\n" }).map_err(io)?;
            let line = EdgeLine {
                kind: edge.kind.word(),
                source: &redacted_key(&edge.source),
                target: &redacted_key(&edge.target),
                path: &edge.path,
            };
            serde_json::to_writer(&mut out, &line).map_err(|error| io(error.into()))?;
            first = false;
        }
    }
    writeln!(out, "]}}").map_err(io)?;
    out.flush().map_err(io)?;
    Ok(())
}
