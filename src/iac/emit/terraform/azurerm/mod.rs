//! `azurerm_*` resources from tables: which resources get one, and how it is printed. Knows no format but
//! Terraform, and of a kind of resource only what its table says.
//!
//! ```text
//! tables/*.map ─▶ rows ─▶ parse ─▶ sections          words.rs says what each word takes, means and does
//! body ─▶ walk ─▶ draft ─▶ HCL                       with the sections; values.rs holds the functions of the words
//!           └──▶ refused: azapi, with the input that azurerm cannot carry
//! ```
//! The choice is made for each resource by itself, and falls on azurerm only where every writable input
//! of its pruned body is consumed, where the body says all that the provider's schema requires
//! (`required.rs`), where the provider takes each value (`allowed.rs`) and all of them together, and where
//! it would set nothing that Azure does not say (`rules.rs`); all three read what the provider says of itself
//! (`facts.rs`). Import ids are case-sensitive (`ids.rs`); what azurerm has as
//! resources of their own leaves its parent's body before the plan is made (`split.rs`).
//!
//! # The language of the tables
//! A file holds sections, a section lines, an indent of two blanks the lines of a block; `#` begins a comment.
//! ```text
//! azurerm_subnet Microsoft.Network/virtualNetworks/subnets
//!   base name group                                            what most types share
//!   @parent.name virtual_network_name                          what the id says
//!   properties.addressPrefix address_prefixes list             a path, an attribute, what is done to the value
//!   properties.purpose -                                       told by Azure, or carried otherwise: consumed
//!   properties.x - 0 None                                      consumed only with one of these values (the defaults)
//!   properties.delegations delegation                          a block for each object there, by the deeper lines
//!     properties.serviceName service_delegation.name           an attribute of a block in it
//!   sku.name sku_name! if:properties.a=b|c                     `!`: required; a condition
//! ```
//! A path is `properties.a.b`, goes through lists by itself, `a[0]` takes one item, `*` stands for any part of a
//! name, `\` for a dot in one, `.` is where one stands, `^a` one level out, `/properties.a` the whole body, `+child.a`
//! an absorbed child, `@…` what the id says. A condition is a path that must be there, `PATH=A|B` or `PATH=~part`,
//! `!` before it its opposite. A body is translated only if every writable leaf of it is consumed. Attributes are
//! those that both azurerm 5.2 and 5.10 have. What is not in the language is refused with file and line.
#![doc = include_str!("tables/words.md")]
//! # Add a kind
//! 1. In `tables/`, in the file of its service (a new file is named in `tables.rs`), begin a section with the
//!    provider's resource and the type as the provider's import id spells it; types that only ids name get `spell`.
//! 2. Write a line for each property that a PUT takes: the attribute that carries it, or `-` with the only values that
//!    need no attribute (the defaults of Azure). What Azure alone sets is `-`. Leave out what azurerm cannot carry:
//!    such a body goes to azapi with that path as the reason, and loses nothing.
//! 3. `packaging/azurerm-values/make` asks the provider for what it requires, takes and defaults to. A default that the
//!    provider reads where Azure says nothing is named by `default`, or by `reads:` where it reads another value; both are
//!    in the provider's function `Read`. What it cannot read at all is `ignore-changes`, or `ask` where it is required.
//! 4. Put a body, as Azure answers it, into `tests/real/kinds.json`. `cargo test --lib azurerm::` says by file and line what
//!    the language does not know, which attribute the provider lacks, and which property keeps the body from its typed form.
//! 5. `cargo test --test real made_for_the_tables -- --nocapture` plans it with the real provider: it must import without a
//!    change. What the provider reads besides is answered by `src/simulator/singles.tsv` (GET) or `data_plane.rs` (POST).

mod allowed;
mod arguments;
mod body_path;
mod codec;
pub mod draft;
mod facts;
pub mod ids;
pub mod imports;
mod parse;
mod paths;
pub mod print;
mod required;
mod rows;
mod rules;
mod section;
pub mod split;
pub mod tables;
pub mod told;
mod values;
pub mod walk;
mod words;

pub use codec::Names;

#[cfg(test)]
mod tests;
