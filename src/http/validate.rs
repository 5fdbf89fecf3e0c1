//! Checks of a request that its types can't express: ranges, globs, fields that exclude each other. Pure.
//!
//! All wrong fields are reported at once.

use crate::api::{At, FieldError, FilterConfig, GenerateIacRequest, GenerateSpecRequest, ScanRequest, Time};

use super::refusal::Refusal;

/// Longest time that a job may ask for.
const LONGEST_TIMEOUT: u64 = 7 * 86_400;
/// Entries of a list in a request.
const MOST_ENTRIES: usize = 1_000;

#[derive(Default)]
struct Findings(Vec<FieldError>);

impl Findings {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(path, message));
    }

    fn globs(&mut self, path: &str, globs: &[String]) {
        self.entries(path, globs.len());
        for (index, glob) in globs.iter().enumerate() {
            if let Err(error) = globset::Glob::new(glob) {
                self.add(&format!("{path}[{index}]"), format!("{glob:?} is no glob: {}", error.kind()));
            } else if glob.trim().is_empty() {
                self.add(&format!("{path}[{index}]"), "expected a glob such as Microsoft.Network/*");
            }
        }
    }

    fn entries(&mut self, path: &str, count: usize) {
        if count > MOST_ENTRIES {
            self.add(path, format!("{count} entries: expected at most {MOST_ENTRIES}"));
        }
    }

    fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::fields(self.0)) }
    }
}

pub(super) fn scan(request: &ScanRequest) -> Result<(), Refusal> {
    let mut findings = Findings::default();
    findings.entries("subscription_ids", request.subscription_ids.len());
    if request.resource_limit == Some(0) {
        findings.add("resource_limit", "0 is out of range: expected 1 or more");
    }
    if !(-10..=10).contains(&request.priority) {
        findings.add("priority", format!("{} is out of range: expected -10 to 10", request.priority));
    }
    if let Some(seconds) = request.timeout_seconds
        && !(1..=LONGEST_TIMEOUT).contains(&seconds)
    {
        findings.add("timeout_seconds", format!("{seconds} is out of range: expected 1 to {LONGEST_TIMEOUT}"));
    }
    findings.globs("include_child_types", &request.include_child_types);
    if let Some(filter) = &request.filter_config {
        let FilterConfig { resource_types, exclude_resource_types, regions, resource_groups, names, tags, .. } = filter;
        let lists = [
            ("resource_types", resource_types),
            ("exclude_resource_types", exclude_resource_types),
            ("resource_groups", resource_groups),
            ("names", names),
        ];
        for (name, globs) in lists {
            findings.globs(&format!("filter_config.{name}"), globs);
        }
        findings.entries("filter_config.regions", regions.len());
        findings.entries("filter_config.tags", tags.len());
    }
    findings.end()
}

pub(super) fn generate_spec(request: &GenerateSpecRequest) -> Result<(), Refusal> {
    let mut findings = Findings::default();
    if request.resource_limit == Some(0) {
        findings.add("resource_limit", "0 is out of range: expected 1 or more");
    }
    findings.end()
}

pub(super) fn generate(request: &GenerateIacRequest) -> Result<(), Refusal> {
    let mut findings = Findings::default();
    let lists = [
        ("resource_types", &request.resource_types),
        ("exclude_resource_types", &request.exclude_resource_types),
        ("resource_groups", &request.resource_groups),
        ("names", &request.names),
    ];
    for (name, globs) in lists {
        findings.globs(name, globs);
    }
    findings.entries("regions", request.regions.len());
    findings.entries("subscription_ids", request.subscription_ids.len());
    if request.auto_import_existing {
        let elsewhere = [
            ("target_tenant_id", request.target_tenant_id.is_some()),
            ("target_subscription_id", request.target_subscription_id.is_some()),
            ("location", request.location.is_some()),
            ("name_suffix", request.name_suffix.is_some()),
            ("identity_map", !request.identity_map.is_empty()),
        ];
        for (name, _) in elsewhere.into_iter().filter(|(_, is_given)| *is_given) {
            findings.add(
                name,
                "auto_import_existing takes over what exists, which is not in another place: give one of the two",
            );
        }
    }
    findings.entries("identity_map", request.identity_map.len());
    for (from, to) in &request.identity_map {
        for id in [from, to].into_iter().filter(|id| !is_uuid(id)) {
            findings.add(
                &format!("identity_map.{from}"),
                format!("{id:?} is no UUID: expected the object id of an identity and that which replaces it"),
            );
        }
    }
    let suffix = request.name_suffix.as_deref().unwrap_or("x");
    if suffix.is_empty() || suffix.len() > 12 || !suffix.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        findings.add("name_suffix", "expected 1 to 12 letters, digits or hyphens");
    }
    if request
        .location
        .as_deref()
        .is_some_and(|at| at.is_empty() || !at.chars().all(|c| c.is_ascii_alphanumeric() || c == ' '))
    {
        findings.add("location", "expected a region such as westeurope");
    }
    if let Some(At::Time(text)) = &request.at
        && text.parse::<Time>().is_err()
    {
        findings.add("at", format!("{text:?} is neither a snapshot's number nor an RFC 3339 time"));
    }
    findings.end()
}

/// Eight, four, four, four and twelve digits, as Azure writes them.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan_of(text: &str) -> Result<(), Refusal> {
        scan(&serde_json::from_str(text).expect("a request"))
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let refused = scan_of(
            r#"{"tenant_id": "c0470500-0000-4000-8000-000000000001", "resource_limit": 0, "priority": 11,
                "filter_config": {"names": ["a["]}}"#,
        );
        let details = refused.expect_err("refused").details.expect("fields");
        let paths: Vec<&str> =
            details["fields"].as_array().into_iter().flatten().filter_map(|field| field["path"].as_str()).collect();
        assert_eq!(paths, ["resource_limit", "priority", "filter_config.names[0]"]);
    }

    #[test]
    fn an_import_into_another_place_is_refused() {
        let text = r#"{"tenant_id": "c0470500-0000-4000-8000-000000000001", "format": "bicep",
            "auto_import_existing": true, "name_suffix": "a/b"}"#;
        let refused = generate(&serde_json::from_str(text).expect("a request")).expect_err("refused");
        let details = refused.details.expect("fields");
        assert_eq!(details["fields"].as_array().map(Vec::len), Some(2), "{details}");
    }

    #[test]
    fn an_identity_map_is_of_uuids() {
        let id = "c0470500-0000-4000-8000-000000000001";
        let asked = |from: &str, to: &str| {
            let text = serde_json::json!({"tenant_id": id, "format": "arm", "identity_map": {from: to}});
            generate(&serde_json::from_value(text).expect("a request"))
        };
        assert!(asked(id, &id.to_uppercase()).is_ok());
        for (from, to) in [("boss", id), (id, "boss"), (id, "")] {
            let refused = asked(from, to).expect_err("refused");
            assert!(refused.message.starts_with(&format!("identity_map.{from}: ")), "{}", refused.message);
            assert!(refused.message.contains("no UUID"), "{}", refused.message);
        }
    }
}
