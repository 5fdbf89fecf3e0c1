//! The wire: request and answer types and the closed list of error codes, for server and client alike.
//!
//! serde and utoipa only; no behaviour but (de)serialisation and the defaults of fields. What the
//! domain keeps on disk or in memory are other types; operation parameters ([`Operation`]) are the
//! one deliberate share, stored as JSON text.

mod error;
mod events;
mod graph;
mod jobs;
mod requests;
mod service;
mod time;

pub use error::{ErrorBody, ErrorCode, ErrorEnvelope, FieldError};
pub use events::{Event, EventKind, LogLevel};
pub use graph::{
    ChangedResource, DiffAnswer, EdgeIn, EdgeOut, EdgeView, NeighboursAnswer, ResourceAnswer, ResourceEdges,
    ResourceList, ResourceRow, SnapshotList, SnapshotRow, TenantList, TenantRow,
};
pub use jobs::{Accepted, ArtifactEntry, CancelAnswer, JobError, JobList, JobResult, JobStatus, JobView};
pub use requests::{At, FilterConfig, GenerateIacRequest, JobType, Operation, OutputFormat, ScanMode, ScanRequest};
pub use service::{
    BackupFile, BackupMade, Counted, CreateKeyRequest, CreatedKey, Health, KeyList, KeyView, RotateKeyRequest, Scope,
    StoreReport, WhoAmI,
};
pub use time::Time;
#[cfg(test)]
pub(crate) use time::shift;
