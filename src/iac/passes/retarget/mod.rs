//! Re-target: the same resources for another subscription, tenant or place.
//!
//! Ids, locations and names are rewritten before any other pass sees them, everywhere at once: the ids of resources,
//! every id in a body, in keys of tags and in texts of JSON, names that must be unique in the world and host names made
//! of them, tenant and object ids. What two subscriptions call the same cannot both go to one target: the report
//! says so.
//!
//! ```text
//! names    which names are renamed, and which host names are made of them (global_names.tsv)
//! texts    one text for the target: ids, hosts, whole names, words
//! regions  which region a resource moves from
//! target   nodes and rows for the target: walks a body beside its published type
//! left     what of the source a finished body still says: rows of the report
//! ```
//! The region is moved wherever a whole value, or a segment of an id behind `/locations/`, is the region of the resource
//! that says it (of what it is in, where it has none). In what a type leaves open (policy parameters, workflows, tags) a
//! region's name is people's: it stays, and the report lists it. Other regions stay everywhere.
//! A name follows only where it can mean nothing else: in an id, in a host name of its own service, and as a
//! whole value where nothing else has that name.

mod left;
mod names;
mod regions;
mod target;
mod texts;

pub use target::{Moved, Target};
