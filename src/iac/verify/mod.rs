//! What was written is looked at again: read back by parsers, held against limits, shown to Terraform.

pub mod checks;
pub mod limits;
pub mod read_back;
mod skeleton;
pub mod terraform;
