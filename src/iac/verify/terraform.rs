//! Terraform's own tool looks at what was written, where the configuration names a directory of providers.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{checks::Checks, workplace::Workplace};
use crate::iac::error::{IacError, Settings};

/// `terraform fmt -check`, and `init` and `validate` with the configured providers.
pub fn terraform(
    directory: &Path,
    settings: &Settings,
    cancel: &CancellationToken,
    checks: &mut Checks,
) -> Result<(), IacError> {
    let Some(providers) = &settings.terraform_plugin_dir else { return Ok(()) };
    let work = Workplace::new(settings, &[])?;
    work.take(directory)?;
    let run = |arguments: &[&str]| Ok::<_, IacError>(work.run(arguments, &[], cancel)?.outcome());
    let plugins = format!("-plugin-dir={}", providers.display());
    let told = |outcome: Result<(), String>| outcome.map_or_else(|cause| cause, |()| "ok".to_owned());
    checks.fmt = told(run(&["fmt", "-check", "-no-color"])?);
    checks.validate = match run(&["init", "-backend=false", "-input=false", "-no-color", &plugins])? {
        Ok(()) => told(run(&["validate", "-no-color"])?),
        Err(cause) => format!("init: {cause}"),
    };
    Ok(())
}
