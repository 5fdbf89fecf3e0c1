//! What the job does with a plan: against the tenant as it is now.
//!
//! ```text
//! deploy ─▶ rollback, arm_steps, directory_steps ─▶ principals ─▶ run ─▶ ledger (the journal)
//!        └▶ dry_run ─▶ tenant, exists (what is there), templates (one a deployment), files (artifacts)
//! ```

mod arm_steps;
mod clean_up;
mod deploy;
mod directory_steps;
mod dry_run;
mod exists;
mod files;
mod known;
mod ledger;
mod markdown;
mod objects;
mod principals;
mod rollback;
mod run;
mod templates;
mod tenant;
mod told;

pub(crate) use self::{
    deploy::{Ran, deploy},
    dry_run::{JobError, dry_run},
};
