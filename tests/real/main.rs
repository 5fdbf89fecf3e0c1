//! Against the real programs: they are built, not written, by us. A test says in one line what is
//! missing where it can't run.

#![allow(clippy::expect_used, clippy::print_stderr, reason = "a test fails by panicking, and says what it skipped")]

#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "each test crate uses its part")]
mod harness;
mod plans;
mod reads;
mod terraform;
mod verify;
