//! The wire: request and answer types and the closed list of error codes, for server and client alike.
//!
//! serde and utoipa only; no behaviour but (de)serialisation and the defaults of fields. What the
//! domain keeps on disk or in memory are other types; operation parameters ([`Operation`]) are the
//! one deliberate share, stored as JSON text.

mod error;
mod events;
mod graph;
mod jobs;
mod keys;
mod requests;
mod service;
mod time;

pub use self::{
    error::{ErrorBody, ErrorCode, ErrorEnvelope, FieldError},
    events::{Event, EventKind, LogLevel},
    graph::{
        ChangedResource, DiffAnswer, EdgeIn, EdgeOut, EdgeView, NeighboursAnswer, ResourceAnswer, ResourceEdges,
        ResourceList, ResourceRow, SnapshotList, SnapshotRow, TenantList, TenantRow,
    },
    jobs::{Accepted, ArtifactEntry, CancelAnswer, JobError, JobList, JobResult, JobStatus, JobView},
    keys::{KeyAnswer, KeyRequest},
    requests::{
        At, CreateTenantRequest, FilterConfig, GenerateIacRequest, GenerateSpecRequest, JobType, OnFailure, Operation,
        OutputFormat, RetryRequest, ScanMode, ScanRequest, SecretText,
    },
    service::{
        BackupFile, BackupMade, Counted, CreateKeyRequest, CreatedKey, Health, KeyList, KeyView, RotateKeyRequest,
        Scope, StoreReport, WhoAmI,
    },
    time::Time,
};

#[cfg(test)]
pub(crate) use self::time::shift;
