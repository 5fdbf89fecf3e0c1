//! What the snapshot before has and this scan did not see: gone, or kept as stale with the reason.
//!
//! Nothing is taken to be gone for want of looking. A thing goes when what it lies in is gone, or when
//! everything that would have shown it was read and a GET of it says 404. Where lists failed, were not
//! asked for, or a filter or limit kept it out, it stays. Parents are decided before their children.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::children::{is_unset, keeps_only_set};
use crate::{
    arm::{self, ResourceId},
    graph::{
        Entry, Kept,
        model::{Found, Label},
    },
    scan::{
        error::ScanError,
        facts::{
            catalogue::{Catalogue, TypeFacts, is_diagnostics, is_read_elsewhere},
            receipt::Ground,
            refusals::{Cause, LeftOut, Meaning, Reason},
            stream_key::StreamKey,
        },
        read::{
            by_id::{Denied, get},
            scan::{AT_ONCE, Scan},
        },
    },
};

/// Rows of the snapshot before that are looked at in one go.
const BATCH: usize = 2_000;

/// What becomes of something that was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Gone,
    Stale(String),
    /// As it was: nothing says that it changed.
    Same,
    /// It is there after all.
    Found,
    /// Only a GET can tell; what it answers is kept only if the scan wants it.
    Ask {
        keep: bool,
    },
}

struct Reconciler<'a> {
    scan: &'a Scan,
    catalogue: &'a Catalogue,
    subscriptions: &'a [String],
    left_out: BTreeMap<(String, String), &'a str>,
    denied: Denied,
    gone: HashSet<String>,
    stale: HashSet<String>,
    /// Only what changed was read.
    is_delta: bool,
}

pub(crate) async fn reconcile(
    scan: &Scan,
    catalogue: &Catalogue,
    subscriptions: &[String],
    left_out: &[LeftOut],
    is_delta: bool,
) -> Result<(), ScanError> {
    // Of a server's parameters the list was read whole: each is decided by itself.
    let left_out = left_out
        .iter()
        .filter(|left| left.reason.cause != Cause::Defaults)
        .map(|left| ((left.subscription.clone(), left.type_name.to_lowercase()), left.reason.sentence.as_str()))
        .collect();
    let (denied, gone, stale) = (Denied::default(), HashSet::new(), HashSet::new());
    let mut work = Reconciler { scan, catalogue, subscriptions, left_out, denied, gone, stale, is_delta };
    let mut after = None;
    loop {
        let (absent, last) = scan.generation.absent(after.as_deref(), BATCH)?;
        let Some(last) = last else { return Ok(()) };
        after = Some(last);
        // By depth: what something lies in is decided before it.
        let mut by_depth: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for entry in absent {
            by_depth.entry(entry.key.matches('/').count()).or_default().push(entry);
        }
        for entries in by_depth.into_values() {
            work.level(entries).await?;
        }
        scan.check_cancel()?;
    }
}

