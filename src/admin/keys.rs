//! `atgd key …` on the file.

use std::path::Path;

use super::files::open;
use crate::{
    api::{KeyAnswer, KeyRequest, Time},
    auth::{By, KeyError, Keyring, Settings},
};

/// Runs a key command on the state directory's file. The file must not be held by a daemon.
pub(crate) async fn run_keys(state_dir: &Path, command: KeyRequest, now: Time) -> Result<KeyAnswer, KeyError> {
    let keyring = Keyring::open(open(state_dir)?, Settings::default());
    let by = By { actor: "command-line".to_owned(), remote: String::new(), at: now };
    Ok(match command {
        KeyRequest::Create(request) => KeyAnswer::Created(keyring.create(request, by).await?),
        KeyRequest::List => KeyAnswer::Keys(keyring.list()?),
        KeyRequest::Revoke(kid) => KeyAnswer::Changed(keyring.revoke(&kid, by).await?),
        KeyRequest::Rotate { kid, grace_seconds } => KeyAnswer::Created(keyring.rotate(&kid, grace_seconds, by).await?),
    })
}

/// `90d`, `12h`, `30m` from now, or an RFC 3339 time.
pub(crate) fn parse_expiry(text: &str, now: Time) -> Result<Time, String> {
    let wrong = || format!("{text:?} is no expiry: expected a span such as 90d, 12h, 30m, or an RFC 3339 time");
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let millis = count.checked_mul(seconds * 1_000).filter(|millis| *millis > 0).ok_or_else(wrong)?;
    now.millis().checked_add(millis).map(Time::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CreateKeyRequest, Scope};

    #[test]
    fn expiries_are_spans_or_times() {
        let now = Time::from_millis(0);
        assert_eq!(parse_expiry("90d", now), Ok(Time::from_millis(90 * 86_400_000)));
        assert_eq!(parse_expiry("1970-01-01T00:00:01Z", now), Ok(Time::from_millis(1_000)));
        for wrong in ["", "d", "90", "-1d", "90y", "99999999999999999d", "é"] {
            assert!(parse_expiry(wrong, now).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_key_made_on_the_file_is_listed_and_can_be_revoked() {
        let dir = tempfile::tempdir().expect("a directory");
        let now = Time::from_millis(1);
        let request = CreateKeyRequest {
            label: "l".into(),
            scopes: vec![Scope::Read],
            tenants: vec!["*".into()],
            expires_at: None,
        };
        let made = run_keys(dir.path(), KeyRequest::Create(request), now).await.expect("made");
        let KeyAnswer::Created(made) = made else { panic!("{made:?}") };
        let revoked = run_keys(dir.path(), KeyRequest::Revoke(made.view.kid), now).await.expect("revoked");
        assert!(matches!(revoked, KeyAnswer::Changed(view) if view.revoked_at.is_some()));
        assert_eq!(crate::admin::audit_verify(dir.path()), Ok(2));
    }
}
