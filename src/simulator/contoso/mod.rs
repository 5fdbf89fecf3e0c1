//! The demo tenant: Contoso, two subscriptions, eight groups, written for this project.
//!
//! Shaped as ARM answers: location names, provisioning states, derived back-references, system-made
//! values. Some names and tags are there to be escaped, some values to be taken for secrets.

mod apps;
mod compute;
mod data;
mod identity;
mod network;
mod shop;

use serde_json::{Value, json};

use super::{born, world::World};

/// Subscription of networks, identity and monitoring.
pub(super) const PLATFORM: &str = "c0470500-0000-4000-8000-0000000000a1";
/// Subscription of the workloads.
pub(super) const PRODUCTION: &str = "c0470500-0000-4000-8000-0000000000a2";

pub(super) const HUB: Group = Group { subscription: PLATFORM, name: "rg-hub-network", location: "westeurope" };
pub(super) const IDENTITY: Group = Group { subscription: PLATFORM, name: "rg-identity", location: "westeurope" };
pub(super) const MONITORING: Group = Group { subscription: PLATFORM, name: "rg-monitoring", location: "westeurope" };
pub(super) const SPOKE: Group = Group { subscription: PRODUCTION, name: "rg-spoke-network", location: "westeurope" };
pub(super) const WEB: Group = Group { subscription: PRODUCTION, name: "rg-web", location: "westeurope" };
pub(super) const DATA: Group = Group { subscription: PRODUCTION, name: "rg-data", location: "westeurope" };
pub(super) const COMPUTE: Group = Group { subscription: PRODUCTION, name: "rg-compute", location: "northeurope" };
pub(super) const KUBERNETES: Group = Group { subscription: PRODUCTION, name: "rg-aks", location: "northeurope" };

/// A resource group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub subscription: &'static str,
    pub name: &'static str,
    pub location: &'static str,
}

impl Group {
    /// Id of the group itself.
    pub(super) fn id(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.name)
    }

    /// Id of a resource in it; children as `("Ns/parent/child", "a/b")`.
    pub(super) fn resource(&self, kind: &str, name: &str) -> String {
        below(&self.id(), kind, name)
    }
}

/// Id of a resource or extension below a scope.
pub(super) fn below(scope: &str, kind: &str, name: &str) -> String {
    let (namespace, types) = kind.split_once('/').unwrap_or((kind, ""));
    let pairs: Vec<String> =
        types.split('/').zip(name.split('/')).map(|(kind, name)| format!("{kind}/{name}")).collect();
    format!("{scope}/providers/{namespace}/{}", pairs.join("/"))
}

/// Adds a resource with id, name and type put in front of what is given.
pub(super) fn put(world: &mut World, id: &str, kind: &str, version: &str, fields: Value) {
    let mut body = json!({"id": id, "name": id.rsplit('/').next(), "type": kind});
    if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
        body.extend(fields);
    }
    // It says what Azure says today, of which only what matters is written here.
    born::complete(kind, id, &mut body);
    world.add(id, version, &body);
}

/// The same for a tracked resource in a group: its location and the usual tags come with it.
pub(super) fn tracked(world: &mut World, group: Group, kind: &str, name: &str, version: &str, fields: Value) {
    let mut whole = json!({
        "location": group.location,
        "tags": {"env": "prod", "owner": "platform@contoso.example", "cost-center": "4711"},
    });
    if let (Some(whole), Value::Object(fields)) = (whole.as_object_mut(), fields) {
        whole.extend(fields);
    }
    put(world, &group.resource(kind, name), kind, version, whole);
}

/// The same for a child, which has neither.
pub(super) fn child(world: &mut World, group: Group, kind: &str, name: &str, version: &str, properties: Value) {
    put(world, &group.resource(kind, name), kind, version, json!({"properties": properties}));
}

pub(super) fn fill(world: &mut World) {
    world.add_subscription(PLATFORM, "Contoso Platform");
    world.add_subscription(PRODUCTION, "Contoso Production");
    for group in [HUB, IDENTITY, MONITORING, SPOKE, WEB, DATA, COMPUTE, KUBERNETES] {
        let fields = json!({
            "location": group.location,
            "tags": {"env": "prod", "expression": "${var.admin} %{if true}", "quote": "say \"hi\" \\ there"},
            "properties": {"provisioningState": "Succeeded"},
        });
        put(world, &group.id(), "Microsoft.Resources/resourceGroups", "2021-04-01", fields);
    }
    network::fill(world);
    identity::fill(world);
    compute::fill(world);
    data::fill(world);
    apps::fill(world);
    shop::fill(world);
}
