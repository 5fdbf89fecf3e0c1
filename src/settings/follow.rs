//! The configuration while the daemon runs: an edit reaches the rooms that can take it.
//!
//! ```text
//!  change below the file's directory ─┐
//!  SIGHUP ────────────────────────────┼─▶ wait 250 ms ─▶ other text? ─▶ load ─▶ valid? ─▶ hand on
//!  every 30 s (a watch may be lost) ──┘                                   └─no: the old one stays, and why
//! ```
//! The directory is watched, not the file: editors, configuration managers and Kubernetes replace files
//! by renames, which end a watch on the file itself. Where links lead to it, the directory of each link is
//! watched too, and anew after each change: a swapped link leads elsewhere.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{RecursiveMode, Watcher};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

use super::convert;
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
pub(crate) struct Live {
    pub jobs: watch::Sender<jobs::Settings>,
    pub azure: watch::Sender<azure::Settings>,
    pub app: App,
    pub keyring: Keyring,
    pub audit: Audit,
    /// None: logging is somebody else's (the demo).
    pub level: Option<LevelHandle>,
}

/// Follows the file until `stop`. `current` is what the daemon was started with.
pub(crate) async fn follow(sources: Sources, mut current: Config, live: Live, stop: CancellationToken) {
    let (nudge, mut nudged) = mpsc::channel::<()>(1);
    let file = config::config_file(sources.file.as_deref());
    let mut watchers = Watchers::new();
    rewatch(&mut watchers, file.as_deref(), &nudge);
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => return tracing::error!(%error, "SIGHUP can't be listened for; the configuration is not followed"),
    };
    let mut text = read(file.as_deref());
    // It may have been edited between the start's own reading and the watch.
    if !config::load(&sources).is_ok_and(|config| config == current) {
        current = live.renew(&sources, current).await;
    }
    loop {
        let is_forced = tokio::select! {
            () = stop.cancelled() => return,
            _ = hangup.recv() => true,
            _ = nudged.recv() => false,
            () = tokio::time::sleep(POLL) => false,
        };
        tokio::time::sleep(DEBOUNCE).await;
        while nudged.try_recv().is_ok() {}
        rewatch(&mut watchers, file.as_deref(), &nudge);
        let now = read(file.as_deref());
        if now == text && !is_forced {
            continue;
        }
        text = now;
        current = live.renew(&sources, current).await;
    }
}

fn read(file: Option<&Path>) -> Option<Vec<u8>> {
    std::fs::read(file?).ok()
}

/// The directories in which a change can make the path lead to another file: its own, and that of every
/// link on the way.
fn directories(file: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut todo = vec![std::path::absolute(file).unwrap_or_else(|_| file.to_owned())];
    // The kernel gives up after as many links.
    for _ in 0..40 {
        let Some(path) = todo.pop() else { break };
        found.extend(path.parent().map(Path::to_owned));
        for part in path.ancestors() {
            let (Ok(target), Some(parent)) = (std::fs::read_link(part), part.parent()) else { continue };
            found.insert(parent.to_owned());
            let rest = path.strip_prefix(part).unwrap_or(Path::new(""));
            let target = parent.join(target);
            todo.push(if rest.as_os_str().is_empty() { target } else { target.join(rest) });
        }
    }
    found
}

/// By directory and what the file system knows it by: one that was made anew is another.
type Watchers = HashMap<(PathBuf, u64), Option<notify::RecommendedWatcher>>;

/// Watches what is to be watched now, and nothing else.
fn rewatch(watchers: &mut Watchers, file: Option<&Path>, nudge: &mpsc::Sender<()>) {
    use std::os::unix::fs::MetadataExt;
    let known_by = |directory: PathBuf| {
        let number = std::fs::metadata(&directory).map_or(0, |metadata| metadata.ino());
        (directory, number)
    };
    let wanted: BTreeSet<_> = file.map(directories).unwrap_or_default().into_iter().map(known_by).collect();
    watchers.retain(|known, _| wanted.contains(known));
    for known in wanted {
        watchers.entry(known).or_insert_with_key(|(directory, _)| watcher(directory, nudge));
    }
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
    /// Loads it anew: what is in effect after that.
    async fn renew(&self, sources: &Sources, current: Config) -> Config {
        match config::load(sources) {
            Ok(config) => {
                self.apply(&current, &config);
                self.tell("ok").await;
                config
            }
            Err(error) => {
                tracing::error!(%error, "the edited configuration is refused; the one before stays");
                self.tell("refused").await;
                current
            }
        }
    }

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
        match convert::azure(now) {
            Ok(azure) => drop(self.azure.send_replace(azure)),
            Err(error) => {
                return tracing::error!(%error, "the edited configuration is refused; the one before stays");
            }
        }
        // Before anything that the other settings set off is to be logged.
        if let Some(level) = &self.level
            && before.logging.level != now.logging.level
            && let Err(error) = level.set(&now.logging.level)
        {
            tracing::error!(%error, "the log level stays as it was");
        }
        self.jobs.send_replace(convert::jobs(now));
        self.app.set_limits(convert::http(now).limits);
        self.keyring.set(convert::auth(now));
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
