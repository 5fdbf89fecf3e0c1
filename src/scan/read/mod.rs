//! How anything is read: what all phases share, lists with their cursors, GET by id, api-versions that are refused.
//!
//! Nothing here knows which lists a scan asks for, or in which order.

pub(super) mod by_id;
pub(super) mod keyed;
pub(super) mod listing;
pub(super) mod mentions;
pub(super) mod scan;
pub(super) mod versions;
