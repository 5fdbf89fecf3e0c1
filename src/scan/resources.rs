//! Subscriptions, groups, the inventory, and whole bodies by type.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{AT_ONCE, Scan, ScanError, providers::Providers, version_of};
use crate::{
    arm::ResourceId,
    azure::AzureError,
    graph::{
        Cell, Entry, Select,
        model::{Found, Fullness, Label},
    },
};

const SUBSCRIPTIONS: &str = "2022-12-01";
const GROUPS: &str = "2021-04-01";
/// Entries that are looked at in one go.
const BATCH: usize = 500;

/// Ids of the subscriptions to scan.
pub(super) async fn subscriptions(scan: &Scan) -> Result<Vec<String>, ScanError> {
    let wanted: BTreeSet<String> = {
        let asked = scan
            .request
            .subscription_ids
            .iter()
            .chain(scan.client.subscriptions().iter().filter(|_| scan.request.subscription_ids.is_empty()));
        asked.map(ToString::to_string).collect()
    };
    let id_of = |body: &Value| body.get("subscriptionId").and_then(Value::as_str).map(str::to_lowercase);
    let first = format!("/subscriptions?api-version={SUBSCRIPTIONS}");
    let keep = |body: Value| {
        let id = id_of(&body).filter(|id| wanted.is_empty() || wanted.contains(id))?;
        Some(Found {
            label: Label::Subscription,
            id: format!("/subscriptions/{id}"),
            type_name: "Microsoft.Resources/subscriptions".to_owned(),
            api_version: SUBSCRIPTIONS.to_owned(),
            fullness: Fullness::Listed,
            body,
        })
    };
    // Asked even after a restart: what may be read can have changed, and the list is short.
    let mut seen = Vec::new();
    let mut found = Vec::new();
    let mut next = Some(first);
    while let Some(address) = next.take() {
        let mut answer = scan.client.arm(&address).await?;
        for item in answer.items().into_iter().filter_map(keep) {
            seen.extend(id_of(&item.body));
            found.push(item);
        }
        next = answer.next_link();
    }
    scan.reader().settle("subscriptions", found).await?;
    for missing in wanted.iter().filter(|id| !seen.contains(id)) {
        scan.receipt.missing_subscription(missing);
    }
    if seen.is_empty() {
        let which = if wanted.is_empty() { "the credential sees none".to_owned() } else { format!("{wanted:?}") };
        return Err(ScanError::NoSubscription(which));
    }
    seen.sort();
    seen.dedup();
    Ok(seen)
}

