//! Whether names are legal for what they are of.

use crate::{iac::types::name_fault, spec::finding::Findings, spec::place::Place};

/// Characters that no resource's name may hold.
const NEVER: [char; 9] = ['<', '>', '%', '&', '\\', '?', '/', '#', '"'];

/// A resource group's: what its documentation says.
pub(in crate::spec) fn group(name: &str, path: &str, place: Place, findings: &mut Findings) {
    let is_legal = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '(' | ')');
    if name.is_empty() || name.chars().count() > 90 || name.ends_with('.') || !name.chars().all(is_legal) {
        let message = format!(
            "{} is no legal name of a resource group: expected 1 to 90 letters, digits, '_', '-', '.', '(' and ')', not ending in '.'",
            shown(name)
        );
        findings.error(format!("{path}.name"), place, message);
    }
}

/// A resource's, segment by segment: as many as its type has, each what the type publishes.
pub(in crate::spec) fn resource(
    type_name: &str,
    api_version: &str,
    name: &str,
    path: &str,
    place: Place,
    findings: &mut Findings,
) -> bool {
    let names: Vec<&str> = name.split('/').collect();
    let expected = type_name.matches('/').count();
    if names.len() != expected {
        let message =
            format!("{} is no name for {type_name}: expected {expected} parts with '/' between them", shown(name));
        findings.error(format!("{path}.name"), place, message);
        return false;
    }
    let mut is_legal = true;
    for part in &names {
        let is_bad = part.trim().is_empty()
            || part.contains(NEVER)
            || part.contains(char::is_control)
            || part.chars().count() > 260;
        if is_bad {
            findings.error(format!("{path}.name"), place, format!("{} is no legal name of a resource", shown(part)));
            is_legal = false;
        }
    }
    let last = names.last().copied().unwrap_or_default();
    if is_legal && let Some(fault) = name_fault(type_name, api_version, last) {
        findings.error(
            format!("{path}.name"),
            place,
            format!("{} is no legal name of {type_name}: {fault}", shown(last)),
        );
        is_legal = false;
    }
    is_legal
}

fn shown(name: &str) -> String {
    format!("{:?}", name.chars().take(100).collect::<String>())
}
