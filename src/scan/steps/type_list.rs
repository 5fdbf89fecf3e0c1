//! LIST of one type below a scope: its subscription, one of its groups, or the tenant.

use serde_json::Value;

use crate::{
    graph::Cell,
    scan::{
        error::ScanError,
        facts::{body::element, catalogue::Catalogue, stream_key::StreamKey},
        read::{listing::Address, scan::Scan},
    },
};

/// LIST of a type below a scope; empty: the tenant.
pub(crate) async fn read(
    scan: &Scan,
    scope: &str,
    subscription: &str,
    type_name: &str,
    version: &str,
) -> Result<(), ScanError> {
    let path = format!("{scope}/providers/{type_name}");
    let keep = |body: Value, version: &str| {
        let found = element(body, type_name, version, subscription)?;
        let known = scan.generation.is_expected(&found.id) || scan.generation.has(&found.id);
        (known || (scan.filter.keeps(&found) && scan.receipt.admit())).then_some(found)
    };
    scan.list(&StreamKey::List { scope, type_name }, Address::of(&path), version, keep).await.map(drop)
}

/// Whether LIST at subscription scope gave the type.
pub(crate) async fn at_subscription(scan: &Scan, catalogue: &Catalogue, cell: &Cell) -> Result<bool, ScanError> {
    let subscription = &cell.subscription;
    let type_name = catalogue.spelled(subscription, &cell.type_name);
    let version = catalogue.version_of(subscription, &type_name);
    let scope = format!("/subscriptions/{subscription}");
    let listed = scan.unless_fatal(read(scan, &scope, subscription, &type_name, &version).await)?;
    if let Err(error) = &listed {
        tracing::debug!(%subscription, %type_name, %error, "a type has no list at its subscription");
    }
    Ok(listed.is_ok())
}

/// LIST of a type in a group. What it does not give is asked for by id.
pub(crate) async fn at_group(
    scan: &Scan,
    catalogue: &Catalogue,
    subscription: &str,
    group: &str,
    type_name: &str,
) -> Result<(), ScanError> {
    let version = catalogue.version_of(subscription, type_name);
    let scope = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    let listed = read(scan, &scope, subscription, type_name, &version).await;
    scan.unless_fatal(listed).map(drop)
}
