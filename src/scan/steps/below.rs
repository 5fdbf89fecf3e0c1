//! Everything below and at what was found: children, extensions, what lies at locations, what bodies mention.

use std::collections::BTreeSet;

use super::{children, extensions, leftover, located, mentioned, refusable};
use crate::{
    graph::{Select, model::Label},
    scan::{
        error::ScanError,
        facts::{catalogue::Catalogue, refusals::LeftOut},
        read::scan::{BATCH, Scan},
    },
};

/// Reads it all; what was left out.
pub(crate) async fn read(scan: &Scan, catalogue: &Catalogue) -> Result<Vec<LeftOut>, ScanError> {
    let refusals = refusable::recalled(scan)?;
    let mut left_out = BTreeSet::new();
    children::read(scan, catalogue, &refusals, &mut left_out).await?;
    let before = scan.generation.count();
    left_out.extend(extensions::read(scan, catalogue, &refusals).await?);
    located::read(scan, catalogue, &refusals).await?;
    leftover::remaining(scan, catalogue).await?;
    mentioned::read(scan, catalogue).await?;
    if scan.generation.count() > before {
        children::read(scan, catalogue, &refusals, &mut left_out).await?;
    }
    if !scan.filter.wants_referenced() {
        drop_way(scan).await?;
    }
    left_out.extend(refusals.given_up());
    Ok(left_out.into_iter().collect())
}

/// What was only the way to wanted children goes again: a scan is never wider than what was asked.
async fn drop_way(scan: &Scan) -> Result<(), ScanError> {
    let is_way = |type_name: &str| {
        scan.filter.is_way(type_name) || type_name.matches('/').count() > 1 && !scan.filter.wants_children(type_name)
    };
    if !scan.generation.cells().iter().any(|cell| is_way(&cell.type_name)) {
        return Ok(());
    }
    let mut select = Select { after: None, limit: BATCH };
    loop {
        let entries = scan.generation.entries(&select)?;
        let Some(last) = entries.last() else { return Ok(()) };
        select.after = Some(last.key.clone());
        let way = entries
            .iter()
            .filter(|entry| entry.label == Label::Resource && is_way(&entry.type_name))
            .map(|entry| entry.key.clone());
        scan.generation.drop_found(way.collect()).await?;
    }
}