impl Reconciler<'_> {
    async fn level(&mut self, entries: Vec<Entry>) -> Result<(), ScanError> {
        let this = &*self;
        let decided = stream::iter(entries.into_iter().map(|entry| async move {
            let verdict = match this.decide(&entry) {
                Verdict::Ask { keep } => this.ask(&entry, keep).await?,
                decided => decided,
            };
            Ok::<_, ScanError>((entry, verdict))
        }));
        let decided: Vec<(Entry, Verdict)> = decided.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut kept = Vec::new();
        for (entry, verdict) in decided {
            match verdict {
                Verdict::Gone => drop(self.gone.insert(entry.key)),
                Verdict::Stale(reason) => {
                    self.stale.insert(entry.key.clone());
                    kept.push(Kept { key: entry.key, stale: Some(reason) });
                }
                Verdict::Same => kept.push(Kept { key: entry.key, stale: None }),
                Verdict::Found | Verdict::Ask { .. } => {}
            }
        }
        if !kept.is_empty() {
            self.scan.generation.keep(kept).await?;
        }
        Ok(())
    }

    /// What becomes of an entry, without asking.
    fn decide(&self, entry: &Entry) -> Verdict {
        let scan = self.scan;
        match entry.label {
            Label::User | Label::Group | Label::ServicePrincipal | Label::Application => {
                let was_asked = scan.request.include_identities;
                let unseen = || if was_asked { Verdict::Gone } else { stale("identities were not part of the scan") };
                scan.receipt.why_unlisted(&Ground::Identities(entry.label)).map_or_else(unseen, Verdict::Stale)
            }
            Label::ManagementGroup => {
                let ask = || Verdict::Ask { keep: true };
                scan.receipt.why_unlisted(&Ground::ManagementGroups).map_or_else(ask, Verdict::Stale)
            }
            Label::Subscription => {
                let restricted = !scan.request.subscription_ids.is_empty() || !scan.client.subscriptions().is_empty();
                if restricted { stale("not part of the scan") } else { Verdict::Ask { keep: false } }
            }
            _ => self.by_ancestors(entry).unwrap_or_else(|| self.by_place(entry)),
        }
    }

    /// What it lies in was decided before it.
    fn by_ancestors(&self, entry: &Entry) -> Option<Verdict> {
        ancestors(&entry.id).into_iter().find_map(|ancestor| {
            if self.gone.contains(&ancestor) {
                return Some(Verdict::Gone);
            }
            let is_stale = self.stale.contains(&ancestor) && ancestor.matches('/').count() > 2;
            is_stale.then(|| stale("what it lies in was not read"))
        })
    }

    /// Groups, and all that lies in them.
    fn by_place(&self, entry: &Entry) -> Verdict {
        let scan = self.scan;
        let subscription = entry.subscription.as_deref().unwrap_or_default();
        if !subscription.is_empty() && !self.subscriptions.iter().any(|read| read == subscription) {
            return stale("its subscription was not read");
        }
        if self.is_delta && !is_read_anyway(entry) {
            return self.by_changes(entry);
        }
        if entry.label == Label::ResourceGroup {
            return match scan.receipt.why_unlisted(&Ground::groups(subscription)) {
                Some(reason) => Verdict::Stale(reason),
                None if !scan.filter.keeps_group(&entry.id) => stale("the filter leaves it out"),
                None => Verdict::Ask { keep: true },
            };
        }
        self.by_receipt(entry, subscription).unwrap_or_else(|| self.by_filter(entry, subscription))
    }

    /// What had changed was asked for by id; what lies below something read again is asked now.
    fn by_changes(&self, entry: &Entry) -> Verdict {
        let asked = self.scan.is_done(&StreamKey::Get { key: &entry.key }).unwrap_or(false);
        let is_read = |key: &String| key.contains("/providers/") && self.scan.generation.has(key);
        match (asked, ancestors(&entry.id).iter().any(is_read) || entry.is_stale) {
            (true, _) => Verdict::Gone,
            (false, true) => Verdict::Ask { keep: true },
            (false, false) => Verdict::Same,
        }
    }

    /// What the scan says that it did not read.
    fn by_receipt(&self, entry: &Entry, subscription: &str) -> Option<Verdict> {
        let receipt = &self.scan.receipt;
        if receipt.is_limited() {
            return Some(stale("the scan's resource limit was reached"));
        }
        if let Some(reason) = receipt.why_partial(subscription, &entry.type_name) {
            return Some(Verdict::Stale(reason));
        }
        let cell = (subscription.to_owned(), entry.type_name.to_lowercase());
        self.left_out.get(&cell).map(|reason| stale(reason))
    }

    /// What the scan does not want is not gone for that.
    fn by_filter(&self, entry: &Entry, subscription: &str) -> Verdict {
        let scan = self.scan;
        if scan.filter.excludes_type(&entry.type_name) {
            return stale("the filter leaves it out");
        }
        let Some(parsed) = ResourceId::parse(&entry.id) else { return stale("its id can't be asked for") };
        let is_top_level = !parsed.is_child() && parsed.scope.matches("/providers/").count() == 0;
        if is_top_level && !self.is_kept(entry, &parsed) {
            return stale("the filter leaves it out");
        }
        if is_top_level && let Some(reason) = scan.receipt.why_unlisted(&Ground::inventory(subscription)) {
            return Verdict::Stale(reason);
        }
        if keeps_only_set(scan, &entry.type_name) {
            // One that somebody had set may have its default now: only its body tells.
            let before = scan.generation.base_body(&entry.key).ok().flatten();
            if before.is_some_and(|body| is_unset(&body)) {
                return stale("parameters that nobody set were not asked for");
            }
        }
        let is_diagnostic = is_diagnostics(&entry.type_name);
        if is_diagnostic && !scan.request.include_diagnostics {
            return stale("diagnostic settings were not asked for");
        }
        Verdict::Ask { keep: parsed.is_child() || is_diagnostic || self.is_read(subscription, entry) }
    }

    /// Whether the filter keeps it, as far as the row of the snapshot before can tell.
    fn is_kept(&self, entry: &Entry, id: &ResourceId) -> bool {
        let location = entry.location.as_deref().map_or(Value::Null, Value::from);
        self.scan.filter.is_open() || self.scan.filter.keeps_row(id, &entry.type_name, &location, &json!(entry.tags))
    }

    /// Whether this scan reads the type at all; some are only read on request.
    fn is_read(&self, subscription: &str, entry: &Entry) -> bool {
        let facts = self.catalogue.type_of(subscription, &entry.type_name);
        facts.is_none_or(|facts| facts.tracked)
            || is_read_elsewhere(&entry.type_name)
            || self.scan.filter.asks_for(&self.scan.request.include_child_types, &entry.type_name)
    }

    async fn ask(&self, entry: &Entry, keep: bool) -> Result<Verdict, ScanError> {
        let subscription = entry.subscription.clone().unwrap_or_default();
        let places = Denied::places(&subscription, &entry.type_name, &entry.id);
        if self.denied.gave_up(&places) {
            return Ok(Verdict::Stale("not permitted for several of its kind".to_owned()));
        }
        let known = self.catalogue.type_of(&subscription, &entry.type_name).and_then(TypeFacts::version);
        let version = known.unwrap_or_else(|| entry.api_version.clone());
        let got = get(self.scan, &entry.id, &entry.type_name, &version).await;
        match self.scan.unless_fatal(got)? {
            Ok(None) => {
                self.denied.note(&places, false);
                Ok(Verdict::Gone)
            }
            Ok(Some(found)) => {
                self.denied.note(&places, false);
                self.is_there(entry, Found { label: entry.label, ..found }, keep).await
            }
            // No GET of this type: what lists it was read whole, and did not have it.
            Err(error) if entry.label == Label::Resource && self.scan.meaning(&error) == Meaning::Absent => {
                Ok(Verdict::Gone)
            }
            Err(error) => {
                self.denied.note(&places, self.scan.meaning(&error) == Meaning::NotPermitted);
                self.scan.receipt.partial(&subscription, &entry.type_name, Reason::of(&error));
                Ok(Verdict::Stale(error.to_string()))
            }
        }
    }

    /// A GET has found it: kept if the scan wants it.
    async fn is_there(&self, entry: &Entry, found: Found, keep: bool) -> Result<Verdict, ScanError> {
        let stands_at_another = |id: ResourceId| id.is_child() || id.scope.contains("/providers/");
        let is_wanted = keep
            && (entry.label != Label::Resource
                || ResourceId::parse(&entry.id).is_some_and(stands_at_another)
                || self.scan.filter.keeps(&found));
        if !is_wanted || !self.scan.receipt.admit() {
            return Ok(Verdict::Stale("it is there, and no part of this scan".to_owned()));
        }
        self.scan.settle(&StreamKey::Get { key: &arm::key(&entry.id) }, vec![found]).await?;
        Ok(Verdict::Found)
    }
}

fn stale(reason: &str) -> Verdict {
    Verdict::Stale(reason.to_owned())
}

/// Whether a scan of changes reads all of its kind.
fn is_read_anyway(entry: &Entry) -> bool {
    entry.label != Label::Resource || is_read_elsewhere(&entry.type_name) && !is_diagnostics(&entry.type_name)
}

/// Keys of what an id lies in, outermost last: parents, the scope, its group, its subscription.
fn ancestors(id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = ResourceId::parse(id);
    while let Some(inner) = at {
        let parent = inner.parent();
        if parent.len() <= 1 {
            break;
        }
        found.push(arm::key(&parent));
        at = ResourceId::parse(&parent);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_id_lies_in_comes_innermost_first() {
        let id = "/subscriptions/S/resourceGroups/g/providers/N.X/a/1/b/2/providers/N.Y/c/3";
        let expected = [
            "/subscriptions/s/resourcegroups/g/providers/n.x/a/1/b/2",
            "/subscriptions/s/resourcegroups/g/providers/n.x/a/1",
            "/subscriptions/s/resourcegroups/g",
            "/subscriptions/s",
        ];
        assert_eq!(ancestors(id), expected);
    }
}
