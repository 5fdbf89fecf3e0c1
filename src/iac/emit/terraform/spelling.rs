//! How Terraform's providers spell what Azure spells in several ways.

use super::hcl::Part;

/// Providers read the static words of an id with their case.
pub fn canonical(id: &str) -> String {
    let mut parts: Vec<&str> = id.split('/').collect();
    for (at, word) in [(1, "subscriptions"), (3, "resourceGroups")] {
        if let Some(part) = parts.get_mut(at).filter(|part| part.eq_ignore_ascii_case(word)) {
            *part = word;
        }
    }
    parts.join("/")
}

/// A text that is an id, or that of something below it, by what refers to the id; `None`: it is neither.
pub fn longer(code: &str, id: &str, text: &str) -> Option<Vec<Part>> {
    let rest = text.strip_prefix(id).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let rest = (!rest.is_empty()).then(|| Part::Literal(rest.to_owned()));
    Some(std::iter::once(Part::Code(code.to_owned())).chain(rest).collect())
}

/// One of the four spellings that the provider takes.
pub fn spell_identity(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match (lower.contains("systemassigned"), lower.contains("userassigned")) {
        (true, true) => "SystemAssigned, UserAssigned",
        (true, false) => "SystemAssigned",
        (false, true) => "UserAssigned",
        _ => "None",
    }
    .to_owned()
}
