//! The resources that a scan expects to read: rows of Azure's inventory, kept page by page until each is read.

use super::{
    Cursor, Generation, GraphError,
    body::unpacked_size,
    tables::{CURSORS, CursorRow, EXPECTED, key_hash},
};
use crate::{
    arm,
    store::{Bytes, Order, Span, StoreError},
};

/// A row of the inventory: what a scan expects to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub id: String,
    pub subscription: String,
    pub type_name: String,
    /// The row as Azure gave it, JSON.
    pub text: String,
}

/// The place of a page of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedAt(String, u32);

impl Generation {
    /// Keeps a page of the inventory, with its cursor, in one commit.
    pub async fn expect(&self, stream: &str, rows: Vec<Expected>, cursor: Cursor) -> Result<(), GraphError> {
        let lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let head = serde_json::json!([row.id, row.subscription, row.type_name]);
                format!("{head}\t{}", row.text.replace('\n', " "))
            })
            .collect();
        let packed = zstd::bulk::compress(lines.join("\n").as_bytes(), 1);
        let packed = packed.map_err(|error| GraphError::Body(error.to_string()))?;
        let (number, stream) = (self.number, stream.to_owned());
        let cursor = match cursor {
            Cursor::Next(next) => CursorRow::Next(next),
            Cursor::Done => CursorRow::Done,
        };
        self.write(move |write| {
            let mut page = 0;
            write.scan(&EXPECTED, &Span::prefix(&(number, stream.clone())), Order::Falling, |(_, _, last), _| {
                page = last + 1;
                Ok::<_, StoreError>(false)
            })?;
            write.put(&EXPECTED, &(number, stream.clone(), page), &Bytes(packed))?;
            write.put(&CURSORS, &(number, stream), &cursor)
        })
        .await?;
        let mut index = self.index();
        for row in rows {
            index.expect(key_hash(&arm::key(&row.id)), &row.subscription, &row.type_name);
        }
        Ok(())
    }

    pub(super) fn each_expected(
        &self,
        visit: &mut dyn FnMut(Expected) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        let mut after = None;
        loop {
            let (rows, last) = self.expected_page(after.as_ref())?;
            for row in rows {
                visit(row)?;
            }
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    fn expected_page(&self, after: Option<&ExpectedAt>) -> Result<(Vec<Expected>, Option<ExpectedAt>), GraphError> {
        let mut span = Span::prefix(&self.number);
        if let Some(ExpectedAt(stream, page)) = after {
            span = span.after(&(self.number, stream.clone(), *page));
        }
        let mut found = None;
        self.store.read(|read| {
            read.scan(&EXPECTED, &span, Order::Rising, |(_, stream, page), row| {
                found = Some((ExpectedAt(stream, page), row));
                Ok::<_, StoreError>(false)
            })
        })?;
        let Some((at, page)) = found else { return Ok((Vec::new(), None)) };
        let failed = |error: &dyn std::fmt::Display| GraphError::Body(error.to_string());
        let text = zstd::bulk::decompress(&page.0, unpacked_size(&page.0)).map_err(|error| failed(&error))?;
        let text = String::from_utf8(text).map_err(|error| failed(&error))?;
        let mut rows = Vec::new();
        for (head, text) in text.lines().filter_map(|line| line.split_once('\t')) {
            let (id, subscription, type_name) = serde_json::from_str(head).map_err(|error| failed(&error))?;
            rows.push(Expected { id, subscription, type_name, text: text.to_owned() });
        }
        Ok((rows, Some(at)))
    }

    /// Rows of the inventory that nothing gave so far, page by page, and where the next page begins. A
    /// page may be empty and not the last.
    pub(crate) fn unmet(&self, after: Option<&ExpectedAt>) -> Result<(Vec<Expected>, Option<ExpectedAt>), GraphError> {
        let (mut rows, last) = self.expected_page(after)?;
        let index = self.index();
        rows.retain(|row| !index.has(key_hash(&arm::key(&row.id))));
        Ok((rows, last))
    }

    /// The expectation was met as far as it can be.
    pub(crate) fn forget_expected(&self) {
        self.index().forget_expected();
    }
}
