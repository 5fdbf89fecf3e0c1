//! Check: what was printed is read back; Terraform's own tool looks at it where the configuration names
//! a directory of providers.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::iac::{
    IacError, Settings,
    limits::{self, Outline},
};

/// Longest that one run of terraform may take.
const PATIENCE: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(50);

/// `ok`, `not run`, or what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checks {
    pub parse: String,
    /// Limits and references of templates.
    pub limits: String,
    pub fmt: String,
    pub validate: String,
}

/// Reads a file back; of a template its outline.
pub fn read_back(name: &str, text: &str) -> Result<Option<Outline>, IacError> {
    let unreadable = |cause: String| IacError::Unreadable { file: name.to_owned(), cause };
    match name.rsplit('.').next() {
        Some("tf") => drop(hcl::parse(text).map_err(|error| unreadable(error.to_string()))?),
        Some("bicep") => {
            crate::iac::bicep::check(text).map_err(unreadable)?;
            return Ok(Some(limits::outline_bicep(name, text)));
        }
        Some("json") => {
            let value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
            return Ok(limits::outline(name, text, &value));
        }
        _ => {}
    }
    Ok(None)
}

/// Reads every file back and judges them together.
#[cfg(test)]
pub fn parse(files: &crate::iac::Files, plan: &crate::iac::plan::Plan) -> Result<Checks, IacError> {
    let outlines = files.iter().map(|(name, text)| read_back(name, text)).collect::<Result<Vec<_>, _>>()?;
    Ok(Checks::of(outlines.into_iter().flatten().collect(), plan))
}

/// Findings that are told; a template that is wrong once is often wrong everywhere.
const TOLD: usize = 5;

impl Checks {
    /// All files are read back; these are the outlines of templates.
    pub fn of(outlines: Vec<Outline>, plan: &crate::iac::plan::Plan) -> Self {
        let not_run = || "not run".to_owned();
        let limits = if outlines.is_empty() {
            not_run()
        } else {
            let findings = limits::judge(outlines, plan);
            match findings.as_slice() {
                [] => "ok".to_owned(),
                some => format!("{} findings: {}", some.len(), some[..some.len().min(TOLD)].join("; ")),
            }
        };
        Self { parse: "ok".to_owned(), limits, fmt: not_run(), validate: not_run() }
    }
}

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
