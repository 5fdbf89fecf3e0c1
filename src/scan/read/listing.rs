//! Reads a list to its end, page by page; each page is committed together with the cursor of the next page.
//!
//! A list whose cursor is at the end is not requested again; one whose cursor is in between goes on from there. Knows
//! no type of resource: the callers turn an element into what is stored.

use serde_json::Value;

use super::{scan::Scan, versions::with_versions};
use crate::{
    azure::{Answer, Client, Pages},
    graph::{Cursor, Expected, Generation, model::Found},
    scan::{
        error::ScanError,
        facts::{receipt::Receipt, stream_key::StreamKey},
    },
};

/// A list that is being read, and the name under which its cursor is stored.
pub(crate) struct Listing<'a> {
    scan: &'a Scan,
    stream: String,
    pages: Pages,
}

impl<'a> Listing<'a> {
    /// `begin` makes the pages, from the first on. `None`: the list was read to its end before.
    pub(crate) fn open(
        scan: &'a Scan,
        stream: &StreamKey<'_>,
        begin: impl FnOnce(&Client) -> Pages,
    ) -> Result<Option<Self>, ScanError> {
        let stream = stream.to_string();
        let pages = match scan.generation.cursor(&stream)? {
            Some(Cursor::Done) => return Ok(None),
            Some(Cursor::Next(address)) => begin(&scan.client).resumed_at(address),
            None => begin(&scan.client),
        };
        Ok(Some(Self { scan, stream, pages }))
    }

    /// The next page; `None`: there are no more.
    pub(crate) async fn next(&mut self) -> Result<Option<Answer>, ScanError> {
        self.scan.check_cancel()?;
        Ok(self.pages.next().await?)
    }

    /// The cursor to commit with a page.
    pub(crate) fn after(answer: &Answer) -> Cursor {
        answer.next.clone().map_or(Cursor::Done, Cursor::Next)
    }
}

/// The address of a list without its api-version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub path: &'a str,
    /// Further parameters of the query, beginning with `&`; or empty.
    pub more: &'a str,
}

impl<'a> Address<'a> {
    pub(crate) fn of(path: &'a str) -> Self {
        Self { path, more: "" }
    }
}

/// What a row of the inventory stands for.
pub(crate) enum Row {
    Wanted(Expected),
    /// The scan does not want it.
    Unwanted,
    /// It has no id that can be read; its type, as far as it says one.
    Nameless(String),
}

/// Notes of rows without a usable id: `nameless/{subscription}/{type}`, and how many.
const NAMELESS: &str = "nameless/";

/// Tells the receipt of the rows without a usable id that an earlier run of this scan has seen.
pub(crate) fn recall_nameless(generation: &Generation, receipt: &Receipt) -> Result<(), ScanError> {
    for (name, count) in generation.notes(NAMELESS)? {
        let place = name.strip_prefix(NAMELESS).and_then(|place| place.split_once('/'));
        if let (Some((subscription, type_name)), Ok(count)) = (place, count.parse()) {
            receipt.recall_nameless(subscription, type_name, count);
        }
    }
    Ok(())
}

impl Scan {
    /// Reads a list of Resource Manager to its end. If the api-version is refused, the list is read with one that the
    /// refusal names. `found` gets an element and the api-version, and returns what is stored of it. Returns how many
    /// elements this run has stored.
    pub(crate) async fn list(
        &self,
        stream: &StreamKey<'_>,
        Address { path, more }: Address<'_>,
        version: &str,
        found: impl Fn(Value, &str) -> Option<Found>,
    ) -> Result<u64, ScanError> {
        let found = &found;
        with_versions(version, |version| async move {
            let first = format!("{path}?api-version={version}{more}");
            self.list_once(stream, &first, |body| found(body, &version)).await
        })
        .await
    }

    async fn list_once(
        &self,
        stream: &StreamKey<'_>,
        first: &str,
        found: impl Fn(Value) -> Option<Found>,
    ) -> Result<u64, ScanError> {
        let Some(mut listing) = Listing::open(self, stream, |client| client.pages(first))? else { return Ok(0) };
        let mut read = 0;
        while let Some(answer) = listing.next().await? {
            let mut page = self.generation.draft()?;
            for value in answer.values() {
                if let Some(found) = found(value?) {
                    read += 1;
                    self.mentions.of(&found, page.mentioned());
                    page.add(found)?;
                }
            }
            page.commit(&listing.stream, Listing::after(&answer)).await?;
            self.checkpoint()?;
        }
        Ok(read)
    }

    /// Reads a part of a subscription's inventory: its rows are stored as expected resources, not as found ones. Rows
    /// without a usable id are counted, also over a restart.
    pub(crate) async fn expect(
        &self,
        stream: &StreamKey<'_>,
        subscription: &str,
        first: &str,
        wanted: impl Fn(&str) -> Row,
    ) -> Result<(), ScanError> {
        let Some(mut listing) = Listing::open(self, stream, |client| client.pages(first))? else { return Ok(()) };
        while let Some(answer) = listing.next().await? {
            let mut rows = Vec::with_capacity(answer.len());
            for text in answer.texts() {
                match wanted(text) {
                    Row::Wanted(row) => rows.push(row),
                    Row::Unwanted => {}
                    Row::Nameless(type_name) => {
                        let count = self.receipt.nameless(subscription, &type_name);
                        let note = format!("{NAMELESS}{subscription}/{}", type_name.to_lowercase());
                        self.generation.set_note(&note, count.to_string()).await?;
                    }
                }
            }
            self.generation.expect(&listing.stream, rows, Listing::after(&answer)).await?;
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Stores what was found without reading this stream, and marks the stream as read to its end.
    pub(crate) async fn settle(&self, stream: &StreamKey<'_>, found: Vec<Found>) -> Result<(), ScanError> {
        self.put(&stream.to_string(), found, Cursor::Done).await
    }

    /// Writes what was found, the ids that it mentions, and the stream's cursor in one commit.
    pub(crate) async fn put(&self, stream: &str, found: Vec<Found>, cursor: Cursor) -> Result<(), ScanError> {
        let mut page = self.generation.draft()?;
        for found in found {
            self.mentions.of(&found, page.mentioned());
            page.add(found)?;
        }
        page.commit(stream, cursor).await?;
        self.checkpoint()
    }

    /// Whether a stream was read to its end.
    pub(crate) fn is_done(&self, stream: &StreamKey<'_>) -> Result<bool, ScanError> {
        Ok(self.generation.cursor(&stream.to_string())? == Some(Cursor::Done))
    }
}
