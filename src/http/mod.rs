//! The API over HTTP: one list of routes, the order in which a request is judged, errors, events.
//!
//! ```text
//! connection ─▶ gate (request id, panic, host, origin) ─▶ authenticate ─▶ rate limit ─▶ route ─▶ body
//! ```
//! Authentication comes before the body is read: a caller without a valid key learns nothing about
//! schemas. Routes map the refusals of `jobs`, `auth` and `graph` to the one table of error codes
//! (`api::ErrorCode`); they know no Azure, no configuration and no file but a job's zip.

mod app;
mod authenticate;
mod body;
mod caller;
mod gate;
mod limits;
mod refusal;
mod router;
mod routes;
mod serve;
mod settings;
mod tickets;
mod validate;

pub(crate) use self::serve::{serve_admin, serve_unix};
pub use self::{
    app::{App, Parts},
    router::openapi,
    serve::serve_tcp,
    settings::{LimitSettings, Settings},
};

#[cfg(test)]
mod tests;
