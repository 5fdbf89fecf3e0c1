//! The plan: what a text makes, in which order, with which bodies.
//!
//! ```text
//! prepare ─▶ draft (target) ─▶ references ─▶ people ─▶ needed ─▶ order ─▶ steps
//! ```
//! Pure: the same text, tenant, map and names of secrets give the same plan and the same hash on any machine.

mod draft;
mod item;
mod needed;
mod order;
mod people;
mod prepare;
mod references;
mod steps;
mod target;

pub(crate) use self::{
    item::StepKind,
    prepare::{Order, Reading, Refused, prepare},
    steps::{Lookup, Plan, Step},
    target::{Home, Target},
};
