//! The exit codes of client commands, for scripts.

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

    pub(super) const fn of(status: JobStatus) -> Self {
        match status {
            JobStatus::Completed => Self::Completed,
            JobStatus::Failed => Self::Failed,
            JobStatus::Cancelled => Self::Cancelled,
            // A job that goes on has not been followed to its end.
            JobStatus::Pending | JobStatus::Running => Self::Detached,
        }
    }
}
