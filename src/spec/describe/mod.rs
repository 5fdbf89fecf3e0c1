//! Back again: a stored tenant as a specification.
//!
//! ```text
//! model ◀─ literals, value ◀─ resources ◀─ people ◀─ anonymise ◀─ text ◀─ read_back ◀─ run
//! ```
//! Bodies come from `iac`, which knows what can be sent; here they get names, headings and bullets. The text is read back by
//! the very reader that a submit uses, and what it does not say is told.

mod anonymise;
mod literals;
mod model;
mod people;
mod read_back;
mod resources;
mod run;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub(crate) use self::run::{Asked, DescribeError, describe};
