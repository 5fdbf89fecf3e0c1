//! ARM templates: one at subscription scope, a nested deployment (inner scope) a resource group.

mod json;
mod templates;

pub use templates::Templates;
