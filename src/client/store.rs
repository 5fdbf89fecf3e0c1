//! `atgd store check|backup` through a running daemon's admin socket, and what store commands print.

use super::{Api, ClientError, Screen};
use crate::api::{BackupMade, StoreReport};

/// The check of a running daemon's file.
pub(crate) async fn check_store(api: &Api) -> Result<StoreReport, ClientError> {
    api.check_store().await
}

/// A backup that a running daemon makes.
pub(crate) async fn back_up(api: &Api) -> Result<BackupMade, ClientError> {
    api.back_up().await
}

/// Prints a report; whether nothing is wrong.
pub(crate) fn show_report(screen: &mut Screen, report: &StoreReport) -> bool {
    if screen.is_json() {
        screen.object(report);
    } else {
        screen.line(&format!("{} ({} bytes)", report.path, report.bytes));
        for counted in &report.counted {
            screen.line(&format!("{}: {}", counted.what, counted.count));
        }
        for finding in &report.findings {
            screen.line(&format!("wrong: {finding}"));
        }
        if report.findings.is_empty() {
            screen.line("nothing is wrong");
        }
    }
    report.findings.is_empty()
}

/// Prints where a backup is.
pub(crate) fn show_backup(screen: &mut Screen, made: &BackupMade) {
    if screen.is_json() {
        return screen.object(made);
    }
    screen.line(&made.directory);
    for file in &made.files {
        screen.say(&format!("{} ({} bytes)", file.path, file.bytes));
    }
}
