//! `atgd serve`: the daemon as a process, from its configuration to its exit.
//!
//! Signals and systemd are here; what is wired is the daemon's. One line on stdout says where it
//! listens, and a second signal skips the grace.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Sources},
    daemon::Daemon,
    settings,
    telemetry::logs,
};

/// `atgd serve`: reads the configuration, runs until a signal, and says on stdout where it listens.
pub async fn serve(file: Option<PathBuf>, state: Option<PathBuf>, listen: Option<String>) -> anyhow::Result<()> {
    let sources = Sources::of_process(file, listen);
    let config = config::load(&sources)?;
    let logs = logs::init(&settings::logs(&config))?;
    let state = config::state_dir(state.as_deref())?;
    let runtime = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from);
    let mut daemon = Daemon::start(&config, &state, runtime.as_deref()).await?;
    daemon.follow(sources, config, logs.level());
    {
        use std::io::Write;
        let mut out = std::io::stdout();
        writeln!(out, "listening on http://{}", daemon.address)?;
        out.flush()?;
    }
    tell(&[sd_notify::NotifyState::Ready]);
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
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
    daemon.stop(hurry).await;
    Ok(())
}

/// Not under systemd nothing happens; a failure is systemd's to notice.
fn tell(state: &[sd_notify::NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
