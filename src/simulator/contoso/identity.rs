//! People, groups, service principals, managed identities, roles, locks, policies, management groups.

use serde_json::{Value, json};

use super::{DATA, HUB, IDENTITY, PLATFORM, PRODUCTION, WEB, below, put, tracked};
use crate::simulator::world::World;

const ROLE: &str = "Microsoft.Authorization/roleDefinitions";
const ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";

/// Built-in roles, by their public ids.
const ROLES: [(&str, &str); 6] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor"),
    ("4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User"),
    ("7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull"),
];

/// Object ids of the directory: a kind's number, then the entry's.
pub(super) fn object(kind: u8, at: usize) -> String {
    format!("c0470500-0000-4000-90{kind:02}-{at:012}")
}

pub(super) fn identity_id(name: &str) -> String {
    IDENTITY.resource("Microsoft.ManagedIdentity/userAssignedIdentities", name)
}

pub(super) fn fill(world: &mut World) {
    directory(world);
    for (at, name) in ["id-web", "id-aks", "id-deploy"].into_iter().enumerate() {
        tracked(
            world,
            IDENTITY,
            "Microsoft.ManagedIdentity/userAssignedIdentities",
            name,
            "2023-01-31",
            json!({"properties": {
                "tenantId": world.tenant, "principalId": object(4, at), "clientId": object(5, at),
            }}),
        );
    }
    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
    put(
        world,
        &IDENTITY.resource(kind, "id-deploy/github"),
        kind,
        "2023-01-31",
        json!({"properties": {
            "issuer": "https://token.actions.githubusercontent.com", "subject": "repo:contoso/infra:ref:refs/heads/main", "audiences": ["api://AzureADTokenExchange"],
        }}),
    );
    roles(world);
    guards(world);
}

fn directory(world: &mut World) {
    let users: Vec<Value> = ["Ada Berg", "Boris Chan", "Chiara Diaz", "Dmitri Egg", "Eva Falk", "Femi Gold"]
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let alias = name.to_lowercase().replace(' ', ".");
            json!({"id": object(1, at), "displayName": name, "userPrincipalName": format!("{alias}@contoso.example"), "mail": format!("{alias}@contoso.example"), "accountEnabled": true})
        })
        .collect();
    let member = |at: usize| json!({"id": object(1, at)});
    let groups = vec![
        json!({"id": object(2, 0), "displayName": "Platform Engineers", "securityEnabled": true, "members": [member(0), member(1)], "owners": [member(0)]}),
        json!({"id": object(2, 1), "displayName": "Data Readers", "securityEnabled": true, "members": [member(2), member(3), {"id": object(2, 0)}], "owners": [member(2)]}),
    ];
    let principals = vec![
        json!({"id": object(3, 0), "displayName": "ci-deploy", "appId": object(6, 0), "servicePrincipalType": "Application"}),
        json!({"id": object(3, 1), "displayName": "backup-agent", "appId": object(6, 1), "servicePrincipalType": "Application"}),
    ];
    let applications =
        vec![json!({"id": object(7, 0), "displayName": "ci-deploy", "appId": object(6, 0), "owners": [member(1)]})];
    world.directory.extend([
        ("users".to_owned(), users),
        ("groups".to_owned(), groups),
        ("servicePrincipals".to_owned(), principals),
        ("applications".to_owned(), applications),
    ]);
    let tenant = world.tenant;
    let child = |id: &str, name: &str| json!({"id": format!("/subscriptions/{id}"), "type": "/subscriptions", "name": id, "displayName": name});
    let scope = "/providers/Microsoft.Management/managementGroups";
    world.management_groups = vec![
        json!({"id": format!("{scope}/contoso"), "type": "Microsoft.Management/managementGroups", "name": "contoso", "properties": {"tenantId": tenant, "displayName": "Contoso", "details": {"parent": {"id": format!("{scope}/{tenant}")}}, "children": []}}),
        json!({"id": format!("{scope}/contoso-workloads"), "type": "Microsoft.Management/managementGroups", "name": "contoso-workloads", "properties": {"tenantId": tenant, "displayName": "Workloads", "details": {"parent": {"id": format!("{scope}/contoso")}}, "children": [child(PLATFORM, "Contoso Platform"), child(PRODUCTION, "Contoso Production")]}}),
    ];
}

