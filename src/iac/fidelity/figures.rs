//! The figures: how much of what was sent is in the code, and how much of the code is nobody's input.

use std::collections::BTreeMap;

use serde::Serialize;

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

    pub fn add(&mut self, other: &Self) {
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
