//! Logs, metrics and secrets: the one leaf that every room may use.
//!
//! It knows no other room. Secrets are a type here so that no `Debug`, log line or error can print one.

pub mod logs;
pub mod metrics;
mod secret;

pub use secret::Secret;
