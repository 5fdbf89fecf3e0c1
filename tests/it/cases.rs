//! Small tenants with traps, of the shared folder: each is scanned, generated in all formats, and held against what
//! must come out. What a fault's kind is about has unit tests in the rooms; here the whole way is looked at.

mod outputs;

mod content;
mod kinds;
mod languages;
mod references;
mod service;
