//! The name and the format of a file's data, and the migrations from older formats.
//!
//! Each migration and its new format number are one transaction: after a crash the file has the one format or the
//! other. A newer file is refused.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, TableDefinition, TableError, WriteTransaction};

use super::{
    copy,
    error::{StoreError, storage_error},
    table::Write,
};

/// Table `meta.v1`: `schema` → its name, `format` → its number (u32, big-endian).
pub(super) const META: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("meta.v1");

/// What a file is expected to hold.
pub struct Schema {
    pub name: &'static str,
    /// Format that this program writes; from 1.
    pub format: u32,
    /// In order; the last leads to `format`.
    pub migrations: &'static [Migration],
}

/// One step between two formats.
pub struct Migration {
    /// The format after it.
    pub to: u32,
    pub run: fn(&mut Write<'_>) -> Result<(), StoreError>,
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    pub from: u32,
    pub to: u32,
    /// The file as it was; none where nothing was to be done.
    pub backup: Option<PathBuf>,
}

/// Refuses a file of another format.
pub(super) fn expect(database: &Database, path: &Path, schema: &Schema) -> Result<(), StoreError> {
    let none = Schema { name: schema.name, format: schema.format, migrations: &[] };
    let found = migrate(database, path, &none, true)?.from;
    let path = path.display().to_string();
    if found < schema.format {
        return Err(StoreError::Older { path, found, known: schema.format });
    }
    Ok(())
}

/// Looks at a file's schema and brings it to ours; of a real file a backup is made before.
pub(super) fn migrate(
    database: &Database,
    path: &Path,
    schema: &Schema,
    is_file: bool,
) -> Result<Migrated, StoreError> {
    let failed = |error: redb::Error| storage_error(path, &error);
    // A file that has what it needs is not written to.
    let found = if let Some(found) = found(database, path, schema)? {
        found
    } else {
        let transaction = begin(database, path)?;
        {
            let mut meta = transaction.open_table(META).map_err(|error| failed(error.into()))?;
            meta.insert("schema", schema.name.as_bytes()).map_err(|error| failed(error.into()))?;
            meta.insert("format", schema.format.to_be_bytes().as_slice()).map_err(|error| failed(error.into()))?;
        }
        transaction.commit().map_err(|error| failed(error.into()))?;
        schema.format
    };
    if found > schema.format {
        let path = path.display().to_string();
        return Err(StoreError::Newer { path, found, known: schema.format });
    }
    let mut done = Migrated { from: found, to: found, backup: None };
    if is_file && schema.migrations.iter().any(|migration| migration.to > found) {
        let kept = copy::set_aside(path, &format!("format-{found}"))?;
        tracing::info!(backup = %kept.display(), "the store is about to be migrated; this is a copy of it");
        done.backup = Some(kept);
    }
    for migration in schema.migrations.iter().filter(|migration| migration.to > found) {
        let transaction = begin(database, path)?;
        {
            let mut write = Write::new(&transaction, path);
            (migration.run)(&mut write)?;
        }
        {
            let mut meta = transaction.open_table(META).map_err(|error| failed(error.into()))?;
            meta.insert("format", migration.to.to_be_bytes().as_slice()).map_err(|error| failed(error.into()))?;
        }
        transaction.commit().map_err(|error| failed(error.into()))?;
        tracing::info!(path = %path.display(), format = migration.to, "store migrated");
        done.to = migration.to;
    }
    Ok(done)
}

/// The format of a file, if it bears one: of our schema, or it is refused.
fn found(database: &Database, path: &Path, schema: &Schema) -> Result<Option<u32>, StoreError> {
    let failed = |error: redb::Error| storage_error(path, &error);
    let transaction = database.begin_read().map_err(|error| failed(error.into()))?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(failed(error.into())),
    };
    let Some(name) = meta.get("schema").map_err(|error| failed(error.into()))? else { return Ok(None) };
    if name.value() != schema.name.as_bytes() {
        return Err(StoreError::OtherSchema {
            path: path.display().to_string(),
            found: String::from_utf8_lossy(name.value()).into_owned(),
            expected: schema.name,
        });
    }
    let format = meta.get("format").map_err(|error| failed(error.into()))?;
    Ok(Some(format.and_then(|bytes| bytes.value().try_into().ok()).map_or(0, u32::from_be_bytes)))
}

/// A transaction after whose commit a crash costs the next start no walk through the file.
fn begin(database: &Database, path: &Path) -> Result<WriteTransaction, StoreError> {
    let mut transaction = database.begin_write().map_err(|error| storage_error(path, &error.into()))?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}
