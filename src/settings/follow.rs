//! The configuration while the daemon runs: an edit reaches the rooms that can take it.
//!
//! ```text
//!  change below the file's directory ─┐
//!  SIGHUP ────────────────────────────┼─▶ wait 250 ms ─▶ other text? ─▶ load ─▶ valid? ─▶ hand on
//!  every 30 s (a watch may be lost) ──┘                                   └─no: the old one stays, and why
//! ```
//! The directory is watched, not the file: editors, configuration managers and Kubernetes replace files
//! by renames, which end a watch on the file itself.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{RecursiveMode, Watcher};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::Time,
    audit::{Audit, Entry},
    auth::Keyring,
    azure,
    config::{self, Config, Sources},
    http::App,
    jobs,
    telemetry::logs::LevelHandle,
};

/// Edits come in several steps: they are waited for.
const DEBOUNCE: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_secs(30);

/// Where changes go.
pub struct Live {
    pub jobs: watch::Sender<jobs::Settings>,
    pub azure: watch::Sender<azure::Settings>,
    pub app: App,
    pub keyring: Keyring,
    pub audit: Audit,
    /// None: logging is somebody else's (the demo).
    pub level: Option<LevelHandle>,
}

/// Follows the file until `stop`. `current` is what the daemon was started with.
pub async fn follow(sources: Sources, mut current: Config, live: Live, stop: CancellationToken) {
    let (nudge, mut nudged) = mpsc::channel::<()>(1);
    let file = config::config_file(sources.file.as_deref());
    // Kept for as long as it shall watch.
    let _watchers: Vec<_> =
        file.iter().flat_map(|file| directories(file)).filter_map(|at| watcher(&at, &nudge)).collect();
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => return tracing::error!(%error, "SIGHUP can't be listened for; the configuration is not followed"),
    };
    let mut text = read(file.as_deref());
    loop {
        let is_forced = tokio::select! {
            () = stop.cancelled() => return,
            _ = hangup.recv() => true,
            _ = nudged.recv() => false,
            () = tokio::time::sleep(POLL) => false,
        };
        tokio::time::sleep(DEBOUNCE).await;
        while nudged.try_recv().is_ok() {}
        let now = read(file.as_deref());
        if now == text && !is_forced {
            continue;
        }
        text = now;
        match config::load(&sources) {
            Ok(config) => {
                live.apply(&current, &config);
                live.tell("ok").await;
                current = config;
            }
            Err(error) => {
                tracing::error!(%error, "the edited configuration is refused; the one before stays");
                live.tell("refused").await;
            }
        }
    }
}

fn read(file: Option<&Path>) -> Option<Vec<u8>> {
    std::fs::read(file?).ok()
}

/// The directory of the file, and that of what it is a link to.
fn directories(file: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in [Some(file.to_owned()), file.canonicalize().ok()].into_iter().flatten() {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !found.iter().any(|known| known == parent) {
            found.push(parent.to_owned());
        }
    }
    found
}

fn watcher(directory: &Path, nudge: &mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    let nudge = nudge.clone();
    let made = notify::recommended_watcher(move |_| {
        // One that waits already is enough.
        let _ = nudge.try_send(());
    });
    let watched = made.and_then(|mut watcher| {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watched
        .inspect_err(|error| {
            let directory = directory.display();
            tracing::warn!(%directory, %error, "the configuration's directory can't be watched; edits are seen within 30 s");
        })
        .ok()
}

impl Live {
    async fn tell(&self, outcome: &str) {
        let entry = Entry {
            at_ms: Time::now().millis(),
            actor: "daemon".to_owned(),
            remote: String::new(),
            action: "config.reload".to_owned(),
            target: String::new(),
            outcome: outcome.to_owned(),
        };
        if let Err(error) = self.audit.append(entry).await {
            tracing::error!(%error, "an audit line could not be written");
        }
    }

    /// Hands on what can change while running, and says what can't.
    fn apply(&self, before: &Config, now: &Config) {
        match super::azure(now) {
            Ok(azure) => drop(self.azure.send_replace(azure)),
            Err(error) => {
                return tracing::error!(%error, "the edited configuration is refused; the one before stays");
            }
        }
        self.jobs.send_replace(super::jobs(now));
        self.app.set_limits(super::http(now).limits);
        self.keyring.set(super::auth(now));
        if let Some(level) = &self.level
            && before.logging.level != now.logging.level
            && let Err(error) = level.set(&now.logging.level)
        {
            tracing::error!(%error, "the log level stays as it was");
        }
        for note in &now.notes {
            tracing::warn!("{note}");
        }
        let logging = |config: &Config| config::Logging { level: String::new(), ..config.logging.clone() };
        let fixed = [
            ("server", before.server != now.server),
            ("neo4j", before.neo4j != now.neo4j),
            ("metrics", before.metrics != now.metrics),
            ("iac", before.iac != now.iac),
            ("logging (but the level)", logging(before) != logging(now)),
        ];
        for (section, _) in fixed.iter().filter(|(_, differs)| *differs) {
            tracing::warn!(section, "this section takes effect with the next start");
        }
        tracing::info!("the edited configuration is in effect");
    }
}
