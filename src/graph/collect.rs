//! Removes generations that were abandoned, snapshots beyond the retention, and bodies that no generation names.
//!
//! A body is written in one generation and serves those after it for as long as the resource does not change. It
//! is removed with the last generation, published or open, whose row names it.

use uuid::Uuid;

use super::tables::{
    BATCH, BODIES, BodyAt, CURSORS, EDGES, EDGES_IN, EXPECTED, MENTIONED, NODES, NOTES, OPEN, OpenRow, SNAPSHOTS,
    remove_range,
};
use crate::store::{Order, Span, StoreError, Write};

/// Removes a batch of a generation's rows; whether there is more. One that the scan had published right
/// before it was cancelled is taken back first: a scan that did not complete has no snapshot.
pub(super) fn abandon(write: &mut Write<'_>, scan: Uuid) -> Result<bool, StoreError> {
    let Some(open) = write.get(&OPEN, &scan.as_u128())? else {
        let mut published = None;
        write.scan(&SNAPSHOTS, &Span::all(), Order::Falling, |number, row| {
            if row.scan == scan.as_u128() {
                published = Some(OpenRow { number, begun_at: row.at_ms, base: None });
            }
            Ok::<_, StoreError>(published.is_none())
        })?;
        let Some(open) = published else { return Ok(false) };
        write.remove(&SNAPSHOTS, &open.number)?;
        write.put(&OPEN, &scan.as_u128(), &open)?;
        return Ok(true);
    };
    let number = open.number;
    let removed = nodes(write, number)?
        + remove_range(write, &EDGES, number)?
        + remove_range(write, &EDGES_IN, number)?
        + remove_range(write, &EXPECTED, number)?
        + remove_range(write, &MENTIONED, number)?
        + remove_range(write, &CURSORS, number)?
        + remove_range(write, &NOTES, number)?;
    if removed == 0 {
        write.remove(&OPEN, &scan.as_u128())?;
    }
    Ok(removed > 0)
}

/// Removes a batch of nodes, and the bodies that only they had.
fn nodes(write: &mut Write<'_>, number: u64) -> Result<usize, StoreError> {
    let mut rows: Vec<(String, BodyAt)> = Vec::new();
    write.scan(&NODES, &Span::prefix(&number), Order::Rising, |(_, key), row| {
        rows.push((key, row.body));
        Ok::<_, StoreError>(rows.len() < BATCH)
    })?;
    let others = others(write, number)?;
    for (key, body) in &rows {
        write.remove(&NODES, &(number, key.clone()))?;
        if *body != (0, 0) && !is_kept(write, &others, key, *body)? {
            write.remove(&BODIES, body)?;
        }
    }
    Ok(rows.len())
}

/// Every other generation, those first that are likeliest to share with this one.
fn others(write: &mut Write<'_>, number: u64) -> Result<Vec<u64>, StoreError> {
    let mut others = Vec::new();
    write.scan(&SNAPSHOTS, &Span::all(), Order::Rising, |other, _| {
        others.push(other);
        Ok::<_, StoreError>(true)
    })?;
    write.scan(&OPEN, &Span::all(), Order::Rising, |_, open| {
        others.push(open.number);
        Ok::<_, StoreError>(true)
    })?;
    others.retain(|other| *other != number);
    others.sort_by_key(|other| other.abs_diff(number));
    Ok(others)
}

fn is_kept(write: &mut Write<'_>, others: &[u64], key: &str, body: BodyAt) -> Result<bool, StoreError> {
    // No generation before the one that wrote it has it.
    for other in others.iter().filter(|other| **other >= body.0) {
        if write.get(&NODES, &(*other, key.to_owned()))?.is_some_and(|row| row.body == body) {
            return Ok(true);
        }
    }
    Ok(false)
}
