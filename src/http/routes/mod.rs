//! The handlers, one file a subject. Each checks rights, calls one room, and says it in wire types.

pub(super) mod artifacts;
mod blocking;
pub(super) mod events;
pub(super) mod graph;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod older;
pub(super) mod service;
pub(super) mod socket;
pub(super) mod store;
pub(super) mod submit;

use self::blocking::blocking;
