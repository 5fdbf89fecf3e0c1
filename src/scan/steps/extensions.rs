//! Resources that stand at resources of other providers: `{resource}/providers/{type}/{name}`.
//!
//! The metadata marks such types (`SupportsExtension`). Diagnostic settings are read where the request says
//! so, what runs in clusters at clusters, all others where it names them (`include_child_types`, `resource_types`):
//! the rest is told to be left out, once a type. A list at the subscription
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

use super::refusable::{Question, ask, give_up};
use crate::{
    arm,
    graph::{Entry, model::Label},
    scan::{
        error::ScanError,
        facts::{
            body::{element, encoded},
            catalogue::{Catalogue, TypeFacts, is_diagnostics, is_read_elsewhere},
            child_rules::{AT_CLUSTERS, is_cluster, is_skipped},
            refusals::{AskedList, Cause, LeftOut, Reason, Refusals},
            stream_key::StreamKey,
        },
        read::scan::{AT_ONCE, Scan},
    },
};

/// Pairs of an unmarked type and a type of parent that are tried at most.
const GUESSES: usize = 20_000;
const DIAGNOSTICS: &str = "Microsoft.Insights/diagnosticSettings";
const DIAGNOSTICS_VERSION: &str = "2021-05-01-preview";

/// One extension type of a subscription.
struct Extension {
    facts: TypeFacts,
    /// Nothing names it exactly: it is given up where it stays empty.
    guessed: bool,
    /// Only clusters are asked.
    at_clusters: bool,
}

type Wanted = BTreeMap<String, Vec<Arc<Extension>>>;

/// Reads what stands at every resource found so far; the types that were not asked for.
pub(crate) async fn read(scan: &Scan, catalogue: &Catalogue, refusals: &Refusals) -> Result<Vec<LeftOut>, ScanError> {
    let (wanted, left_out) = (wanted(scan, catalogue), left_out(scan, catalogue));
    if wanted.is_empty() {
        return Ok(left_out);
    }
    let total = scan.generation.count();
    let done = AtomicU64::new(0);
    let asked = scan.batches().map_ok(|entries| {
        let seen = done.fetch_add(entries.len() as u64, Ordering::Relaxed);
        let message = format!("what stands at {seen} of {total} resources");
        scan.report("children", &message, 0.72, Some(total.saturating_sub(seen)));
        let mut asked = Vec::new();
        let parents = entries.into_iter().filter(|entry| matches!(entry.label, Label::Resource | Label::ResourceGroup));
        for entry in parents.map(Arc::new) {
            let of = wanted.get(entry.subscription.as_deref().unwrap_or_default());
            let fitting = of.into_iter().flatten().filter(|extension| fits(&entry, extension));
            asked.extend(fitting.map(|extension| Ok((entry.clone(), extension.clone()))));
        }
        stream::iter(asked)
    });
    let each = asked.try_flatten().map_ok(|(entry, extension)| at(scan, entry, extension, refusals));
    each.try_buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(left_out)
}

/// Nothing of its own kind stands at an extension resource, and groups hold no diagnostics.
fn fits(entry: &Entry, extension: &Extension) -> bool {
    if extension.at_clusters && !is_cluster(&entry.type_name) {
        return false;
    }
    let type_name = extension.facts.name.as_str();
    let is_extension = entry.id.to_lowercase().matches("/providers/").count() > 1;
    let is_access = entry.type_name.to_lowercase().starts_with("microsoft.authorization/");
    if is_extension || is_access || entry.type_name.eq_ignore_ascii_case(type_name) {
        return false;
    }
    entry.label == Label::Resource || !is_diagnostics(type_name)
}

