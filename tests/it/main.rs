//! Integration tests: the real daemon, a real store file, the simulator over HTTP.

// mod harness;
// mod life;
mod tidy;
