//! The neutral plan and its values: data that passes make and emitters read. It knows no language, but for the words
//! that each reserves.

pub mod body;
pub mod capabilities;
pub mod codec;
pub mod ids;
pub mod index;
pub mod plan;
pub mod reserved;
pub mod style;
pub mod tags;
pub mod term;
pub mod words;
