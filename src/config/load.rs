//! Loads the configuration: reads file, environment and flags, overlays them, validates.

use std::path::PathBuf;

use super::{
    error::ConfigError,
    overlay::{Document, Layers},
    places::config_file,
    validate,
    whole::Config,
};

/// Where a configuration comes from. Everything the process could look at is a field, so that a
/// test needs no environment of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The file to read; it must exist. None: [`DEFAULT_FILE`](super::places::DEFAULT_FILE) where that exists, else defaults.
    pub file: Option<PathBuf>,
    /// The environment; other people's variables in it are ignored.
    pub environment: Vec<(String, String)>,
    /// `--listen`.
    pub listen: Option<String>,
}

impl Sources {
    /// The file that was named, the process's environment, and the flag.
    pub(crate) fn of_process(file: Option<PathBuf>, listen: Option<String>) -> Self {
        // A variable that is not UTF-8 is none of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, listen }
    }
}

/// Reads, overlays, validates.
pub(crate) fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let document = match config_file(sources.file.as_deref()) {
        Some(path) => Document::read(&path)?,
        None => Document::default(),
    };
    parse(document, sources)
}

/// The same for a text; errors call its file `name`.
pub(crate) fn load_text(name: &str, text: &str, sources: &Sources) -> Result<Config, ConfigError> {
    parse(Document::parse(name, text)?, sources)
}

fn parse(document: Document, sources: &Sources) -> Result<Config, ConfigError> {
    let mut layers = Layers::new(document);
    layers.environment(&sources.environment)?;
    layers.older_names(&sources.environment);
    if let Some(listen) = &sources.listen {
        layers.flag("--listen", &["server", "listen"], listen);
    }
    let mut config = layers.deserialize()?;
    layers.older_secrets(&sources.environment, &mut config);
    validate::validate(&mut config).map_err(|(path, message)| layers.refuse(&path, message))?;
    config.notes.extend(layers.into_notes());
    Ok(config)
}
