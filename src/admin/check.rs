//! `atgd store check|migrate`: the file's structure, every record, the audit chain, the indexes.

use std::path::Path;

use super::{backup::GRAPHS, files::state_file};
use crate::{
    api::StoreReport,
    audit, auth,
    graph::Graphs,
    jobs,
    store::{self, Looked, Migrated, Store, StoreError},
};

/// Checks the state directory's file without changing it. The file must not be held by a daemon.
pub fn check(state_dir: &Path) -> Result<StoreReport, StoreError> {
    let path = state_file(state_dir);
    let mut report = StoreReport { path: path.display().to_string(), ..StoreReport::default() };
    let looked = Looked::at(&path)?;
    match looked.verify() {
        Ok(()) => {}
        Err(StoreError::Damaged { cause, .. }) => report.findings.push(format!("the file is damaged: {cause}")),
        Err(error) => return Err(error),
    }
    let store = match looked.open(&jobs::SCHEMA) {
        Ok(store) => store,
        Err(error) if report.findings.is_empty() => return Err(error),
        Err(_) => {
            graphs(&state_dir.join(GRAPHS), &mut report);
            return Ok(report);
        }
    };
    report.bytes = store.size_bytes();
    let looked = store.read(|read| {
        report.note("keys", auth::check_records(read).map_err(|error| error.to_string()));
        report.note("audit lines", audit::verify(read).map_err(|error| error.to_string()));
        match jobs::check_records(read) {
            Ok(found) => found.tell(&mut report),
            Err(error) => report.note("jobs", Err(error.to_string())),
        }
        Ok::<_, StoreError>(())
    });
    if let Err(error) = looked {
        report.findings.push(error.to_string());
    }
    graphs(&state_dir.join(GRAPHS), &mut report);
    Ok(report)
}

/// The pages of the tenants' graphs.
fn graphs(directory: &Path, report: &mut StoreReport) {
    let mut whole = 0;
    for tenant in Graphs::open(directory.to_owned()).tenants() {
        match store::verify(&directory.join(format!("{tenant}.redb"))) {
            Ok(()) => whole += 1,
            Err(StoreError::Damaged { cause, .. }) => {
                report.findings.push(format!("the graph of tenant {tenant} is damaged: {cause}"));
            }
            Err(error) => report.findings.push(error.to_string()),
        }
    }
    report.note("graphs", Ok(whole));
}

/// Brings the state directory's file to this atgd's format.
pub fn migrate(state_dir: &Path) -> Result<Migrated, StoreError> {
    Store::migrate(&state_file(state_dir), &jobs::SCHEMA)
}
