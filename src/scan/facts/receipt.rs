//! The receipt: what was expected and read, what was not and why; and the coverage made of it, which the snapshot keeps.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::refusals::{Cause, LeftOut, Reason};
use crate::{
    azure::AzureError,
    graph::{Cell, model::Label},
};

/// Gaps that are kept in words; more are only counted.
const GAPS: usize = 1_000;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Gap {
    pub scope: String,
    pub code: String,
    pub message: String,
}

/// How much of a type was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Complete,
    Partial,
    Skipped,
}

/// One row of the coverage, as the snapshot keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Empty: of the tenant.
    pub subscription: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub expected: u64,
    pub read: u64,
    pub status: Status,
    /// Absent where the row is complete, and in coverage that an older version wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The cause in words, for people.
    pub reason: Option<String>,
}

impl Row {
    fn new(subscription: &str, type_name: &str) -> Self {
        Self {
            subscription: subscription.to_owned(),
            type_name: type_name.to_owned(),
            expected: 0,
            read: 0,
            status: Status::Complete,
            cause: None,
            reason: None,
        }
    }

    fn because(&mut self, reason: &Reason) {
        (self.cause, self.reason) = (Some(reason.cause), Some(reason.sentence.clone()));
    }

    /// Why it is not complete, whichever version wrote the row.
    pub(crate) fn why(&self) -> Option<Reason> {
        self.reason.as_deref().map(|sentence| Reason::stored(self.cause, sentence))
    }
}

/// The rows of a coverage that a snapshot keeps; what can't be read has none.
pub(crate) fn stored(coverage: &str) -> Vec<Row> {
    serde_json::from_str(coverage).unwrap_or_default()
}

/// A list that tells what is there: where it failed, nothing below it is known to be gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ground {
    Inventory {
        subscription: String,
    },
    Groups {
        subscription: String,
    },
    ManagementGroups,
    /// Identities of a kind.
    Identities(Label),
}

impl Ground {
    pub(crate) fn inventory(subscription: &str) -> Self {
        Self::Inventory { subscription: subscription.to_owned() }
    }

    pub(crate) fn groups(subscription: &str) -> Self {
        Self::Groups { subscription: subscription.to_owned() }
    }
}

/// What a scan notes about itself as it goes.
pub(crate) struct Receipt {
    limit: Option<u64>,
    admitted: AtomicU64,
    refused: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    expected: BTreeMap<(String, String), u64>,
    partial: BTreeMap<(String, String), Reason>,
    unlisted: BTreeMap<Ground, String>,
    /// Rows of the inventory without a usable id.
    nameless: BTreeMap<(String, String), u64>,
    gaps: Vec<Gap>,
    missing_subscriptions: Vec<String>,
}

impl Receipt {
    /// `limit`: resources at most; `admitted`: how many an earlier run of this scan has found.
    pub(crate) fn new(limit: Option<u64>, admitted: u64) -> Self {
        Self { limit, admitted: AtomicU64::new(admitted), refused: AtomicU64::new(0), notes: Mutex::default() }
    }

