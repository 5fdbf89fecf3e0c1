//! Parse, dispatch, exit code.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use atgd::{
    cli::{Cli, Command},
    client::{self, Screen},
    commands, demo, service,
};
use clap::Parser;

/// Scans and generations allocate much and small; this one gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Twice is no harm: the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    let mut screen = Screen::of_process(cli.global.json);
    let outcome = tokio::runtime::Runtime::new().context("the runtime").and_then(|runtime| {
        let outcome = runtime.block_on(run(cli, &mut screen));
        // A blocking read of something that hangs must not keep the process.
        runtime.shutdown_timeout(Duration::from_secs(2));
        outcome
    });
    outcome.unwrap_or_else(|error| {
        screen.complain(&format!("{error:#}"));
        ExitCode::from(1)
    })
}

async fn run(cli: Cli, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let global = cli.global;
    let code = match cli.command {
        Command::Serve(args) => {
            service::serve(global.config, global.state_dir, args.listen).await?;
            0
        }
        Command::Demo(args) => demo::run(args.once, screen).await?,
        Command::Client(command) => client::run(command, screen).await.code(),
        Command::Local(command) => commands::run(command, &global, screen).await?,
    };
    Ok(ExitCode::from(code))
}
