//! What is a secret, by its name and by its shape, and how a body is shown without them.
//!
//! ```text
//! mask ─▶ texts ─▶ slots ─▶ names
//!           └────▶ shapes
//! ```
//! Azure marks few secrets, so several nets are cast: names of fields that say so (`password`, `accessKey`), a name, a
//! flag or a type beside a value (`{name: "DB_PASSWORD", value: …}`, `secret: true`, `type: SecureString`), names of headers
//! and of a query's fields that carry credentials, and values that look so (account keys, signatures, web tokens, PEM
//! blocks, connection strings). Within XML, JSON and addresses in texts the same holds, and only the secret goes.
//!
//! Only values are secrets: what points to one (a Key Vault reference, an expression), switches it (`true`) or says of
//! which kind it is stays.

mod mask;
mod names;
mod shapes;
mod slots;
mod texts;

pub(crate) use self::{
    mask::{REDACTED, redact, redacted_key},
    names::{Class, Names, is_name_field, is_no_secret, is_secret_name, is_secure_type, is_value_field, secret_beside},
    shapes::is_secret_value,
    slots::{Slot, Step, visit},
    texts::{Found, secrets_in},
};
