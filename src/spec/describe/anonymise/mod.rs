//! Other names, ids, addresses and texts in the places of the tenant's own: the same ones at each run, for all are made of
//! what was there and the tenant's seed.
//!
//! ```text
//! vocabulary, addresses ◀─ names ◀─ texts ◀─ bodies ◀─ whole
//! ```
//! What Azure's types enumerate stays, with the few words of `vocabulary.tsv`; everything else that holds letters is
//! replaced: it is safer to lose a word of Azure's than to keep one of the tenant's.

mod addresses;
mod bodies;
mod names;
mod texts;
mod vocabulary;
mod whole;

pub(in crate::spec) use self::whole::anonymise;
