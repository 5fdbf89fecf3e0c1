//! Finds the API key of a command, and remembers where it came from, so that a 401 can name it.

use std::path::Path;

use super::ClientError;
use crate::telemetry::Secret;

/// A key with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub text: Secret,
    /// For people: `--key-file /path`, `ATGD_API_KEY`.
    pub origin: String,
}

impl ApiKey {
    /// A key that the program itself made.
    pub fn held(text: &str) -> Self {
        Self { text: Secret::new(text), origin: "this program".to_owned() }
    }

    /// The key file's first line, else the variable; none when neither was given.
    pub fn find(key_file: Option<&Path>, variable: Option<String>) -> Result<Option<Self>, ClientError> {
        let (text, origin) = match (key_file, variable) {
            (Some(path), _) => {
                let origin = format!("--key-file {}", path.display());
                let text = std::fs::read_to_string(path).map_err(|error| {
                    ClientError::Usage(format!("{origin}: {error}; expected a file that holds an API key"))
                })?;
                (text, origin)
            }
            (None, Some(text)) => (text, "ATGD_API_KEY".to_owned()),
            (None, None) => return Ok(None),
        };
        let text = text.trim();
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(ClientError::Usage(format!(
                "{origin} holds no API key: expected one line such as atgd key create prints"
            )));
        }
        Ok(Some(Self { text: Secret::new(text), origin }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_wins_over_the_variable_and_both_are_trimmed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        std::fs::write(&path, "atg_file\n").expect("written");
        let found = |path: Option<&Path>, variable: Option<&str>| {
            ApiKey::find(path, variable.map(str::to_owned)).map(|key| key.map(|key| key.text.expose().to_owned()))
        };
        assert_eq!(found(Some(&path), Some("atg_env")).expect("read").as_deref(), Some("atg_file"));
        assert_eq!(found(None, Some(" atg_env ")).expect("read").as_deref(), Some("atg_env"));
        assert_eq!(found(None, None).expect("read"), None);
        assert!(found(None, Some(" ")).is_err());
        let refused = found(Some(&dir.path().join("none")), None).expect_err("refused").to_string();
        assert!(refused.starts_with("--key-file ") && refused.contains("API key"), "{refused}");
    }
}
