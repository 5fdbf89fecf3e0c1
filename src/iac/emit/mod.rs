//! A plan becomes files, one module a language. Emitters decide nothing that a plan decides.

pub mod arm;
pub mod bicep;
mod call;
pub mod cloud;
mod describe;
mod fields;
pub mod files;
mod ground;
mod repeated;
pub mod terraform;