/// Groups and the inventory of every subscription.
pub(super) async fn inventory(scan: &Scan, subscriptions: &[String]) -> Result<(), ScanError> {
    let each = stream::iter(
        subscriptions.iter().cloned().map(|subscription| async move { one_inventory(scan, &subscription).await }),
    );
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

async fn one_inventory(scan: &Scan, subscription: &str) -> Result<(), ScanError> {
    let reader = scan.reader();
    let groups = format!("/subscriptions/{subscription}/resourcegroups?api-version={GROUPS}");
    let group = |body: Value| {
        let id = body.get("id")?.as_str()?.to_owned();
        let found = Found {
            label: Label::ResourceGroup,
            id,
            type_name: "Microsoft.Resources/resourceGroups".to_owned(),
            api_version: GROUPS.to_owned(),
            fullness: Fullness::Listed,
            body,
        };
        scan.filter.keeps_group(&found).then_some(found)
    };
    let listed = reader.list(&format!("groups/{subscription}"), &groups, group).await;
    settle(scan, &format!("/subscriptions/{subscription}/resourcegroups"), listed)?;
    let expand = "$expand=createdTime,changedTime,provisioningState";
    let resources = format!("/subscriptions/{subscription}/resources?api-version={GROUPS}&$top=1000&{expand}");
    let row = |body: Value| {
        let id = body.get("id")?.as_str()?;
        let parsed = ResourceId::parse(id)?;
        let found = Found {
            label: Label::Resource,
            id: id.to_owned(),
            type_name: parsed.type_name(),
            api_version: GROUPS.to_owned(),
            fullness: Fullness::Inventory,
            body,
        };
        (scan.filter.keeps(&found) && scan.receipt.admit()).then_some(found)
    };
    let listed = reader.list(&format!("inventory/{subscription}"), &resources, row).await;
    settle(scan, &format!("/subscriptions/{subscription}/resources"), listed)
}

/// A list that failed is a gap; what ends every scan ends this one.
pub(super) fn settle<T>(scan: &Scan, scope: &str, outcome: Result<T, ScanError>) -> Result<(), ScanError> {
    match outcome {
        Ok(_) => Ok(()),
        Err(ScanError::Azure(error)) if !is_fatal(&error) => {
            scan.receipt.gap(scope, &error);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Whether nothing more can be expected of this scan.
fn is_fatal(error: &AzureError) -> bool {
    matches!(
        error,
        AzureError::Credential(_)
            | AzureError::WrongTenant { .. }
            | AzureError::UnknownTenant(_)
            | AzureError::Network { .. }
    )
}

/// Whole bodies of everything in the inventory.
pub(super) async fn by_type(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    let cells = scan.generation.cells()?;
    let all = cells.len().max(1);
    let done = std::sync::atomic::AtomicUsize::new(0);
    let each = stream::iter(cells.into_iter().filter(|cell| !cell.subscription.is_empty()).map(|cell| {
        let done = &done;
        async move {
            scan.receipt.expect(&cell.subscription, &cell.type_name, cell.count);
            one_type(scan, providers, &cell).await?;
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            let message = format!("{done} of {all} types");
            scan.report("resources", &message, 0.15 + 0.25 * done as f64 / all as f64);
            Ok::<_, ScanError>(())
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    untracked(scan, providers).await
}

async fn one_type(scan: &Scan, providers: &Providers, cell: &Cell) -> Result<(), ScanError> {
    let subscription = &cell.subscription;
    let type_name = providers.spelled(subscription, &cell.type_name);
    let Some(version) = version_of(providers, subscription, &type_name) else {
        scan.receipt.partial(subscription, &type_name, "the provider's metadata does not know this type");
        return Ok(());
    };
    let scope = format!("/subscriptions/{subscription}");
    let outcome = list_type(scan, &scope, subscription, &type_name, &version).await;
    if let Err(ScanError::Azure(error)) = &outcome {
        if is_fatal(error) {
            return outcome.map(|_| ());
        }
        // No LIST at subscription scope: per group where that is cheaper than one by one.
        let groups = groups_of(scan, subscription, &type_name)?;
        if (groups.len() as u64) * 2 < cell.count {
            for group in groups {
                let scope = format!("/subscriptions/{subscription}/resourceGroups/{group}");
                let listed = list_type(scan, &scope, subscription, &type_name, &version).await;
                if let Err(ScanError::Azure(error)) = &listed
                    && is_fatal(error)
                {
                    return listed.map(|_| ());
                }
            }
        }
    } else {
        outcome?;
    }
    by_id(scan, subscription, &type_name, &version).await
}

/// LIST of a type below a scope, with another api-version where the first is refused.
async fn list_type(
    scan: &Scan,
    scope: &str,
    subscription: &str,
    type_name: &str,
    version: &str,
) -> Result<u64, ScanError> {
    let mut tried = vec![version.to_owned()];
    loop {
        let version = tried.last().cloned().unwrap_or_default();
        let first = format!("{scope}/providers/{type_name}?api-version={version}");
        let stream = format!("list/{}/{}", scope.to_lowercase(), type_name.to_lowercase());
        let keep = |body: Value| {
            let found = element(body, type_name, &version, subscription)?;
            let known = scan.generation.has(&found.id).unwrap_or(false);
            (known || (scan.filter.keeps(&found) && scan.receipt.admit())).then_some(found)
        };
        match scan.reader().list(&stream, &first, keep).await {
            Ok(listed) => return Ok(listed.read),
            Err(ScanError::Azure(error)) => match other_version(&error, &tried) {
                Some(next) => tried.push(next),
                None => return Err(error.into()),
            },
            Err(error) => return Err(error),
        }
    }
}

/// The newest version that a refusal names and that was not tried; at most three are tried.
pub(super) fn other_version(error: &AzureError, tried: &[String]) -> Option<String> {
    let refusal = error.refusal().filter(|refusal| refusal.is_about_version() && tried.len() < 3)?;
    let named = refusal.named_versions();
    let fresh = named.iter().map(String::as_str).filter(|version| !tried.iter().any(|tried| tried == version));
    crate::arm::newest(fresh).map(|version| version.as_str().to_owned())
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

fn groups_of(scan: &Scan, subscription: &str, type_name: &str) -> Result<BTreeSet<String>, ScanError> {
    let mut groups = BTreeSet::new();
    each_entry(scan, subscription, type_name, Some(Fullness::Inventory), |entry| {
        groups.extend(ResourceId::parse(&entry.id).and_then(|id| id.resource_group));
    })?;
    Ok(groups)
}

fn each_entry(
    scan: &Scan,
    subscription: &str,
    type_name: &str,
    at_most: Option<Fullness>,
    mut visit: impl FnMut(Entry),
) -> Result<(), ScanError> {
    let mut after = None;
    loop {
        let select = Select { type_name, subscription: Some(subscription), at_most, after, limit: BATCH };
        let entries = scan.generation.entries(&select)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = Some(last.key.clone());
        entries.into_iter().for_each(&mut visit);
    }
}

/// What LIST lacked is read one by one; what is not there any more goes, the rest stays as inventoried.
async fn by_id(scan: &Scan, subscription: &str, type_name: &str, version: &str) -> Result<(), ScanError> {
    let mut missing = Vec::new();
    each_entry(scan, subscription, type_name, Some(Fullness::Inventory), |entry| missing.push(entry))?;
    let each = stream::iter(missing.into_iter().map(|entry| async move {
        match get(scan, &entry.id, type_name, version).await {
            Ok(Some(found)) => scan.reader().settle(&format!("get/{}", entry.key), vec![found]).await,
            Ok(None) => Ok(scan.generation.remove(vec![entry.key]).await?),
            Err(error) if is_fatal(&error) => Err(error.into()),
            Err(error) => {
                scan.receipt.partial(subscription, type_name, &error.word());
                scan.receipt.gap(&entry.id, &error);
                Ok(())
            }
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// GET by id; `None`: Azure says it is gone.
pub(super) async fn get(scan: &Scan, id: &str, type_name: &str, version: &str) -> Result<Option<Found>, AzureError> {
    let mut tried = vec![version.to_owned()];
    loop {
        let version = tried.last().cloned().unwrap_or_default();
        match scan.client.arm(&format!("{}?api-version={version}", encoded(id))).await {
            Ok(answer) => {
                return Ok(Some(Found {
                    label: Label::Resource,
                    id: id.to_owned(),
                    type_name: type_name.to_owned(),
                    api_version: version,
                    fullness: Fullness::Read,
                    body: answer.body,
                }));
            }
            Err(error) => {
                if let Some(next) = other_version(&error, &tried) {
                    tried.push(next);
                    continue;
                }
                let gone = error.refusal().is_some_and(|refusal| {
                    refusal.status == 404
                        && ["ResourceNotFound", "NotFound", "ResourceGroupNotFound"]
                            .iter()
                            .any(|code| refusal.code.eq_ignore_ascii_case(code))
                });
                return if gone { Ok(None) } else { Err(error) };
            }
        }
    }
}

/// An id as a path: what would end it early is encoded.
pub(super) fn encoded(id: &str) -> String {
    const PATH: &percent_encoding::AsciiSet =
        &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');
    let id = if id.starts_with('/') { id.to_owned() } else { format!("/{id}") };
    percent_encoding::utf8_percent_encode(&id, PATH).to_string()
}

/// Top-level types that other steps read, each in its own way.
const READ_ELSEWHERE: [&str; 9] = [
    "microsoft.resources/resourcegroups",
    "microsoft.resources/subscriptions",
    "microsoft.resources/tenants",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.authorization/locks",
    "microsoft.authorization/policyassignments",
    "microsoft.management/managementgroups",
    "microsoft.insights/diagnosticsettings",
];

/// Top-level types that no inventory lists are asked for only where the request names them.
async fn untracked(scan: &Scan, providers: &Providers) -> Result<(), ScanError> {
    let known: BTreeSet<(String, String)> =
        scan.generation.cells()?.into_iter().map(|cell| (cell.subscription, cell.type_name)).collect();
    let subscriptions: BTreeSet<String> = known.iter().map(|(subscription, _)| subscription.clone()).collect();
    let mut wanted = Vec::new();
    for subscription in subscriptions.iter().filter(|subscription| !subscription.is_empty()) {
        for facts in providers.untracked(subscription) {
            let name = facts.name.to_lowercase();
            let is_read = READ_ELSEWHERE.contains(&name.as_str()) || known.contains(&(subscription.clone(), name));
            if !is_read && scan.filter.asks_for(&scan.request.include_child_types, &facts.name) {
                wanted.push((subscription.clone(), facts.clone()));
            }
        }
    }
    let each = stream::iter(wanted.into_iter().map(|(subscription, facts)| async move {
        let Some(version) = facts.version() else { return Ok(()) };
        let scope = format!("/subscriptions/{subscription}");
        match list_type(scan, &scope, &subscription, &facts.name, &version).await {
            Err(ScanError::Azure(error)) if !is_fatal(&error) => {
                // Most such types have no list here; only what was refused for lack of rights is a gap.
                if error.refusal().is_some_and(|refusal| matches!(refusal.status, 401 | 403)) {
                    scan.receipt.partial(&subscription, &facts.name, &error.word());
                }
                Ok(())
            }
            outcome => outcome.map(|_| ()),
        }
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}
