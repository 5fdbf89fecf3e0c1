//! What can be known of a specification without asking Azure. Pure.

mod addresses;
mod names;

pub(super) use self::{
    addresses::{Space, addresses, prefixes},
    names::{group, resource},
};
