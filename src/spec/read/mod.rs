//! From the tree of a text to the model, with every field by its name. What is no field is told with its line.

mod identities;
mod lists;
mod taken;
mod tenant;

pub(super) use self::{
    identities::location,
    lists::is_it,
    taken::as_bool,
    tenant::{tags, tenant, words},
};
