//! Adds what loaded bodies refer to and no source gave: resource groups, parents, types that every cloud has.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    inline,
    world::{VERSION, World},
};
use crate::arm::{self, ResourceId};

impl World {
    /// Makes the resources and groups that others lie in and nobody gave, and versions for types without one.
    pub(super) fn add_missing(&mut self) {
        self.make_parents();
        inline::settle(self);
        let mut missing = BTreeMap::new();
        for stored in self.resources.values() {
            let (Some(subscription), Some(group)) = (&stored.parsed.subscription, &stored.parsed.resource_group) else {
                continue;
            };
            let id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
            if !self.contains(&arm::key(&id)) {
                missing.entry(arm::key(&id)).or_insert((id, group.clone()));
            }
        }
        for (id, name) in missing.into_values() {
            let body = json!({
                "id": id, "name": name, "type": "Microsoft.Resources/resourceGroups", "location": "eastus",
                "properties": {"provisioningState": "Succeeded"},
            });
            self.add(&id, "2021-04-01", &body);
        }
        for facts in self.types.values_mut().filter(|facts| facts.versions.is_empty()) {
            facts.versions.insert(VERSION.to_owned());
        }
        for name in ["roleAssignments", "roleDefinitions", "locks", "policyAssignments"] {
            let name = format!("Microsoft.Authorization/{name}");
            for version in ["2022-04-01", "2020-05-01", "2023-04-01"] {
                self.know(&name, version, false);
            }
            self.extends(&name);
        }
        self.know("Microsoft.Authorization/policyExemptions", "2022-07-01-preview", false);
        self.extends("Microsoft.Authorization/policyExemptions");
        for name in ["policyDefinitions", "policySetDefinitions"] {
            self.know(&format!("Microsoft.Authorization/{name}"), "2023-04-01", false);
        }
        self.know("Microsoft.Resources/resourceGroups", "2021-04-01", false);
        self.know("Microsoft.Insights/diagnosticSettings", "2021-05-01-preview", false);
        self.extends("Microsoft.Insights/diagnosticSettings");
    }

    /// A child can't be without what it is a child of.
    fn make_parents(&mut self) {
        loop {
            let mut missing = BTreeMap::new();
            for stored in self.resources.values().filter(|stored| stored.parsed.subscription.is_some()) {
                let parent = stored.parsed.parent();
                // A location is no resource.
                let is_place = ResourceId::parse(&parent)
                    .is_some_and(|id| !id.is_child() && id.type_name().to_lowercase().ends_with("/locations"));
                if parent.contains("/providers/") && !is_place && !self.contains(&arm::key(&parent)) {
                    missing.entry(arm::key(&parent)).or_insert(parent);
                }
            }
            let before = self.len();
            for id in missing.into_values() {
                let type_name = ResourceId::parse(&id).map(|id| id.type_name());
                let body = json!({
                    "id": id, "name": id.rsplit('/').next(), "type": type_name, "location": "eastus",
                    "properties": {"provisioningState": "Succeeded"},
                });
                self.add(&id, "", &body);
            }
            if self.len() == before {
                return;
            }
        }
    }
}
