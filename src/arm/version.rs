//! The order of api-versions: by date; of one date the stable version is the newer.

use std::cmp::Ordering;

/// An api-version such as `2024-05-01` or `2024-05-01-preview`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApiVersion(String);

impl ApiVersion {
    /// Takes any text; what is no date sorts by its letters.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A version with a suffix (`-preview`, `-beta`, `-privatepreview`) is a preview.
    pub(crate) fn is_preview(&self) -> bool {
        self.0.len() > 10
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn date(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl Ord for ApiVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.date(), !self.is_preview(), self.0.as_str()).cmp(&(other.date(), !other.is_preview(), other.0.as_str()))
    }
}

impl PartialOrd for ApiVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The newest stable version, or the newest preview if there is no stable one.
pub fn newest<'a>(versions: impl IntoIterator<Item = &'a str>) -> Option<ApiVersion> {
    versions.into_iter().map(ApiVersion::new).max_by(|a, b| (!a.is_preview(), a).cmp(&(!b.is_preview(), b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stable_version_wins_over_a_newer_preview() {
        let chosen = newest(["2025-01-01-preview", "2023-01-01", "2024-01-01"]);
        assert_eq!(chosen, Some(ApiVersion::new("2024-01-01")));
    }

    #[test]
    fn previews_are_taken_where_nothing_else_is() {
        assert_eq!(newest(["2023-01-01-preview", "2024-01-01-preview"]), Some(ApiVersion::new("2024-01-01-preview")));
    }

    #[test]
    fn of_one_date_the_stable_version_is_the_newer() {
        assert!(ApiVersion::new("2024-01-01") > ApiVersion::new("2024-01-01-preview"));
    }
}
