//! Commands that work on the files without a daemon: keys, the audit trail, the store's check, the
//! configuration, the fidelity of generated code.
//!
//! Data in, data out; `main` prints. Where a daemon holds the file the store refuses with words that
//! say so, and nothing is changed.

mod audit;
mod backup;
mod check;
mod fidelity;
mod files;
mod keys;
mod settings;

pub(crate) use self::{
    audit::{audit_tail, audit_verify},
    backup::move_backup,
    fidelity::fidelity,
    keys::{parse_expiry, run_keys},
    settings::{check_config, sample_config, show_config},
};
pub use self::{
    backup::{Exported, backup, export, restore},
    check::{check, migrate},
    settings::{now, state_dir},
};