/// Types that the metadata marks and nothing asks for; each once, whatever the number of subscriptions.
fn left_out(scan: &Scan, catalogue: &Catalogue) -> Vec<LeftOut> {
    let mut found: BTreeMap<String, LeftOut> = BTreeMap::new();
    let mut leave = |type_name: &str, how: &str| {
        let reason = if scan.filter.excludes_type(type_name) || !scan.filter.wants_children(type_name) {
            Reason::new(Cause::FilteredOut, "the filter leaves it out")
        } else {
            Reason::new(Cause::NotAsked, format!("stands at other resources; {how} to read it"))
        };
        let left = LeftOut { subscription: String::new(), type_name: type_name.to_owned(), reason };
        found.entry(type_name.to_lowercase()).or_insert(left);
    };
    for subscription in catalogue.subscriptions() {
        for facts in catalogue.untracked(subscription).into_iter().filter(|facts| facts.extension) {
            let is_read = is_read_elsewhere(&facts.name) || is_skipped(&facts.name) || is_at_clusters(&facts.name);
            if !is_read && !scan.filter.asks_for(&scan.request.include_child_types, &facts.name) {
                leave(&facts.name, "name it in include_child_types");
            }
        }
    }
    if !scan.request.include_diagnostics {
        leave(DIAGNOSTICS, "set include_diagnostics");
    }
    found.into_values().collect()
}

fn is_at_clusters(type_name: &str) -> bool {
    AT_CLUSTERS.iter().any(|known| known.eq_ignore_ascii_case(type_name))
}

fn wanted(scan: &Scan, catalogue: &Catalogue) -> Wanted {
    let mut wanted = Wanted::new();
    let parents = scan.generation.cells();
    for subscription in catalogue.subscriptions() {
        let marks = catalogue.marks_extensions(subscription);
        let mut here = Vec::new();
        for facts in catalogue.untracked(subscription) {
            let elsewhere = is_read_elsewhere(&facts.name) || is_skipped(&facts.name);
            if elsewhere || marks && !facts.extension || scan.filter.excludes_type(&facts.name) {
                continue;
            }
            let patterns = &scan.request.include_child_types;
            if scan.filter.asks_for(patterns, &facts.name) {
                let guessed = !patterns.iter().any(|pattern| pattern.eq_ignore_ascii_case(&facts.name));
                here.push(Arc::new(Extension { facts: facts.clone(), guessed, at_clusters: false }));
            }
        }
        let types_here = parents.iter().filter(|cell| cell.subscription == *subscription).count();
        if !marks && here.len() * types_here > GUESSES {
            here.clear();
        }
        if scan.request.include_diagnostics {
            let known = catalogue.type_of(subscription, DIAGNOSTICS).cloned();
            let facts = known.unwrap_or_else(|| TypeFacts {
                name: DIAGNOSTICS.to_owned(),
                versions: vec![DIAGNOSTICS_VERSION.to_owned()],
                tracked: false,
                extension: true,
            });
            here.push(Arc::new(Extension { facts, guessed: false, at_clusters: false }));
        }
        // What was asked for by name is asked everywhere, at clusters too.
        let is_here = |name: &str| here.iter().any(|known| known.facts.name.eq_ignore_ascii_case(name));
        let at_clusters: Vec<&str> =
            AT_CLUSTERS.into_iter().filter(|name| !is_here(name) && !scan.filter.excludes_type(name)).collect();
        for facts in at_clusters.into_iter().filter_map(|name| catalogue.type_of(subscription, name)) {
            here.push(Arc::new(Extension { facts: facts.clone(), guessed: false, at_clusters: true }));
        }
        if !here.is_empty() {
            wanted.insert(subscription.clone(), here);
        }
    }
    wanted
}

async fn at(scan: &Scan, parent: Arc<Entry>, extension: Arc<Extension>, refusals: &Refusals) -> Result<(), ScanError> {
    let Extension { facts, guessed, .. } = &*extension;
    let Some(version) = facts.version() else { return Ok(()) };
    let (type_name, subscription) = (facts.name.as_str(), parent.subscription.as_deref().unwrap_or_default());
    let below = format!("{}/providers/", parent.key);
    let path = format!("{}/providers/{type_name}", encoded(&parent.id));
    let keep = |body: Value, version: &str| {
        let found = element(body, type_name, version, subscription)?;
        (arm::key(&found.id).starts_with(&below) && scan.admits(&found.id)).then_some(found)
    };
    let question = Question {
        stream: StreamKey::Extension { parent: &parent.key, type_name },
        asked: AskedList::new(subscription, type_name).below(&parent.type_name),
        subscription,
        type_name,
        path: &path,
        version: &version,
        scope: &parent.id,
        guessed: *guessed,
    };
    match ask(scan, refusals, &question, keep).await? {
        Some(error) => give_up(scan, refusals, &question, &error).await,
        None => Ok(()),
    }
}
