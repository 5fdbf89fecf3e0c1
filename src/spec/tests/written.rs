//! Texts such as people write, in all forms, and what is planned of them.

use serde_json::json;

use super::{SUBSCRIPTION, TENANT, errors, plan, planned, step};
use crate::spec::{Refused, StepKind};

const HEADINGS: &str = r"# Tenant: Contoso

A small shop with two networks.

## Subscription: Production (5ab50000-0000-4000-8000-00000000000a)

### Resource Group: rg-app (West Europe)

- **Tags:** env=prod, owner=shop team

#### Resource: vnet1 (Virtual Network)

**Note:** the hub is managed elsewhere.

- Address space: 10.1.0.0/16
- Subnets:
  - web: 10.1.1.0/24
  - db (10.1.2.0/24)

#### Resource: stcontosoapp (Storage Account)

| Property | Value |
|---|---|
| SKU | Standard_ZRS |
| https only | yes |

- plan1 (App Service Plan), sku: S1, capacity: 2
- site1 (Web App)
  - plan: plan1
  - App settings:
    - MODE: production

| Name | Type | Address prefix |
|------|------|----------------|
| nsg1 | NSG | |
| vnet1/extra | Microsoft.Network/virtualNetworks/subnets | 10.1.3.0/24 |

## Users

| Name | UPN | Department | Enabled |
|---|---|---|---|
| Alice Smith | alice@contoso.com | Sales | yes |
| Bob | bob@contoso.com | | no |

## Groups

- **Admins** (members: alice@contoso.com)
- Readers
  - members: alice@contoso.com, bob@contoso.com

## Managed Identities

- id-app, resource group: rg-app

## Role Assignments

- Alice Smith has Contributor on rg-app
- Readers: Reader on stcontosoapp

| Principal | Role | Scope |
|---|---|---|
| id-app | Storage Blob Data Reader | stcontosoapp |
";

#[test]
fn headings_lists_and_tables_become_steps_with_bodies() {
    let plan = plan(HEADINGS);
    let group = step(&plan, "rg-app");
    assert_eq!((group.kind, group.n), (StepKind::ResourceGroup, 1));
    assert_eq!(group.scope, format!("/subscriptions/{SUBSCRIPTION}"));
    assert_eq!(
        serde_json::Value::Object(group.body.clone()),
        json!({"location": "westeurope", "tags": {"env": "prod", "owner": "shop team"}})
    );
    let network = step(&plan, "vnet1");
    assert_eq!(network.body["properties"]["addressSpace"]["addressPrefixes"], json!(["10.1.0.0/16"]));
    assert_eq!(
        network.body["properties"]["subnets"],
        json!([{"name": "web", "properties": {"addressPrefix": "10.1.1.0/24"}}, {"name": "db", "properties": {"addressPrefix": "10.1.2.0/24"}}])
    );
    assert_eq!(network.defaults, ["location"]);
    let storage = step(&plan, "stcontosoapp");
    assert_eq!(storage.body["sku"]["name"], "Standard_ZRS");
    assert_eq!(storage.body["properties"]["supportsHttpsTrafficOnly"], true);
    assert_eq!(step(&plan, "plan1").body["sku"], json!({"name": "S1", "capacity": 2}));
    let site = step(&plan, "site1");
    assert!(
        site.body["properties"]["serverFarmId"].as_str().is_some_and(|id| id.ends_with("/serverfarms/plan1")),
        "{:?}",
        site.body
    );
    assert!(site.depends_on.contains(&step(&plan, "plan1").n));
    assert_eq!(site.body["properties"]["siteConfig"]["appSettings"], json!([{"name": "MODE", "value": "production"}]));
    assert_eq!(step(&plan, "vnet1/extra").body["properties"]["addressPrefix"], "10.1.3.0/24");
    assert_eq!(step(&plan, "bob@contoso.com").body["accountEnabled"], false);
    assert_eq!(plan.steps.iter().filter(|step| step.kind == StepKind::Membership).count(), 3);
    let roles: Vec<_> = plan.steps.iter().filter(|step| step.kind == StepKind::RoleAssignment).collect();
    assert_eq!(roles.len(), 3);
    assert!(roles.iter().all(|role| role.depends_on.len() == 2), "{roles:?}");
    assert!(
        plan.narrative.iter().any(|line| line.line == 3 && line.text.contains("small shop")),
        "{:?}",
        plan.narrative
    );
    assert!(plan.narrative.iter().any(|line| line.text.contains("managed elsewhere")), "{:?}", plan.narrative);
}

