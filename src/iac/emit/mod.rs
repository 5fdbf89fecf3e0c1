//! A plan becomes files, one module a language. Emitters decide nothing that a plan decides.

pub mod arm;
pub mod bicep;
mod call;
mod describe;
mod fields;
pub mod files;
pub mod terraform;
