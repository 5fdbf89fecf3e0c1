//! Changes of other resources that a PUT causes in Azure.
//!
//! | put | then | source |
//! |---|---|---|
//! | a machine whose OS disk is made from an image | the disk, and its id in the machine's body | documented |
//! | a machine with disks | `managedBy` and `diskState` of each disk | documented |
//! | a private endpoint | its network interface, and its id in the endpoint's body | documented |

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;
use crate::arm;

const DISKS: &str = "2023-04-02";
const CARDS: &str = "2024-05-01";

/// Does what Azure does when a resource was put.
pub(super) fn follow(world: &mut World, id: &str, body: &Value) {
    match body["type"].as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        "microsoft.compute/virtualmachines" => machine(world, id, body),
        "microsoft.network/privateendpoints" => endpoint(world, id, body),
        _ => {}
    }
}

/// The group of a resource, up to and without its provider.
fn group(id: &str) -> &str {
    id.split("/providers/").next().unwrap_or_default()
}

fn machine(world: &mut World, id: &str, body: &Value) {
    let profile = &body["properties"]["storageProfile"];
    let disk = &profile["osDisk"];
    let is_made = disk["createOption"].as_str().is_some_and(|option| option.eq_ignore_ascii_case("FromImage"));
    if let (true, Some(name)) = (is_made && disk.get("vhd").is_none(), disk["name"].as_str()) {
        let disk_id = format!("{}/providers/Microsoft.Compute/disks/{name}", group(id));
        if !world.contains(&arm::key(&disk_id)) {
            let kind = disk["managedDisk"]["storageAccountType"].as_str().unwrap_or("Standard_LRS");
            let made = json!({
                "id": disk_id, "name": name, "type": "Microsoft.Compute/disks", "location": body["location"],
                "tags": body["tags"], "sku": {"name": kind}, "managedBy": id, "properties": {
                    "osType": disk["osType"], "creationData": {"createOption": "FromImage"},
                    "diskSizeGB": disk["diskSizeGB"], "diskState": "Attached", "provisioningState": "Succeeded",
                },
            });
            world.put(&disk_id, DISKS, &made);
            world.note("Create", &disk_id);
        }
        if disk["managedDisk"].get("id").is_none() {
            let mut whole = body.clone();
            whole["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"] = json!(disk_id);
            world.put(id, "", &whole);
        }
    }
    let disks = profile["dataDisks"].as_array().into_iter().flatten().chain([disk]);
    for disk in disks.filter_map(|disk| disk["managedDisk"]["id"].as_str()) {
        let Some(mut held) = world.value(&arm::key(disk)) else { continue };
        held["managedBy"] = json!(id);
        held["properties"]["diskState"] = json!("Attached");
        world.put(disk, "", &held);
    }
}

fn endpoint(world: &mut World, id: &str, body: &Value) {
    if body["properties"].get("networkInterfaces").is_some() {
        return;
    }
    let name = body["properties"]["customNetworkInterfaceName"].as_str().map_or_else(
        || {
            let made = Uuid::new_v5(&Uuid::NAMESPACE_OID, arm::key(id).as_bytes());
            format!("{}.nic.{made}", id.rsplit('/').next().unwrap_or_default())
        },
        str::to_owned,
    );
    let card = format!("{}/providers/Microsoft.Network/networkInterfaces/{name}", group(id));
    if !world.contains(&arm::key(&card)) {
        let made = json!({
            "id": card, "name": name, "type": "Microsoft.Network/networkInterfaces", "location": body["location"],
            "properties": {
                "provisioningState": "Succeeded", "privateEndpoint": {"id": id}, "ipConfigurations": [{
                    "name": "privateEndpointIpConfig", "id": format!("{card}/ipConfigurations/privateEndpointIpConfig"),
                    "properties": {"subnet": body["properties"]["subnet"], "primary": true},
                }],
            },
        });
        world.put(&card, CARDS, &made);
        world.note("Create", &card);
    }
    let mut whole = body.clone();
    whole["properties"]["networkInterfaces"] = json!([{"id": card}]);
    world.put(id, "", &whole);
}
