//! Pages of Resource Graph by key (`where id > last | order by id asc`): nothing is lost or doubled when rows come
//! and go between two of them.
//!
//! That there is more is said by `$skipToken` alone. How many rows a page asks for follows the bytes that pages had,
//! for an answer may not pass 16 MiB.

use serde_json::json;

use super::scan::Scan;
use crate::{
    azure::{Answer, AzureError, Client},
    graph::Cursor,
    scan::{error::ScanError, facts::stream_key::StreamKey},
};

/// Rows of a page at most; Resource Graph gives no more.
pub(crate) const ROWS: usize = 1_000;
/// Bytes that a page should have.
const BYTES: usize = 8 << 20;
/// Pages of one stream.
const PAGES: usize = 100_000;

pub(crate) fn unreadable(cause: &str) -> AzureError {
    AzureError::Unreadable { url: "Resource Graph".to_owned(), cause: cause.to_owned() }
}

pub(crate) async fn ask(
    client: &Client,
    subscriptions: &[String],
    query: &str,
    rows: usize,
) -> Result<Answer, AzureError> {
    let options = json!({"resultFormat": "objectArray", "$top": rows});
    client.query(&json!({"subscriptions": subscriptions, "query": query, "options": options})).await
}

/// Where a stream of pages stands.
enum At {
    Begin,
    After(String),
    End,
}

/// Pages by key: where the stream stands, and how many rows a page asks for.
pub(crate) struct Keyed {
    pub stream: String,
    at: At,
    rows: usize,
    pages: usize,
}

impl Keyed {
    pub(crate) fn begin(scan: &Scan, stream: &StreamKey<'_>) -> Result<Self, ScanError> {
        let stream = stream.to_string();
        let at = match scan.generation.cursor(&stream)? {
            Some(Cursor::Done) => At::End,
            Some(Cursor::Next(last)) => At::After(last),
            None => At::Begin,
        };
        Ok(Self { stream, at, rows: ROWS, pages: 0 })
    }

    /// The condition that the next page's rows go on after the last key; `None`: all is read.
    pub(crate) fn next(&mut self, scan: &Scan, key: &str) -> Result<Option<String>, ScanError> {
        scan.check_cancel()?;
        self.pages += 1;
        if self.pages > PAGES {
            return Err(AzureError::EndlessList(self.stream.clone()).into());
        }
        Ok(match &self.at {
            At::Begin => Some(String::new()),
            At::After(last) => Some(format!("where {key} > '{}' | ", quoted(last))),
            At::End => None,
        })
    }

    /// A page; `None`: it was too large, and the next try asks for fewer rows.
    pub(crate) async fn ask(
        &mut self,
        client: &Client,
        within: &[String],
        query: &str,
    ) -> Result<Option<Answer>, AzureError> {
        match ask(client, within, query, self.rows).await {
            Ok(answer) if answer.is_empty() && !answer.value()?["data"].is_array() => {
                Err(unreadable("it has no list of rows"))
            }
            Ok(answer) => {
                let per_row = answer.size() / answer.len().max(1) + 1;
                self.rows = (BYTES / per_row).clamp(1, ROWS);
                Ok(Some(answer))
            }
            Err(AzureError::Refused(refusal))
                if self.rows > 1 && (refusal.status == 413 || refusal.code == "ResponsePayloadTooLarge") =>
            {
                self.rows = (self.rows / 4).max(1);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where the stream stands after a page that ended with a key.
    pub(crate) fn turn(&mut self, answer: &Answer, last: Option<String>) -> Cursor {
        let is_fresh = |last: &String| !matches!(&self.at, At::After(before) if before == last);
        if let Some(last) = last.filter(|last| answer.next.is_some() && is_fresh(last)) {
            self.at = At::After(last.clone());
            Cursor::Next(last)
        } else {
            self.at = At::End;
            Cursor::Done
        }
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_query_can_not_end_its_text() {
        assert_eq!(quoted(r"a'b\c"), r"a\'b\\c");
    }
}
