//! Cases about service.
