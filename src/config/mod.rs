//! Configuration: `file < ATGD_<SECTION>__<KEY> < flags`, parsed once into one validated [`Config`].
//!
//! A value that the types cannot hold never gets past [`fn@load`]: spans, sizes, endpoints and
//! credentials are types of their own, unknown keys are refused, and every refusal says where the
//! value is (file, line, column or variable) and what is allowed. Each key has its one home in
//! [`sections`](self), its documentation in `packaging/config.toml`; a test holds the two together.
//! It knows nothing of the rooms: each has its own settings, and `daemon` converts.

mod error;
mod load;
mod overlay;
mod places;
mod sample;
mod sections;
mod tenants;
mod validate;
mod values;
mod whole;

pub(crate) use self::{
    error::ConfigError,
    load::{Sources, load, load_text},
    places::{config_file, state_dir},
    sample::sample,
    sections::{LogFormat, Logging, Neo4j, Strategy},
    tenants::{Cloud, Credential, SecretSource},
    values::{Endpoint, Span},
    whole::Config,
};

#[cfg(test)]
mod tests;
