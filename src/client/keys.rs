//! `atgd key …` through a running daemon's admin socket, and what key commands print.

use std::path::{Path, PathBuf};

use super::{
    Api, ClientError, Screen,
    table::{Align, Table},
};
use crate::api::{KeyAnswer, KeyRequest, KeyView, Scope, Time};

/// The socket's name in the runtime or the state directory.
pub(crate) const SOCKET_NAME: &str = "admin.sock";
/// The state directory whose daemon is the system's service, which has a runtime directory too.
const SERVICE_STATE_DIR: &str = "/var/lib/atgd";
const SERVICE_RUNTIME_DIR: &str = "/run/atgd";

/// The admin socket of the daemon that holds `state_dir`, if one answers there. A socket that a dead
/// daemon left behind does not.
pub(crate) async fn admin_api(state_dir: &Path) -> Option<Api> {
    for path in candidates(state_dir, std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from)) {
        if path.exists() && tokio::net::UnixStream::connect(&path).await.is_ok() {
            return admin_socket(&path).ok();
        }
    }
    None
}

/// The daemon behind an admin socket.
pub(crate) fn admin_socket(path: &Path) -> Result<Api, ClientError> {
    Api::over_socket(path)
}

/// The service's sockets are for the service's state only: with another `--state-dir` they would
/// change another daemon's keys.
fn candidates(state_dir: &Path, runtime: Option<PathBuf>) -> Vec<PathBuf> {
    let mut directories = vec![state_dir.to_owned()];
    if state_dir == Path::new(SERVICE_STATE_DIR) {
        directories.extend(runtime);
        directories.push(SERVICE_RUNTIME_DIR.into());
    }
    directories.iter().map(|directory| directory.join(SOCKET_NAME)).collect()
}

/// Runs a key command on a running daemon.
pub async fn keys(api: &Api, request: KeyRequest) -> Result<KeyAnswer, ClientError> {
    Ok(match request {
        KeyRequest::Create(request) => KeyAnswer::Created(api.create_key(&request).await?),
        KeyRequest::List => KeyAnswer::Keys(api.keys().await?),
        KeyRequest::Revoke(kid) => KeyAnswer::Changed(api.revoke_key(&kid).await?),
        KeyRequest::Rotate { kid, grace_seconds } => KeyAnswer::Created(api.rotate_key(&kid, grace_seconds).await?),
    })
}

/// Prints what came of a key command. Of a new key stdout gets the text and nothing else.
pub(crate) fn show_keys(screen: &mut Screen, answer: &KeyAnswer) {
    if screen.is_json() {
        return match answer {
            KeyAnswer::Created(key) => screen.object(key),
            KeyAnswer::Keys(keys) => screen.object(&serde_json::json!({ "keys": keys })),
            KeyAnswer::Changed(key) => screen.object(key),
        };
    }
    match answer {
        KeyAnswer::Created(key) => {
            screen.line(&key.key);
            screen.say(&format!("key {} ({}): keep the text, it is not shown again", key.view.kid, key.view.label));
        }
        KeyAnswer::Keys(keys) => screen.table(&key_table(keys)),
        KeyAnswer::Changed(key) => screen.say(&format!("key {} ({}) is {}", key.kid, key.label, state(key))),
    }
}

fn key_table(keys: &[KeyView]) -> Table {
    let left = Align::Left;
    let mut table = Table::new([
        ("KEY", left),
        ("LABEL", left),
        ("SCOPES", left),
        ("TENANTS", left),
        ("CREATED", left),
        ("EXPIRES", left),
        ("LAST USED", left),
        ("STATE", left),
    ]);
    let time = |time: Option<Time>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    for key in keys {
        let scopes: Vec<&str> = key.scopes.iter().copied().map(Scope::word).collect();
        let tenants = if key.tenants.is_empty() { "none".to_owned() } else { key.tenants.join(",") };
        table.row([
            key.kid.clone(),
            key.label.clone(),
            scopes.join(","),
            tenants,
            key.created_at.to_string(),
            time(key.expires_at),
            time(key.last_used_at),
            state(key).to_owned(),
        ]);
    }
    table
}

fn state(key: &KeyView) -> &'static str {
    if key.revoked_at.is_some() {
        "revoked"
    } else if key.expires_at.is_some_and(|time| time <= Time::now()) {
        "expired"
    } else {
        "valid"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_state_leads_to_the_services_socket() {
        let own = candidates(Path::new("/tmp/x"), Some("/run/other".into()));
        assert_eq!(own, [PathBuf::from("/tmp/x/admin.sock")]);
        let service = candidates(Path::new("/var/lib/atgd"), None);
        assert!(service.contains(&PathBuf::from("/run/atgd/admin.sock")));
    }

    #[tokio::test]
    async fn a_socket_that_nobody_answers_is_no_daemon() {
        let dir = tempfile::tempdir().expect("a directory");
        drop(tokio::net::UnixListener::bind(dir.path().join(SOCKET_NAME)).expect("bound"));
        assert!(dir.path().join(SOCKET_NAME).exists());
        assert!(admin_api(dir.path()).await.is_none());
    }
}
