//! Discovery: Azure becomes a generation of the graph, with its coverage.
//!
//! ```text
//! subscriptions ▸ providers ▸ groups + inventory ▸ LIST per type ▸ what LIST lacked, by id
//!   ▸ children below each parent, level by level ▸ extensions ▸ access (roles, locks, policies) ▸ identities ▸ publish
//! ```
//! The inventory is the expectation; the receipt (coverage) says per subscription and type what was
//! expected, what was read, and why something was not. Every list is a stream with a cursor that is
//! stored with its page: a scan that was killed asks no finished stream again. One thing that fails
//! (a type, a group, Microsoft Graph) never fails the scan; only bad credentials or no answer do.
//!
//! | floor | what is there |
//! |---|---|
//! | `discovery`, `plan` | the phases of a scan in their order; what a scan would cost |
//! | `steps/` | one file a phase: what is asked for, and what becomes of the answers |
//! | `read/` | lists with their cursors, GET by id, api-versions that are refused: each written once |
//! | `facts/` | filter, catalogue of types, rules for children, refusals, receipt: no request, no clock |
//!
//! From `POST /scan` to a published snapshot, by one list of a type: `http/routes/submit` (the request) →
//! `jobs/submit` (its job, one commit) → `jobs/scheduler` → `jobs/run` (an attempt) → `ops/runner` → `ops/scan` →
//! `scan/discovery` (the phases) → `scan/steps/lists` (which lists) → `scan/steps/type_list` (one of them) →
//! `scan/read/listing` (its cursor) → `azure/pages` → `azure/client` (within the buckets) → `graph/generation` (rows
//! with the cursor, one commit) → `graph/publish`: 14 files.

mod discovery;
mod error;
mod facts;
mod plan;
mod read;
mod steps;

pub use discovery::discover;
pub use error::ScanError;
pub use plan::estimate;
