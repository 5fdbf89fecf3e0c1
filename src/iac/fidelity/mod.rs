//! Fidelity: does the code say what people had sent?
//!
//! Recorded resource groups hold the PUT that made each resource beside what GET answered. The answers
//! become a snapshot, code is generated of it and read back, references and parameters are evaluated,
//! and the result is held against the PUT: every property that was sent should be there with its value,
//! and nothing that ARM computes. A parameter counts as the value of a secret only; what a GET never
//! returned cannot be in code made from it and is counted apart.
//!
//! ```text
//! recordings ─▶ selection ─▶ plan ─▶ printed text ─▶ read back ─▶ compared with the PUTs
//! ```

mod compare;
mod emitted;
mod error;
mod figures;
mod read_arm;
mod read_bicep;
mod read_hcl;
mod recorded;
mod run;

pub use error::FidelityError;
pub use figures::Report;
pub use run::run;
#[cfg(test)]
pub(in crate::iac) use {
    emitted::{Emitted, PARAMETER},
    run::{of_nodes, read},
};

#[cfg(test)]
mod canaries;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod whole;
