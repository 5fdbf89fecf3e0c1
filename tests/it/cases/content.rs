//! Cases about content.
