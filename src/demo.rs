//! `atgd demo`: simulator, daemon and client in one process, in a temporary directory.
//!
//! It does what a user would do by hand, over the same HTTP API, and says so step by step: start the
//! simulator with Contoso, configure a daemon for it, make a key, scan, generate Terraform, download
//! the zip. It knows no more of the daemon than its configuration and its API.
