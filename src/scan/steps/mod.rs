//! One file a phase: what it asks for, and what becomes of the answers. The order of the phases is `discovery`'s.

pub(super) mod access;
pub(super) mod artifacts;
pub(super) mod below;
pub(super) mod changes;
pub(super) mod children;
pub(super) mod extensions;
pub(super) mod identities;
pub(super) mod inventory;
pub(super) mod leftover;
pub(super) mod lists;
pub(super) mod located;
pub(super) mod management_groups;
pub(super) mod mentioned;
pub(super) mod providers;
pub(super) mod reconcile;
pub(super) mod refusable;
pub(super) mod resource_graph;
pub(super) mod result;
pub(super) mod subscriptions;
pub(super) mod type_list;
