//! Azure for tests, benches and the demo: it behaves as Azure was recorded to behave, over HTTP.
//!
//! ```text
//! running ─▶ serve, tls ─▶ routes ─┬─ login, metadata, data_plane     no token needed
//!    │                             ├─ faults, hostile, throttle       what fails, what harms, what is too much
//!    │                             ├─ reads, built_in
//!    │                             ├─ write, long_running, inline, side_effects
//!    │                             ├─ deployments ─▶ template
//!    │                             ├─ resource_graph ─▶ keyset
//!    │                             └─ graph, admin ─▶ state (settings, world, counts)
//!    └─▶ sources ─▶ contoso, load, generated, completion ─▶ world
//! ```
//! Terraform's providers and Azure's SDKs work with it when given its authority (`--tls`) and its address:
//! `ARM_METADATA_HOSTNAME=127.0.0.1:PORT` and `SSL_CERT_FILE=…ca.pem` for Terraform; `authority`, `base_url` and
//! `connection_verify` for the SDKs (`tests/it/sdk/client.py` does it with nine of them).
//!
//! A fault is `KIND[=ARGUMENT][:PROBABILITY][@PART OF PATH]`: `throttle`, `throttle-silent`, a status, `error=STATUS/CODE`,
//! `reset`, `truncated`, `slow=MS`, `forbidden`, `expired`, `stale`, `wrong-case`, `operation-failed`, `replay=RECORDINGS`; and
//! to do harm `foreign-link`, `foreign-location`, `endless`, `same-token`, `flood=MIB`, `deep=LEVELS`, `wrong-tenant`. Token
//! endpoints fail only where the part names them (`503:0.5@/oauth2/`). A running simulator takes the same at
//! `/_simulator/faults`, `/quirks`, `/resources/{id}`, `/hold`, and counts its requests at `/_simulator/requests`.
//!
//! How true each behaviour is:
//!
//! | behaviour | source |
//! |---|---|
//! | errors of ARM and of the token endpoint, 404 and api-version bodies, `nextLink` and skip tokens, inventory without `properties` | recorded |
//! | the irregularities (`--quirk`), which resources they meet | recorded; guessed |
//! | token endpoints, managed identity (IMDS, App Service), OpenID discovery, cloud metadata of all versions | documented |
//! | that tokens are checked for form, tenant and expiry only, and any audience will do | guessed |
//! | buckets (`--quota`): 250 reads + 25/s, 200 writes and 200 deletes + 10/s for each principal and subscription; 15 queries in 5 s | documented |
//! | which api-versions a type has beside those of the bodies; `--tls`: any | guessed |
//! | forms of long-running operations, polls, failure as HTTP 200 | recorded |
//! | which type answers in which form: storage, network, compute, identity, key vault; all others | documented; guessed |
//! | a body after PUT: what was put, without secrets, with `id`, `name`, `type`, `provisioningState`; named parts of network resources with ids | recorded |
//! | what ARM computes: principals, `vaultUri`, endpoints of storage, `vmId`; no back-references, no defaults | guessed |
//! | deployments: order, loops, conditions, nesting, outputs, what-if, refusals by `InvalidTemplate` | documented |
//! | `uniqueString` (another hash than Azure's), `guid` (the same) | guessed; documented |
//! | Resource Graph: the steps that scanners send, 16 MiB, `$skipToken`, order by lower-cased id; other queries are refused | recorded, documented |
//! | Microsoft Graph: paging, `$select`, `$filter` (`eq`, `in`, `startswith`), `$batch` of 20, `getByIds` of 1,000; no buckets | documented |
//! | settings that every parent has (`blobServices/default`, SQL policies, web `config/*`, SOA), keys of `listKeys`; only with `--tls` | documented, guessed |
//! | what newer api-versions always say, below what a recording does; built-in roles by id; only with `--tls` | documented, guessed |
//! | key vault `certificates/contacts` (challenge, then none), storage service properties; URLs of vaults in bodies lead to them | recorded, documented |
//!
//! Not there: moves, exports of groups, policy effects, quotas, complete mode, template links, data planes beyond that.
//!
//! Imports nothing of ours but `arm` and `telemetry`. It holds a `World` in memory and answers
//! from it; what it serves is what [`Running::served`] says.

mod admin;
mod built_in;
mod completion;
mod contoso;
mod data_plane;
mod deployments;
mod error;
mod faults;
mod generated;
mod graph;
mod hostile;
mod inline;
mod keyset;
mod load;
mod login;
mod long_running;
mod metadata;
mod missing;
mod operations;
mod quirks;
mod reads;
mod reply;
mod request;
mod resource_graph;
mod routes;
mod running;
mod serve;
mod settings;
mod side_effects;
mod sources;
mod state;
mod template;
mod throttle;
mod tls;
mod world;
mod write;

pub use self::{
    error::SimulatorError,
    faults::{Fault, FaultKind},
    hostile::Hostile,
    operations::Style,
    running::{Running, start},
    settings::{CONTOSO, Settings, Source},
};

#[cfg(test)]
mod tests;
