//! What bodies mention and no list gave, read by its id.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::children::wanted;
use crate::{
    arm::ResourceId,
    azure::AzureError,
    scan::{
        error::ScanError,
        facts::{catalogue::Catalogue, child_rules::rule_of, stream_key::StreamKey},
        read::{
            by_id::get,
            scan::{AT_ONCE, BATCH, Scan},
        },
    },
};

/// Rounds of reading what others refer to.
const ROUNDS: usize = 4;

/// Children of known parents; with a filter, and if it is wanted, whatever the kept resources refer to, and what that
/// refers to.
pub(crate) async fn read(scan: &Scan, catalogue: &Catalogue) -> Result<(), ScanError> {
    for _ in 0..if scan.filter.wants_referenced() { ROUNDS } else { 1 } {
        let before = scan.generation.count();
        let mut after = None;
        loop {
            let page = scan.generation.mentioned(after.as_deref(), BATCH)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let mut wanted = BTreeMap::new();
            for (_, id) in &page {
                for id in lineage(scan, id) {
                    if let Some(unread) = unread(scan, catalogue, &id) {
                        wanted.insert(unread.key.clone(), unread);
                    }
                }
            }
            let each = stream::iter(wanted.into_values().map(|unread| one(scan, unread)));
            each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        }
        if scan.generation.count() == before {
            break;
        }
    }
    Ok(())
}

async fn one(scan: &Scan, unread: Unread) -> Result<(), ScanError> {
    let Unread { key, id, type_name, version } = unread;
    let stream = StreamKey::Mention { key: &key };
    if scan.is_done(&stream)? {
        return Ok(());
    }
    match get(scan, &id, &type_name, &version).await {
        Ok(Some(found)) if scan.receipt.admit() => scan.settle(&stream, vec![found]).await,
        // What is mentioned need not exist.
        Ok(_) | Err(ScanError::Azure(AzureError::Refused(_) | AzureError::Unreadable { .. })) => {
            scan.settle(&stream, Vec::new()).await
        }
        Err(ScanError::Azure(error)) => scan.gap(&id, error),
        Err(error) => Err(error),
    }
}

/// The resources that an id goes through, outermost first; without a filter only itself.
fn lineage(scan: &Scan, id: &str) -> Vec<String> {
    if !scan.filter.wants_referenced() {
        return vec![id.to_owned()];
    }
    let mut found = Vec::new();
    let mut at = Some(id.trim_end_matches('/').to_owned());
    while let Some(text) = at {
        at = match ResourceId::parse(&text) {
            Some(parsed) if parsed.namespace.is_some() => {
                let parent = parsed.is_child().then(|| parsed.parent());
                found.push(parsed.text);
                parent
            }
            Some(_) => None,
            // A sub-object with an odd number of segments.
            None => text.rfind('/').filter(|cut| *cut > 0).map(|cut| text[..cut].to_owned()),
        };
    }
    found.reverse();
    found
}

/// Something to be asked for by its id.
struct Unread {
    key: String,
    id: String,
    type_name: String,
    version: String,
}

fn unread(scan: &Scan, catalogue: &Catalogue, id: &str) -> Option<Unread> {
    let parsed = ResourceId::parse(id)?;
    let subscription = parsed.subscription.as_deref().unwrap_or_default().to_lowercase();
    let facts = catalogue.type_of(&subscription, &parsed.type_name())?;
    let is_listed = rule_of(&facts.name).is_some() && wanted(scan, facts).is_err();
    let is_near =
        if parsed.is_child() { scan.generation.has(&parsed.parent()) } else { scan.filter.wants_referenced() };
    if is_listed || !is_near || scan.generation.has(id) || scan.filter.excludes_type(&facts.name) {
        return None;
    }
    let version = facts.version()?;
    Some(Unread { key: parsed.key(), id: parsed.text, type_name: facts.name.clone(), version })
}
