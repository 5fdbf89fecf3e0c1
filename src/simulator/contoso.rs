//! The demo tenant: Contoso, two subscriptions, eight groups, written for this project.
//!
//! The data is JSON, one file a service in `contoso/`: bodies as ARM answers them (location names, provisioning
//! states, back-references, values that Azure computes), each with the `apiVersion` it is served with, without the
//! `name` and `type` that its id tells, and without what `completion` completes. `directory.json` holds the people, groups
//! and applications of Microsoft Graph, and the management groups. `{platform}`, `{production}` and `{tenant}` stand
//! for ids. Some names and tags are there to be escaped, some values to be taken for secrets.

use serde_json::{Value, json};

use super::{completion, world::World};
use crate::arm::ResourceId;

/// Subscription of networks, identity and monitoring.
pub(super) const PLATFORM: &str = "c0470500-0000-4000-8000-0000000000a1";
/// Subscription of the workloads.
pub(super) const PRODUCTION: &str = "c0470500-0000-4000-8000-0000000000a2";

const DIRECTORY: &str = include_str!("contoso/directory.json");
const SERVICES: [&str; 26] = [
    include_str!("contoso/resources.json"),
    include_str!("contoso/app.json"),
    include_str!("contoso/authorization.json"),
    include_str!("contoso/automation.json"),
    include_str!("contoso/cache.json"),
    include_str!("contoso/cognitiveservices.json"),
    include_str!("contoso/compute.json"),
    include_str!("contoso/containerinstance.json"),
    include_str!("contoso/containerregistry.json"),
    include_str!("contoso/containerservice.json"),
    include_str!("contoso/dbformysql.json"),
    include_str!("contoso/dbforpostgresql.json"),
    include_str!("contoso/documentdb.json"),
    include_str!("contoso/eventgrid.json"),
    include_str!("contoso/eventhub.json"),
    include_str!("contoso/insights.json"),
    include_str!("contoso/keyvault.json"),
    include_str!("contoso/managedidentity.json"),
    include_str!("contoso/network.json"),
    include_str!("contoso/operationalinsights.json"),
    include_str!("contoso/recoveryservices.json"),
    include_str!("contoso/search.json"),
    include_str!("contoso/servicebus.json"),
    include_str!("contoso/sql.json"),
    include_str!("contoso/storage.json"),
    include_str!("contoso/web.json"),
];

/// Puts the tenant's subscriptions, resources, people and management groups into a world.
///
/// # Errors
/// Where a data file is no JSON of the form that the module's doc tells, with its place; a test reads all of them.
pub(super) fn fill(world: &mut World) -> Result<(), String> {
    world.add_subscription(PLATFORM, "Contoso Platform");
    world.add_subscription(PRODUCTION, "Contoso Production");
    for text in SERVICES {
        for body in read(text, world)?.as_array_mut().into_iter().flatten() {
            put(world, body)?;
        }
    }
    let mut directory = read(DIRECTORY, world)?;
    for (collection, entries) in directory.as_object_mut().into_iter().flatten() {
        let entries = std::mem::take(entries.as_array_mut().ok_or("directory.json holds lists")?);
        if collection == "managementGroups" {
            world.management_groups = entries;
        } else {
            world.directory.insert(collection.clone(), entries);
        }
    }
    Ok(())
}

fn read(text: &str, world: &World) -> Result<Value, String> {
    let tenant = world.tenant.to_string();
    let text = text.replace("{platform}", PLATFORM).replace("{production}", PRODUCTION).replace("{tenant}", &tenant);
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn put(world: &mut World, body: &mut Value) -> Result<(), String> {
    let version = body["apiVersion"].take();
    let version = version.as_str().ok_or("a body needs an apiVersion")?;
    let id = body["id"].as_str().ok_or("a body needs an id")?.to_owned();
    let parsed = ResourceId::parse(&id).ok_or_else(|| format!("{id} is no id of ARM"))?;
    let kind = parsed.type_name();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("apiVersion");
        fields.insert("name".to_owned(), json!(parsed.name()));
        fields.insert("type".to_owned(), json!(kind));
    }
    // What Azure says today of which the file holds only what matters.
    completion::complete(&kind, &id, body);
    world.add(&id, version, body);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_data_file_is_part_of_the_tenant() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulator/contoso");
        let files = std::fs::read_dir(directory).expect("readable").count();
        assert_eq!(files, super::SERVICES.len() + 1, "a file of contoso/ is not named in contoso.rs");
    }
}
