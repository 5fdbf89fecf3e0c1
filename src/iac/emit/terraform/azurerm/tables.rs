//! The data files, a service each, and what they say together.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    parse::{Parsed, parse},
    section::Section,
};

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("tables/", $name)))),*] };
}

/// Names and texts of the data files.
pub static FILES: &[(&str, &str)] = files![
    "network.map",
    "gateway.map",
    "dns.map",
    "compute.map",
    "storage.map",
    "identity.map",
    "sql.map",
    "databases.map",
    "web.map",
    "containers.map",
    "monitor.map",
    "messaging.map",
    "services.map",
    "frontdoor.map",
    "apimanagement.map",
    "events.map",
    "automation.map",
    "backup.map",
    "scalesets.map",
];

/// A test holds that each file parses: one that did not would leave its types to azapi.
static PARSED: LazyLock<Vec<Parsed>> =
    LazyLock::new(|| FILES.iter().filter_map(|(name, text)| parse(name, text).ok()).collect());

/// All sections, by the lower-case ARM type, in order.
pub static TABLES: LazyLock<HashMap<String, Vec<&'static Section>>> = LazyLock::new(|| {
    let mut tables: HashMap<String, Vec<&'static Section>> = HashMap::new();
    for section in PARSED.iter().flat_map(|parsed| &parsed.sections) {
        tables.entry(section.arm.to_ascii_lowercase()).or_default().push(section);
    }
    tables
});

/// Spelling of types, whole and in part, by their lower-case text.
pub static SPELLED: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut spelled = HashMap::new();
    for arm in PARSED.iter().flat_map(|parsed| &parsed.spelled) {
        let ends = arm.match_indices('/').map(|(at, _)| at).skip(1).chain([arm.len()]);
        for end in ends {
            spelled.entry(arm[..end].to_ascii_lowercase()).or_insert(&arm[..end]);
        }
    }
    spelled
});
