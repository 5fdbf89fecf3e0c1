//! Whole bodies by type: LIST at subscription scope, per group where that fails, by id what is left.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, FuturesUnordered},
};

use super::{leftover, type_list};
use crate::{
    arm::ResourceId,
    graph::Cell,
    scan::{
        error::ScanError,
        facts::{
            catalogue::{Catalogue, TypeFacts, is_read_elsewhere, is_top_level},
            child_rules::is_skipped,
            refusals::{Meaning, Reason},
        },
        read::scan::{AT_ONCE, Scan},
    },
};

/// How often it is looked whether the inventory shows a new type.
const LOOK: Duration = Duration::from_millis(50);

/// Whole bodies of everything in the inventory, while it is read: a type is listed as soon as the first of its
/// rows is seen, so that no request that the quota would allow waits for the last page of the inventory.
/// Children that it lists are left to the lists below their parents, and to [`leftover::remaining`].
pub(crate) async fn read(
    scan: &Scan,
    catalogue: &Catalogue,
    inventory: impl Future<Output = Result<(), ScanError>>,
) -> Result<(), ScanError> {
    let is_whole = AtomicBool::new(false);
    let inventory = async {
        inventory.await?;
        is_whole.store(true, Ordering::Release);
        Ok::<_, ScanError>(())
    };
    let ((), failed) = tokio::try_join!(inventory, lists(scan, catalogue, &is_whole))?;
    let cells = scan.generation.expected_cells();
    for cell in &cells {
        scan.receipt.expect(&cell.subscription, &cell.type_name, cell.count);
    }
    if !failed.is_empty() {
        let cells: Vec<Cell> = cells.into_iter().filter(|cell| is_top_level(&cell.type_name)).collect();
        by_group(scan, catalogue, &cells, &failed).await?;
    }
    leftover::top_level(scan, catalogue).await?;
    untracked(scan, catalogue).await
}

/// LIST of every type that shows in the inventory until that is read; those that have none.
async fn lists(
    scan: &Scan,
    catalogue: &Catalogue,
    is_whole: &AtomicBool,
) -> Result<BTreeSet<(String, String)>, ScanError> {
    let mut begun: BTreeSet<(String, String)> = BTreeSet::new();
    let (mut waiting, mut failed) = (VecDeque::new(), BTreeSet::new());
    let mut running = FuturesUnordered::new();
    loop {
        // Looked at before the cells, so that none is missed.
        let was_whole = is_whole.load(Ordering::Acquire);
        for cell in scan.generation.expected_cells().into_iter().filter(|cell| is_top_level(&cell.type_name)) {
            if begun.insert((cell.subscription.clone(), cell.type_name.clone())) {
                waiting.push_back(cell);
            }
        }
        while running.len() < AT_ONCE
            && let Some(cell) = waiting.pop_front()
        {
            running.push(async move {
                let listed = type_list::at_subscription(scan, catalogue, &cell).await?;
                Ok::<_, ScanError>((cell, listed))
            });
        }
        if running.is_empty() && was_whole {
            return Ok(failed);
        }
        tokio::select! {
            Some(ended) = running.next() => {
                let (cell, listed) = ended?;
                if !listed {
                    failed.insert((cell.subscription, cell.type_name));
                }
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        let (found, rows) = (scan.generation.count(), scan.receipt.expected().max(1));
        let share = 0.05 + 0.35 * (found as f64 / rows as f64).min(1.0);
        scan.report("resources", &format!("{found} of {rows} resources"), share, Some(rows.saturating_sub(found)));
    }
}

/// Types without a LIST at subscription scope: per group where that is cheaper than one by one.
async fn by_group(
    scan: &Scan,
    catalogue: &Catalogue,
    cells: &[Cell],
    failed: &BTreeSet<(String, String)>,
) -> Result<(), ScanError> {
    let mut groups: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut after = None;
    loop {
        let (rows, last) = scan.generation.unmet(after.as_ref())?;
        for row in rows {
            let cell = (row.subscription, row.type_name);
            if failed.contains(&cell) {
                groups.entry(cell).or_default().extend(ResourceId::parse(&row.id).and_then(|id| id.resource_group));
            }
        }
        match last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    let mut lists = Vec::new();
    for cell in cells {
        let key = (cell.subscription.clone(), cell.type_name.clone());
        let Some(groups) = groups.remove(&key).filter(|groups| (groups.len() as u64) * 2 < cell.count) else {
            continue;
        };
        let type_name = catalogue.spelled(&cell.subscription, &cell.type_name);
        lists.extend(groups.into_iter().map(|group| (cell.subscription.clone(), group, type_name.clone())));
    }
    let each = stream::iter(lists.into_iter().map(|(subscription, group, type_name)| async move {
        type_list::at_group(scan, catalogue, &subscription, &group, &type_name).await
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// Top-level types that no inventory lists are asked for only where the request names them.
pub(crate) async fn untracked(scan: &Scan, catalogue: &Catalogue) -> Result<(), ScanError> {
    let known: BTreeSet<(String, String)> =
        scan.generation.cells().into_iter().map(|cell| (cell.subscription, cell.type_name)).collect();
    let mut wanted: Vec<(String, TypeFacts)> = Vec::new();
    for subscription in catalogue.subscriptions() {
        for facts in catalogue.untracked(subscription) {
            let is_read = is_read_elsewhere(&facts.name)
                || known.contains(&(subscription.clone(), facts.name.to_lowercase()))
                || is_skipped(&facts.name);
            if !is_read && scan.filter.asks_for(&scan.request.include_child_types, &facts.name) {
                wanted.push((subscription.clone(), facts.clone()));
            }
        }
    }
    let each = stream::iter(wanted.into_iter().map(|(subscription, facts)| one_untracked(scan, subscription, facts)));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

async fn one_untracked(scan: &Scan, subscription: String, facts: TypeFacts) -> Result<(), ScanError> {
    let Some(version) = facts.version() else { return Ok(()) };
    let scope = format!("/subscriptions/{subscription}");
    let listed = type_list::read(scan, &scope, &subscription, &facts.name, &version).await;
    // Most such types have no list here; a gap is what was not permitted, and what may work later.
    if let Err(error) = scan.unless_fatal(listed)? {
        let is_gap = scan.meaning(&error) == Meaning::NotPermitted || error.is_transient();
        if is_gap || error.refusal().is_none() {
            scan.receipt.partial(&subscription, &facts.name, Reason::of(&error));
        }
    }
    Ok(())
}
