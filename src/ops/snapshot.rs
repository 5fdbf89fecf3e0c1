//! Finds the snapshot that a request means; where it does not exist, says which do.

use uuid::Uuid;

use super::failure::failure;
use crate::{
    api::{At, Time},
    graph::{GraphError, Graphs, Snapshot, SnapshotInfo},
    jobs::Failure,
};

/// How many snapshots an error lists, newest first, where the wanted one does not exist.
const MOST_TOLD: usize = 5;

/// `at`: its number, or the newest at a time; none: the latest.
pub(super) fn snapshot(graphs: &Graphs, tenant: Uuid, at: Option<&At>) -> Result<Snapshot, Failure> {
    let of_graph = |error: GraphError| failure("graph", &error.to_string(), false);
    let none = |why: String| failure("no_snapshot", &why, false);
    let unscanned = || none(format!("there is no snapshot of tenant {tenant}; scan it first"));
    let graph = graphs.existing(tenant).map_err(of_graph)?.ok_or_else(unscanned)?;
    let (found, which) = match at {
        None => (graph.latest(), String::new()),
        Some(At::Number(number)) => (graph.snapshot(*number), format!("{number}")),
        Some(At::Time(text)) => {
            let time: Time = text.parse().map_err(|_| {
                failure("invalid_request", "at: expected a snapshot's number or an RFC 3339 time", false)
            })?;
            (graph.at_time(time.millis()), format!("as early as {text}"))
        }
    };
    if let Some(found) = found.map_err(of_graph)? {
        return Ok(found);
    }
    let there: Vec<String> = graph.snapshots().map_err(of_graph)?.iter().map(told).collect();
    if there.is_empty() {
        return Err(unscanned());
    }
    let shown = there.len().min(MOST_TOLD);
    let older = if shown < there.len() { format!(" and {} older ones", there.len() - shown) } else { String::new() };
    let newest = there.iter().rev().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(none(format!("tenant {tenant} has no snapshot {which}; there are {newest}{older}")))
}

fn told(info: &SnapshotInfo) -> String {
    format!("{} of {}", info.number, Time::from_millis(info.at_ms))
}
