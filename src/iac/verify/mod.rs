//! What was written is looked at again: read back by parsers, held against limits, published types and the
//! rules of Bicep's compiler, shown to Terraform.

mod bodies;
pub mod checks;
pub mod limits;
pub mod read_back;
mod skeleton;
mod style;
pub mod terraform;
