//! The command line's side of the HTTP API: a typed client, the commands, what they print.
//!
//! It knows the daemon only by its API (and the admin socket, which is the same API), so that each
//! command works over a network as it does at home. Results go to stdout, everything else to stderr,
//! both through a [`Screen`].

mod api;
mod artifacts;
mod commands;
mod create_tenant;
mod credential;
mod download;
mod error;
mod exit;
mod follow;
mod keys;
mod report;
mod requests;
mod resolve;
mod screen;
mod sse;
mod store;
mod table;
mod unpack;

pub use self::{
    api::{Api, JobsQuery},
    artifacts::download,
    commands::run,
    credential::ApiKey,
    error::ClientError,
    exit::Exit,
    follow::{Heard, follow},
    keys::keys,
    screen::Screen,
    table::{Align, Table},
};
pub(crate) use self::{
    artifacts::unpack,
    keys::{admin_api, show_keys},
    requests::key_request,
    store::{back_up, check_store, show_backup, show_report},
};

#[cfg(test)]
mod tests;
