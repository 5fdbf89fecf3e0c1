//! From the one validated configuration to each room's own settings, at start and while running.
//!
//! `daemon` starts rooms with them; `admin` looks at the same rooms without a daemon.

mod convert;
mod follow;

pub(crate) use self::{
    convert::{auth, azure, http, iac, jobs, logs, neo4j},
    follow::{Live, follow},
};
