//! Whole bodies by type: LIST at subscription scope, per group where that fails, by id what is left.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, FuturesUnordered},
};
use serde_json::Value;

use super::{
    AT_ONCE, Scan, ScanError,
    providers::{Providers, TypeFacts},
    resources::is_fatal,
    stream::other_version,
};
use crate::{
    arm::ResourceId,
    azure::{AzureError, Refusal},
    graph::{
        Cell, Expected,
        model::{Found, Fullness, Label},
    },
};

/// How often it is looked whether the inventory shows a new type.
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);
/// Refusals for lack of rights after which a type of a subscription, or one group of it, is not asked for
/// one by one any more.
const DENIED: u32 = 5;

/// Whole bodies of everything in the inventory, while it is read: a type is listed as soon as the first of its
/// rows is seen, so that no request that the quota would allow waits for the last page of the inventory.
/// Children that it lists are left to the lists below their parents, and to [`remaining`].
pub(super) async fn read(
    scan: &Scan,
    providers: &Providers,
    inventory: impl Future<Output = Result<(), ScanError>>,
) -> Result<(), ScanError> {
    let is_whole = AtomicBool::new(false);
    let inventory = async {
        inventory.await?;
        is_whole.store(true, Ordering::Release);
        Ok::<_, ScanError>(())
    };
    let ((), failed) = tokio::try_join!(inventory, lists(scan, providers, &is_whole))?;
    let cells = scan.generation.expected_cells();
    for cell in &cells {
        scan.receipt.expect(&cell.subscription, &cell.type_name, cell.count);
    }
    if !failed.is_empty() {
        let cells: Vec<Cell> = cells.into_iter().filter(|cell| is_top_level(&cell.type_name)).collect();
        by_group(scan, providers, &cells, &failed).await?;
    }
    left_over(scan, providers, true).await?;
    untracked(scan, providers).await
}