fn roles(world: &mut World) {
    for subscription in [PLATFORM, PRODUCTION] {
        let scope = format!("/subscriptions/{subscription}");
        for (guid, name) in ROLES {
            put(
                world,
                &below(&scope, ROLE, guid),
                ROLE,
                "2022-04-01",
                json!({"properties": {
                    "roleName": name, "type": "BuiltInRole", "description": format!("{name}, built in"), "assignableScopes": ["/"],
                    "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}],
                }}),
            );
        }
    }
    let custom = "c0470500-0000-4000-8000-00000000401e";
    let scope = format!("/subscriptions/{PRODUCTION}");
    put(
        world,
        &below(&scope, ROLE, custom),
        ROLE,
        "2022-04-01",
        json!({"properties": {
            "roleName": "Contoso Restarter", "type": "CustomRole", "description": "May restart machines", "assignableScopes": [scope],
            "permissions": [{"actions": ["Microsoft.Compute/virtualMachines/restart/action"], "notActions": [], "dataActions": [], "notDataActions": []}],
        }}),
    );
    let store = DATA.resource("Microsoft.Storage/storageAccounts", "stcontosodata");
    let vault = DATA.resource("Microsoft.KeyVault/vaults", "kv-contoso");
    let assignments = [
        (format!("/subscriptions/{PLATFORM}"), ROLES[0].0, object(2, 0), "Group", None),
        (format!("/subscriptions/{PRODUCTION}"), ROLES[1].0, object(3, 0), "ServicePrincipal", None),
        (format!("/subscriptions/{PRODUCTION}"), custom, object(1, 4), "User", None),
        (WEB.id(), ROLES[2].0, object(1, 5), "User", None),
        (
            store,
            ROLES[3].0,
            object(4, 0),
            "ServicePrincipal",
            Some("((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'})))"),
        ),
        (vault, ROLES[4].0, object(4, 0), "ServicePrincipal", None),
        (
            WEB.resource("Microsoft.ContainerRegistry/registries", "crcontoso"),
            ROLES[5].0,
            object(4, 1),
            "ServicePrincipal",
            None,
        ),
    ];
    for (at, (scope, role, principal, kind, condition)) in assignments.into_iter().enumerate() {
        let subscription = scope.split('/').nth(2).unwrap_or_default();
        let mut properties = json!({
            "roleDefinitionId": below(&format!("/subscriptions/{subscription}"), ROLE, role), "principalId": principal,
            "principalType": kind, "scope": scope, "createdOn": "2024-03-01T10:00:00.0000000Z", "updatedOn": "2024-03-01T10:00:00.0000000Z",
            "createdBy": object(1, 0), "updatedBy": object(1, 0),
        });
        if let Some(condition) = condition {
            properties["condition"] = json!(condition);
            properties["conditionVersion"] = json!("2.0");
        }
        let name = format!("c0470500-0000-4000-8a00-{at:012}");
        put(world, &below(&scope, ASSIGNMENT, &name), ASSIGNMENT, "2022-04-01", json!({"properties": properties}));
    }
}

fn guards(world: &mut World) {
    let lock = "Microsoft.Authorization/locks";
    for (scope, name) in
        [(HUB.id(), "keep-network"), (DATA.resource("Microsoft.Sql/servers", "sql-contoso"), "keep-sql")]
    {
        put(
            world,
            &below(&scope, lock, name),
            lock,
            "2020-05-01",
            json!({"properties": {"level": "CanNotDelete", "notes": "ask the platform team first"}}),
        );
    }
    let policy = "Microsoft.Authorization/policyAssignments";
    put(
        world,
        &below(&format!("/subscriptions/{PRODUCTION}"), policy, "allowed-locations"),
        policy,
        "2023-04-01",
        json!({"properties": {
            "displayName": "Allowed locations", "enforcementMode": "Default", "scope": format!("/subscriptions/{PRODUCTION}"),
            "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c",
            "parameters": {"listOfAllowedLocations": {"value": ["westeurope", "northeurope"]}},
        }}),
    );
}
