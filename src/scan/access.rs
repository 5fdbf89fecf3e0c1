//! Who may do what: role assignments and definitions, locks, policies, management groups.
//!
//! One list of a subscription gives what stands at it, below it and above it. What stands at management groups is
//! also asked for there, for a group may hold none of the subscriptions that are scanned. Of policies only those
//! that somebody made are read, unless the request names them: the built-in ones are Azure's, by the thousand.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{AT_ONCE, Scan, ScanError, resources::settle, stream::other_version, types::encoded};
use crate::{
    arm::ResourceId,
    azure::{Answer, AzureError, Client},
    graph::model::{Found, Fullness, Label},
};

/// One list of a scope: its type, the api-version that it is asked with first, and what of it is asked for.
struct List {
    type_name: &'static str,
    version: &'static str,
    at_groups: Option<&'static str>,
    more: &'static str,
}

const ROLES: &str = "Microsoft.Authorization/roleDefinitions";
/// Policies that somebody made.
pub(super) const POLICIES: [&str; 2] =
    ["Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions"];
const CUSTOM: &str = "&$filter=policyType%20eq%20'Custom'";
static LISTS: [List; 6] = [
    List {
        type_name: "Microsoft.Authorization/roleAssignments",
        version: "2022-04-01",
        at_groups: Some("&$filter=atScope()"),
        more: "",
    },
    List { type_name: "Microsoft.Authorization/locks", version: "2020-05-01", at_groups: None, more: "" },
    List {
        type_name: "Microsoft.Authorization/policyAssignments",
        version: "2023-04-01",
        at_groups: Some("&$filter=atScope()"),
        more: "",
    },
    List { type_name: ROLES, version: "2022-04-01", at_groups: None, more: "" },
    List { type_name: POLICIES[0], version: "2023-04-01", at_groups: Some(CUSTOM), more: CUSTOM },
    List { type_name: POLICIES[1], version: "2023-04-01", at_groups: Some(CUSTOM), more: CUSTOM },
];
const TYPE: &str = "Microsoft.Management/managementGroups";
const SCOPE: &str = "/providers/Microsoft.Management/managementGroups";
/// Lists of each management group.
pub(super) const AT_GROUPS: u64 = 4;
const MANAGEMENT_GROUPS: &str = "2021-04-01";