#[test]
fn what_is_needed_comes_first_and_numbers_run_from_one() {
    let plan = plan(HEADINGS);
    for (at, step) in plan.steps.iter().enumerate() {
        assert_eq!(step.n, at + 1);
        assert!(step.depends_on.iter().all(|need| *need < step.n), "{step:?}");
    }
}

const YAML: &str = r"Some words before.

```yaml
tenant:
  displayName: Contoso
subscriptions:
  - name: Production
    id: 5ab50000-0000-4000-8000-00000000000a
    resourceGroups:
      - name: rg-app
        location: westeurope
        resources:
          - name: kv-contoso-app
            type: key vault
            purge protection: yes
          - {name: web1, type: VM, size: Standard_B1s, subnet: default, os: Ubuntu 22.04}
          - name: vnet1
            type: Microsoft.Network/virtualNetworks
            properties:
              addressSpace: {addressPrefixes: [10.0.0.0/16]}
              subnets: [{name: default, addressPrefix: 10.0.0.0/24}]
```
";

#[test]
fn a_yaml_block_is_the_specification_and_the_rest_is_narrative() {
    let plan = plan(YAML);
    assert_eq!(step(&plan, "kv-contoso-app").body["properties"]["enablePurgeProtection"], true);
    assert_eq!(step(&plan, "kv-contoso-app").body["properties"]["tenantId"], TENANT);
    let card = step(&plan, "web1-nic");
    let subnet =
        card.body["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"].as_str().expect("a subnet");
    assert!(subnet.ends_with("/virtualNetworks/vnet1/subnets/default"), "{subnet}");
    let machine = step(&plan, "web1");
    assert!(machine.depends_on.contains(&card.n));
    assert_eq!(machine.body["properties"]["storageProfile"]["imageReference"]["offer"], "0001-com-ubuntu-server-jammy");
    assert_eq!(machine.body["properties"]["osProfile"]["adminPassword"], "secret:web1.adminPassword");
    assert_eq!(plan.secrets.len(), 1);
    assert_eq!((plan.secrets[0].name.as_str(), plan.secrets[0].line), ("web1.adminPassword", machine.line));
    assert_eq!(plan.narrative[0].text, "Some words before.");
}

