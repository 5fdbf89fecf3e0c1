//! Asking for a list that its provider may not have: counted, given up after several refusals, or a gap.

use serde_json::Value;

use crate::{
    azure::AzureError,
    graph::model::Found,
    scan::{
        error::ScanError,
        facts::{
            refusals::{AskedList, Meaning, NOTE, Note, Reason, Refusals},
            stream_key::StreamKey,
        },
        read::{listing::Address, scan::Scan},
    },
};

/// One list, below one parent or place.
pub(crate) struct Question<'a> {
    pub stream: StreamKey<'a>,
    /// What its refusals are counted under.
    pub asked: AskedList,
    pub subscription: &'a str,
    pub type_name: &'a str,
    pub path: &'a str,
    pub version: &'a str,
    /// What a gap is said of.
    pub scope: &'a str,
    /// Nothing says that there is such a list: it is given up where it stays empty.
    pub guessed: bool,
}

/// What an earlier run of this scan gave up.
pub(crate) fn recalled(scan: &Scan) -> Result<Refusals, ScanError> {
    Ok(Refusals::recalled(scan.generation.notes(NOTE)?))
}

/// Asks, unless the list was given up or read before. The refusal, where the provider says that there is no such list:
/// whoever has no other way calls [`give_up`] with it.
pub(crate) async fn ask(
    scan: &Scan,
    refusals: &Refusals,
    question: &Question<'_>,
    keep: impl Fn(Value, &str) -> Option<Found>,
) -> Result<Option<AzureError>, ScanError> {
    let Question { stream, asked, subscription, type_name, path, version, scope, guessed } = question;
    if refusals.is_given_up(asked) || scan.is_done(stream)? {
        return Ok(None);
    }
    match scan.unless_fatal(scan.list(stream, Address::of(path), version, keep).await)? {
        Ok(read) => {
            keep_note(scan, refusals.answered(asked, read, *guessed)).await?;
            Ok(None)
        }
        Err(error) if scan.meaning(&error) == Meaning::Absent => Ok(Some(error)),
        Err(error) => {
            scan.receipt.partial(subscription, type_name, Reason::of(&error));
            scan.receipt.gap(scope, &error);
            Ok(None)
        }
    }
}

/// Counts a refusal; the stream needs no further asking.
pub(crate) async fn give_up(
    scan: &Scan,
    refusals: &Refusals,
    question: &Question<'_>,
    error: &AzureError,
) -> Result<(), ScanError> {
    keep_note(scan, refusals.refused(&question.asked, error)).await?;
    scan.settle(&question.stream, Vec::new()).await
}

pub(crate) async fn keep_note(scan: &Scan, note: Option<Note>) -> Result<(), ScanError> {
    if let Some((name, text)) = note {
        scan.generation.set_note(&name, text).await?;
    }
    Ok(())
}
