//! Edges from bodies: pure, no store, no clock.
//!
//! [`derive()`] takes one node and a way to ask which keys are known, and gives the edges that its body
//! and its id say, and the nodes that they imply (regions, tags, identities, externals). The most
//! specific rule names an edge; `REFERENCES` is the net below: every string that is, or holds, the id
//! of something in ARM. An id of a sub-object resolves to the longest prefix that is a known resource;
//! an unknown target becomes `External`, never nothing.

mod derive;
mod derived;
mod kinds;
mod known;
mod resolve;
mod walk;

pub use self::{
    derive::derive,
    known::{Derived, Implied, Known, Subject},
    resolve::Target,
    walk::Mention,
};
pub(crate) use self::{
    derived::begins_back_reference,
    walk::{each_id, mentions},
};

#[cfg(test)]
mod tests;
