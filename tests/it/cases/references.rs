//! Cases about references.
