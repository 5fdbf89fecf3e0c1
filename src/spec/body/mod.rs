//! Bodies of resources: what a text says of one, as its type wants it.

mod fill;
mod images;
mod slot;
mod values;

pub(super) use self::{
    fill::{Filled, fill},
    slot::{get, get_mut, set},
    values::{Mention, names_an_id},
};
