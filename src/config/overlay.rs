//! The layers: a file's table, the environment over it, flags over that, each value with its origin.
//!
//! A variable is text, the table is typed: a value is tried as TOML, then as text, then as a
//! comma-separated list, and the first that the configuration's types accept is taken.

use std::{collections::BTreeMap, path::Path};

use serde_path_to_error::Segment;
use toml::{
    Table, Value,
    de::{DeTable, DeValue},
};

use super::{Config, ConfigError, Credential, SecretSource, error::with_suggestion};
use crate::telemetry::Secret;

/// Larger files are no configuration.
const LARGEST_FILE: u64 = 4 << 20;
/// Keys that people write a secret under; it belongs in a file of its own.
const SECRET_KEYS: [(&str, &str); 7] = [
    ("credential.secret", "secret_file"),
    ("credential.client_secret", "secret_file"),
    ("credential.password", "secret_file"),
    ("neo4j.password", "password_file"),
    ("llm.key", "key_file"),
    ("llm.api_key", "key_file"),
    ("sentry.dsn", "dsn_file"),
];

/// A parsed file, with its text for positions.
#[derive(Debug, Default)]
pub(super) struct Document {
    name: String,
    text: String,
    table: Table,
}

impl Document {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let refuse = |error: std::io::Error| ConfigError::in_file(path, format!("cannot be read: {error}"));
        if std::fs::metadata(path).map_err(refuse)?.len() > LARGEST_FILE {
            return Err(ConfigError::in_file(path, format!("is larger than {LARGEST_FILE} bytes")));
        }
        Self::parse(&path.display().to_string(), &std::fs::read_to_string(path).map_err(refuse)?)
    }

    pub(super) fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let table = text.parse().map_err(|error: toml::de::Error| {
            let offset = error.span().map_or(0, |span| span.start);
            ConfigError::at_offset(name, text, offset, error.message())
        })?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), table })
    }

    /// Where the deepest part of `path` that the file has begins: of an unknown key the key itself.
    fn offset(&self, path: &[String]) -> Option<usize> {
        let document = DeTable::parse(&self.text).ok()?;
        let mut place = None;
        let mut at = Place::Table(document.get_ref());
        for segment in path {
            let (found, value) = match at {
                Place::Table(table) => {
                    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == segment)?;
                    (key.span().start, value.get_ref())
                }
                Place::Array(array) => {
                    let value = array.get(segment.parse::<usize>().ok()?)?;
                    (value.span().start, value.get_ref())
                }
                Place::Leaf => break,
            };
            place = Some(found);
            at = match value {
                DeValue::Table(table) => Place::Table(table),
                DeValue::Array(array) => Place::Array(array),
                _ => Place::Leaf,
            };
        }
        place
    }
}

enum Place<'d> {
    Table(&'d DeTable<'d>),
    Array(&'d toml::de::DeArray<'d>),
    Leaf,
}

/// One value that does not come from the file.
#[derive(Debug)]
struct Layer {
    source: String,
    path: Vec<String>,
    /// Readings that are left, the next one last.
    readings: Vec<Value>,
    /// What was wrong with the readings so far.
    refusals: Vec<String>,
}

/// The file with everything that was laid over it.
#[derive(Debug)]
pub(super) struct Layers {
    document: Document,
    table: Table,
    laid: Vec<Layer>,
    notes: Vec<String>,
}

