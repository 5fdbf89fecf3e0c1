//! Reading a list to its end, page by page, each page committed with its cursor.

use std::collections::HashSet;

use serde_json::Value;

use super::{ScanError, children::Mentions};
use crate::{
    azure::{Answer, AzureError, Client},
    graph::{Cursor, Expected, Generation, model::Found},
    work::Work,
};

/// Pages of one list.
const PAGES: usize = 100_000;
/// From this page on it is looked whether pages bring anything new.
const WATCHED: usize = 50;
/// Pages in a row without anything new, after which a list is taken to have no end.
const BARREN: usize = 100;

/// Reads lists into a generation. Clones share it.
#[derive(Clone)]
pub(super) struct Reader {
    client: Client,
    generation: Generation,
    work: Work,
    mentions: Mentions,
}

/// What a list gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub read: u64,
    /// It was read by an earlier run of this scan.
    pub before: bool,
}

impl Reader {
    pub(super) fn new(client: Client, generation: Generation, work: Work, mentions: Mentions) -> Self {
        Self { client, generation, work, mentions }
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
        let Some(mut pages) = Pages::from(self, stream, first)? else {
            return Ok(Listed { before: true, ..listed });
        };
        while let Some(answer) = pages.next(self).await? {
            let mut page = self.generation.draft()?;
            for value in answer.values() {
                if let Some(found) = found(value?) {
                    listed.read += 1;
                    self.mentions.of(&found, page.mentioned());
                    page.add(found)?;
                }
            }
            page.commit(stream, after(&answer)).await?;
            self.checkpoint()?;
            pages.turn(&answer);
        }
        Ok(listed)
    }

    /// The same with another api-version where the first is refused: those that the refusal names. `path` is
    /// without a query; `more` follows the api-version in it.
    pub(super) async fn versioned(
        &self,
        stream: &str,
        (path, more): (&str, &str),
        version: &str,
        found: impl Fn(Value, &str) -> Option<Found>,
    ) -> Result<Listed, ScanError> {
        let mut tried = vec![version.to_owned()];
        loop {
            let version = tried.last().cloned().unwrap_or_default();
            let first = format!("{path}?api-version={version}{more}");
            match self.list(stream, &first, |body| found(body, &version)).await {
                Err(ScanError::Azure(error)) => match other_version(&error, &tried) {
                    Some(next) => tried.push(next),
                    None => return Err(error.into()),
                },
                outcome => return outcome,
            }
        }
    }

    /// Reads the inventory: rows are kept as what is expected, not as what was found.
    pub(super) async fn expect(
        &self,
        stream: &str,
        first: &str,
        wanted: impl Fn(&str) -> Result<Option<Expected>, AzureError>,
    ) -> Result<(), ScanError> {
        let Some(mut pages) = Pages::from(self, stream, first)? else { return Ok(()) };
        while let Some(answer) = pages.next(self).await? {
            let mut rows = Vec::with_capacity(answer.len());
            for text in answer.texts() {
                rows.extend(wanted(text)?);
            }
            self.generation.expect(stream, rows, after(&answer)).await?;
            self.checkpoint()?;
            pages.turn(&answer);
        }
        Ok(())
    }

    /// Notes that a stream needs no further asking, with what was found for it by other means.
    pub(super) async fn settle(&self, stream: &str, found: Vec<Found>) -> Result<(), ScanError> {
        self.put(stream, found, Cursor::Done).await
    }

    /// Writes a page and its cursor in one commit, with the ids that it mentions.
    pub(super) async fn put(&self, stream: &str, found: Vec<Found>, cursor: Cursor) -> Result<(), ScanError> {
        let mut page = self.generation.draft()?;
        for found in found {
            self.mentions.of(&found, page.mentioned());
            page.add(found)?;
        }
        page.commit(stream, cursor).await?;
        self.checkpoint()
    }

    /// A page is committed: here a scan ends that is to pause.
    fn checkpoint(&self) -> Result<(), ScanError> {
        if self.work.pause.is_cancelled() { Err(ScanError::Paused) } else { Ok(()) }
    }

    /// Whether a stream was read to its end.
    pub(super) fn is_done(&self, stream: &str) -> Result<bool, ScanError> {
        Ok(self.generation.cursor(stream)? == Some(Cursor::Done))
    }
}

/// The newest version that a refusal names and that was not tried; at most three are tried.
pub(super) fn other_version(error: &AzureError, tried: &[String]) -> Option<String> {
    let refusal = error.refusal().filter(|refusal| refusal.is_about_version() && tried.len() < 3)?;
    let named = refusal.named_versions();
    let fresh = named.iter().map(String::as_str).filter(|version| !tried.iter().any(|tried| tried == version));
    crate::arm::newest(fresh).map(|version| version.as_str().to_owned())
}

/// The pages of one list, with what tells a list that has no end.
struct Pages {
    first: String,
    next: Option<String>,
    links: HashSet<[u8; 16]>,
    seen: HashSet<u64>,
    barren: usize,
}

impl Pages {
    /// `None`: the list was read to its end before.
    fn from(reader: &Reader, stream: &str, first: &str) -> Result<Option<Self>, ScanError> {
        let next = match reader.generation.cursor(stream)? {
            Some(Cursor::Done) => return Ok(None),
            Some(Cursor::Next(address)) => address,
            None => first.to_owned(),
        };
        Ok(Some(Self {
            first: first.to_owned(),
            next: Some(next),
            links: HashSet::new(),
            seen: HashSet::new(),
            barren: 0,
        }))
    }

    async fn next(&mut self, reader: &Reader) -> Result<Option<Answer>, ScanError> {
        loop {
            let Some(next) = self.next.clone() else { return Ok(None) };
            if reader.work.cancel.is_cancelled() {
                return Err(ScanError::Cancelled);
            }
            let link = digest(next.as_bytes());
            if self.links.len() >= PAGES || self.barren >= BARREN || !self.links.insert(link) {
                return Err(AzureError::EndlessList(next.chars().take(500).collect()).into());
            }
            match reader.client.arm(&next).await {
                Ok(answer) => {
                    self.watch(&answer);
                    return Ok(Some(answer));
                }
                // A skip token of an earlier run may have expired: begin again.
                Err(AzureError::Refused(refusal))
                    if next != self.first && self.links.len() == 1 && refusal.status < 429 =>
                {
                    self.next = Some(self.first.clone());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn watch(&mut self, answer: &Answer) {
        if self.links.len() < WATCHED {
            return;
        }
        let mut is_fresh = false;
        for text in answer.texts() {
            let hash = digest(text.as_bytes());
            let mut head = [0; 8];
            head.copy_from_slice(&hash[..8]);
            is_fresh |= self.seen.insert(u64::from_be_bytes(head));
        }
        self.barren = if is_fresh { 0 } else { self.barren + 1 };
    }

    fn turn(&mut self, answer: &Answer) {
        self.next.clone_from(&answer.next);
    }
}

/// Where a stream stands after a page.
fn after(answer: &Answer) -> Cursor {
    answer.next.clone().map_or(Cursor::Done, Cursor::Next)
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut head = [0; 16];
    head.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    head
}
