//! Azure for tests, benches and the demo: it behaves as Azure was recorded to behave, over HTTP.
//!
//! ```text
//! running ─▶ serve, tls ─▶ routes ─┬─ login, metadata, data_plane     no token needed
//!    │                             ├─ faults, hostile, throttle       what fails, what harms, what is too much
//!    │                             ├─ reads, singles
//!    │                             ├─ write, long_running, inline, beside
//!    │                             ├─ deployments ─▶ template
//!    │                             ├─ resource_graph ─▶ keyset
//!    │                             └─ graph, admin ─▶ state (settings, world, counts)
//!    └─▶ sources ─▶ contoso, load, generated, born ─▶ world
//! ```
//! Which behaviour is recorded, documented or guessed is a table in README.md.
//!
//! Imports nothing of ours but `arm` and `telemetry`. It holds a `World` in memory and answers
//! from it; what it serves is what [`Running::served`] says.

mod admin;
mod beside;
mod born;
mod contoso;
mod data_plane;
mod deployments;
mod error;
mod faults;
mod generated;
mod graph;
mod hostile;
mod inline;
mod keyset;
mod load;
mod login;
mod long_running;
mod metadata;
mod operations;
mod quirks;
mod reads;
mod reply;
mod request;
mod resource_graph;
mod routes;
mod running;
mod serve;
mod settings;
mod settle;
mod singles;
mod sources;
mod state;
mod template;
mod throttle;
mod tls;
mod world;
mod write;

pub use self::{
    error::SimulatorError,
    faults::{Fault, FaultKind},
    hostile::Hostile,
    operations::Style,
    quirks::QUIRKS,
    running::{Running, start},
    settings::{CONTOSO, Settings, Source},
};

#[cfg(test)]
mod tests;