/// LIST of every type that shows in the inventory until that is read; those that have none.
async fn lists(
    scan: &Scan,
    providers: &Providers,
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
                let listed = one_list(scan, providers, &cell).await?;
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

/// What the inventory lists and no list gave, children included. Nothing is expected any more after it.
pub(super) async fn remaining(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    left_over(scan, providers, false).await?;
    scan.generation.forget_expected();
    Ok(())
}

fn is_top_level(type_name: &str) -> bool {
    type_name.matches('/').count() == 1
}

/// What is known to have changed, one by one.
pub(super) async fn changed(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    left_over(scan, providers, true).await
}

/// Whether LIST at subscription scope gave the type.
pub(super) async fn one_list(scan: &Scan, providers: &Providers, cell: &Cell) -> Result<bool, ScanError> {
    let subscription = &cell.subscription;
    let type_name = providers.spelled(subscription, &cell.type_name);
    let version = providers.version_of(subscription, &type_name);
    let scope = format!("/subscriptions/{subscription}");
    match list_type(scan, &scope, subscription, &type_name, &version).await {
        Ok(()) => Ok(true),
        Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => {
            tracing::debug!(%subscription, %type_name, %error, "a type has no list at its subscription");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Types without a LIST at subscription scope: per group where that is cheaper than one by one.
async fn by_group(
    scan: &Scan,
    providers: &Providers,
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
        let type_name = providers.spelled(&cell.subscription, &cell.type_name);
        let version = providers.version_of(&cell.subscription, &type_name);
        for group in groups {
            lists.push((cell.subscription.clone(), group, type_name.clone(), version.clone()));
        }
    }
    let each = stream::iter(lists.into_iter().map(|(subscription, group, type_name, version)| async move {
        let scope = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        match list_type(scan, &scope, &subscription, &type_name, &version).await {
            // What this leaves is asked for by id.
            Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => Ok(()),
            outcome => outcome,
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// LIST of a type below a scope, with another api-version where the first is refused.
pub(super) async fn list_type(
    scan: &Scan,
    scope: &str,
    subscription: &str,
    type_name: &str,
    version: &str,
) -> Result<(), ScanError> {
    let path = format!("{scope}/providers/{type_name}");
    let stream = format!("list/{}/{}", scope.to_lowercase(), type_name.to_lowercase());
    let keep = |body: Value, version: &str| {
        let found = element(body, type_name, version, subscription)?;
        let known = scan.generation.is_expected(&found.id) || scan.generation.has(&found.id);
        (known || (scan.filter.keeps(&found) && scan.receipt.admit())).then_some(found)
    };
    scan.reader().versioned(&stream, (&path, ""), version, keep).await.map(|_| ())
}

/// An element of a LIST as it is stored; its type is taken from its id.
pub(super) fn element(body: Value, type_name: &str, version: &str, subscription: &str) -> Option<Found> {
    let id = body.get("id")?.as_str()?;
    let parsed = ResourceId::parse(id)?;
    let same_kind = parsed.type_name().eq_ignore_ascii_case(type_name);
    let here = parsed.subscription.as_deref().is_none_or(|of| of.eq_ignore_ascii_case(subscription));
    if !here {
        return None;
    }
    Some(Found {
        label: Label::Resource,
        id: id.to_owned(),
        type_name: if same_kind { type_name.to_owned() } else { parsed.type_name() },
        api_version: version.to_owned(),
        fullness: Fullness::Listed,
        body,
    })
}

/// What was denied so often that it is not asked for again: types of a subscription, and groups.
#[derive(Default)]
pub(super) struct Denied(Mutex<BTreeMap<String, (u32, bool)>>);

impl Denied {
    /// What an id is counted under: its type in its subscription, its group.
    pub(super) fn places(subscription: &str, type_name: &str, id: &str) -> [String; 2] {
        let group = ResourceId::parse(id).and_then(|id| id.resource_group).unwrap_or_default();
        [format!("{subscription}/{}", type_name.to_lowercase()), format!("{subscription}//{}", group.to_lowercase())]
    }

    pub(super) fn gave_up(&self, places: &[String; 2]) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.iter().any(|place| counts.get(place).is_some_and(|(count, answered)| *count >= DENIED && !answered))
    }

    pub(super) fn note(&self, places: &[String; 2], is_denied: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places {
            let entry = counts.entry(place.clone()).or_default();
            entry.0 += u32::from(is_denied);
            entry.1 |= !is_denied;
        }
    }
}

/// What LIST lacked is read one by one; what is not there any more goes, the rest stays as inventoried.
async fn left_over(scan: &Scan, providers: &Providers, top_level: bool) -> Result<(), ScanError> {
    let denied = Denied::default();
    let mut after = None;
    loop {
        let (rows, last) = scan.generation.unmet(after.as_ref())?;
        let mut asked = BTreeSet::new();
        let rows = rows.into_iter().filter(|row| is_top_level(&row.type_name) == top_level);
        let rows = rows.filter(|row| asked.insert(crate::arm::key(&row.id))).collect::<Vec<_>>();
        let each = stream::iter(rows.into_iter().map(|row| one_by_id(scan, providers, row, &denied)));
        let unread: Vec<Option<Unread>> = each.buffer_unordered(AT_ONCE).try_collect().await?;
        by_place(scan, providers, unread.into_iter().flatten().collect()).await?;
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
    providers: &Providers,
    row: Expected,
    denied: &Denied,
) -> Result<Option<Unread>, ScanError> {
    let stream = format!("get/{}", crate::arm::key(&row.id));
    if scan.reader().is_done(&stream)? {
        return Ok(None);
    }
    let type_name = providers.spelled(&row.subscription, &row.type_name);
    let places = Denied::places(&row.subscription, &type_name, &row.id);
    let version = providers.version_of(&row.subscription, &type_name);
    if denied.gave_up(&places) {
        scan.receipt.partial(&row.subscription, &type_name, "not permitted for several of its resources");
        as_inventoried(scan, row, &type_name).await?;
        return Ok(None);
    }
    match get(scan, &row.id, &type_name, &version).await {
        Ok(found) => {
            denied.note(&places, false);
            scan.reader().settle(&stream, found.into_iter().collect()).await?;
            Ok(None)
        }
        Err(error) if is_fatal(&scan.client, &error) => Err(error.into()),
        Err(error) => {
            denied.note(&places, error.refusal().is_some_and(|refusal| matches!(refusal.status, 401 | 403)));
            Ok(Some(Unread { row, type_name, error }))
        }
    }
}

/// Rows that have no GET may still be in the list of their group (of a child: below its parent), whatever
/// that costs; what no list has stays as inventoried, and is a gap.
async fn by_place(scan: &Scan, providers: &Providers, unread: Vec<Unread>) -> Result<(), ScanError> {
    let mut lists = BTreeSet::new();
    for Unread { row, type_name, error } in &unread {
        let has_no_get = error.refusal().is_some_and(|refusal| matches!(refusal.status, 400 | 404 | 405));
        let group = ResourceId::parse(&row.id).filter(|id| !id.is_child()).and_then(|id| id.resource_group);
        if let Some(group) = group.filter(|_| has_no_get) {
            let scope = format!("/subscriptions/{}/resourceGroups/{group}", row.subscription);
            lists.insert((row.subscription.clone(), scope, type_name.clone()));
        }
    }
    let each = stream::iter(lists.into_iter().map(|(subscription, scope, type_name)| async move {
        let version = providers.version_of(&subscription, &type_name);
        match list_type(scan, &scope, &subscription, &type_name, &version).await {
            Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => Ok(()),
            outcome => outcome,
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    for Unread { row, type_name, error } in unread {
        if !scan.generation.has(&row.id) {
            scan.receipt.partial(&row.subscription, &type_name, &error.word());
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
        api_version: super::resources::GROUPS.to_owned(),
        fullness: Fullness::Inventory,
        id: row.id,
        body,
    };
    // Its own stream stays open: another run of this scan asks again.
    scan.reader().settle("inventoried", vec![found]).await
}

/// GET by id; `None`: Azure says it is gone.
pub(super) async fn get(scan: &Scan, id: &str, type_name: &str, version: &str) -> Result<Option<Found>, AzureError> {
    let mut tried = vec![version.to_owned()];
    loop {
        let version = tried.last().cloned().unwrap_or_default();
        let answer = scan.client.arm(&format!("{}?api-version={version}", encoded(id))).await;
        let is_nothing = answer.as_ref().is_ok_and(|answer| answer.is_nothing);
        match answer.and_then(|answer| answer.value()) {
            Ok(body) if is_resource(&body, id) => {
                // As Azure spells it, where it is the same thing.
                let own = body.get("id").and_then(Value::as_str);
                let own = own.filter(|own| crate::arm::key(own) == crate::arm::key(id));
                return Ok(Some(Found {
                    label: Label::Resource,
                    id: own.unwrap_or(id).to_owned(),
                    type_name: type_name.to_owned(),
                    api_version: version,
                    fullness: Fullness::Read,
                    body,
                }));
            }
            Ok(_) if is_nothing => return Ok(None),
            // Empty, a list, or the state of an operation: it says neither what is there nor that nothing is.
            Ok(_) => {
                let cause = "it is no resource".to_owned();
                return Err(AzureError::Unreadable { url: id.to_owned(), cause });
            }
            Err(error) => {
                if let Some(next) = other_version(&error, &tried) {
                    tried.push(next);
                    continue;
                }
                return if error.refusal().is_some_and(Refusal::says_gone) { Ok(None) } else { Err(error) };
            }
        }
    }
}

/// Whether an answer to a GET is a body of what was asked for. The state of an operation has a `status`, and no id
/// or that of the operation.
fn is_resource(body: &Value, id: &str) -> bool {
    let name = |id: &str| id.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let own = body.get("id").and_then(Value::as_str);
    let is_state = body.get("status").is_some_and(Value::is_string) && own.is_none_or(|own| name(own) != name(id));
    let says = |name: &str| body.get(name).is_some();
    let is_named = own.is_some() || ["name", "type", "location", "tags", "properties"].into_iter().any(says);
    is_named && !is_state && !(own.is_none() && body.get("value").is_some_and(Value::is_array))
}

/// An id as a path: what would end it early is encoded.
pub(super) fn encoded(id: &str) -> String {
    const PATH: &percent_encoding::AsciiSet =
        &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');
    let id = if id.starts_with('/') { id.to_owned() } else { format!("/{id}") };
    percent_encoding::utf8_percent_encode(&id, PATH).to_string()
}

/// Top-level types that other steps read, each in its own way.
pub(super) const READ_ELSEWHERE: [&str; 11] = [
    "microsoft.resources/resourcegroups",
    "microsoft.resources/subscriptions",
    "microsoft.resources/tenants",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.authorization/locks",
    "microsoft.authorization/policyassignments",
    "microsoft.authorization/policydefinitions",
    "microsoft.authorization/policysetdefinitions",
    "microsoft.management/managementgroups",
    "microsoft.insights/diagnosticsettings",
];

/// Top-level types that no inventory lists are asked for only where the request names them.
pub(super) async fn untracked(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    let known: BTreeSet<(String, String)> =
        scan.generation.cells().into_iter().map(|cell| (cell.subscription, cell.type_name)).collect();
    let mut wanted: Vec<(String, TypeFacts)> = Vec::new();
    for subscription in providers.subscriptions() {
        for facts in providers.untracked(subscription) {
            let name = facts.name.to_lowercase();
            let is_read = READ_ELSEWHERE.contains(&name.as_str()) || known.contains(&(subscription.clone(), name));
            if !is_read
                && !super::children::is_skipped(&facts.name)
                && scan.filter.asks_for(&scan.request.include_child_types, &facts.name)
            {
                wanted.push((subscription.clone(), facts.clone()));
            }
        }
    }
    let each = stream::iter(wanted.into_iter().map(|(subscription, facts)| async move {
        let Some(version) = facts.version() else { return Ok(()) };
        let scope = format!("/subscriptions/{subscription}");
        match list_type(scan, &scope, &subscription, &facts.name, &version).await {
            Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => {
                // Most such types have no list here; only what was refused for lack of rights is a gap.
                if error.refusal().is_none_or(|refusal| matches!(refusal.status, 401 | 403 | 408 | 429 | 500..)) {
                    scan.receipt.partial(&subscription, &facts.name, &error.word());
                }
                Ok(())
            }
            outcome => outcome,
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}
