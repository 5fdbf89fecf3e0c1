//! Types: what Azure's public SDK says of the bodies of ARM types, version by version.
//!
//! The table (`types.bin`) is made by `packaging/azure-types/make`, whose text says its format. It is
//! read lazily, one namespace at a time, and kept. It knows neither what people name nor what ARM
//! refuses beyond the shape of a body; types that it lacks are the general rules' business.
//!
//! A version that the table lacks is judged by its neighbours: the nearest older and the nearest newer
//! one. What they call unknown is unknown: services return much that only later versions know.

mod find;
mod shape;
mod table;

pub use find::{Known, Type, find, is_computed_name, newest};
pub use shape::{Prop, Shape};
pub use table::Leaf;

#[cfg(test)]
mod tests;
