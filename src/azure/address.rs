//! Where a request may go: addresses stay on the configured host.

use url::Url;

use super::AzureError;

/// An address on the configured host, or the refusal to leave it.
pub(super) fn pinned(base: &str, address: &str) -> Result<Url, AzureError> {
    let base =
        Url::parse(base).map_err(|error| AzureError::Unreadable { url: base.to_owned(), cause: error.to_string() })?;
    let url = base.join(address).map_err(|_| AzureError::ForeignHost(address.chars().take(200).collect()))?;
    let same = (url.scheme(), url.host_str(), url.port_or_known_default())
        == (base.scheme(), base.host_str(), base.port_or_known_default());
    if same && url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        let host = url.host_str().unwrap_or_default().to_owned();
        Err(AzureError::ForeignHost(host))
    }
}

/// The scope of the token that a service takes.
pub(super) fn scope_of(base: &str) -> String {
    format!("{}/.default", base.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_on_the_configured_host() {
        let base = "https://management.azure.com";
        assert!(pinned(base, "/subscriptions?api-version=1").is_ok());
        assert!(pinned(base, "https://management.azure.com/x?$skiptoken=1").is_ok());
        for foreign in [
            "https://evil.example/x",
            "//evil.example/x",
            "http://management.azure.com/x",
            "https://management.azure.com:444/x",
            "https://user@management.azure.com/x",
        ] {
            assert!(matches!(pinned(base, foreign), Err(AzureError::ForeignHost(_))), "{foreign}");
        }
    }
}
