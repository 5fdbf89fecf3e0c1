//! A tenant from a specification: the text, its plan, and what becomes of it.
//!
//! ```text
//! place, finding, node ◀─ words, catalogue ◀─ text ◀─ model, read ◀─ body, check, secrets ◀─ plan ◀─ job, describe
//! ```
//! `text` reads all forms into one tree, `read` gives its fields the model's names, `body` makes what is sent of each
//! resource, `plan` orders the steps. All of that is pure, and happens twice: at submit, so that an answer names every
//! error at once, and in the job. Nothing is dropped in silence: what is read and makes nothing is narrative, or a
//! warning with its line. `describe` goes the other way: from a snapshot to a text.

mod body;
mod catalogue;
mod check;
mod describe;
mod finding;
mod job;
mod model;
mod node;
mod place;
mod plan;
mod read;
mod secrets;
#[cfg(test)]
mod tests;
mod text;
mod words;

#[cfg(test)]
use self::plan::{Step, StepKind};
pub(crate) use self::{
    describe::{Asked, DescribeError, describe},
    finding::Finding,
    job::{JobError, Ran, deploy, dry_run},
    node::secret_name,
    plan::{Order, Plan, Reading, Refused, Target, prepare},
};
