//! The default places of the configuration file and of the state directory.

use std::path::{Path, PathBuf};

use super::ConfigError;

/// Read when no other file is named and this one exists.
pub(crate) const DEFAULT_FILE: &str = "/etc/atgd/config.toml";
/// The state of the service.
pub(crate) const SERVICE_STATE_DIR: &str = "/var/lib/atgd";
/// The system user that the unit runs as.
const SERVICE_USER: &str = "atgd";

/// The file to read: the one that was named, else [`DEFAULT_FILE`] where it exists.
pub(crate) fn config_file(named: Option<&Path>) -> Option<PathBuf> {
    let usual = || Path::new(DEFAULT_FILE).exists().then(|| PathBuf::from(DEFAULT_FILE));
    named.map(Path::to_owned).or_else(usual)
}

/// The state directory: the one that was named, else systemd's `STATE_DIRECTORY`, else
/// [`SERVICE_STATE_DIR`] for root and the service's user, else `$XDG_STATE_HOME/atgd`, else
/// `~/.local/state/atgd`.
pub(crate) fn state_dir(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    choose(named, effective_user().as_ref(), variable)
}

/// Who runs the process: its number, and its name where the password file knows it.
struct User {
    uid: u32,
    name: Option<String>,
}

fn choose(
    named: Option<&Path>,
    user: Option<&User>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<PathBuf, ConfigError> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    // systemd lists all state directories of a unit, separated by colons; ours is the first.
    if let Some(first) = variable("STATE_DIRECTORY").and_then(|list| list.split(':').next().map(PathBuf::from)) {
        return Ok(first);
    }
    if user.is_some_and(|user| user.uid == 0 || user.name.as_deref() == Some(SERVICE_USER)) {
        return Ok(SERVICE_STATE_DIR.into());
    }
    // The XDG rules: a relative path there is to be ignored.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .map(|base| base.join("atgd"))
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state/atgd")))
        .ok_or_else(|| ConfigError::anywhere("no state directory: set --state-dir or ATGD_STATE_DIR (HOME is not set)"))
}

#[cfg(unix)]
fn effective_user() -> Option<User> {
    use std::os::unix::fs::MetadataExt;
    // The owner of /proc/self is the effective user; where there is no /proc, nobody is known.
    let uid = std::fs::metadata("/proc/self").ok()?.uid();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    Some(User { uid, name })
}

#[cfg(not(unix))]
fn effective_user() -> Option<User> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(uid: u32, name: &str, variables: &[(&str, &str)]) -> Option<String> {
        let user = User { uid, name: Some(name.to_owned()) };
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        choose(None, Some(&user), variable).ok().map(|path| path.display().to_string())
    }

    #[test]
    fn the_service_has_its_directory_and_a_person_has_their_own() {
        assert_eq!(chosen(0, "root", &[]).as_deref(), Some(SERVICE_STATE_DIR));
        assert_eq!(chosen(995, "atgd", &[("HOME", "/h")]).as_deref(), Some(SERVICE_STATE_DIR));
        assert_eq!(chosen(995, "x", &[("STATE_DIRECTORY", "/s/a:/s/b")]).as_deref(), Some("/s/a"));
        assert_eq!(chosen(1000, "ada", &[("HOME", "/h")]).as_deref(), Some("/h/.local/state/atgd"));
        assert_eq!(chosen(1000, "ada", &[("HOME", "/h"), ("XDG_STATE_HOME", "/x")]).as_deref(), Some("/x/atgd"));
        assert_eq!(
            chosen(1000, "ada", &[("HOME", "/h"), ("XDG_STATE_HOME", "x")]).as_deref(),
            Some("/h/.local/state/atgd")
        );
        assert_eq!(chosen(1000, "ada", &[]), None);
    }
}
