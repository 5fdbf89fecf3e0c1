//! What was written is looked at again: read back by parsers, held against limits, published types and the
//! rules of Bicep's compiler, shown to Terraform, and planned by it where that was asked for.

mod allowed;
mod bodies;
pub mod checks;
mod child;
pub mod limits;
mod plan;
pub mod proof;
pub mod read_back;
mod skeleton;
mod style;
pub mod terraform;
mod workplace;
