//! What was typed: every command, flag and variable. No logic, and nothing of ours is imported.
//!
//! The help texts are the manual: a newcomer needs no README to get from `atgd demo` to a scan of
//! their own. Values that only the API can judge (globs, formats) stay texts here.

mod client;
mod command;
mod keys;
mod manual;
mod service;

pub(crate) use self::manual::{completions, man_page};
pub use self::{
    client::{
        ConnectArgs, CreateTenantArgs, DownloadArgs, FailureWord, FilterArgs, FollowArgs, Format, GenerateIacArgs,
        GenerateSpecArgs, JobArgs, JobsArgs, Mode, ScanArgs, StatusArgs, Switch,
    },
    command::{Cli, ClientCommand, Command, GlobalArgs, LocalCommand},
    keys::{KeyAction, KeyArgs, KeyCreateArgs, ScopeWord},
    service::{AuditAction, ConfigAction, DemoArgs, ServeArgs, SimulateArgs, StoreAction},
};

#[cfg(test)]
mod tests;
