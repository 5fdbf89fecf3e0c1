//! Bodies from files: one body a file, or recordings (a scenario of a group, or instances of a type).
//!
//! The recorded zero GUID becomes a subscription of the simulator everywhere in a body: one for each
//! scenario, one for all else. A body with an `@odata.type` of Microsoft Graph (`#microsoft.graph.user`, with `members`
//! and `owners` in it if it has any) stands in the directory. What has no id that can be served is skipped and counted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use uuid::Uuid;

use super::{error::SimulatorError, world::World};

const ZERO: &str = "00000000-0000-0000-0000-000000000000";

pub(super) fn fill(world: &mut World, path: &Path) -> Result<(), SimulatorError> {
    let failed = |cause: String| SimulatorError::Source { path: path.display().to_string(), cause };
    let mut files = Vec::new();
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        list(path, &mut files).map_err(|error| failed(error.to_string()))?;
    }
    files.sort();
    let before = world.len();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| failed(format!("{}: {error}", file.display())))?;
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            world.skipped += 1;
            continue;
        };
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        one(world, &name, &value);
    }
    if world.len() == before {
        return Err(failed("no body with an id that can be served was found".to_owned()));
    }
    Ok(())
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // Recorded answers of the protocol are no resources.
        if path.is_dir() && path.file_name().is_none_or(|name| name != "_protocol") {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

fn one(world: &mut World, name: &str, value: &Value) {
    if let Some(resources) =
        value.get("resources").and_then(Value::as_array).filter(|_| value.get("scenario").is_some())
    {
        let subscription = named_subscription(name);
        world.add_subscription(&subscription, name);
        for resource in resources {
            let version = resource.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
            match (resource.get("id").and_then(Value::as_str), resource.get("body")) {
                (Some(id), Some(body @ Value::Object(_))) => add(world, &subscription, id, version, body),
                _ => world.skipped += 1,
            }
        }
        return;
    }
    let shared = named_subscription("shared");
    if let Some(instances) = value.get("instances").and_then(Value::as_array) {
        for instance in instances {
            let version = instance.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
            match instance.get("body") {
                Some(body @ Value::Object(_)) => body_of(world, &shared, version, body),
                _ => world.skipped += 1,
            }
        }
        return;
    }
    let bodies: Vec<&Value> = match value {
        Value::Array(bodies) => bodies.iter().collect(),
        body => vec![body],
    };
    for body in bodies {
        let version = body.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        body_of(world, &shared, &version, body);
    }
}

/// What a directory object says that it is, and the collection that it then stands in.
const DIRECTORY: [(&str, &str); 4] = [
    ("#microsoft.graph.user", "users"),
    ("#microsoft.graph.group", "groups"),
    ("#microsoft.graph.serviceprincipal", "servicePrincipals"),
    ("#microsoft.graph.application", "applications"),
];

fn body_of(world: &mut World, subscription: &str, version: &str, body: &Value) {
    let kind = body.get("@odata.type").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    if let Some((_, collection)) = DIRECTORY.iter().find(|(known, _)| *known == kind) {
        let mut entry = body.clone();
        if let Some(fields) = entry.as_object_mut() {
            fields.remove("@odata.type");
        }
        world.directory.entry((*collection).to_owned()).or_default().push(entry);
        return;
    }
    // A type of ARM has a slash in it: what names another kind of type speaks of a resource, and is none.
    let is_foreign =
        body.get("type").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty() && !kind.contains('/'));
    match body.get("id").and_then(Value::as_str).filter(|_| !is_foreign) {
        Some(id) => add(world, subscription, id, version, body),
        None => world.skipped += 1,
    }
}

/// Rewrites the zero GUID, and ids of subscriptions that are no UUIDs, everywhere.
fn add(world: &mut World, subscription: &str, id: &str, version: &str, body: &Value) {
    let rest = id.trim_start_matches('/');
    let recorded = rest.split('/').nth(1).unwrap_or_default();
    let below = rest.get(..14).is_some_and(|word| word.eq_ignore_ascii_case("subscriptions/"));
    let foreign = below && recorded.parse::<Uuid>().is_err() && !recorded.is_empty();
    let rewrite = |text: &str| {
        let text = text.replace(ZERO, subscription);
        if foreign {
            text.replace(&format!("/subscriptions/{recorded}"), &format!("/subscriptions/{subscription}"))
        } else {
            text
        }
    };
    match serde_json::from_str(&rewrite(&body.to_string())) {
        Ok(body) => world.add(&rewrite(id), version, &body),
        Err(_) => world.skipped += 1,
    }
}

/// The same UUID for the same name, always.
fn named_subscription(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_speaks_of_a_resource_under_another_kind_of_type_is_none() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
        let mut world = World::new(Uuid::nil());
        one(&mut world, "notes", &json!([{"id": id, "type": "azurerm_storage_account", "hcl": "…"}]));
        assert_eq!((world.len(), world.skipped), (0, 1));
        one(&mut world, "body", &json!({"id": id, "type": "Microsoft.Storage/storageAccounts", "name": "a"}));
        one(&mut world, "untyped", &json!({"id": format!("{id}b"), "name": "ab"}));
        assert_eq!((world.len(), world.skipped), (2, 1));
    }
}
