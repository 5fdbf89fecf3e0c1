//! What was made of each resource, and why: `report.json`, `report.md`, `README.md`, and the job's result.
//! Rows are written as they are made: a report of a million resources is never in memory.

mod cell;
mod json;
mod markdown;
mod readme;
mod source;
mod subject;
mod totals;
mod write;

pub use source::Source;
pub use subject::{Subject, Written};
pub use totals::{result, warnings};
pub use write::write;

#[cfg(test)]
mod tests;
