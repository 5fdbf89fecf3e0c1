//! Terraform: `azurerm_*` where a table carries the whole body, `azapi_resource` with the pruned body
//! for the rest; a file a resource group.
//!
//! What the real providers want for a plan with imports only decides many details: `identity_ids` is
//! always written, `tags` never empty, import ids are spelled one way, `schema_validation_enabled =
//! false` comes with `ignore_changes` of it.
//!
//! `hcl` and `spelling` know nothing of plans; `azurerm` translates a body by its tables; `typing` does so for every
//! item, and `forms` holds what came of it beside the plan; `shared` is what many resources say alike; `context` and
//! `terms` say how one resource refers to another, `waits` what order no text tells; `in_place` knows what is there with its
//! parent; `generic`, `azurerm::print` and `providers` make blocks; `printer` puts them into files.

mod azurerm;
mod capabilities;
mod context;
mod data;
mod forms;
mod generic;
mod hcl;
mod identity;
mod in_place;
mod outputs;
mod printer;
mod providers;
mod shared;
mod spelling;
mod terms;
mod typing;
mod waits;

pub use capabilities::capabilities;
pub use data::is_read;
#[cfg(test)]
pub use forms::Form;
pub use forms::Forms;
pub use printer::Terraform;
pub use typing::typing;
pub use waits::literal_ids;

#[cfg(test)]
mod tests;
