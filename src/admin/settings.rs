//! `atgd config …`, and the place of the state directory.

use std::path::{Path, PathBuf};

use crate::config::{self, Config, ConfigError, Sources};

/// The state directory: the one that was named, else the usual one.
pub fn state_dir(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    config::state_dir(named)
}

/// What deserves a word in a valid configuration, and which file was read.
pub(crate) fn check_config(file: Option<PathBuf>) -> Result<Vec<String>, ConfigError> {
    let read = config::config_file(file.as_deref());
    let mut lines = load(file)?.notes;
    let read = read.map_or_else(|| "no file, defaults".to_owned(), |file| file.display().to_string());
    lines.push(format!("the configuration is valid ({read})"));
    Ok(lines)
}

/// The configuration as the daemon would see it, without secrets.
pub(crate) fn show_config(file: Option<PathBuf>) -> Result<String, ConfigError> {
    load(file)?.to_toml()
}

/// A documented sample with every key.
pub(crate) fn sample_config() -> String {
    config::sample().into()
}

fn load(file: Option<PathBuf>) -> Result<Config, ConfigError> {
    config::load(&Sources::of_process(file, None))
}

/// The clock's now, for commands that need one.
pub fn now() -> crate::api::Time {
    crate::api::Time::now()
}
