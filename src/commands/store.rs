//! `atgd store …` and `atgd audit …`: through the admin socket where a daemon runs, else on the files.

use std::{
    fs::OpenOptions,
    io::{BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    admin,
    cli::{AuditAction, GlobalArgs, StoreAction},
    client::{self, Screen},
};

/// The answer is the exit code: 1 where something is wrong with the file.
pub(super) async fn store(action: StoreAction, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<u8> {
    let state = admin::state_dir(global.state_dir.as_deref())?;
    match action {
        StoreAction::Check => {
            let report = match client::admin_api(&state).await {
                Some(api) => client::check_store(&api).await?,
                None => admin::check(&state)?,
            };
            return Ok(u8::from(!client::show_report(screen, &report)));
        }
        StoreAction::Backup { to } => {
            let made = match (client::admin_api(&state).await, to) {
                (None, to) => admin::backup(&state, to.as_deref(), admin::now())?,
                (Some(api), None) => client::back_up(&api).await?,
                (Some(api), Some(to)) => admin::move_backup(client::back_up(&api).await?, &to)?,
            };
            client::show_backup(screen, &made);
        }
        StoreAction::Restore { from } => {
            for kept in admin::restore(&state, &from, admin::now())? {
                screen.say(&format!("what stood there is kept as {}", kept.display()));
            }
            screen.say(&format!("{} is restored from {}", state.display(), from.display()));
        }
        StoreAction::Export { to } => export(&state, to, screen)?,
        StoreAction::Migrate => {
            let done = admin::migrate(&state)?;
            if let Some(backup) = &done.backup {
                screen.say(&format!("the older file is kept as {}", backup.display()));
            }
            screen.say(&match done.from {
                from if from == done.to => format!("format {from} is this version's: nothing to do"),
                from => format!("migrated from format {from} to {}", done.to),
            });
        }
    }
    Ok(0)
}

fn export(state: &Path, to: Option<PathBuf>, screen: &mut Screen) -> anyhow::Result<()> {
    let done = if let Some(path) = to {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut out = BufWriter::new(file.with_context(|| format!("making {}", path.display()))?);
        let done = admin::export(state, &mut out)?;
        out.flush()?;
        done
    } else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let done = admin::export(state, &mut out)?;
        out.flush()?;
        done
    };
    screen.say(&format!("{} lines; {} records could not be read", done.lines, done.lost));
    Ok(())
}

pub(super) async fn audit(action: AuditAction, global: &GlobalArgs, screen: &mut Screen) -> anyhow::Result<u8> {
    let state = admin::state_dir(global.state_dir.as_deref())?;
    let api = client::admin_api(&state).await;
    match action {
        AuditAction::Tail { after, limit } => {
            // One JSON object a line, for people with jq and for programs alike.
            match api {
                Some(api) => {
                    let answer = api.audit(after, limit).await?;
                    answer["lines"].as_array().into_iter().flatten().for_each(|line| screen.object(line));
                }
                None => admin::audit_tail(&state, after, limit)?.iter().for_each(|line| screen.object(line)),
            }
        }
        AuditAction::Verify => {
            let lines = match api {
                Some(api) => api.verify_audit().await?.map_err(anyhow::Error::msg)?,
                None => admin::audit_verify(&state)?,
            };
            screen.line(&format!("the audit trail is whole: {lines} lines"));
        }
    }
    Ok(0)
}
