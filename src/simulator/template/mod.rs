//! ARM templates: parameters are checked, loops unrolled, resources put in the order that they depend on each other.
//!
//! ```text
//! template ─▶ parameters ─▶ resources planned (names, ids, dependsOn) ─▶ round after round: evaluate, put
//!                                                 └ nested deployment: the same, inner or outer scope
//! ```
//! An expression that refers to what is not there yet defers its resource to a later round; a round in
//! which nothing could be put is the end, and says what was missing. In a dry run (validate, what-if)
//! nothing is put, and what is referred to is looked for among the bodies that would have been.
//! Not understood, and refused by name: `templateLink`, complete mode, user functions, lambdas.

mod deploy;
mod failure;
mod frame;
mod plan;
mod planned;
mod run;

pub(super) use self::{
    deploy::{deploy, deploy_into},
    failure::Failure,
    run::{Outcome, Run},
};
