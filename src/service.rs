//! `atgd serve`: the daemon as a process, from its configuration to its exit.
//!
//! Signals and systemd are here; what is wired is the daemon's. One line on stdout says where it
//! listens, and a second signal skips the grace.

use std::{path::PathBuf, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Sources},
    daemon::Daemon,
    jobs::Jobs,
    settings,
    telemetry::logs,
};

/// How often systemd is told what the daemon does.
const STATUS: Duration = Duration::from_secs(5);

/// `atgd serve`: reads the configuration, runs until a signal, and says on stdout where it listens.
pub async fn serve(file: Option<PathBuf>, state: Option<PathBuf>, listen: Option<String>) -> anyhow::Result<()> {
    let sources = Sources::of_process(file, listen);
    let config = config::load(&sources)?;
    let logs = logs::init(&settings::logs(&config))?;
    let state = config::state_dir(state.as_deref())?;
    let runtime = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from);
    // Installed before the daemon says that it is ready, so that no signal after that is lost.
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // Reloads are asked for by a signal that ends a process which does not listen.
    let _reload = signal(SignalKind::hangup())?;
    let mut daemon = Daemon::start(&config, &state, runtime.as_deref()).await?;
    daemon.follow(sources, config, logs.level());
    {
        use std::io::Write;
        let mut out = std::io::stdout();
        writeln!(out, "listening on http://{}", daemon.address)?;
        out.flush()?;
    }
    tell(&[sd_notify::NotifyState::Ready]);
    let watching = tokio::spawn(watchdog(daemon.jobs()));
    let counting = tokio::spawn(logs.count_dropped());
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    watching.abort();
    counting.abort();
    tracing::info!("stopping; a second signal skips the grace");
    tell(&[sd_notify::NotifyState::Stopping]);
    let hurry = CancellationToken::new();
    let second = hurry.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => second.cancel(),
            _ = int.recv() => second.cancel(),
        }
    });
    // A drain takes as long as the grace allows: the watchdog is fed by hand until it is over.
    let draining = tokio::spawn(feed());
    daemon.stop(hurry).await;
    draining.abort();
    Ok(())
}

/// Tells systemd that the scheduler lives, and what it does. Silent while it hangs, so that the unit's
/// `WatchdogSec` starts the daemon anew.
async fn watchdog(jobs: Jobs) {
    let limit = sd_notify::watchdog_enabled();
    let mut told = String::new();
    loop {
        // Two missed beats are forgiven.
        if let Some(limit) = limit
            && jobs.silent_for() < limit
        {
            tell(&[sd_notify::NotifyState::Watchdog]);
        }
        let status = jobs.counts().map_or_else(
            |error| error.to_string(),
            |counts| format!("{} running, {} waiting", counts.running, counts.pending),
        );
        if status != told {
            tell(&[sd_notify::NotifyState::Status(&status)]);
            told = status;
        }
        tokio::time::sleep(limit.map_or(STATUS, |limit| (limit / 3).min(STATUS))).await;
    }
}

async fn feed() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    loop {
        tell(&[sd_notify::NotifyState::Watchdog]);
        tokio::time::sleep(limit / 3).await;
    }
}

/// Not under systemd nothing happens; a failure is systemd's to notice.
fn tell(state: &[sd_notify::NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
