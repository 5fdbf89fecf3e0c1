//! Bicep: `main.bicep` at subscription scope with the resource groups, a module for what is deployed to
//! each group, `main.bicepparam`.

mod format;
mod modules;
pub mod read;
mod symbols;
mod write;

pub use modules::{Bicep, variable};

#[cfg(test)]
mod tests;
