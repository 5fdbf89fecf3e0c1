//! The files of a scan's job: the coverage, and the graph without bodies, so without secrets.

use std::io::{BufWriter, Write};

use serde_json::{Value, json};

use super::ScanError;
use crate::{
    graph::Snapshot,
    work::{ArtifactError, Work},
};

const BATCH: usize = 1_000;

/// Writes `coverage.json` and `graph.json`; streams, so that memory stays flat.
pub(super) fn write(work: &Work, snapshot: &Snapshot, coverage: &Value) -> Result<(), ScanError> {
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
        let nodes = snapshot.nodes(after.as_deref(), BATCH)?;
        let Some(last) = nodes.last() else { break };
        after = Some(last.key.clone());
        for node in nodes {
            let line = json!({
                "key": node.key, "id": node.id, "label": node.label.word(), "type": node.type_name,
                "name": node.name, "location": node.location, "resource_group": node.resource_group,
                "subscription_id": node.subscription_id,
            });
            write!(out, "{}\n{line}", if first { "" } else { "," }).map_err(io)?;
            first = false;
        }
    }
    write!(out, "],\"edges\":[").map_err(io)?;
    let mut after = None;
    let mut first = true;
    loop {
        let (edges, last) = snapshot.edges(after.as_ref(), BATCH)?;
        let Some(last) = last else { break };
        after = Some(last);
        for edge in edges {
            let line =
                json!({"kind": edge.kind.word(), "source": edge.source, "target": edge.target, "path": edge.path});
            write!(out, "{}\n{line}", if first { "" } else { "," }).map_err(io)?;
            first = false;
        }
    }
    writeln!(out, "]}}").map_err(io)?;
    out.flush().map_err(io)?;
    Ok(())
}
