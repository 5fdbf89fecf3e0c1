//! Infrastructure as code from a snapshot: pure passes, one neutral plan, an emitter a language.
//!
//! ```text
//! model ◀─ passes ◀─ survey ◀─ build ◀─ emit/{terraform,bicep,arm} ◀─ verify, report, fidelity ◀─ generate
//! ```
//! Offline and deterministic to the byte: no clock, no randomness, sorted order everywhere. Nothing is left
//! out in silence: what is not emitted is in the report with its reason.
//!
//! # Two sweeps
//! The first (`survey`) reads each body from the snapshot once, and leaves a light row and bytes on a `shelf`.
//! Rows alone decide what is an item, what it is called and what is cut (`build`); then each body gets its
//! references, and Terraform its form (`emit::terraform::typing`). The second sweep (`generate`) prints piece by
//! piece, reads back and writes. Bodies are in memory only while they are worked on, a few on each core.
//!
//! # From a record to its Terraform block
//! `generate` → `passes/select` → `build` → `survey` → `passes/prune` (`prune_rules`, `types/lookup`) → `passes/secrets` →
//! `passes/references` → `emit/terraform/typing` → `azurerm/walk` → `azurerm/draft` (or `generic`) →
//! `emit/terraform/printer` → `azurerm/print` → `context`, `terms` → `hcl`: 16 files.

mod bodies;
mod build;
mod emit;
mod error;
pub mod fidelity;
mod from_bodies;
mod generate;
mod inputs;
mod model;
mod parallel;
mod passes;
mod recording;
mod report;
mod shelf;
mod survey;
pub(crate) mod types;
mod verify;

pub(crate) use bodies::{Bodies, Sendable, bodies};
pub use error::{Environment, IacError, Settings};
pub(crate) use from_bodies::{Written, bicep_of};
pub use generate::generate;
pub(crate) use inputs::needed;

#[cfg(test)]
mod example_nodes;
#[cfg(test)]
mod tests;
