//! redb panics on some pages that a broken disk gives back: here such a panic becomes an error.
//!
//! What it would print is left to the error, which says what to do. A panic while another one unwinds
//! would end the process by a signal without a word: then the words are said here, and the process exits.

use std::{
    cell::{Cell, RefCell},
    io::Write as _,
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind},
    path::{Path, PathBuf},
    sync::Once,
};

use super::error::StoreError;

thread_local! {
    /// The file that this thread looks at.
    static WITHIN: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
    /// Whether it panicked meanwhile.
    static UNWINDING: Cell<bool> = const { Cell::new(false) };
}

/// Runs what uses redb; a panic of it is an error that names the file.
pub(super) fn guarded<T, E: From<StoreError>>(path: &Path, look: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| told(panic, &*usual)));
    });
    let outer = WITHIN.replace(Some(path.to_owned()));
    let outcome = catch_unwind(AssertUnwindSafe(look));
    WITHIN.set(outer);
    UNWINDING.set(false);
    outcome.unwrap_or_else(|_| Err(unreadable(path).into()))
}

/// The error of a panic of redb that was caught by other means within [`guarded`]; none: it was no panic of redb.
pub(super) fn caught() -> Option<StoreError> {
    let path = WITHIN.with(|within| within.borrow().clone());
    UNWINDING.replace(false).then(|| path.map(|path| unreadable(&path))).flatten()
}

fn unreadable(path: &Path) -> StoreError {
    StoreError::Damaged { path: path.display().to_string(), cause: "its pages can't be read".to_owned() }
}

#[allow(clippy::exit, reason = "the runtime would abort the process right after this")]
fn told(panic: &PanicHookInfo<'_>, usual: &(dyn Fn(&PanicHookInfo<'_>) + Send + Sync)) {
    let within = WITHIN.with(|within| within.try_borrow().ok().and_then(|within| within.clone()));
    let is_redb = panic.location().is_some_and(|at| at.file().contains("/redb-"));
    let Some(path) = within.filter(|_| is_redb) else { return usual(panic) };
    if UNWINDING.replace(true) {
        // Nobody is left who could be told if this fails.
        let _ = writeln!(std::io::stderr(), "error: {}", unreadable(&path));
        std::process::exit(1);
    }
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::debug!(path = %path.display(), at, "redb panicked");
}