    /// Whether one more resource is within the limit.
    pub(crate) fn admit(&self) -> bool {
        let before = self.admitted.fetch_add(1, Ordering::Relaxed);
        let within = self.limit.is_none_or(|limit| before < limit);
        if !within {
            self.admitted.fetch_sub(1, Ordering::Relaxed);
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        within
    }

    /// Rows of the inventory, and what was found beside it.
    pub(crate) fn expected(&self) -> u64 {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Whether something was left out because of the limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.refused.load(Ordering::Relaxed) > 0
    }

    /// A list failed that would have told what is there.
    pub(crate) fn unlisted(&self, ground: Ground, reason: &str) {
        self.with(|notes| notes.unlisted.insert(ground, reason.to_owned()));
    }

    pub(crate) fn why_unlisted(&self, ground: &Ground) -> Option<String> {
        self.with(|notes| notes.unlisted.get(ground).cloned())
    }

    /// Why a type of a subscription was not read completely.
    pub(crate) fn why_partial(&self, subscription: &str, type_name: &str) -> Option<String> {
        let cell = (subscription.to_owned(), type_name.to_lowercase());
        self.with(|notes| notes.partial.get(&cell).map(|reason| reason.sentence.clone()))
    }

    pub(crate) fn expect(&self, subscription: &str, type_name: &str, count: u64) {
        self.with(|notes| {
            notes.expected.insert((subscription.to_owned(), type_name.to_lowercase()), count);
        });
    }

    pub(crate) fn partial(&self, subscription: &str, type_name: &str, reason: Reason) {
        self.with(|notes| {
            notes.partial.insert((subscription.to_owned(), type_name.to_lowercase()), reason);
        });
    }

    /// A row of the inventory has no usable id; how many there are now of its type.
    pub(crate) fn nameless(&self, subscription: &str, type_name: &str) -> u64 {
        self.with(|notes| {
            let count = notes.nameless.entry((subscription.to_owned(), type_name.to_lowercase())).or_default();
            *count += 1;
            *count
        })
    }

    /// What an earlier run of this scan has seen of them.
    pub(crate) fn recall_nameless(&self, subscription: &str, type_name: &str, count: u64) {
        self.with(|notes| notes.nameless.insert((subscription.to_owned(), type_name.to_owned()), count));
    }

    pub(crate) fn missing_subscription(&self, id: &str) {
        self.with(|notes| notes.missing_subscriptions.push(id.to_owned()));
    }

    pub(crate) fn missing_subscriptions(&self) -> Vec<String> {
        self.with(|notes| notes.missing_subscriptions.clone())
    }

    pub(crate) fn gap(&self, scope: &str, error: &AzureError) {
        let gap = Gap { scope: scope.to_owned(), code: error.word(), message: error.to_string() };
        self.with(|notes| {
            if notes.gaps.len() < GAPS && !notes.gaps.contains(&gap) {
                notes.gaps.push(gap);
            }
        });
    }

    pub(crate) fn gaps(&self) -> Vec<Gap> {
        self.with(|notes| notes.gaps.clone())
    }

    pub(crate) fn is_partial(&self) -> bool {
        self.is_limited()
            || self.with(|notes| {
                !notes.gaps.is_empty()
                    || !notes.partial.is_empty()
                    || !notes.nameless.is_empty()
                    || !notes.missing_subscriptions.is_empty()
            })
    }

    /// A row for each subscription and type that was expected, read or left out. `read`: how much of each was found.
    pub(crate) fn coverage(&self, read: Vec<Cell>, left_out: &[LeftOut]) -> Vec<Row> {
        let mut rows = Rows::default();
        for cell in read {
            rows.row(&cell.subscription, &cell.type_name).read = cell.count;
        }
        self.with(|notes| {
            for ((subscription, type_name), count) in &notes.expected {
                rows.row(subscription, type_name).expected = *count;
            }
            for ((subscription, type_name), reason) in &notes.partial {
                let row = rows.row(subscription, type_name);
                row.status = Status::Partial;
                row.because(reason);
            }
            for ((subscription, type_name), count) in &notes.nameless {
                let row = rows.row(subscription, type_name);
                row.expected += count;
                row.status = Status::Partial;
                if row.reason.is_none() {
                    let why = format!("{count} rows of the inventory have no id that can be read");
                    row.because(&Reason::new(Cause::NoUsableId, why));
                }
            }
        });
        for left in left_out {
            let row = rows.row(&left.subscription, &left.type_name.to_lowercase());
            // Of a server's parameters the whole list was read.
            if row.read == 0 && row.status == Status::Complete && left.reason.cause != Cause::Defaults {
                row.status = Status::Skipped;
            }
            if row.reason.is_none() {
                row.because(&left.reason);
            }
        }
        rows.0.into_values().collect()
    }

    fn with<T>(&self, look: impl FnOnce(&mut Notes) -> T) -> T {
        look(&mut self.notes.lock())
    }
}

/// Rows of a coverage by subscription and type.
#[derive(Default)]
struct Rows(BTreeMap<(String, String), Row>);

impl Rows {
    fn row(&mut self, subscription: &str, type_name: &str) -> &mut Row {
        let key = (subscription.to_owned(), type_name.to_owned());
        self.0.entry(key).or_insert_with(|| Row::new(subscription, type_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coverage_says_what_was_read_and_why_the_rest_was_not() {
        let receipt = Receipt::new(None, 0);
        receipt.expect("s", "N.X/a", 3);
        receipt.partial("s", "N.X/a", Reason::new(Cause::NotPermitted, "AuthorizationFailed"));
        let read = vec![Cell { subscription: "s".to_owned(), type_name: "n.x/a".to_owned(), count: 2 }];
        let reason = Reason::new(Cause::ByTheThousand, "comes by the thousand");
        let left = LeftOut { subscription: "s".to_owned(), type_name: "N.X/a/b".to_owned(), reason };
        let rows = receipt.coverage(read, &[left]);
        let said: Vec<_> = rows.iter().map(|row| (row.type_name.as_str(), row.status, row.cause)).collect();
        assert_eq!(
            said,
            [
                ("n.x/a", Status::Partial, Some(Cause::NotPermitted)),
                ("n.x/a/b", Status::Skipped, Some(Cause::ByTheThousand)),
            ]
        );
        let text = serde_json::to_string(&rows).expect("JSON");
        assert!(text.contains(r#""cause":"by_the_thousand","reason":"comes by the thousand""#), "{text}");
        assert_eq!(stored(&text), rows);
    }

    #[test]
    fn rows_without_an_id_are_counted_with_their_type() {
        let receipt = Receipt::new(None, 0);
        receipt.expect("s", "N.X/a", 3);
        receipt.recall_nameless("s", "n.x/a", 1);
        assert_eq!((receipt.nameless("s", "N.X/a"), receipt.nameless("s", "unknown")), (2, 1));
        let read = vec![Cell { subscription: "s".to_owned(), type_name: "n.x/a".to_owned(), count: 3 }];
        let rows = receipt.coverage(read, &[]);
        let said: Vec<_> = rows.iter().map(|row| (row.type_name.as_str(), row.expected, row.read, row.cause)).collect();
        let cause = Some(Cause::NoUsableId);
        assert_eq!(said, [("n.x/a", 5, 3, cause), ("unknown", 1, 0, cause)]);
        assert!(receipt.is_partial() && rows.iter().all(|row| row.status == Status::Partial));
    }

    #[test]
    fn coverage_that_older_versions_stored_is_read() {
        let old = r#"[
            {"subscription":"s","type":"n.x/a","expected":3,"read":3,"status":"complete","reason":null},
            {"subscription":"s","type":"n.x/a/b","expected":0,"read":0,"status":"skipped",
             "reason":"below n.x/a: the provider has no such list (http_405); not asked again"},
            {"subscription":"s","type":"n.x/c","expected":2,"read":1,"status":"partial","reason":"AuthorizationFailed"}
        ]"#;
        let rows = stored(old);
        let causes: Vec<Option<Cause>> = rows.iter().map(|row| row.why().map(|reason| reason.cause)).collect();
        assert_eq!(causes, [None, Some(Cause::NoList), Some(Cause::Failed)]);
        assert_eq!(rows[2].status, Status::Partial);
    }
}
