//! Reading a list to its end, page by page, each page committed with its cursor.

use std::collections::HashSet;

use serde_json::Value;

use super::ScanError;
use crate::{
    azure::{AzureError, Client},
    graph::{Cursor, Generation, Page, model::Found},
    work::Work,
};

/// Pages of one list.
const PAGES: usize = 100_000;

/// Reads lists into a generation. Clones share it.
#[derive(Clone)]
pub(super) struct Reader {
    client: Client,
    generation: Generation,
    work: Work,
}

/// What a list gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub read: u64,
    /// It was read by an earlier run of this scan.
    pub before: bool,
}

impl Reader {
    pub(super) fn new(client: Client, generation: Generation, work: Work) -> Self {
        Self { client, generation, work }
    }

    /// Reads a list of Resource Manager from where its cursor stands. `found` makes of an element what
    /// is stored, or nothing.
    pub(super) async fn list(
        &self,
        stream: &str,
        first: &str,
        found: impl Fn(Value) -> Option<Found>,
    ) -> Result<Listed, ScanError> {
        let mut listed = Listed::default();
        let mut next = match self.generation.cursor(stream)? {
            Some(Cursor::Done) => return Ok(Listed { before: true, ..listed }),
            Some(Cursor::Next(address)) => address,
            None => first.to_owned(),
        };
        let mut seen = HashSet::new();
        loop {
            if self.work.cancel.is_cancelled() {
                return Err(ScanError::Cancelled);
            }
            if seen.len() >= PAGES || !seen.insert(next.clone()) {
                return Err(AzureError::EndlessList(next).into());
            }
            let mut answer = match self.client.arm(&next).await {
                Ok(answer) => answer,
                // A skip token of an earlier run may have expired: begin again.
                Err(AzureError::Refused(refusal)) if next != first && seen.len() == 1 && refusal.status < 429 => {
                    first.clone_into(&mut next);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let items: Vec<Found> = answer.items().into_iter().filter_map(&found).collect();
            listed.read += items.len() as u64;
            let link = answer.next_link();
            let cursor = link.clone().map_or(Cursor::Done, Cursor::Next);
            self.generation.put(Page { stream: stream.to_owned(), found: items, cursor }).await?;
            match link {
                Some(link) => next = link,
                None => return Ok(listed),
            }
        }
    }

    /// Notes that a stream needs no further asking, with what was found for it by other means.
    pub(super) async fn settle(&self, stream: &str, found: Vec<Found>) -> Result<(), ScanError> {
        self.generation.put(Page { stream: stream.to_owned(), found, cursor: Cursor::Done }).await?;
        Ok(())
    }

    /// Whether a stream was read to its end.
    pub(super) fn is_done(&self, stream: &str) -> Result<bool, ScanError> {
        Ok(self.generation.cursor(stream)? == Some(Cursor::Done))
    }
}
