//! Who may do what: role assignments and definitions, locks, policy assignments, management groups.

use serde_json::Value;

use super::{Scan, ScanError, resources::settle, types::encoded};
use crate::{
    arm::ResourceId,
    graph::model::{Found, Fullness, Label},
};

/// Listed once a subscription: type and api-version. One list gives all below.
const LISTED: [(&str, &str); 3] = [
    ("Microsoft.Authorization/roleAssignments", "2022-04-01"),
    ("Microsoft.Authorization/locks", "2020-05-01"),
    ("Microsoft.Authorization/policyAssignments", "2023-04-01"),
];
const ROLES: &str = "2022-04-01";
const MANAGEMENT_GROUPS: &str = "2021-04-01";

pub(super) async fn read(scan: &Scan, subscriptions: &[String]) -> Result<(), ScanError> {
    for subscription in subscriptions {
        for (type_name, version) in LISTED {
            let first = format!("/subscriptions/{subscription}/providers/{type_name}?api-version={version}");
            let stream = format!("access/{subscription}/{type_name}");
            // Assignments above the subscription show in its list too: they are kept as well.
            let keep = |body: Value| anywhere(body, type_name, version).filter(|found| keeps(scan, found));
            let listed = scan.reader().list(&stream, &first, keep).await;
            if let Err(ScanError::Azure(error)) = &listed {
                scan.receipt.partial(subscription, type_name, &error.word());
            }
            settle(scan, &format!("/subscriptions/{subscription}/providers/{type_name}"), listed)?;
        }
        let first = format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions?api-version={ROLES}"
        );
        let role = |body: Value| {
            let id = body.get("id")?.as_str()?.to_owned();
            Some(Found {
                label: Label::RoleDefinition,
                id,
                type_name: "Microsoft.Authorization/roleDefinitions".to_owned(),
                api_version: ROLES.to_owned(),
                fullness: Fullness::Listed,
                body,
            })
        };
        let listed = scan.reader().list(&format!("roles/{subscription}"), &first, role).await;
        if let Err(ScanError::Azure(error)) = &listed {
            scan.receipt.partial(subscription, "Microsoft.Authorization/roleDefinitions", &error.word());
        }
        settle(scan, &format!("/subscriptions/{subscription}/roleDefinitions"), listed)?;
    }
    management_groups(scan).await
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

fn anywhere(body: Value, type_name: &str, version: &str) -> Option<Found> {
    let id = body.get("id")?.as_str()?.to_owned();
    ResourceId::parse(&id)?;
    Some(Found {
        label: Label::Resource,
        id,
        type_name: type_name.to_owned(),
        api_version: version.to_owned(),
        fullness: Fullness::Listed,
        body,
    })
}

async fn management_groups(scan: &Scan) -> Result<(), ScanError> {
    const SCOPE: &str = "/providers/Microsoft.Management/managementGroups";
    let listed = scan.client.arm(&format!("{SCOPE}?api-version={MANAGEMENT_GROUPS}")).await;
    let items: Vec<Value> = match listed.and_then(|answer| answer.values().collect()) {
        Ok(items) => items,
        Err(error) => {
            scan.receipt.unlisted("", "management groups", &error.word());
            return settle::<()>(scan, SCOPE, Err(error.into()));
        }
    };
    let mut found = Vec::new();
    for item in items {
        let Some(id) = item.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
        let whole =
            scan.client.arm(&format!("{}?api-version={MANAGEMENT_GROUPS}&$expand=children", encoded(&id))).await;
        let whole = whole.and_then(|answer| answer.value());
        let (body, fullness) = match whole {
            Ok(body) => (body, Fullness::Read),
            Err(error) => {
                scan.receipt.gap(&id, &error);
                (item, Fullness::Listed)
            }
        };
        found.push(Found {
            label: Label::ManagementGroup,
            id,
            type_name: "Microsoft.Management/managementGroups".to_owned(),
            api_version: MANAGEMENT_GROUPS.to_owned(),
            fullness,
            body,
        });
    }
    scan.reader().settle("management-groups", found).await
}
