//! The files that speak about the code, one after the other.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use super::{json, markdown, readme, source::Source};
use crate::{
    api::OutputFormat,
    iac::{emit::terraform::Forms, model::plan::Plan, verify::checks::Checks},
};

/// What a report is about.
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

/// Writes the files; `open` makes each by its name. The answer are their names.
pub fn write<W: Write>(
    subject: &Subject<'_>,
    mut open: impl FnMut(&str) -> io::Result<W>,
) -> io::Result<[&'static str; 3]> {
    let names = ["report.json", "report.md", "README.md"];
    let lists = json::write(subject, &mut open(names[0])?)?;
    markdown::write(subject, lists, &mut open(names[1])?)?;
    open(names[2])?.write_all(readme::readme(subject).as_bytes())?;
    Ok(names)
}
