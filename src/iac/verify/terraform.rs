//! Terraform's own tool looks at what was written, where the configuration names a directory of providers.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::checks::Checks;
use crate::iac::error::{IacError, Settings};

/// Longest that one run of terraform may take.
const PATIENCE: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(50);

/// `terraform fmt -check`, and `init` and `validate` with the configured providers.
pub fn terraform(
    directory: &Path,
    settings: &Settings,
    cancel: &CancellationToken,
    checks: &mut Checks,
) -> Result<(), IacError> {
    let Some(providers) = &settings.terraform_plugin_dir else { return Ok(()) };
    let scratch = match tempfile::tempdir() {
        Ok(scratch) => scratch,
        Err(error) => {
            checks.validate = format!("not run: {error}");
            return Ok(());
        }
    };
    let data = scratch.path().join("data");
    let plugins = format!("-plugin-dir={}", providers.display());
    checks.fmt = outcome(run(directory, &data, &["fmt", "-check", "-no-color"], cancel)?);
    let made = run(directory, &data, &["init", "-backend=false", "-input=false", "-no-color", &plugins], cancel)?;
    checks.validate = match made {
        Ok(()) => outcome(run(directory, &data, &["validate", "-no-color"], cancel)?),
        Err(cause) => format!("init: {cause}"),
    };
    // The lock file names this machine's providers: it is no part of what was generated.
    let _ = std::fs::remove_file(directory.join(".terraform.lock.hcl"));
    Ok(())
}

fn outcome(run: Result<(), String>) -> String {
    run.map_or_else(|cause| cause, |()| "ok".to_owned())
}

fn run(
    directory: &Path,
    data: &Path,
    arguments: &[&str],
    cancel: &CancellationToken,
) -> Result<Result<(), String>, IacError> {
    let started = Command::new("terraform")
        .args(arguments)
        .current_dir(directory)
        .env("TF_DATA_DIR", data)
        .env("TF_IN_AUTOMATION", "1")
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Ok(Err(format!("not run: terraform: {error}"))),
    };
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(Ok(())),
            Ok(Some(_)) => {
                let mut text = String::new();
                if let Some(mut stderr) = child.stderr.take() {
                    let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
                }
                let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(6).collect();
                return Ok(Err(if lines.is_empty() { "failed".to_owned() } else { lines.join(" ") }));
            }
            Ok(None) if cancel.is_cancelled() || begun.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return if cancel.is_cancelled() { Err(IacError::Cancelled) } else { Ok(Err("timed out".to_owned())) };
            }
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => return Ok(Err(error.to_string())),
        }
    }
}
