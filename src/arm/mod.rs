//! Pure knowledge of Azure Resource Manager's spelling: ids, types, locations, api-versions, and the
//! language of template expressions with the functions that need nothing but their arguments; what a body says of
//! itself as a server's parameter; and the addresses of data planes that services document.
//!
//! No clock, no I/O, no other room. ARM spells one id in many ways (`/resourcegroups/`, lower-cased
//! providers, a missing leading slash), so every comparison is on a [`key`], and the spelling that
//! was read is kept beside it for output.

mod addresses;
mod cloud;
mod expression;
mod functions;
mod id;
mod location;
mod parameter;
mod target;
mod version;

pub use self::{
    addresses::addresses,
    expression::Scope,
    functions::{call, shown},
    id::{ResourceId, key},
    location::location_code,
    target::{Target, below},
    version::{ApiVersion, newest},
};
pub(crate) use self::{
    expression::{check, evaluate, evaluate_text},
    id::looks_like_id,
    parameter::Parameter,
};
