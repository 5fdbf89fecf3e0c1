//! Integration tests: the real daemon, a real store file, the simulator over HTTP.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skipped"
)]

mod api;
mod broken_disk;
mod canary;
mod cases;
mod cli;
mod create_tenant;
mod create_tenant_ends;
mod create_tenant_faults;
mod creation;
mod credentials;
mod disk;
mod full_disk;
mod golden;
mod harness;
mod iac;
mod life;
mod neo4j;
mod proxy;
mod redeploy;
mod reload;
mod scan;
mod scan_faults;
mod scan_graph;
mod scan_protocol;
mod scan_quota;
mod scan_resume;
mod scan_strange;
mod sdk;
mod simulator;
mod simulator_writes;
mod stop;
mod store;
mod sweep;
mod terminal;
mod tidy;
mod torture;
mod unyielding;
mod viewers;
