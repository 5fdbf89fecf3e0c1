//! The only composition root.