impl Layers {
    pub(super) fn new(document: Document) -> Self {
        let table = document.table.clone();
        Self { document, table, laid: Vec::new(), notes: Vec::new() }
    }

    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes
    }

    /// Lays every `ATGD_<SECTION>__<KEY>` over the file.
    pub(super) fn environment(&mut self, environment: &[(String, String)]) -> Result<(), ConfigError> {
        let ours: BTreeMap<&str, &str> = environment
            .iter()
            .filter(|(name, _)| name.starts_with("ATGD_") && name.contains("__"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        for (name, value) in ours {
            let path: Vec<&str> = name["ATGD_".len()..].split("__").collect();
            if path.iter().any(|segment| segment.is_empty()) {
                return Err(ConfigError::of_source(name, "expected ATGD_<SECTION>__<KEY>"));
            }
            self.lay(name, &path, value);
        }
        Ok(())
    }

    /// Lays a flag over everything.
    pub(super) fn flag(&mut self, flag: &str, path: &[&str], value: &str) {
        self.lay(flag, path, value);
    }

    /// The older service's variables, where ours are absent.
    pub(super) fn older_names(&mut self, environment: &[(String, String)]) {
        let older = |name: &str| older(environment, name);
        if let (Some(uri), None) = (older("NEO4J_URI"), self.table.get("neo4j").and_then(|neo4j| neo4j.get("uri"))) {
            self.lay("NEO4J_URI", &["neo4j", "uri"], uri);
        }
        for (name, path) in [
            ("NEO4J_USER", ["neo4j", "user"]),
            ("ATG_MAX_CONCURRENT_JOBS", ["jobs", "max_concurrent"]),
            ("LOG_LEVEL", ["logging", "level"]),
        ] {
            let [section, key] = path;
            let is_set = self.table.get(section).is_some_and(|table| table.get(key).is_some());
            // A user without a server would make a section that is not asked for.
            let is_wanted = section != "neo4j" || self.table.contains_key("neo4j");
            if let (Some(value), false, true) = (older(name), is_set, is_wanted) {
                let level = value.to_ascii_lowercase().replace("warning", "warn").replace("critical", "error");
                self.lay(name, &path, if name == "LOG_LEVEL" { &level } else { value });
            }
        }
        let names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];
        let [Some(tenant), Some(client), Some(_)] = names.map(older) else {
            return;
        };
        let taken = self.table.get("tenants").and_then(Value::as_table).is_some_and(|tenants| {
            let is_same = |table: &Value| {
                table.get("tenant_id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(tenant))
            };
            tenants.contains_key("default") || tenants.values().any(is_same)
        });
        if !taken {
            self.lay("AZURE_TENANT_ID", &["tenants", "default", "tenant_id"], tenant);
            self.lay("AZURE_CLIENT_ID", &["tenants", "default", "credential", "client_id"], client);
            self.lay("AZURE_CLIENT_SECRET", &["tenants", "default", "credential", "kind"], "client_secret");
            // Stands in for the variable, whose value never enters a table that could be printed.
            self.lay("AZURE_CLIENT_SECRET", &["tenants", "default", "credential", "secret_file"], IN_ENVIRONMENT);
            self.notes.push(
                "[tenants.default] is made from AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET".to_owned(),
            );
        }
    }

    /// Puts the older service's secrets where [`Self::older_names`] made room for them.
    pub(super) fn older_secrets(&self, environment: &[(String, String)], config: &mut Config) {
        if let (Some(neo4j), Some(password)) = (&mut config.neo4j, older(environment, "NEO4J_PASSWORD"))
            && neo4j.password_file.is_none()
        {
            neo4j.password = Some(Secret::new(password));
        }
        let made = self.laid.iter().any(|layer| layer.source == "AZURE_CLIENT_SECRET");
        if let (true, Some(tenant), Some(text)) =
            (made, config.tenants.get_mut("default"), older(environment, "AZURE_CLIENT_SECRET"))
            && let Credential::ClientSecret { secret, .. } = &mut tenant.credential
        {
            *secret = SecretSource::Environment(Secret::new(text));
        }
    }

    /// The typed configuration. Texts of variables are read as the types want them.
    pub(super) fn deserialize(&mut self) -> Result<Config, ConfigError> {
        self.refuse_secrets()?;
        loop {
            let attempt = serde_path_to_error::deserialize(Value::Table(self.table.clone()));
            let error = match attempt {
                Ok(config) => return Ok(config),
                Err(error) => error,
            };
            let path: Vec<String> = error.path().iter().filter_map(segment).collect();
            let message = error.inner().message().to_owned();
            let Some(layer) = self.laid.iter_mut().find(|layer| path.starts_with(&layer.path)) else {
                return Err(self.refuse(&path, with_suggestion(&message)));
            };
            layer.refusals.push(message);
            let Some(reading) = layer.readings.pop() else {
                // Of several readings the one of the right type says what is expected of the value.
                let telling = layer.refusals.iter().find(|words| !words.starts_with("invalid type"));
                let message = telling.or(layer.refusals.first()).cloned().unwrap_or_default();
                return Err(self.refuse(&path, with_suggestion(&message)));
            };
            put(&mut self.table, &layer.path, reading);
        }
    }

    /// A refusal of the value at `path`, with the place that it comes from.
    pub(super) fn refuse(&self, path: &[String], message: impl Into<String>) -> ConfigError {
        let message = message.into();
        let message = if path.is_empty() { message } else { format!("{}: {message}", path.join(".")) };
        let layers = || self.laid.iter().rev();
        let exact = layers().find(|layer| path.starts_with(&layer.path));
        if let Some(layer) = exact {
            return ConfigError::of_source(&layer.source, message);
        }
        if let Some(offset) = self.document.offset(path) {
            return ConfigError::at_offset(&self.document.name, &self.document.text, offset, message);
        }
        match layers().find(|layer| layer.path.starts_with(path)) {
            Some(layer) => ConfigError::of_source(&layer.source, message),
            None => ConfigError::anywhere(message),
        }
    }

    fn refuse_secrets(&self) -> Result<(), ConfigError> {
        let mut path = Vec::new();
        match find_secret(&self.table, &mut path) {
            Some(instead) => {
                let message = format!(
                    "a secret never stands in the configuration: put it in a file that only the service can read, \
                     and name that in {instead}"
                );
                Err(self.refuse(&path, message))
            }
            None => Ok(()),
        }
    }

    fn lay(&mut self, source: &str, path: &[&str], value: &str) {
        // Names that the file has, whatever their case: a variable cannot spell them all.
        let mut known = Some(&self.table);
        let mut spelled = Vec::new();
        for segment in path {
            let existing = known.and_then(|table| table.keys().find(|key| key.eq_ignore_ascii_case(segment)));
            let name = existing.cloned().unwrap_or_else(|| segment.to_ascii_lowercase());
            known = known.and_then(|table| table.get(&name)).and_then(Value::as_table);
            spelled.push(name);
        }
        let list = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        let mut readings = vec![Value::Array(list.map(Value::from).collect()), Value::from(value)];
        if let Some(typed) = format!("v = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("v")) {
            readings.push(typed);
        }
        if let Some(first) = readings.pop() {
            put(&mut self.table, &spelled, first);
        }
        self.laid.push(Layer { source: source.to_owned(), path: spelled, readings, refusals: Vec::new() });
    }
}

const IN_ENVIRONMENT: &str = "AZURE_CLIENT_SECRET";

fn older<'e>(environment: &'e [(String, String)], name: &str) -> Option<&'e str> {
    environment.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    }
}

/// Sets a value, making the tables on its way; a value in the way is replaced.
fn put(table: &mut Table, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return;
    }
    let below = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    if !below.is_table() {
        *below = Value::Table(Table::new());
    }
    if let Value::Table(below) = below {
        put(below, rest, value);
    }
}

/// The first forbidden key, with what to use instead; its path is left in `path`.
fn find_secret(table: &Table, path: &mut Vec<String>) -> Option<&'static str> {
    for (key, value) in table {
        let parent = path.last().cloned().unwrap_or_default();
        path.push(key.clone());
        let dotted = format!("{parent}.{key}");
        if let Some((_, instead)) = SECRET_KEYS.iter().find(|(forbidden, _)| *forbidden == dotted) {
            return Some(instead);
        }
        if let Some(found) = value.as_table().and_then(|below| find_secret(below, path)) {
            return Some(found);
        }
        path.pop();
    }
    None
}
