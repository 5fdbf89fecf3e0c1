//! The text of a specification, in its three forms, read into one tree of nodes with their places.
//!
//! ```text
//! form ─┬─ fences ─▶ json, yaml            form 1: one structured block
//!       └─ markdown ─▶ outline ─▶ gather, content ─▶ value     form 2: headings, lists, tables
//! ```
//! Knows the names of the model's fields and of common types; not what may stand where. Never panics, and takes time in
//! the length of the text.

mod content;
mod fences;
mod form;
mod gather;
mod json;
mod markdown;
mod outline;
mod things;
mod value;
mod yaml;

pub(super) use self::{
    content::MAIN,
    form::{Form, normal, read},
    things::{PROSE, TITLE, name_and_type, named},
};
