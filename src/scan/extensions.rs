//! Resources that stand at resources of other providers: `{resource}/providers/{type}/{name}`.
//!
//! The metadata marks such types (`SupportsExtension`). Diagnostic settings are read where the request says
//! so, all others where it names them (`include_child_types`, `resource_types`). A list at the subscription
//! comes first (`types`); here each resource is asked, until its type of parent has refused several times, or
//! stayed empty for many where the request only gave a pattern. Metadata that marks nothing is not believed:
//! then every type that no inventory lists may stand anywhere, and few parents of each type are asked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{TryStreamExt, stream};
use serde_json::Value;

use super::{
    AT_ONCE, Scan, ScanError,
    children::{admits, batches, is_skipped},
    providers::{Providers, TypeFacts},
    refusals::Refusals,
    resources::settle,
    types::{READ_ELSEWHERE, element, encoded},
};
use crate::{
    arm,
    graph::{Entry, model::Label},
};

/// Pairs of an unmarked type and a type of parent that are tried at most.
const GUESSES: usize = 20_000;
const DIAGNOSTICS: &str = "microsoft.insights/diagnosticsettings";
const DIAGNOSTICS_VERSION: &str = "2021-05-01-preview";

/// One extension type of a subscription.
struct Extension {
    facts: TypeFacts,
    /// Nothing names it exactly: it is given up where it stays empty.
    guessed: bool,
}

type Wanted = BTreeMap<String, Vec<Arc<Extension>>>;

/// Reads what stands at every resource found so far.
pub(super) async fn read(scan: &Scan, providers: &Providers, refusals: &Refusals) -> Result<(), ScanError> {
    let wanted = wanted(scan, providers);
    if wanted.is_empty() {
        return Ok(());
    }
    let total = scan.generation.count();
    let done = AtomicU64::new(0);
    let asked = batches(scan).map_ok(|entries| {
        let seen = done.fetch_add(entries.len() as u64, Ordering::Relaxed);
        let message = format!("what stands at {seen} of {total} resources");
        scan.report("children", &message, 0.72, Some(total.saturating_sub(seen)));
        let mut asked = Vec::new();
        let parents = entries.into_iter().filter(|entry| matches!(entry.label, Label::Resource | Label::ResourceGroup));
        for entry in parents.map(Arc::new) {
            let of = wanted.get(entry.subscription.as_deref().unwrap_or_default());
            let fitting = of.into_iter().flatten().filter(|extension| fits(&entry, &extension.facts.name));
            asked.extend(fitting.map(|extension| Ok((entry.clone(), extension.clone()))));
        }
        stream::iter(asked)
    });
    let each = asked.try_flatten().map_ok(|(entry, extension)| at(scan, entry, extension, refusals));
    each.try_buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// Nothing of its own kind stands at an extension resource, and groups hold no diagnostics.
fn fits(entry: &Entry, type_name: &str) -> bool {
    let is_extension = entry.id.to_lowercase().matches("/providers/").count() > 1;
    let is_access = entry.type_name.to_lowercase().starts_with("microsoft.authorization/");
    if is_extension || is_access || entry.type_name.eq_ignore_ascii_case(type_name) {
        return false;
    }
    entry.label == Label::Resource || !type_name.eq_ignore_ascii_case(DIAGNOSTICS)
}

fn wanted(scan: &Scan, providers: &Providers) -> Wanted {
    let mut wanted = Wanted::new();
    let parents = scan.generation.cells();
    for subscription in providers.subscriptions() {
        let marks = providers.marks_extensions(subscription);
        let mut here = Vec::new();
        for facts in providers.untracked(subscription) {
            let name = facts.name.to_lowercase();
            let elsewhere = READ_ELSEWHERE.contains(&name.as_str()) || is_skipped(&facts.name);
            if elsewhere || marks && !facts.extension || scan.filter.excludes_type(&facts.name) {
                continue;
            }
            let patterns = &scan.request.include_child_types;
            if scan.filter.asks_for(patterns, &facts.name) {
                let guessed = !patterns.iter().any(|pattern| pattern.eq_ignore_ascii_case(&facts.name));
                here.push(Arc::new(Extension { facts: facts.clone(), guessed }));
            }
        }
        let types_here = parents.iter().filter(|cell| cell.subscription == *subscription).count();
        if !marks && here.len() * types_here > GUESSES {
            here.clear();
        }
        if scan.request.include_diagnostics {
            let known = providers.type_of(subscription, DIAGNOSTICS).cloned();
            let facts = known.unwrap_or_else(|| TypeFacts {
                name: "Microsoft.Insights/diagnosticSettings".to_owned(),
                versions: vec![DIAGNOSTICS_VERSION.to_owned()],
                tracked: false,
                extension: true,
            });
            here.push(Arc::new(Extension { facts, guessed: false }));
        }
        if !here.is_empty() {
            wanted.insert(subscription.clone(), here);
        }
    }
    wanted
}

async fn at(scan: &Scan, parent: Arc<Entry>, extension: Arc<Extension>, refusals: &Refusals) -> Result<(), ScanError> {
    let (type_name, subscription) = (&extension.facts.name, parent.subscription.clone().unwrap_or_default());
    let what = format!("{} below {}", type_name.to_lowercase(), parent.type_name.to_lowercase());
    let stream = format!("extension/{}/{}", parent.key, type_name.to_lowercase());
    let Some(version) = extension.facts.version() else { return Ok(()) };
    if refusals.is_given_up(&subscription, &what) || scan.reader().is_done(&stream)? {
        return Ok(());
    }
    let below = format!("{}/providers/", parent.key);
    let path = format!("{}/providers/{type_name}", encoded(&parent.id));
    let keep = |body: Value, version: &str| {
        let found = element(body, type_name, version, &subscription)?;
        (arm::key(&found.id).starts_with(&below) && admits(scan, &found.id)).then_some(found)
    };
    match scan.reader().versioned(&stream, (&path, ""), &version, keep).await {
        Ok(listed) => refusals.answered(scan, &subscription, &what, listed.read, extension.guessed).await,
        Err(ScanError::Azure(error)) => {
            if let Some(400 | 404 | 405) = error.refusal().map(|refusal| refusal.status) {
                refusals.refused(scan, &subscription, &what, &error.word()).await?;
                return scan.reader().settle(&stream, Vec::new()).await;
            }
            scan.receipt.partial(&subscription, type_name, &error.word());
            settle::<()>(scan, &parent.id, Err(error.into()))
        }
        Err(error) => Err(error),
    }
}
