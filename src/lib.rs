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
//! | [`spec`] | a tenant from a text: read, check, plan; pure but for the job's part |
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
//! other edge and on any circle, of rooms and of files.
//!
//! # How it hangs together
//!
//! ```text
//! main ─ cli ─┬─ service ─ daemon ─ settings ─ config   opens, recovers, wires, serves, drains
//!             ├─ client                                 the same API as everyone
//!             ├─ commands ─ admin                       files, without a daemon
//!             ├─ simulator                              an Azure over HTTP
//!             └─ demo                                   all of them in one process
//!
//! http ─▶ jobs ─▶ Runner (ops) ─▶ scan ─▶ azure         pages in
//!  │       │                        └───▶ graph         rows out, published in one commit ─▶ Neo4j
//!  │       │                └─▶ iac ─▶ graph            passes, printers
//!  │       └─▶ store (redb)                             one writer, many closures a commit, answered after fsync
//!  └─ auth, audit ─▶ store
//! ```
//!
//! 1. A request is authenticated before its body is read, and a submit is one transaction: job, indexes, audit line,
//!    idempotency key.
//! 2. The scheduler takes a permit, claims the job, and calls the `Runner`; it knows no Azure. One scan a tenant runs
//!    at a time. Each job has a thread of its own: one that never yields holds up neither requests nor other jobs.
//! 3. State is a value: one enum, one pure transition function that can refuse. Writes of a job carry the daemon's epoch
//!    and the attempt; a late writer is refused. Start-up is recovery; a crash and a stop end in the same place.
//! 4. A scan commits each page with its cursor. A generation of the graph is invisible until it is published in one commit.
//! 5. Generation is pure and offline: the same graph gives the same bytes. Everything printed is read back before it is
//!    kept.
//!
//! Two walks through the files. From `POST /scan` to a published snapshot, by one list of a type: `http/routes/submit`,
//! `jobs/submit`, `jobs/scheduler`, `jobs/run`, `ops/runner`, `ops/scan`, `scan/discovery`, `scan/steps/lists`,
//! `scan/steps/type_list`, `scan/read/listing`, `azure/pages`, `azure/client`, `graph/generation`, `graph/publish`: 14.
//! From a record to its Terraform block: `iac/generate`, `passes/select`, `build`, `survey`, `passes/prune`, `types/lookup`,
//! `passes/secrets`, `passes/references`, `emit/terraform/typing`, `azurerm/walk`, `azurerm/draft`,
//! `emit/terraform/printer`, `azurerm/print`, `context`, `terms`, `hcl`: 16. What each file does is told by `scan` and `iac`.
//!
//! # Glossary
//!
//! | word | what it means here |
//! |---|---|
//! | room | a top-level module: one folder or file of `src` |
//! | floor | files of a room that may use only files of lower floors |
//! | generation | one version of a tenant's graph, from the first row of a scan to its publication |
//! | snapshot | a published generation, as readers see it; they are numbered from 1 |
//! | receipt | what a scan expected, read and could not read; the snapshot keeps the coverage made of it |
//! | coverage | rows by subscription and type: expected, read, and why something is missing |
//! | stub | a node for something that is referred to and was not read |
//! | permit | the right of one job to run; there are as many as `[jobs] max_concurrent` |
//! | epoch | a number for each start of the daemon; a writer of an older epoch is refused |
//! | attempt | one run of a job, from its claim to its end or its interruption |
//! | fence | epoch and attempt, which every write for a running job carries |
//! | lane | the waiting jobs of one key and one tenant, in the order in which they may run |
//! | plan | what is emitted and what is not, without a word of any language |
//! | item | one resource of the plan |
//! | typed form, generic form | `azurerm_*` and `azapi_resource` in Terraform |
//! | specification | a text that says what a tenant is to hold |
//! | step | one thing that a specification's plan makes, in its place in the order |
//! | lift | to put a parameter in the place of a secret |
//! | bucket | Azure's allowance of requests: so many at once, and so many more a second |
//! | governor | what holds all requests of a credential within its buckets |

#![allow(rustdoc::private_intra_doc_links, reason = "docs are for who works on it: built with private items")]

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
mod spec;
pub mod store;
pub mod telemetry;
pub mod work;
