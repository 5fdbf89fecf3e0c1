//! From recordings to figures: each group is generated, read back and compared.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;

use super::{
    compare,
    emitted::Emitted,
    error::FidelityError,
    figures::Report,
    read_arm, read_bicep, read_hcl,
    recorded::{self, Recorded},
};
use crate::{
    api::GenerateIacRequest,
    graph::model::Node,
    iac::{
        emit::{
            arm::Templates,
            bicep::Bicep,
            files::{Files, all},
            terraform::{self, Forms, Terraform},
        },
        error::IacError,
        model::{capabilities::Capabilities, plan::Plan},
        passes::placement::Places,
        recording,
    },
};

/// Reads every recording of a directory and compares what is generated from it.
pub fn run(directory: &Path) -> Result<Report, FidelityError> {
    let mut report = Report::default();
    for (file, recorded) in recorded::load(directory)? {
        report.scenarios += 1;
        report.resources += recorded.resources.len();
        for format in ["arm", "azapi", "bicep"] {
            let (plan, files) = generated(&recorded, format)?;
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
pub fn generated(recorded: &Recorded, format: &str) -> Result<(Plan, Files), IacError> {
    of_nodes(&recorded.nodes(), &[], format)
}

/// The same of any nodes. `azapi`: every resource as the generic provider has it, for the typed form is judged by
/// its own tests.
pub fn of_nodes(
    nodes: &BTreeMap<String, Node>,
    known: &[(String, String)],
    format: &str,
) -> Result<(Plan, Files), IacError> {
    let word = if format == "azapi" { "terraform" } else { format };
    let request = json!({"tenant_id": uuid::Uuid::nil(), "output_format": word, "auto_import_existing": false});
    let Ok(request) = serde_json::from_value::<GenerateIacRequest>(request) else { return Ok(Default::default()) };
    let capabilities = if format == "azapi" { whole_bodies(false) } else { Capabilities::whole() };
    let plan = recording::plan(nodes, known, &request, &capabilities)?;
    let places = Places::new(&plan);
    let files = match format {
        "arm" => all(&Templates::new(&plan, &places)),
        "bicep" => all(&Bicep::new(&plan, &places)),
        _ => all(&Terraform::new(&plan, &Forms::default(), false)?),
    }?;
    Ok((plan, files))
}

/// Terraform without what only `azurerm_*` needs: nothing is taken out of a body.
pub fn whole_bodies(with_imports: bool) -> Capabilities {
    Capabilities { split: |_, _| None, ..terraform::capabilities(with_imports) }
}

/// Every resource that the files of a format say.
pub fn read(format: &str, files: &Files, plan: &Plan) -> Result<Vec<Emitted>, String> {
    match format {
        "arm" => read_arm::read(files, plan),
        "bicep" => read_bicep::read(files, plan),
        _ => read_hcl::read(files, plan),
    }
}
