//! What the checks found, as results and reports say it.

use serde::Serialize;

use super::{
    limits::{Found, Judge},
    plan::Counts,
};
use crate::iac::{error::IacError, model::plan::Plan};

/// Findings that are listed; a template that is wrong once is often wrong everywhere.
const MOST_LISTED: usize = 5;

/// `ok`, `not run`, or what is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checks {
    pub parse: String,
    /// Limits and references of templates.
    pub limits: String,
    /// What Azure's published types say of the resources of ARM templates.
    pub types: String,
    /// What the Bicep compiler's linter and formatter would say.
    pub style: String,
    pub fmt: String,
    pub validate: String,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanCheck>,
    /// What the plan would still change, or refuses.
    #[serde(skip)]
    pub differences: Vec<Difference>,
}

/// What Terraform's plan says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PlanCheck {
    NotRun(String),
    Ran {
        #[serde(flatten)]
        counts: Counts,
        rounds: u32,
        seconds: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

/// What a plan would do to a resource beside importing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub resource: String,
    pub address: String,
    pub attributes: Vec<String>,
    pub message: Option<String>,
}

impl Checks {
    /// All files are read back; `judge` has seen the templates.
    pub fn of(judge: Judge, plan: &Plan) -> Result<Self, IacError> {
        let not_run = || "not run".to_owned();
        let said = |found: &Found| match found.count {
            0 => "ok".to_owned(),
            count => {
                format!("{count} findings: {}", found.first[..found.first.len().min(MOST_LISTED)].join("; "))
            }
        };
        let types = if judge.has_arm { said(&judge.untyped) } else { not_run() };
        let style = if judge.has_bicep { said(&judge.unstyled) } else { not_run() };
        let limits = if judge.is_empty() {
            not_run()
        } else {
            match judge.findings(plan)?.as_slice() {
                [] => "ok".to_owned(),
                some => format!("{} findings: {}", some.len(), some[..some.len().min(MOST_LISTED)].join("; ")),
            }
        };
        Ok(Self {
            parse: "ok".to_owned(),
            limits,
            types,
            style,
            fmt: not_run(),
            validate: not_run(),
            plan: None,
            differences: Vec::new(),
        })
    }
}

/// Reads every file back and judges them together.
#[cfg(test)]
pub fn of_files(files: &crate::iac::emit::files::Files, plan: &Plan) -> Result<Checks, IacError> {
    let (mut outlines, reader) = (Vec::new(), super::read_back::ReadBack::default());
    for (name, text) in files {
        outlines.extend(reader.read(name, text)?);
    }
    // In the order of their deployment.
    outlines.sort_by(|a, b| (a.name.len(), &a.name).cmp(&(b.name.len(), &b.name)));
    let mut judge = Judge::default();
    for outline in outlines {
        judge.see(outline);
    }
    Checks::of(judge, plan)
}
