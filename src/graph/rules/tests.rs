//! The rules on small bodies: each names what it shows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{resolve::resolve, *};
use crate::{
    arm::{self, ResourceId},
    graph::model::{EdgeKind, Label},
};

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const TENANT: &str = "t";

fn nic() -> String {
    format!("{GROUP}/providers/Microsoft.Network/networkInterfaces/n")
}

fn vnet() -> String {
    format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v")
}

fn edges(id: &str, body: &Value, known: &[&str]) -> Vec<(String, String, String)> {
    let id_parts = ResourceId::parse(id).expect("an id");
    let known: BTreeSet<String> = known.iter().map(|id| arm::key(id)).chain([arm::key(id)]).collect();
    let (key, type_name, tags) = (id_parts.key(), id_parts.type_name(), BTreeMap::new());
    let subject =
        Subject { label: Label::Resource, key: &key, id, type_name: &type_name, location: None, tags: &tags, body };
    let label = |key: &str| known.contains(key).then_some(Label::Resource);
    let found = derive(&subject, TENANT, &label);
    found.edges.into_iter().map(|edge| (edge.kind.word().to_owned(), edge.source, edge.target)).collect()
}

fn expect(kind: &str, source: &str, target: &str) -> (String, String, String) {
    let lower = |text: &str| if text == TENANT { text.to_owned() } else { arm::key(text) };
    (kind.to_owned(), lower(source), lower(target))
}

#[test]
fn an_id_of_a_sub_object_leads_to_the_resource_and_a_child_lies_in_its_parent() {
    let subnet = format!("{}/subnets/a", vnet());
    let body = json!({"properties": {"ipConfigurations": [{
        "id": format!("{}/ipConfigurations/x", nic()),
        "properties": {"subnet": {"id": subnet}},
    }]}});
    let found = edges(&nic(), &body, &[GROUP, &vnet(), &subnet]);
    assert_eq!(found, [expect("CONTAINS", GROUP, &nic()), expect("CONNECTED_TO", &nic(), &subnet)]);
    let found = edges(&subnet, &json!({}), &[GROUP, &vnet()]);
    assert_eq!(found, [expect("CONTAINS", &vnet(), &subnet)]);
}

#[test]
fn an_unknown_target_is_kept_and_locations_and_own_parts_are_not() {
    let other = format!("{GROUP}/providers/Microsoft.Compute/disks/d");
    let body = json!({"properties": {
        "a": {"id": other},
        "b": {"id": "/subscriptions/s/providers/Microsoft.Web/locations/east/x/y"},
        "c": {"id": format!("{}/ipConfigurations/x", nic())},
    }});
    let found = edges(&nic(), &body, &[]);
    assert_eq!(found, [expect("CONTAINS", TENANT, &nic()), expect("REFERENCES", &nic(), &other)]);
}

#[test]
fn spelling_does_not_matter() {
    let body = json!({"properties": {"x": {"id": vnet().to_uppercase()}}});
    let found = edges(&nic(), &body, &[&vnet()]);
    assert!(found.contains(&expect("REFERENCES", &nic(), &vnet())), "{found:?}");
}

#[test]
fn back_references_give_no_second_edge() {
    let body = json!({"properties": {"virtualMachine": {"id": format!("{GROUP}/providers/Microsoft.Compute/virtualMachines/m")}}});
    assert_eq!(edges(&nic(), &body, &[GROUP]), [expect("CONTAINS", GROUP, &nic())]);
}

