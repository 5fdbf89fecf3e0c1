//! API keys: their text, how they are stored, how a presented one is verified.
//!
//! The text is shown once and never stored; the store holds an argon2id hash. A key that verified is
//! known by a keyed digest for a while, so that argon2 runs once a key and not once a request.
//! Scopes and tenants say what a key may do; HTTP maps the refusals.

mod keyring;
mod record;
mod text;

pub use keyring::{By, Denied, KeyError, Keyring, Settings};
pub use record::{Principal, Tenants, check_records, export};
pub use text::KeyText;