pub(super) async fn read(scan: &Scan, subscriptions: &[String]) -> Result<(), ScanError> {
    let groups = management_groups(scan).await?;
    let is_wanted = |list: &List| {
        let is_policy = POLICIES.contains(&list.type_name);
        !is_policy || scan.filter.wants_children(list.type_name) && !scan.filter.excludes_type(list.type_name)
    };
    let mut all: Vec<(String, String, usize)> = Vec::new();
    for (at, list) in LISTS.iter().enumerate().filter(|(_, list)| is_wanted(list)) {
        for id in subscriptions {
            all.push((format!("/subscriptions/{id}"), id.clone(), at));
        }
        if list.at_groups.is_some() {
            all.extend(groups.iter().map(|id| (encoded(id), String::new(), at)));
        }
    }
    let each =
        all.into_iter().map(|(scope, subscription, at)| async move { one(scan, &scope, &subscription, at).await });
    let each = stream::iter(each);
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// One list of a subscription, or of a management group.
async fn one(scan: &Scan, scope: &str, subscription: &str, at: usize) -> Result<(), ScanError> {
    let list = &LISTS[at];
    let more = if subscription.is_empty() { list.at_groups.unwrap_or_default() } else { list.more };
    let more = if more == CUSTOM && wants_built_in(scan, list.type_name) { "" } else { more };
    let type_name = list.type_name;
    let path = format!("{scope}/providers/{type_name}");
    let stream = format!("access/{}/{type_name}", scope.to_lowercase());
    let keep = |body: Value, version: &str| found(scan, body, type_name, version);
    let listed = scan.reader().versioned(&stream, (&path, more), list.version, keep).await;
    if let Err(ScanError::Azure(error)) = &listed {
        // Not every cloud has policies, and not every scope has every list.
        let is_absent = matches!(error.refusal().map(|refusal| refusal.status), Some(400 | 404 | 405));
        if is_absent && (POLICIES.contains(&type_name) || subscription.is_empty()) {
            return Ok(());
        }
        scan.receipt.partial(subscription, type_name, &error.word());
    }
    settle(scan, &path, listed)
}

/// An element as it is kept; those above the scope show in its list too.
fn found(scan: &Scan, body: Value, type_name: &str, version: &str) -> Option<Found> {
    let id = body.get("id")?.as_str()?.to_owned();
    ResourceId::parse(&id)?;
    if POLICIES.contains(&type_name) && !wants_built_in(scan, type_name) {
        // The filter of the list is a wish that not every service grants.
        let kind = body.pointer("/properties/policyType").and_then(Value::as_str).unwrap_or("Custom");
        if !kind.eq_ignore_ascii_case("Custom") {
            return None;
        }
    }
    let label = if type_name == ROLES { Label::RoleDefinition } else { Label::Resource };
    let found = Found {
        label,
        id,
        type_name: type_name.to_owned(),
        api_version: version.to_owned(),
        fullness: Fullness::Listed,
        body,
    };
    (label == Label::RoleDefinition || keeps(scan, &found)).then_some(found)
}

fn wants_built_in(scan: &Scan, type_name: &str) -> bool {
    scan.filter.asks_for(&scan.request.include_child_types, type_name) || scan.filter.names_type(type_name)
}

/// Whether the filter keeps it, or the resource that it stands at was kept. Groups and subscriptions
/// are there as containers: what stands at them has to be asked for.
fn keeps(scan: &Scan, found: &Found) -> bool {
    if scan.filter.is_open() || scan.filter.keeps(found) {
        return true;
    }
    let scope = ResourceId::parse(&found.id).and_then(|id| ResourceId::parse(&id.parent()));
    let resource = scope.filter(|scope| scope.namespace.is_some());
    !scan.filter.excludes_type(&found.type_name) && resource.is_some_and(|scope| scan.generation.has(&scope.text))
}

/// An answer, with the api-versions that a refusal names where ours is not known.
async fn versioned(client: &Client, path: &str, more: &str) -> Result<Answer, AzureError> {
    let mut tried = vec![MANAGEMENT_GROUPS.to_owned()];
    loop {
        let version = tried.last().cloned().unwrap_or_default();
        match client.arm(&format!("{path}?api-version={version}{more}")).await {
            Err(error) => match other_version(&error, &tried) {
                Some(next) => tried.push(next),
                None => return Err(error),
            },
            answered => return answered,
        }
    }
}

/// Management groups with what lies in them; their ids.
async fn management_groups(scan: &Scan) -> Result<Vec<String>, ScanError> {
    let items = match listed(&scan.client, SCOPE).await {
        Ok(items) => items,
        Err(error) => {
            scan.receipt.unlisted("", "management groups", &error.word());
            settle::<()>(scan, SCOPE, Err(error.into()))?;
            return Ok(Vec::new());
        }
    };
    let each = stream::iter(items.into_iter().map(|item| async move {
        let id = item.get("id").and_then(Value::as_str).map(str::to_owned)?;
        ResourceId::parse(&id).filter(|id| id.type_name().eq_ignore_ascii_case(TYPE))?;
        let whole = versioned(&scan.client, &encoded(&id), "&$expand=children").await.and_then(|answer| answer.value());
        let (body, fullness) = match whole {
            Ok(body) => (body, Fullness::Read),
            Err(error) => {
                scan.receipt.gap(&id, &error);
                (item, Fullness::Listed)
            }
        };
        Some(Found {
            label: Label::ManagementGroup,
            id,
            type_name: TYPE.to_owned(),
            api_version: MANAGEMENT_GROUPS.to_owned(),
            fullness,
            body,
        })
    }));
    let found: Vec<Found> = each.buffered(AT_ONCE).filter_map(async |found| found).collect().await;
    let ids = found.iter().map(|found| found.id.clone()).collect();
    scan.reader().settle("management-groups", found).await?;
    Ok(ids)
}

/// How many management groups there are; none where they can't be read.
pub(super) async fn count_groups(client: &Client) -> u64 {
    listed(client, SCOPE).await.map_or(0, |groups| groups.len() as u64)
}

async fn listed(client: &Client, scope: &str) -> Result<Vec<Value>, AzureError> {
    let (mut items, mut links) = (Vec::new(), std::collections::BTreeSet::new());
    let mut answer = versioned(client, scope, "").await?;
    loop {
        for item in answer.values() {
            items.push(item?);
        }
        let Some(next) = answer.next.take() else { return Ok(items) };
        if !links.insert(next.clone()) {
            return Err(AzureError::EndlessList(next));
        }
        answer = client.arm(&next).await?;
    }
}
