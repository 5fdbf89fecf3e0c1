//! The specification's text of a creation, in a row of its own: a job's row is written ten times a second while it runs,
//! and a text may have megabytes.

use super::{
    record::{JOBS, TEXTS, Text},
    row::JobRow,
};
use crate::{
    api::Operation,
    store::{Read, StoreError, Write},
};

/// Takes the text out of an operation that is to be stored.
pub(super) fn taken(operation: &mut Operation) -> Option<Text> {
    match operation {
        Operation::CreateTenant(request) => Some(Text(std::mem::take(&mut request.spec_content))),
        _ => None,
    }
}

pub(super) fn keep(write: &mut Write<'_>, id: u128, text: &Text) -> Result<(), StoreError> {
    write.put(&TEXTS, &id, text)
}

pub(super) fn forget(write: &mut Write<'_>, id: u128) -> Result<(), StoreError> {
    write.remove(&TEXTS, &id).map(drop)
}

/// The operation of a job, as it was submitted.
pub(super) fn whole(read: &Read, row: &JobRow) -> Result<Operation, StoreError> {
    let mut operation: Operation = serde_json::from_str(&row.operation)
        .map_err(|error| StoreError::Record { table: JOBS.name, cause: error.to_string() })?;
    // Rows of an older atgd have the text in them.
    if let Operation::CreateTenant(request) = &mut operation
        && let Some(Text(text)) = read.get(&TEXTS, &row.id)?
    {
        request.spec_content = text;
    }
    Ok(operation)
}
