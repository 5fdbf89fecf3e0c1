//! `atgd config …`, and where the state is.

use std::path::{Path, PathBuf};

use crate::config::{self, Config, ConfigError, Sources};

/// The state directory: the one that was named, else the usual one.
pub fn state_dir(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    config::state_dir(named)
}

/// Which file was read, and what deserves a word in a valid configuration.
pub fn check_config(file: Option<PathBuf>) -> Result<(Option<PathBuf>, Vec<String>), ConfigError> {
    let read = config::config_file(file.as_deref());
    load(file).map(|config| (read, config.notes))
}

/// The configuration as the daemon would see it, without secrets.
pub fn show_config(file: Option<PathBuf>) -> Result<String, ConfigError> {
    load(file)?.to_toml()
}

/// A documented sample with every key.
pub fn sample_config() -> String {
    config::sample().into()
}

fn load(file: Option<PathBuf>) -> Result<Config, ConfigError> {
    config::load(&Sources::of_process(file, None))
}

/// The clock's now, for commands that need one.
pub fn now() -> crate::api::Time {
    crate::api::Time::now()
}
