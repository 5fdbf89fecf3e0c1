//! Infrastructure as code from a snapshot: pure passes, one neutral plan, a printer a language.
//!
//! ```text
//! snapshot ─▶ select ─▶ re-target ─▶ own ─▶ prune ─▶ name ─▶ secrets ─▶ resolve ─▶ print ─▶ check ─▶ artifacts
//! ```
//! Offline and deterministic to the byte: no clock, no randomness, sorted order everywhere. Each pass
//! is a function of the `plan::Plan` that can be tested alone. Nothing is left out in silence: what
//! is not emitted stands in the report with its reason. Terraform has `azurerm_*` where a table of
//! `emit/terraform/azurerm` carries the whole body, `azapi_resource` elsewhere. What is pruned says a table of
//! Azure's types (`types`), and for what it lacks general rules.

mod emit;
pub mod fidelity;
mod model;
mod passes;
mod report;
mod types;
mod verify;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde_json::Value;

use self::{
    emit::{arm, bicep, print, print::Print, terraform},
    model::{plan, term},
    passes::{
        naming as name, ownership as own, placement as place, prune, references as resolve, retarget, secrets, select,
    },
    verify::{check, limits},
};
use crate::{
    api::{GenerateIacRequest, OutputFormat},
    graph::{GraphError, Snapshot},
    work::{ArtifactError, Work},
};

/// What can be set of generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Providers for `terraform init` without a download; none: `validate` is not run.
    pub terraform_plugin_dir: Option<PathBuf>,
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum IacError {
    #[error("the generation was cancelled")]
    Cancelled,
    #[error("{0:?} is no glob: {1}")]
    Glob(String, String),
    #[error("what was printed can't be read back: {file}: {cause}")]
    Unreadable { file: String, cause: String },
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
}

/// Files by name, as they go into the artifacts.
pub type Files = BTreeMap<String, String>;

/// Plans, prints, checks, writes the artifacts; the answer is the job's result. Blocking.
pub fn generate(
    snapshot: &Snapshot,
    request: &GenerateIacRequest,
    work: &Work,
    settings: &Settings,
) -> Result<Value, IacError> {
    let step = |phase: &str, message: &str, fraction: f64| {
        work.progress.report(phase, message, fraction, serde_json::Map::new());
        if work.cancel.is_cancelled() { Err(IacError::Cancelled) } else { Ok(()) }
    };
    step("select", "choosing resources", 0.0)?;
    let mut selection = select::select(snapshot, request, &work.cancel)?;
    step("plan", "pruning and resolving", 0.3)?;
    let warnings = retarget::retarget(&mut selection, request);
    let mut plan = plan::build(selection, request);
    let source = report::Source::of(snapshot);
    plan.warnings.extend(warnings.into_iter().chain(report::warnings(&source, &plan)));
    step("print", "writing the code", 0.6)?;
    let mut written = Written::default();
    let mut outlines = Vec::new();
    let places = place::Places::new(&plan);
    let printer: Box<dyn Print + '_> = match request.output_format {
        OutputFormat::Terraform => Box::new(terraform::Terraform::new(&plan, request.auto_import_existing)),
        OutputFormat::Arm => Box::new(arm::Templates::new(&plan, &places)),
        OutputFormat::Bicep => Box::new(bicep::Bicep::new(&plan, &places)),
    };
    let made = |file: usize| {
        let (name, text) = printer.print(file);
        let outline = check::read_back(&name, &text);
        (name, text, outline)
    };
    print::each(printer.count(), made, |(name, text, outline)| {
        if work.cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        outlines.extend(outline?);
        work.artifacts.write(&name, text.as_bytes())?;
        written.take(&name, &text);
        Ok(())
    })?;
    drop(printer);
    step("check", "looking at the code", 0.9)?;
    let mut checks = check::Checks::of(outlines, &plan);
    if request.output_format == OutputFormat::Terraform {
        check::terraform(&work.artifacts.directory(), settings, &work.cancel, &mut checks)?;
    }
    for (name, text) in report::files(&plan, request, &source, &checks, &written) {
        work.artifacts.write(&name, text.as_bytes())?;
        written.take(&name, &text);
    }
    step("check", "done", 1.0)?;
    Ok(report::result(&plan, &written, &checks))
}

/// What is in the artifacts.
#[derive(Debug, Default)]
struct Written {
    names: BTreeSet<String>,
    imports: usize,
}

impl Written {
    fn take(&mut self, name: &str, text: &str) {
        if name == "imports.tf" {
            self.imports = text.lines().filter(|line| line.starts_with("import {")).count();
        }
        self.names.insert(name.to_owned());
    }
}

#[cfg(test)]
mod tests;
