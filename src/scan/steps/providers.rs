//! `GET /providers` of each subscription: which types there are.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    azure::{AzureError, Client},
    graph::GraphError,
    scan::{
        error::ScanError,
        facts::catalogue::{Catalogue, VERSION},
        read::scan::{AT_ONCE, Scan},
    },
};

/// The metadata of one subscription.
pub(crate) async fn metadata(client: &Client, subscription: &str) -> Result<Catalogue, AzureError> {
    let first = format!("/subscriptions/{subscription}/providers?api-version={VERSION}");
    Ok(Catalogue::of(subscription, &client.pages(&first).all().await?))
}

/// Asks every subscription, once a scan; one that does not answer has no metadata and is said in the receipt.
pub(crate) async fn load(scan: &Scan, subscriptions: &[String]) -> Result<Catalogue, ScanError> {
    let mut catalogue = Catalogue::default();
    let each = stream::iter(subscriptions.iter().cloned().map(|subscription| one(scan, subscription)));
    let mut known = std::pin::pin!(each.buffered(AT_ONCE));
    while let Some(known) = known.try_next().await? {
        catalogue.extend(known);
    }
    Ok(catalogue)
}

async fn one(scan: &Scan, subscription: String) -> Result<Catalogue, ScanError> {
    let note = format!("providers/{subscription}");
    if let Some(noted) = scan.generation.note(&note)?
        && let Some(known) = Catalogue::recalled(&subscription, &noted)
    {
        return Ok(known);
    }
    match metadata(&scan.client, &subscription).await {
        Ok(known) => {
            let text = known.noted(&subscription).map_err(|error| GraphError::Body(error.to_string()))?;
            scan.generation.set_note(&note, text).await?;
            Ok(known)
        }
        Err(error) => {
            scan.gap(&format!("/subscriptions/{subscription}/providers"), error)?;
            Ok(Catalogue::default())
        }
    }
}
