//! Integration tests: the real daemon, a real store file, the simulator over HTTP.

mod harness;
mod iac;
mod life;
mod neo4j;
mod scan;
mod tidy;
