//! Runs each command that needs no daemon: calls `admin` or `simulator` and prints the answer.

use std::time::Duration;

use super::store;
use crate::{
    admin,
    api::KeyRequest,
    cli::{self, ConfigAction, GlobalArgs, KeyAction, KeyArgs, LocalCommand, SimulateArgs},
    client::{self, Screen},
    simulator,
};

/// Runs a command; the answer is the exit code.
pub async fn run(command: LocalCommand, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<u8> {
    match command {
        LocalCommand::Simulate(args) => simulate(args, screen).await?,
        LocalCommand::Key(args) => return key(args, global, screen).await,
        LocalCommand::Store(action) => return store::store(action, global, screen).await,
        LocalCommand::Audit(action) => return store::audit(action, global, screen).await,
        LocalCommand::Config(action) => config(action, global, screen)?,
        LocalCommand::Fidelity { directory, details } => {
            let report = admin::fidelity(&directory)?;
            if screen.is_json() {
                screen.object(&report);
            } else {
                screen.raw(report.table().as_bytes());
            }
            if details {
                report.lines().iter().for_each(|line| screen.say(line));
            }
        }
        LocalCommand::Completions { shell } => screen.raw(&cli::completions(shell)),
        LocalCommand::Man => screen.raw(&cli::man_page()?),
    }
    Ok(0)
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
    let faults = args.faults.iter().map(|text| text.parse()).collect::<Result<_, String>>();
    let mut settings = simulator::Settings {
        listen,
        sources,
        latency,
        quota,
        page_size,
        ca_file: args.ca_file,
        faults: faults.map_err(anyhow::Error::msg)?,
        quirks: args.quirks,
        write_time: Duration::from_millis(args.write_time),
        write_style: args.write_style.parse().map_err(anyhow::Error::msg)?,
        empty_subscriptions: args.empty_subscriptions,
        generated_children: args.children,
        any_version: args.any_version,
        ..usual
    };
    if args.tls {
        settings = settings.for_foreign_programs();
    }
    let running = simulator::start(settings).await?;
    let usual = || std::env::temp_dir().join(format!("atgd-simulator-{}.secret", running.addr.port()));
    screen.raw(running.snippet(&args.secret_file.unwrap_or_else(usual)).as_bytes());
    running.forever().await;
    Ok(())
}

async fn key(args: KeyArgs, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<u8> {
    let now = admin::now();
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
                return Ok(error.exit().code());
            }
        },
        // No daemon holds the file.
        None => admin::run_keys(&state, request, now).await?,
    };
    client::show_keys(screen, &answer);
    Ok(0)
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
