//! What a scan knows and decides without asking anybody: no request, no clock, no store.

pub(crate) mod body;
pub(crate) mod catalogue;
pub(crate) mod child_rules;
pub(crate) mod filter;
pub(crate) mod receipt;
pub(crate) mod refusals;
pub(crate) mod stream_key;
