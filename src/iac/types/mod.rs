//! Types: what Azure publishes of the bodies of ARM types, version by version.
//!
//! ```text
//! serving ─▶ lookup ─▶ shape ─▶ table ─▶ node
//! ```
//! The table (`types.bin`) is made by `packaging/azure-types/make`, whose text says its source and its format. It is
//! read lazily, one namespace at a time, and kept. It knows neither what people name nor what ARM
//! refuses beyond the shape of a body; types that it lacks are the general rules' business.
//!
//! A version that the table lacks is judged by its neighbours: the nearest older and the nearest newer
//! one. What they call unknown is unknown: services return much that only later versions know.

mod facts;
mod lookup;
mod node;
mod serving;
mod shape;
mod table;
#[cfg(test)]
mod tests;

pub use self::{
    facts::{Publication, name_fault, publication},
    lookup::{Known, Type, find, newest},
    node::Leaf,
    serving::{better_version, is_out_of_scope},
    shape::{Prop, Shape},
    table::is_computed_name,
};
