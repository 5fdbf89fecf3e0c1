//! The passes from a snapshot to a plan, one pure function a file. None knows a language: what one can
//! express is told by `model::capabilities`.

pub mod addresses;
pub mod administrators;
pub mod circles;
pub mod filters;
pub mod grants;
pub mod made_by_service;
pub mod managed_groups;
pub mod mentions;
pub mod naming;
pub mod ownership;
pub mod placement;
pub mod prune;
pub mod prune_rules;
pub mod references;
pub mod retarget;
pub mod secrets;
pub mod select;
pub mod selection;
pub mod source;
pub mod unseen;
pub mod values;
