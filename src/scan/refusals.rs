//! Lists that a provider refuses: after several parents without one answer they are not asked again.
//!
//! What is counted is a pair of a subscription and a thing asked for: a child type, or an extension type
//! below a type of parent. One good answer and the list is asked for every parent. A list that is only
//! guessed at is also given up when it stays empty. What is given up is noted, so that another run of the
//! same scan does not ask again either.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::{Scan, ScanError, children::LeftOut};

/// Refusals after which a list is not asked for again.
pub(super) const REFUSED: u32 = 3;
/// What the receipt says of such a list, in part.
pub(super) const NOT_AGAIN: &str = "the provider has no such list";
/// Empty answers after which a list that is only guessed at is not asked for again.
const BARREN: u32 = 20;
/// Notes of what is given up: `given-up/{subscription}/{what}`.
const NOTE: &str = "given-up/";

/// Counts by subscription and what was asked for.
#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<(String, String), Seen>>);

#[derive(Default)]
struct Seen {
    refused: u32,
    barren: u32,
    answered: bool,
    fruitful: bool,
    /// There is one below each parent, read by its name.
    single: bool,
    /// Why it is given up.
    reason: Option<String>,
}

impl Refusals {
    /// Those that an earlier run of this scan gave up.
    pub(super) fn recalled(scan: &Scan) -> Result<Self, ScanError> {
        let mut all = BTreeMap::new();
        for (name, reason) in scan.generation.notes(NOTE)? {
            if let Some((subscription, what)) = name[NOTE.len()..].split_once('/') {
                let seen = Seen { reason: Some(reason), ..Seen::default() };
                all.insert((subscription.to_owned(), what.to_owned()), seen);
            }
        }
        Ok(Self(Mutex::new(all)))
    }

    fn with<T>(&self, subscription: &str, what: &str, look: impl FnOnce(&mut Seen) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(all.entry((subscription.to_owned(), what.to_owned())).or_default())
    }

    pub(super) fn is_given_up(&self, subscription: &str, what: &str) -> bool {
        self.with(subscription, what, |seen| seen.reason.is_some())
    }

    /// Whether there is one below each parent that no list gives.
    pub(super) fn is_single(&self, subscription: &str, what: &str) -> bool {
        self.with(subscription, what, |seen| seen.single)
    }

    pub(super) fn found_single(&self, subscription: &str, what: &str) {
        self.with(subscription, what, |seen| (seen.single, seen.answered) = (true, true));
    }

    /// Counts a refusal.
    pub(super) async fn refused(
        &self,
        scan: &Scan,
        subscription: &str,
        what: &str,
        word: &str,
    ) -> Result<(), ScanError> {
        let given_up = self.with(subscription, what, |seen| {
            seen.refused += 1;
            let is_last = seen.refused >= REFUSED && !seen.answered && seen.reason.is_none();
            is_last.then(|| seen.reason.insert(format!("{NOT_AGAIN} ({word}); not asked again")).clone())
        });
        Self::note(scan, subscription, what, given_up).await
    }

    /// The same of a list that others stand in for: the receipt need not say it.
    pub(super) fn refused_quietly(&self, subscription: &str, what: &str) {
        self.with(subscription, what, |seen| {
            seen.refused += 1;
            if seen.refused >= REFUSED && !seen.answered {
                seen.reason = Some(String::new());
            }
        });
    }

    /// Counts an answer. `guessed`: nothing says that there is such a list.
    pub(super) async fn answered(
        &self,
        scan: &Scan,
        subscription: &str,
        what: &str,
        read: u64,
        guessed: bool,
    ) -> Result<(), ScanError> {
        let given_up = self.with(subscription, what, |seen| {
            seen.answered = true;
            seen.fruitful |= read > 0;
            seen.barren += u32::from(read == 0);
            let is_last = guessed && !seen.fruitful && seen.barren >= BARREN && seen.reason.is_none();
            let reason = format!("empty for {BARREN} parents; name the type in include_child_types to ask for all");
            is_last.then(|| seen.reason.insert(reason).clone())
        });
        Self::note(scan, subscription, what, given_up).await
    }

    async fn note(scan: &Scan, subscription: &str, what: &str, reason: Option<String>) -> Result<(), ScanError> {
        if let Some(reason) = reason {
            scan.generation.set_note(&format!("{NOTE}{subscription}/{what}"), reason).await?;
        }
        Ok(())
    }

    /// What is given up, as the receipt says it.
    pub(super) fn given_up(&self) -> Vec<LeftOut> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |((subscription, what), seen): (&(String, String), &Seen)| {
            let (type_name, below) = what.split_once(" below ").map_or((what.as_str(), None), |(a, b)| (a, Some(b)));
            let reason = seen.reason.clone().filter(|reason| !reason.is_empty())?;
            let reason = below.map_or_else(|| reason.clone(), |below| format!("below {below}: {reason}"));
            Some(LeftOut { subscription: subscription.clone(), type_name: type_name.to_owned(), reason })
        };
        all.iter().filter_map(left).collect()
    }
}
