//! The commands that need no daemon: what was typed goes to `admin`, `simulator` and the admin socket,
//! and what comes back is printed.
//!
//! The answer of each is the exit code. It decides nothing else.

mod run;
mod store;

pub use self::run::run;
