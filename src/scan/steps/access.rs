//! Who may do what: role assignments and definitions, locks, policies with what is exempt from them, management groups.
//!
//! One list of a subscription gives what stands at it, below it and above it. What stands at management groups is
//! also asked for there, for a group may hold none of the subscriptions that are scanned. Of policies only those
//! that somebody made are read, unless the request names them: the built-in ones are Azure's, by the thousand.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::management_groups;
use crate::{
    arm::ResourceId,
    graph::model::{Found, Fullness, Label},
    scan::{
        error::ScanError,
        facts::{
            body::encoded,
            refusals::{Meaning, Reason},
            stream_key::StreamKey,
        },
        read::{
            listing::Address,
            scan::{AT_ONCE, Scan},
        },
    },
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
pub(crate) const POLICIES: [&str; 2] =
    ["Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions"];
const EXEMPTIONS: &str = "Microsoft.Authorization/policyExemptions";
const CUSTOM: &str = "&$filter=policyType%20eq%20'Custom'";
static LISTS: [List; 7] = [
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
    List { type_name: EXEMPTIONS, version: "2022-07-01-preview", at_groups: Some("&$filter=atScope()"), more: "" },
    List { type_name: ROLES, version: "2022-04-01", at_groups: None, more: "" },
    List { type_name: POLICIES[0], version: "2023-04-01", at_groups: Some(CUSTOM), more: CUSTOM },
    List { type_name: POLICIES[1], version: "2023-04-01", at_groups: Some(CUSTOM), more: CUSTOM },
];
/// Lists of each management group.
pub(crate) const AT_GROUPS: u64 = 5;

pub(crate) async fn read(scan: &Scan, subscriptions: &[String]) -> Result<(), ScanError> {
    let groups = management_groups::read(scan).await?;
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
    let stream = StreamKey::Access { scope, type_name };
    let keep = |body: Value, version: &str| found(scan, body, type_name, version);
    let listed = scan.list(&stream, Address { path: &path, more }, list.version, keep).await;
    let Err(error) = scan.unless_fatal(listed)? else { return Ok(()) };
    // Not every cloud has policies, and not every scope has every list.
    let may_lack = POLICIES.contains(&type_name) || type_name == EXEMPTIONS || subscription.is_empty();
    if !(may_lack && scan.meaning(&error) == Meaning::Absent) {
        scan.receipt.partial(subscription, type_name, Reason::of(&error));
        scan.receipt.gap(&path, &error);
    }
    Ok(())
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
