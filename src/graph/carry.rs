//! Resources of the snapshot before that the scan did not see: the scan asks for them, and says which are kept as
//! stale. Those that it does not name are deleted.

use super::{
    Generation, GraphError,
    entry::Entry,
    generation::{entry, since},
    tables::{NODES, NodeRow, key_hash},
};
use crate::store::{Order, Span, StoreError};

/// Something that stays although it was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub key: String,
    /// None: as it was, for nothing says that it changed (a scan of changes only).
    pub stale: Option<String>,
}

impl Generation {
    /// Things of the snapshot before that this scan did not see, in key order, so that parents come before
    /// their children; and the key to go on after. A page may be empty and not the last.
    pub(crate) fn absent(&self, after: Option<&str>, limit: usize) -> Result<(Vec<Entry>, Option<String>), GraphError> {
        let Some((base, _)) = self.base else { return Ok((Vec::new(), None)) };
        let mut span = Span::prefix(&base);
        if let Some(after) = after {
            span = span.after(&(base, after.to_owned()));
        }
        let mut absent = Vec::new();
        let (mut last, mut seen) = (None, 0);
        self.store.read(|read| {
            read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                last = Some(key.clone());
                seen += 1;
                if row.has_body() && !self.index().has(key_hash(&key)) {
                    absent.push(entry(key, row));
                }
                Ok::<_, StoreError>(seen < limit)
            })
        })?;
        Ok((absent, last))
    }

    /// Keeps things of the snapshot before.
    pub async fn keep(&self, kept: Vec<Kept>) -> Result<(), GraphError> {
        let Some((base, at_ms)) = self.base else { return Ok(()) };
        let number = self.number;
        let mut rows: Vec<(String, NodeRow)> = Vec::with_capacity(kept.len());
        self.store.read(|read| {
            for Kept { key, stale } in kept {
                let Some(row) = read.get(&NODES, &(base, key.clone()))? else { continue };
                let mut row = since(row, at_ms);
                row.change = super::tables::Change::Unchanged;
                if stale.is_none() && row.stale.is_none() {
                    row.last_seen = 0;
                }
                row.stale = stale.or(row.stale);
                rows.push((key, row));
            }
            Ok::<_, StoreError>(())
        })?;
        let this = self.clone();
        self.write(move |write| {
            for (key, row) in rows {
                let at = (number, key);
                let hash = key_hash(&at.1);
                if row.stale.is_none() {
                    this.index().put(hash, &row, None);
                } else {
                    this.index().keep(hash, row.label);
                }
                write.put(&NODES, &at, &row)?;
            }
            Ok(())
        })
        .await
    }
}