#[test]
fn json_and_yaml_of_the_same_give_the_same_steps() {
    let json = r#"```json
{"displayName": "Contoso", "subscriptions": [{"name": "Production", "id": "5ab50000-0000-4000-8000-00000000000a",
 "resource_groups": [{"name": "rg-app", "location": "West Europe", "resources": [
   {"name": "st1contoso", "type": "storage account", "sku": "Standard_GRS"}]}]}]}
```"#;
    let yaml = "```yaml\ndisplay_name: Contoso\nsubscriptions:\n- name: Production\n  id: 5ab50000-0000-4000-8000-00000000000a\n  resourceGroups:\n  - name: rg-app\n    location: westeurope\n    resources:\n    - name: st1contoso\n      type: storage account\n      sku: Standard_GRS\n```\n";
    let bodies = |text: &str| plan(text).steps.into_iter().map(|step| (step.name, step.body)).collect::<Vec<_>>();
    assert_eq!(bodies(json), bodies(yaml));
}

#[test]
fn all_errors_come_at_once_with_their_lines() {
    let text = "# Tenant: T\n## Subscription: S (5ab50000-0000-4000-8000-00000000000a)\n### Resource Group: rg. (westeurope)\n#### Resource: a b (Storage Account)\n#### Resource: net (Virtual Network)\n- Address space: 10.0.0.0/16\n- subnets:\n  - x: 10.0.0.0/24\n  - y: 10.0.0.0/25\n#### Resource: thing (Flux Capacitor)\n#### Resource: net (Virtual Network)\n## Users\n- nobody\n";
    let errors = errors(text);
    let lines: Vec<u32> = errors.iter().map(|error| error.place.line).collect();
    assert_eq!(lines, [3, 4, 9, 10, 11, 13], "{errors:#?}");
}

#[test]
fn a_literal_secret_is_refused_by_its_line_and_not_repeated() {
    let text = "# Tenant: T\n## Subscription: S (5ab50000-0000-4000-8000-00000000000a)\n### Resource Group: rg (westeurope)\n#### Resource: sql-contoso (SQL Server)\n- admin password: Hunter2Hunter2\n- note: the api key: abcdef0123456789\n";
    let errors = errors(text);
    assert!(
        errors.iter().any(|error| error.place.line == 5 && error.message.contains("literal secret")),
        "{errors:#?}"
    );
    assert!(!format!("{errors:?}").contains("Hunter2"), "{errors:#?}");
    let named = text.replace("Hunter2Hunter2", "secret:sql").replace(": abcdef0123456789", "");
    let plan = plan(&named);
    assert_eq!(step(&plan, "sql-contoso").body["properties"]["administratorLoginPassword"], "secret:sql");
    assert_eq!(plan.secrets.iter().map(|secret| secret.name.as_str()).collect::<Vec<_>>(), ["sql"]);
}

#[test]
fn prose_needs_a_language_model() {
    assert_eq!(planned("Please make me two machines and a network."), Err(Refused::Prose));
}

#[test]
fn peered_networks_need_not_wait_for_each_other() {
    let text = "# Tenant: T\n## Subscription: S (5ab50000-0000-4000-8000-00000000000a)\n### Resource Group: rg (westeurope)\n#### Resource: a (VNet)\n- address space: 10.0.0.0/16\n- peered with: b\n#### Resource: b (VNet)\n- address space: 10.1.0.0/16\n- peerings:\n  - to-a\n    - remote virtual network: a\n";
    let plan = plan(text);
    let peering = step(&plan, "b/to-a");
    assert!(
        peering.body["properties"]["remoteVirtualNetwork"]["id"]
            .as_str()
            .is_some_and(|id| id.ends_with("/virtualNetworks/a")),
        "{:?}",
        peering.body
    );
    assert!(plan.steps.iter().any(|step| step.name.starts_with("a/")), "{:?}", plan.steps);
}

#[test]
fn a_fence_that_nobody_closed_hides_nothing() {
    let text = "# Tenant: T\n## Subscription: S (5ab50000-0000-4000-8000-00000000000a)\n```\nan example\n\n### Resource Group: rg (westeurope)\n";
    let plan = plan(text);
    assert_eq!(step(&plan, "rg").line, 6);
    assert!(plan.warnings.iter().any(|warning| warning.place.line == 3), "{:?}", plan.warnings);
}

#[test]
fn two_tables_side_by_side_are_two() {
    let text = "# Tenant: T\n## Users\n| Name | UPN | | Name | UPN |\n|---|---|---|---|---|\n| A | a@x.com | | B | b@x.com |\n";
    let plan = plan(text);
    assert_eq!(plan.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["a@x.com", "b@x.com"]);
}

#[test]
fn line_ends_change_no_hash_and_everything_else_does() {
    let unix = plan(HEADINGS);
    assert_eq!(plan(&HEADINGS.replace('\n', "\r\n")).hash, unix.hash);
    assert_ne!(plan(&HEADINGS.replace("S1", "S2")).hash, unix.hash);
    assert_eq!(plan(HEADINGS), unix);
}
