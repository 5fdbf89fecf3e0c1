//! The audit trail: an append-only table, each line with the hash of the one before.
//!
//! A line is written in the transaction of the change that it tells of, so that there is neither a
//! change without its line nor a line without its change. Knows nothing of HTTP or jobs: callers give
//! words.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::{Order, Read, Span, Store, StoreError, Table, Write, record};

/// Number of a line, from 1 without gaps → the line.
const LINES: Table<u64, Line> = Table::new("audit.v1");
/// [`TAIL`] → the last line that was removed for its age, [`HEAD`] → the newest line: so that the chain
/// can be cut at its old end, and is seen to be cut at its new one.
const ENDS: Table<u8, End> = Table::new("audit_ends.v1");
const TAIL: u8 = 0;
const HEAD: u8 = 1;
/// Lines that one transaction removes.
const BATCH: usize = 1_000;

/// Who did what, from where, to what, with which outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Unix milliseconds.
    pub at_ms: i64,
    /// The key's id, `admin-socket`, `daemon` or `command-line`.
    pub actor: String,
    /// Address of the caller; empty where there is none.
    pub remote: String,
    /// `job.submit`, `key.create`, `daemon.start`, …
    pub action: String,
    /// The tenant, job or key it is about.
    pub target: String,
    /// `ok`, or the error's code.
    pub outcome: String,
}

/// An entry in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub number: u64,
    pub entry: Entry,
    /// SHA-256 of the line before, lower-case hex; zeros before the first.
    pub previous: String,
    /// SHA-256 of number, previous hash and entry, lower-case hex.
    pub hash: String,
}

/// A line of which only this is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    number: u64,
    hash: String,
}
record!(Line = 1, End = 1);

impl End {
    /// Before the first line.
    fn none() -> Self {
        Self { number: 0, hash: "0".repeat(64) }
    }
}

/// What is wrong with the trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    #[error("audit line {0} is missing")]
    Missing(u64),
    #[error("audit line {0} was changed after it was written")]
    Changed(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A handle on the trail.
#[derive(Clone)]
pub struct Audit {
    store: Store,
}

impl Audit {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Adds a line within the transaction of the change it tells of.
    pub(crate) fn append_in(write: &mut Write<'_>, entry: Entry) -> Result<(), StoreError> {
        let End { number, hash: previous } = write.get(&ENDS, &HEAD)?.unwrap_or_else(End::none);
        let number = number + 1;
        let hash = hash(number, &previous, &entry);
        write.put(&ENDS, &HEAD, &End { number, hash: hash.clone() })?;
        write.put(&LINES, &number, &Line { number, entry, previous, hash })
    }

    /// Removes lines from before a time, oldest first, and says so in the trail; how many went.
    pub async fn trim(&self, before_ms: i64, now_ms: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let batch = self.store.write(move |write| trim(write, before_ms).map(Ok)).await;
            let batch = batch.map_err(crate::store::WriteError::into_store)?;
            removed += batch;
            if batch < BATCH as u64 {
                break;
            }
        }
        if removed > 0 {
            let entry = Entry {
                at_ms: now_ms,
                actor: "daemon".to_owned(),
                remote: String::new(),
                action: "audit.trim".to_owned(),
                target: format!("{removed} lines"),
                outcome: "ok".to_owned(),
            };
            self.append(entry).await?;
        }
        Ok(removed)
    }

    /// Adds a line on its own.
    pub async fn append(&self, entry: Entry) -> Result<(), StoreError> {
        let written = self.store.write(move |write| Self::append_in(write, entry).map(Ok)).await;
        written.map_err(crate::store::WriteError::into_store)
    }

    /// Up to `limit` lines after a number, oldest first.
    pub(crate) fn tail(&self, after: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
        let mut lines = Vec::new();
        self.store.read(|read| {
            read.scan(&LINES, &Span::all().after(&after), Order::Rising, |_, line| {
                lines.push(line);
                Ok::<_, StoreError>(lines.len() < limit)
            })
        })?;
        Ok(lines)
    }

    /// Walks the whole chain: how many lines it has, or the first that is wrong.
    pub fn verify(&self) -> Result<u64, AuditError> {
        self.store.read(verify)
    }
}

/// Every line that can be read; the answer is how many can't.
pub fn export<E: From<StoreError>>(read: &Read, mut line: impl FnMut(Line) -> Result<(), E>) -> Result<u64, E> {
    read.salvage(&LINES, &Span::all(), |_, row| line(row))
}

