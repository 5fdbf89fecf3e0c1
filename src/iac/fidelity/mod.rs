//! Fidelity: does the code say what people had sent?
//!
//! Recorded resource groups hold the PUT that made each resource beside what GET answered. The answers
//! become a snapshot, code is generated of it and read back, references and parameters are evaluated,
//! and the result is held against the PUT: every property that was sent should be there with its value,
//! and nothing that ARM computes. A parameter counts as the value of a secret only; what a GET never
//! returned cannot be in code made from it and is counted apart.
//!
//! ```text
//! recordings ─▶ selection ─▶ plan ─▶ printed text ─▶ read back ─▶ compared with the PUTs
//! ```

#[cfg(test)]
mod canaries;
mod compare;
mod read_arm;
mod read_bicep;
mod read_hcl;
mod recorded;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Files, arm, bicep,
    place::Places,
    plan::{self, Plan},
    print::all,
    select::Selection,
    terraform,
};
use crate::api::GenerateIacRequest;

/// Why no figures came out.
#[derive(Debug, thiserror::Error)]
pub enum FidelityError {
    #[error("{0}: {1}")]
    Read(String, std::io::Error),
    #[error(
        "{file} is no recorded resource group: {cause}; expected an object with resources of id, type, apiVersion, putRequest and body"
    )]
    Recording { file: String, cause: String },
    #[error("{0} holds no recorded resource group")]
    Nothing(String),
    #[error("{file}: what was generated can't be read back: {cause}")]
    ReadBack { file: String, cause: String },
}

/// A resource as generated code says it, with references and parameters evaluated. A value that has to
/// be given is an object with the one field `PARAMETER`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Emitted {
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    pub body: Value,
}

/// The field of an object that stands for a value that has to be given.
pub(super) const PARAMETER: &str = "\u{0}parameter";

/// Counts of properties.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Properties that PUTs sent and ARM returns.
    pub sent: usize,
    /// Of those, in the code.
    pub present: usize,
    /// Sent, and never returned: excepted.
    pub never_returned: usize,
    /// Properties in the code.
    pub generated: usize,
    /// Of those, read-only or not in the type.
    pub computed: usize,
    /// What is missing and what is computed, as `type: path`.
    pub missing: Vec<String>,
    pub too_much: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub scenarios: usize,
    pub resources: usize,
    /// By format (`arm`, `azapi`, `bicep`), then by type; the whole under `""`.
    pub formats: BTreeMap<&'static str, BTreeMap<String, Share>>,
}

impl Share {
    /// Percent of what was sent.
    #[allow(clippy::cast_precision_loss, reason = "counts of properties are small")]
    pub fn present_share(&self) -> f64 {
        if self.sent == 0 { 100.0 } else { self.present as f64 * 100.0 / self.sent as f64 }
    }

    /// Percent of what was generated.
    #[allow(clippy::cast_precision_loss, reason = "counts of properties are small")]
    pub fn computed_share(&self) -> f64 {
        if self.generated == 0 { 0.0 } else { self.computed as f64 * 100.0 / self.generated as f64 }
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.present += other.present;
        self.never_returned += other.never_returned;
        self.generated += other.generated;
        self.computed += other.computed;
        self.missing.extend(other.missing.iter().cloned());
        self.too_much.extend(other.too_much.iter().cloned());
    }
}

impl Report {
    /// The whole of a format.
    pub fn total(&self, format: &str) -> Share {
        self.formats.get(format).and_then(|types| types.get("")).cloned().unwrap_or_default()
    }

    /// What is missing and what is too much, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (format, types) in &self.formats {
            let total = types.get("").into_iter();
            for share in total {
                lines.extend(share.missing.iter().map(|path| format!("{format}: missing: {path}")));
                lines.extend(share.too_much.iter().map(|path| format!("{format}: too much: {path}")));
            }
        }
        lines
    }

    /// Both shares by type and format, for people.
    pub fn table(&self) -> String {
        use std::fmt::Write;
        let mut out = format!("{} recorded groups, {} resources\n", self.scenarios, self.resources);
        for (format, types) in &self.formats {
            let _ = writeln!(out, "\n{format:<70} {:>6} {:>8} {:>9} {:>9}", "sent", "present", "generated", "computed");
            for (name, share) in types.iter().filter(|(name, _)| !name.is_empty()) {
                out.push_str(&line(name, share));
            }
            out.push_str(&line("all", &self.total(format)));
        }
        out
    }
}

fn line(name: &str, share: &Share) -> String {
    format!(
        "{name:<70} {:>6} {:>7.2}% {:>9} {:>8.2}%\n",
        share.sent,
        share.present_share(),
        share.generated,
        share.computed_share()
    )
}

/// Reads every recording of a directory and compares what is generated from it.
pub fn run(directory: &Path) -> Result<Report, FidelityError> {
    let mut report = Report::default();
    for (file, recorded) in recorded::load(directory)? {
        report.scenarios += 1;
        report.resources += recorded.resources.len();
        for format in ["arm", "azapi", "bicep"] {
            let (plan, files) = generated(&recorded, format);
            let read = read(format, &files, &plan);
            let emitted = read.map_err(|cause| FidelityError::ReadBack { file: file.clone(), cause })?;
            let types = report.formats.entry(format).or_default();
            for (name, share) in compare::compare(&recorded, &emitted) {
                types.entry(String::new()).or_default().add(&share);
                types.entry(name).or_default().add(&share);
            }
        }
    }
    if report.scenarios == 0 {
        return Err(FidelityError::Nothing(directory.display().to_string()));
    }
    Ok(report)
}

/// The plan of a recording and the files of a format.
fn generated(recorded: &recorded::Recorded, format: &str) -> (Plan, Files) {
    of_selection(recorded.selection(), format)
}

/// The same of any selection. `azapi`: every resource as the generic provider has it.
pub(super) fn of_selection(selection: Selection, format: &str) -> (Plan, Files) {
    let word = if format == "azapi" { "terraform" } else { format };
    let request = json!({"tenant_id": uuid::Uuid::nil(), "output_format": word, "auto_import_existing": false});
    let Ok(request) = serde_json::from_value::<GenerateIacRequest>(request) else { return Default::default() };
    // Every resource as azapi has it: the typed form is judged by its own tests.
    let plan = plan::build_whole(selection, &request);
    let places = Places::new(&plan);
    let files = match format {
        "arm" => all(&arm::Templates::new(&plan, &places)),
        "bicep" => all(&bicep::Bicep::new(&plan, &places)),
        _ => all(&terraform::Terraform::new(&plan, false)),
    };
    (plan, files)
}

/// Every resource that the files of a format say.
pub(super) fn read(format: &str, files: &Files, plan: &Plan) -> Result<Vec<Emitted>, String> {
    match format {
        "arm" => read_arm::read(files),
        "bicep" => read_bicep::read(files),
        _ => read_hcl::read(files, plan),
    }
}
