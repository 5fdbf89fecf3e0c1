//! Which region a resource moves from: its own, or that of what it is in, or the one where most of the selection is.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    arm,
    iac::{
        model::{ids::prefixes, index::hash},
        passes::selection::Selection,
    },
};

/// Places that are larger than a region: services say them of where data may be.
const GEOGRAPHIES: [&str; 21] = [
    "global",
    "unitedstates",
    "europe",
    "asiapacific",
    "unitedkingdom",
    "australia",
    "canada",
    "india",
    "japan",
    "korea",
    "france",
    "germany",
    "norway",
    "switzerland",
    "uae",
    "brazil",
    "africa",
    "asia",
    "sweden",
    "southafrica",
    "usgov",
];

/// Regions of the selected resources, as codes.
#[derive(Debug, Default)]
pub struct Regions {
    /// By the hash of a key.
    of: HashMap<u64, Arc<str>>,
    most: Option<Arc<str>>,
    all: BTreeMap<Arc<str>, usize>,
}

/// `global` and what is none of a region's codes stay.
pub fn is_region(code: &str) -> bool {
    !code.is_empty() && !GEOGRAPHIES.contains(&code)
}

impl Regions {
    pub fn of(selection: &Selection) -> Self {
        let mut regions = Self::default();
        for row in &selection.rows {
            let code = row.location.as_deref().map(arm::location_code).filter(|code| is_region(code));
            let Some(code) = code else { continue };
            let known = regions.all.get_key_value(code.as_str()).map(|(known, _)| Arc::clone(known));
            let code = known.unwrap_or_else(|| code.into());
            *regions.all.entry(Arc::clone(&code)).or_default() += 1;
            regions.of.insert(hash(&arm::key(&row.id)), code);
        }
        // Of equals, the last in the alphabet.
        regions.most = regions.all.iter().max_by_key(|(_, count)| **count).map(|(code, _)| Arc::clone(code));
        regions
    }

    /// The region that a resource moves from.
    pub fn from(&self, id: &str) -> Option<&str> {
        let own = prefixes(id).into_iter().find_map(|key| self.of.get(&hash(&key)));
        own.or(self.most.as_ref()).map(|code| &**code)
    }

    /// Whether something of the selection moves away from a region.
    pub fn is_left(&self, code: &str) -> bool {
        self.all.contains_key(code)
    }
}
