//! The pages of one list, read to its end.
//!
//! Every list is read here, so every list is bounded: [`MOST`] pages, no page twice, and after [`BARREN`] pages in a
//! row without anything new it is taken to have no end. What is done with a page is the caller's to know.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Answer, AzureError,
    client::{Api, Client},
};

/// Pages of one list.
const MOST: usize = 100_000;
/// From this page on it is looked whether pages bring anything new.
const WATCHED: usize = 50;
/// Pages in a row without anything new, after which a list is taken to have no end.
const BARREN: usize = 100;
/// So much of an address is said where a list has no end.
const SHOWN: usize = 500;

impl Client {
    /// A list of Resource Manager, from its first page on.
    pub fn pages(&self, first: &str) -> Pages {
        Pages::of(self.clone(), Api::Arm, first)
    }

    /// A list of Microsoft Graph.
    pub fn graph_pages(&self, first: &str) -> Pages {
        Pages::of(self.clone(), Api::Graph, first)
    }
}

/// One list: where it stands, and what tells that it has no end.
pub struct Pages {
    client: Client,
    api: Api,
    first: String,
    next: Option<String>,
    links: HashSet<[u8; 16]>,
    seen: HashSet<u64>,
    barren: usize,
}

impl Pages {
    fn of(client: Client, api: Api, first: &str) -> Self {
        let (first, next) = (first.to_owned(), Some(first.to_owned()));
        Self { client, api, first, next, links: HashSet::new(), seen: HashSet::new(), barren: 0 }
    }

    /// Goes on at the address of a later page, which an earlier run was given.
    #[must_use]
    pub fn resumed_at(self, address: String) -> Self {
        Self { next: Some(address), ..self }
    }

    /// The next page; `None`: the list has ended.
    pub async fn next(&mut self) -> Result<Option<Answer>, AzureError> {
        loop {
            let Some(next) = self.next.clone() else { return Ok(None) };
            if self.links.len() >= MOST || self.barren >= BARREN || !self.links.insert(digest(next.as_bytes())) {
                return Err(AzureError::EndlessList(next.chars().take(SHOWN).collect()));
            }
            match self.client.get(self.api, &next).await {
                Ok(answer) => {
                    self.watch(&answer);
                    self.next.clone_from(&answer.next);
                    return Ok(Some(answer));
                }
                // A skip token of an earlier run may have expired: begin again.
                Err(AzureError::Refused(refusal))
                    if next != self.first && self.links.len() == 1 && refusal.status < 429 =>
                {
                    self.next = Some(self.first.clone());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Every element, where the list is short enough to be held.
    pub async fn all(mut self) -> Result<Vec<Value>, AzureError> {
        let mut items = Vec::new();
        while let Some(answer) = self.next().await? {
            for item in answer.values() {
                items.push(item?);
            }
        }
        Ok(items)
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
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut head = [0; 16];
    head.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    head
}
