//! The state file of the running daemon: checked and copied, for the scope `admin`.

use axum::{Json, extract::State, http::StatusCode};

use super::blocking;
use crate::{
    api::{BackupFile, BackupMade, Scope, StoreReport, Time},
    http::{App, caller::Caller, refusal::Refusal},
};

/// Decode every record, verify the audit trail, recount the indexes.
#[utoipa::path(get, path = "/store/check", responses((status = 200, body = StoreReport)))]
pub(in crate::http) async fn check(State(app): State<App>, caller: Caller) -> Result<Json<StoreReport>, Refusal> {
    caller.must(Scope::Admin)?;
    let report = blocking(move || {
        let mut report = StoreReport {
            path: app.jobs.store_path().display().to_string(),
            bytes: app.jobs.store_bytes(),
            ..StoreReport::default()
        };
        report.note("keys", app.keyring.check().map_err(|error| error.to_string()));
        report.note("audit lines", app.audit.verify().map_err(|error| error.to_string()));
        match app.jobs.check() {
            Ok(found) => found.tell(&mut report),
            Err(error) => report.note("jobs", Err(error.to_string())),
        }
        Ok(report)
    });
    Ok(Json(report.await?))
}

/// Copy the state file and every graph, as they are now, to a new directory below `backups` in the
/// state directory. The daemon goes on meanwhile.
#[utoipa::path(post, path = "/store/backup", responses((status = 201, body = BackupMade)))]
pub(in crate::http) async fn backup(
    State(app): State<App>,
    caller: Caller,
) -> Result<(StatusCode, Json<BackupMade>), Refusal> {
    caller.must(Scope::Admin)?;
    let made = blocking(move || {
        let (directory, bytes) =
            app.jobs.backup(Time::now()).map_err(|error| Refusal::stored(error.is_full(), error))?;
        let mut files = vec![BackupFile { path: "state.redb".to_owned(), bytes }];
        for (path, bytes) in app.graphs.backup(&directory).map_err(Refusal::internal)? {
            files.push(BackupFile { path: path.display().to_string(), bytes });
        }
        Ok(BackupMade { directory: directory.display().to_string(), files })
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}
