//! Talking to Azure: credentials, one governed client a tenant, paging, errors of every shape.
//!
//! ```text
//! write ─▶ client                                    PUT, POST, DELETE, and the polls until they are done
//! pages ─▶ client ───┬─ credential ─ certificate     who asks
//!                    ├─ governor ─ bucket            how fast
//!                    ├─ address                      where to: never away from the configured hosts
//!                    └─ answer, headers, error       what came back
//! clients                                            one client a tenant, made from settings
//! environment                                        the credential for a program that asks by itself
//! ```
//! A token goes only to the configured hosts: an address from an answer (`nextLink`) that leaves them
//! is refused and named. Redirects are off. All jobs of a principal share one set of buckets. What is
//! read and why is `scan`'s to know; nothing here knows a graph.

mod address;
mod answer;
mod bucket;
mod certificate;
mod client;
mod clients;
mod credential;
mod environment;
mod error;
mod governor;
mod headers;
mod pages;
mod settings;
mod write;

pub use answer::Answer;
pub use client::{Client, Traffic};
pub use clients::Azure;
pub use environment::Environment;
pub use error::{AzureError, Refusal};
pub use governor::Limits;
pub use pages::Pages;
pub use settings::{CloudSettings, CredentialSettings, SecretSource, Settings, Strategy, TenantSettings};
