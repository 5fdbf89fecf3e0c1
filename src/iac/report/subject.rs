//! What a report is about.

use std::collections::BTreeSet;

use super::source::Source;
use crate::{
    api::OutputFormat,
    iac::{emit::terraform::Forms, model::plan::Plan, verify::checks::Checks},
};

/// The plan and all that was done with it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    pub plan: &'s Plan,
    pub forms: &'s Forms,
    pub format: OutputFormat,
    pub source: &'s Source,
    pub checks: &'s Checks,
    pub code: &'s Written,
}

/// What is in the artifacts.
#[derive(Debug, Default)]
pub struct Written {
    pub names: BTreeSet<String>,
    pub imports: usize,
}

impl Written {
    pub fn take(&mut self, name: &str, text: &str) {
        if name == "imports.tf" {
            self.imports += text.lines().filter(|line| line.starts_with("import {")).count();
        }
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }
}