fn trim(write: &mut Write<'_>, before_ms: i64) -> Result<u64, StoreError> {
    let mut old = Vec::new();
    write.scan(&LINES, &Span::all(), Order::Rising, |_, line| {
        let is_old = line.entry.at_ms < before_ms;
        if is_old {
            old.push(End { number: line.number, hash: line.hash });
        }
        Ok::<_, StoreError>(is_old && old.len() < BATCH)
    })?;
    for end in &old {
        write.remove(&LINES, &end.number)?;
    }
    if let Some(last) = old.last() {
        write.put(&ENDS, &TAIL, last)?;
    }
    Ok(old.len() as u64)
}

/// Walks the chain of a snapshot: how many lines it has.
pub fn verify(read: &Read) -> Result<u64, AuditError> {
    let tail = read.get(&ENDS, &TAIL)?.unwrap_or_else(End::none);
    let (mut number, mut previous) = (tail.number, tail.hash);
    read.scan(&LINES, &Span::all(), Order::Rising, |key, line| {
        number += 1;
        if key != number {
            return Err(AuditError::Missing(number));
        }
        if line.number != key || line.previous != previous || line.hash != hash(key, &previous, &line.entry) {
            return Err(AuditError::Changed(number));
        }
        previous = line.hash;
        Ok(true)
    })?;
    let head = read.get(&ENDS, &HEAD)?.unwrap_or_else(End::none);
    if head.number > number {
        return Err(AuditError::Missing(number + 1));
    }
    if head != (End { number, hash: previous }) {
        return Err(AuditError::Changed(number));
    }
    Ok(number - tail.number)
}

fn hash(number: u64, previous: &str, entry: &Entry) -> String {
    let mut digest = Sha256::new();
    digest.update(number.to_be_bytes());
    digest.update(previous);
    digest.update(entry.at_ms.to_be_bytes());
    for part in [&entry.actor, &entry.remote, &entry.action, &entry.target, &entry.outcome] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Schema;

    fn entry(action: &str) -> Entry {
        Entry {
            at_ms: 1,
            actor: "k".into(),
            remote: String::new(),
            action: action.into(),
            target: "t".into(),
            outcome: "ok".into(),
        }
    }

    async fn trail() -> (Store, Audit) {
        let store = Store::in_memory(&Schema { name: "t", format: 1, migrations: &[] }).expect("opens");
        let audit = Audit::new(store.clone());
        for action in ["a", "b", "c"] {
            audit.append(entry(action)).await.expect("written");
        }
        (store, audit)
    }

    #[tokio::test]
    async fn an_untouched_trail_verifies_and_reads_in_order() {
        let (_store, audit) = trail().await;
        assert_eq!(audit.verify(), Ok(3));
        let actions: Vec<String> =
            audit.tail(1, 10).expect("reads").into_iter().map(|line| line.entry.action).collect();
        assert_eq!(actions, ["b", "c"]);
    }

    #[tokio::test]
    async fn a_changed_line_and_a_missing_one_are_named() {
        let (store, audit) = trail().await;
        let change = |number: u64, with: Option<Line>| {
            let store = store.clone();
            async move {
                let done: Result<(), crate::store::WriteError<()>> = store
                    .write(move |write| {
                        match with {
                            Some(line) => write.put(&LINES, &number, &line)?,
                            None => drop(write.remove(&LINES, &number)?),
                        }
                        Ok(Ok(()))
                    })
                    .await;
                done.expect("written");
            }
        };
        let second = audit.tail(1, 1).expect("reads").remove(0);
        let forged = Line { entry: entry("forged"), ..second.clone() };
        change(2, Some(forged)).await;
        assert_eq!(audit.verify(), Err(AuditError::Changed(2)));
        change(2, None).await;
        assert_eq!(audit.verify(), Err(AuditError::Missing(2)));
        change(2, Some(second)).await;
        assert_eq!(audit.verify(), Ok(3));
        change(3, None).await;
        assert_eq!(audit.verify(), Err(AuditError::Missing(3)), "the newest line is missed too");
    }

    #[tokio::test]
    async fn old_lines_go_and_the_rest_still_verifies() {
        let (store, audit) = trail().await;
        assert_eq!(audit.trim(1, 9).await, Ok(0));
        assert_eq!(audit.trim(2, 9).await, Ok(3));
        let left = audit.tail(0, 10).expect("reads");
        assert_eq!((left.len(), left[0].number, left[0].entry.action.as_str()), (1, 4, "audit.trim"));
        assert_eq!(audit.verify(), Ok(1));
        audit.append(entry("d")).await.expect("written");
        assert_eq!(store.read(verify), Ok(2));
    }
}
