//! The command line's side of the HTTP API: a typed client, the commands, what they print.
//!
//! It knows the daemon only by its API (and the admin socket, which is the same API), so that each
//! command works over a network as it does at home. Results go to stdout, everything else to stderr,
//! both through a [`Screen`].

mod api;
mod commands;
mod credential;
mod download;
mod error;
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

pub use api::{Api, DEFAULT_SERVER, JobsQuery};
pub use commands::run;
pub use credential::ApiKey;
pub use error::ClientError;
pub use follow::{Heard, follow};
pub use keys::{KeyAnswer, KeyRequest, SOCKET_NAME, admin_api, admin_socket, keys, show_keys};
pub use requests::{generate_request, key_request, scan_request};
pub use screen::Screen;
pub use store::{back_up, check_store, show_backup, show_report};
pub use table::{Align, Table};

use crate::api::JobStatus;

/// How a command ended, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; a followed job has completed.
    Completed,
    /// Something here, not the daemon: a file, a flag.
    Local,
    Failed,
    Cancelled,
    /// The daemon refused, or could not be reached.
    Refused,
    /// Ctrl-C: the job goes on without us.
    Detached,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Local => 1,
            Self::Failed => 2,
            Self::Cancelled => 3,
            Self::Refused => 4,
            Self::Detached => 130,
        }
    }

    const fn of(status: JobStatus) -> Self {
        match status {
            JobStatus::Completed => Self::Completed,
            JobStatus::Failed => Self::Failed,
            JobStatus::Cancelled => Self::Cancelled,
            // A job that goes on has not been followed to its end.
            JobStatus::Pending | JobStatus::Running => Self::Detached,
        }
    }
}

/// Saves a finished job's zip, as `atgd download` does; the answer is its size in bytes.
pub async fn download(api: &Api, id: uuid::Uuid, path: &std::path::Path) -> Result<u64, ClientError> {
    let fetched = download::fetch(api, id, &download::parent(path)).await?;
    let bytes = fetched.bytes;
    fetched.keep_as(path)?;
    Ok(bytes)
}

/// Unpacks a finished job's files below an empty or absent directory; the answer is how many.
pub async fn unpack(api: &Api, id: uuid::Uuid, directory: &std::path::Path) -> Result<usize, ClientError> {
    unpack::check_output(directory)?;
    let fetched = download::fetch(api, id, &std::env::temp_dir()).await?;
    let archive = fetched.file().try_clone().map_err(ClientError::file(directory))?;
    unpack::unpack(archive, directory)
}

#[cfg(test)]
mod tests;
