//! What no list gave: read by id, in the list of its group where it has no GET, or kept as the inventory shows it.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{inventory, type_list};
use crate::{
    arm::{self, ResourceId},
    azure::AzureError,
    graph::{
        Expected,
        model::{Found, Fullness, Label},
    },
    scan::{
        error::ScanError,
        facts::{
            catalogue::{Catalogue, is_top_level},
            refusals::{Cause, Meaning, Reason},
            stream_key::StreamKey,
        },
        read::{
            by_id::{Denied, get},
            scan::{AT_ONCE, Scan},
        },
    },
};

/// Top-level resources that are expected and no list gave.
pub(crate) async fn top_level(scan: &Scan, catalogue: &Catalogue) -> Result<(), ScanError> {
    of_level(scan, catalogue, true).await
}

/// What the inventory lists and no list gave, children included. Nothing is expected any more after it.
pub(crate) async fn remaining(scan: &Scan, catalogue: &Catalogue) -> Result<(), ScanError> {
    of_level(scan, catalogue, false).await?;
    scan.generation.forget_expected();
    Ok(())
}

/// What LIST lacked is read one by one; what is not there any more goes, the rest stays as inventoried.
async fn of_level(scan: &Scan, catalogue: &Catalogue, top_level: bool) -> Result<(), ScanError> {
    let denied = Denied::default();
    let mut after = None;
    loop {
        let (rows, last) = scan.generation.unmet(after.as_ref())?;
        let mut asked = BTreeSet::new();
        let rows = rows.into_iter().filter(|row| is_top_level(&row.type_name) == top_level);
        let rows = rows.filter(|row| asked.insert(arm::key(&row.id))).collect::<Vec<_>>();
        let each = stream::iter(rows.into_iter().map(|row| one_by_id(scan, catalogue, row, &denied)));
        let unread: Vec<Option<Unread>> = each.buffer_unordered(AT_ONCE).try_collect().await?;
        by_group(scan, catalogue, unread.into_iter().flatten().collect()).await?;
        match last {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}

/// A row whose GET gave nothing, and why.
struct Unread {
    row: Expected,
    type_name: String,
    error: AzureError,
}

async fn one_by_id(
    scan: &Scan,
    catalogue: &Catalogue,
    row: Expected,
    denied: &Denied,
) -> Result<Option<Unread>, ScanError> {
    let key = arm::key(&row.id);
    let stream = StreamKey::Get { key: &key };
    if scan.is_done(&stream)? {
        return Ok(None);
    }
    let type_name = catalogue.spelled(&row.subscription, &row.type_name);
    let places = Denied::places(&row.subscription, &type_name, &row.id);
    let version = catalogue.version_of(&row.subscription, &type_name);
    if denied.gave_up(&places) {
        let reason = Reason::new(Cause::NotPermitted, "not permitted for several of its resources");
        scan.receipt.partial(&row.subscription, &type_name, reason);
        as_inventoried(scan, row, &type_name).await?;
        return Ok(None);
    }
    match scan.unless_fatal(get(scan, &row.id, &type_name, &version).await)? {
        Ok(found) => {
            denied.note(&places, false);
            scan.settle(&stream, found.into_iter().collect()).await?;
            Ok(None)
        }
        Err(error) => {
            denied.note(&places, scan.meaning(&error) == Meaning::NotPermitted);
            Ok(Some(Unread { row, type_name, error }))
        }
    }
}

/// Rows that have no GET may still be in the list of their group, whatever that costs; what no list has stays as
/// inventoried, and is a gap.
async fn by_group(scan: &Scan, catalogue: &Catalogue, unread: Vec<Unread>) -> Result<(), ScanError> {
    let mut lists = BTreeSet::new();
    for Unread { row, type_name, error } in &unread {
        let group = ResourceId::parse(&row.id).filter(|id| !id.is_child()).and_then(|id| id.resource_group);
        if let Some(group) = group.filter(|_| scan.meaning(error) == Meaning::Absent) {
            lists.insert((row.subscription.clone(), group, type_name.clone()));
        }
    }
    let each = stream::iter(lists.into_iter().map(|(subscription, group, type_name)| async move {
        type_list::at_group(scan, catalogue, &subscription, &group, &type_name).await
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    for Unread { row, type_name, error } in unread {
        if !scan.generation.has(&row.id) {
            scan.receipt.partial(&row.subscription, &type_name, Reason::of(&error));
            scan.receipt.gap(&row.id, &error);
            as_inventoried(scan, row, &type_name).await?;
        }
    }
    Ok(())
}

/// Keeps the row of the inventory, which is less than a body and more than nothing. Where the snapshot
/// before has the resource its body is worth more: that one stays, as stale.
async fn as_inventoried(scan: &Scan, row: Expected, type_name: &str) -> Result<(), ScanError> {
    if scan.generation.base_has(&row.id)? {
        return Ok(());
    }
    let Ok(body) = serde_json::from_str::<Value>(&row.text) else { return Ok(()) };
    let found = Found {
        label: Label::Resource,
        type_name: type_name.to_owned(),
        api_version: inventory::VERSION.to_owned(),
        fullness: Fullness::Inventory,
        id: row.id,
        body,
    };
    // Its own stream stays open: another run of this scan asks again.
    scan.settle(&StreamKey::Inventoried, vec![found]).await
}
