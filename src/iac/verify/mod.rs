//! What was written is looked at again: read back by parsers, held against limits, shown to Terraform.

pub mod check;
pub mod limits;
