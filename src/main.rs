//! Parse, dispatch, exit code.

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use atgd::{
    admin::{self, KeyCommand, KeyOutcome},
    cli::{AuditAction, Cli, Command, ConfigAction, GlobalArgs, KeyAction, KeyArgs, SimulateArgs, StoreAction},
    client::{self, KeyAnswer, KeyRequest, Screen},
    daemon, demo, simulator,
};
use clap::Parser;

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
    match cli.command {
        Command::Serve(args) => daemon::serve(global.config, global.state_dir, args.listen).await?,
        Command::Demo(args) => return Ok(ExitCode::from(demo::run(args.once, screen).await?)),
        Command::Simulate(args) => simulate(args, screen).await?,
        Command::Client(command) => return Ok(ExitCode::from(client::run(command, screen).await.code())),
        Command::Key(args) => return key(args, &global, screen).await,
        Command::Store(StoreAction::Check) => return check(&global, screen),
        Command::Audit(action) => audit(action, &global, screen)?,
        Command::Config(action) => config(action, &global, screen)?,
        Command::Completions { shell } => screen.raw(&atgd::cli::completions(shell)),
        Command::Man => screen.raw(&atgd::cli::man_page()?),
    }
    Ok(ExitCode::SUCCESS)
}

async fn simulate(args: SimulateArgs, screen: &mut Screen) -> anyhow::Result<()> {
    let mut sources: Vec<_> = args.directories.into_iter().map(simulator::Source::Directory).collect();
    if let Some(resources) = args.resources {
        sources.push(simulator::Source::Generated { resources, subscriptions: args.subscriptions });
    }
    if args.contoso {
        sources.push(simulator::Source::Contoso);
    }
    let usual = simulator::Settings::default();
    let page_size = args.page_size.map_or(usual.page_size, |size| size as usize);
    let (listen, latency, quota) = (args.listen, Duration::from_millis(args.latency), args.quota);
    let settings = simulator::Settings { listen, sources, latency, quota, page_size, ..usual };
    let running = simulator::start(settings).await?;
    let usual = || std::env::temp_dir().join(format!("atgd-simulator-{}.secret", running.addr.port()));
    screen.raw(running.snippet(&args.secret_file.unwrap_or_else(usual)).as_bytes());
    running.forever().await;
    Ok(())
}

async fn key(args: KeyArgs, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let now = atgd::admin::now();
    let request = match args.action {
        KeyAction::Create(create) => {
            let expires = create.expires.as_deref().map(|text| admin::parse_expiry(text, now)).transpose();
            KeyRequest::Create(client::key_request(&create, expires.map_err(anyhow::Error::msg)?))
        }
        KeyAction::List => KeyRequest::List,
        KeyAction::Revoke { kid } => KeyRequest::Revoke(kid),
        KeyAction::Rotate { kid, grace_seconds } => KeyRequest::Rotate { kid, grace_seconds },
    };
    let state = admin::state_dir(global.state_dir.as_deref())?;
    let answer = match client::admin_api(&state).await {
        Some(api) => match client::keys(&api, request).await {
            Ok(answer) => answer,
            Err(error) => {
                screen.complain(&error.to_string());
                return Ok(ExitCode::from(error.exit().code()));
            }
        },
        None => on_file(&state, request).await?,
    };
    client::show_keys(screen, &answer);
    Ok(ExitCode::SUCCESS)
}

/// The same on the file, where no daemon holds it.
async fn on_file(state: &Path, request: KeyRequest) -> anyhow::Result<KeyAnswer> {
    let command = match request {
        KeyRequest::Create(request) => KeyCommand::Create(request),
        KeyRequest::List => KeyCommand::List,
        KeyRequest::Revoke(kid) => KeyCommand::Revoke(kid),
        KeyRequest::Rotate { kid, grace_seconds } => KeyCommand::Rotate { kid, grace_seconds },
    };
    Ok(match admin::run_keys(state, command, admin::now()).await? {
        KeyOutcome::Created(key) => KeyAnswer::Created(key),
        KeyOutcome::Keys(keys) => KeyAnswer::Keys(keys),
        KeyOutcome::Changed(key) => KeyAnswer::Changed(key),
    })
}

fn check(global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let report = admin::check(&admin::state_dir(global.state_dir.as_deref())?)?;
    if screen.is_json() {
        screen.object(&report);
    } else {
        report.to_string().lines().for_each(|line| screen.line(line));
    }
    Ok(ExitCode::from(u8::from(!report.findings.is_empty())))
}

fn audit(action: AuditAction, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<()> {
    let state = admin::state_dir(global.state_dir.as_deref())?;
    match action {
        AuditAction::Tail { after, limit } => {
            // One JSON object a line, for people with jq and for programs alike.
            for line in admin::audit_tail(&state, after, limit)? {
                screen.object(&line);
            }
        }
        AuditAction::Verify => {
            let lines = admin::audit_verify(&state)?;
            screen.line(&format!("the audit trail is whole: {lines} lines"));
        }
    }
    Ok(())
}

fn config(action: ConfigAction, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<()> {
    match action {
        ConfigAction::Check => {
            for line in admin::check_config(global.config.clone())? {
                screen.line(&line);
            }
        }
        ConfigAction::Show => screen.raw(admin::show_config(global.config.clone())?.as_bytes()),
        ConfigAction::Default => screen.raw(admin::sample_config().as_bytes()),
    }
    Ok(())
}
