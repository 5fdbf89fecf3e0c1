//! atgd, the Azure Tenant Grapher daemon: the map, in reading order.
//!
//! | module | what it is, and what always holds |
//! |---|---|
//! | [`cli`] | what was typed (clap); no logic, imports nothing of ours |
//! | [`config`] | file < environment < flags, one validated [`config::Config`]; imports only `api` |
//! | [`settings`] | from the configuration to each room's own settings; `daemon` and `admin` need the same |
//! | [`service`] | `atgd serve` as a process: signals, systemd, the line that says where it listens |
//! | [`daemon`] | the only composition root: open, recover, wire, serve, drain |
//! | [`api`] | wire types and error codes, shared by server and client; serde and utoipa only |
//! | [`arm`] | pure: resource ids, spelling of types and locations, order of api-versions |
//! | [`work`] | all that an operation sees of its job: progress, artifacts, journal, cancellation |
//! | [`telemetry`] | logs, metrics, secrets by type: the leaf that every room may use |
//! | [`store`] | the only user of redb: one writer with group commit, snapshot reads, typed tables |
//! | [`audit`] | the hash-chained audit trail |
//! | [`auth`] | API keys: text form, argon2id hash, scopes, verify cache, keyring |
//! | [`jobs`] | state machine, queue, scheduler, events, artifacts, janitor; knows a `Runner`, not Azure |
//! | [`azure`] | credentials, one governed client, paging; the token never leaves the configured hosts |
//! | [`graph`] | the model, the edge rules (pure), the embedded store, Neo4j |
//! | [`scan`] | discovery: Azure becomes a generation of the graph, with its coverage |
//! | [`iac`] | pure passes over a snapshot and the printers |
//! | [`ops`] | one file an operation: the `Runner` that ties jobs to scan and iac |
//! | [`http`] | axum: one list of routes, extractors, errors, events |
//! | [`client`] | HTTP client, commands, progress bars, tables |
//! | [`simulator`] | Azure for tests, benches and the demo; imports nothing of ours but `arm` and `telemetry` |
//! | [`admin`] | commands that work on the files without a daemon |
//! | [`commands`] | the commands that need no daemon: from what was typed to `admin`, and to the screen |
//! | [`demo`] | daemon, simulator and client in one process |
//!
//! Public are the rooms that `main` and the tests name; of the others the compiler sees what is of no use.
//! Who may import whom is a table in `tests/it/tidy.rs`, which reads the sources and fails on any
//! other edge and on any cycle.

pub mod admin;
pub mod api;
pub mod arm;
pub mod audit;
pub mod auth;
pub mod azure;
pub mod cli;
pub mod client;
pub mod commands;
mod config;
mod daemon;
pub mod demo;
pub mod graph;
pub mod http;
mod iac;
pub mod jobs;
mod ops;
mod scan;
pub mod service;
mod settings;
pub mod simulator;
pub mod store;
pub mod telemetry;
pub mod work;
