//! Asking with another api-version where the first is refused.

use crate::{arm, azure::AzureError, scan::error::ScanError};

/// Versions that are tried of one address.
const TRIES: usize = 3;

/// Asks with an api-version; where that is refused, with the newest that the refusal names.
pub(crate) async fn with_versions<T, F>(first: &str, mut ask: impl FnMut(String) -> F) -> Result<T, ScanError>
where
    F: Future<Output = Result<T, ScanError>>,
{
    let mut tried = vec![first.to_owned()];
    loop {
        let version = tried.last().cloned().unwrap_or_default();
        match ask(version).await {
            Err(ScanError::Azure(error)) => match another(&error, &tried) {
                Some(next) => tried.push(next),
                None => return Err(error.into()),
            },
            outcome => return outcome,
        }
    }
}

/// The newest version that a refusal names and that was not tried.
fn another(error: &AzureError, tried: &[String]) -> Option<String> {
    let refusal = error.refusal().filter(|refusal| refusal.is_about_version() && tried.len() < TRIES)?;
    let named = refusal.named_versions();
    let fresh = named.iter().map(String::as_str).filter(|version| !tried.iter().any(|tried| tried == version));
    arm::newest(fresh).map(|version| version.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Refusal;

    fn refusal(named: &str) -> AzureError {
        let code = "NoRegisteredProviderFound".to_owned();
        let message = format!("The supported api-versions are '{named}'.");
        AzureError::Refused(Refusal { status: 400, code, message, path: String::new(), retry_after: None })
    }

    async fn asked(named: &str) -> (Vec<String>, bool) {
        let mut seen = Vec::new();
        let outcome: Result<(), ScanError> = with_versions("2019-01-01", |version| {
            seen.push(version);
            std::future::ready(Err(refusal(named).into()))
        })
        .await;
        (seen, outcome.is_ok())
    }

    #[tokio::test]
    async fn the_newest_that_is_named_comes_first_and_few_are_tried() {
        let (seen, _) = asked("2018-01-01, 2021-01-01, 2020-01-01, 2017-01-01").await;
        assert_eq!(seen, ["2019-01-01", "2021-01-01", "2020-01-01"]);
        assert_eq!(asked("2019-01-01").await.0, ["2019-01-01"]);
    }
}
