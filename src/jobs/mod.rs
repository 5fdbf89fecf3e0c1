//! Jobs: state machine, queue, scheduler, events, artifacts, janitor. Knows a [`Runner`], not Azure.
//!
//! See `runner.rs` for the seam to the operations. [`Jobs`] is the handle that `http` and `daemon` use.

mod runner;

pub use runner::{Failure, Runner};
