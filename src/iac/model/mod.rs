//! The neutral plan and its values: data that passes make and emitters read. It knows no language.

pub mod plan;
pub mod term;
