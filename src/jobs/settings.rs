//! The settings of jobs: slots, limits, timeouts, retention. Data only.

use std::time::Duration;

use crate::api::JobType;

/// What can be set of jobs; followed while running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub max_concurrent: usize,
    /// Running jobs of one key; none: all slots, but one less while other keys may submit too.
    pub per_key: Option<u64>,
    pub max_queued: u64,
    pub grace: Duration,
    pub scan_timeout_seconds: u64,
    pub other_timeout_seconds: u64,
    pub keep_jobs_ms: i64,
    /// Finished jobs of each status, the newest.
    pub keep_per_status: u64,
    pub keep_artifacts_ms: i64,
    pub artifacts_max_bytes: u64,
    /// A job whose operation reports nothing for so long has failed.
    pub step_timeout: Duration,
    /// For chores of other rooms: keys after their end, audit lines, snapshots of a tenant.
    pub keep_keys_ms: i64,
    pub keep_audit_ms: i64,
    pub keep_snapshots: u64,
    pub keep_snapshots_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_concurrent: 3,
            per_key: None,
            max_queued: 1_000,
            grace: Duration::from_secs(30),
            scan_timeout_seconds: 4 * 3_600,
            other_timeout_seconds: 3_600,
            keep_jobs_ms: 30 * 86_400_000,
            keep_per_status: 1_000_000,
            keep_artifacts_ms: 7 * 86_400_000,
            artifacts_max_bytes: 10 << 30,
            step_timeout: Duration::from_mins(30),
            keep_keys_ms: 90 * 86_400_000,
            keep_audit_ms: 365 * 86_400_000,
            keep_snapshots: 30,
            keep_snapshots_ms: 365 * 86_400_000,
        }
    }
}

impl Settings {
    pub(super) const fn timeout(&self, job_type: JobType) -> u64 {
        if matches!(job_type, JobType::Scan) { self.scan_timeout_seconds } else { self.other_timeout_seconds }
    }
}
