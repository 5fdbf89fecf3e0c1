//! The `Runner`: one file an operation. Parameters in, calls to scan and iac, result and artifacts out.
//!
//! Maps the failures of those rooms to the jobs' one shape; decides nothing else.

mod create_tenant;
mod failure;
mod generate;
mod generate_spec;
mod operations;
mod runner;
mod scan;
mod snapshot;

pub(crate) use self::operations::Operations;