#[test]
fn a_role_assignment_ties_principal_role_and_scope() {
    let id = format!("{GROUP}/providers/Microsoft.Authorization/roleAssignments/1");
    let role = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/ABC";
    let body =
        json!({"properties": {"principalId": "P", "principalType": "User", "roleDefinitionId": role, "scope": GROUP}});
    let kinds: Vec<(String, String)> =
        edges(&id, &body, &[GROUP]).into_iter().map(|(kind, _, target)| (kind, target)).collect();
    for expected in [("ASSIGNED_TO", "p"), ("HAS_ROLE", "abc"), ("SCOPED_TO", &arm::key(GROUP)), ("REFERENCES", "abc")]
    {
        assert!(kinds.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{expected:?} in {kinds:?}");
    }
}

#[test]
fn identities_are_edges() {
    let identity = format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i");
    let body = json!({"identity": {"principalId": "OID", "userAssignedIdentities": {identity.clone(): {}}}});
    let found = edges(&nic(), &body, &[&identity]);
    assert!(found.contains(&(String::from("USES_IDENTITY"), arm::key(&nic()), String::from("oid"))));
    assert!(found.contains(&expect("USES_IDENTITY", &nic(), &identity)));
}

#[test]
fn a_peering_carries_its_state_and_a_lock_protects_its_scope() {
    let other = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/w");
    let body = json!({"properties": {"virtualNetworkPeerings": [
        {"properties": {"peeringState": "Connected", "remoteVirtualNetwork": {"id": other}}},
    ]}});
    let (key, tags) = (arm::key(&vnet()), BTreeMap::new());
    let id = vnet();
    let type_name = "Microsoft.Network/virtualNetworks";
    let subject =
        Subject { label: Label::Resource, key: &key, id: &id, type_name, location: None, tags: &tags, body: &body };
    let derived = derive(&subject, TENANT, &|_: &str| None::<Label>);
    let peering = derived.edges.iter().find(|edge| edge.kind == EdgeKind::PeeredWith).expect("an edge");
    assert_eq!(
        (peering.target.as_str(), peering.properties["state"].as_str()),
        (arm::key(&other).as_str(), "Connected")
    );
    let lock = format!("{}/providers/Microsoft.Authorization/locks/l", vnet());
    let found = edges(&lock, &json!({"properties": {"level": "CanNotDelete"}}), &[&vnet()]);
    assert!(found.contains(&expect("PROTECTS", &lock, &vnet())), "{found:?}");
}

#[test]
fn what_a_diagnostic_setting_says_is_said_of_its_resource() {
    let workspace = format!("{GROUP}/providers/Microsoft.OperationalInsights/workspaces/w");
    let setting = format!("{}/providers/Microsoft.Insights/diagnosticSettings/d", vnet());
    let found = edges(&setting, &json!({"properties": {"workspaceId": workspace}}), &[&vnet(), &workspace]);
    assert!(found.contains(&expect("LOGS_TO", &vnet(), &workspace)), "{found:?}");
}

struct Named;

impl Known for Named {
    fn label_of(&self, _: &str) -> Option<Label> {
        None
    }

    fn principal(&self, name: &str) -> Option<String> {
        (name == "ann@contoso.com").then(|| "ann".to_owned())
    }

    fn vault(&self, name: &str) -> Option<String> {
        (name == "kv").then(|| "/vault".to_owned())
    }
}

#[test]
fn makers_and_vaults_are_found_by_their_other_names() {
    let body = json!({
        "systemData": {"createdBy": "ann@contoso.com", "createdByType": "User"},
        "properties": {"encryption": {"keyVaultProperties": {"keyVaultUri": "https://KV.vault.azure.net/"}}},
    });
    let (id, tags) = (nic(), BTreeMap::new());
    let key = arm::key(&id);
    let type_name = "Microsoft.Network/networkInterfaces";
    let subject =
        Subject { label: Label::Resource, key: &key, id: &id, type_name, location: None, tags: &tags, body: &body };
    let derived = derive(&subject, TENANT, &Named);
    let found: Vec<(EdgeKind, &str)> = derived.edges.iter().map(|edge| (edge.kind, edge.target.as_str())).collect();
    assert!(
        found.contains(&(EdgeKind::CreatedBy, "ann")) && found.contains(&(EdgeKind::UsesKey, "/vault")),
        "{found:?}"
    );
}

proptest! {
    #[test]
    fn a_reference_resolves_to_the_longest_known_prefix(depth in 1_usize..5, known_depth in 1_usize..5) {
        let id_at = |depth: usize| {
            let pairs: Vec<String> = (0..depth).map(|at| format!("t{at}/n{at}")).collect();
            format!("{GROUP}/providers/Ns.X/{}", pairs.join("/"))
        };
        let known_id = arm::key(&id_at(known_depth));
        let label = |key: &str| (key == known_id).then_some(Label::Resource);
        let target = resolve(&id_at(depth), &label);
        let whole = arm::key(&id_at(depth));
        let expected = if known_depth <= depth {
            Target::Known(known_id.clone())
        } else {
            Target::Unknown { key: whole, id: id_at(depth) }
        };
        prop_assert_eq!(target, Some(expected));
    }
}
