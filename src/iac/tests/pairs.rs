//! Secrets that a name beside them tells of, in every language, and what they must not be taken for.

use serde_json::{Value, json};

use super::{all_files, group, id_in, node, planned, template_of, terraform_of};
use crate::{
    graph::model::Node,
    iac::{emit::bicep::Bicep, passes::placement::Places},
};

/// The code of every language, and the names of the parameters.
fn said(nodes: Vec<Node>) -> (Vec<String>, Vec<String>) {
    let plan = planned(nodes);
    let places = Places::new(&plan.0);
    let bicep = all_files(&Bicep::new(&plan.0, &places)).into_values().collect();
    let names = plan.0.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    (vec![terraform_of(&plan), template_of(&plan).to_string(), bicep], names)
}

fn versioned(rest: &str, version: &str, body: Value) -> Node {
    Node { api_version: version.to_owned(), ..node(&id_in("g", rest), body) }
}

fn containers() -> Node {
    versioned(
        "Microsoft.ContainerInstance/containerGroups/aci",
        "2023-05-01",
        json!({"properties": {"osType": "Linux", "sku": "Standard", "containers": [{"name": "c", "properties": {
            "image": "nginx", "resources": {"requests": {"cpu": 1.0, "memoryInGB": 1.0}},
            "environmentVariables": [
                {"name": "MODE", "value": "plain-mode"},
                {"name": "DB_PASSWORD", "value": "s3cret"},
            ],
        }}]}}),
    )
}

fn site() -> Node {
    let vault = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/k)";
    versioned(
        "Microsoft.Web/sites/app",
        "2023-12-01",
        json!({"kind": "app,linux", "properties": {"serverFarmId": id_in("g", "Microsoft.Web/serverfarms/plan"),
        "siteConfig": {"appSettings": [
            {"name": "SESSION_SECRET", "value": "s3cret"},
            {"name": "API_KEY", "value": vault},
            {"name": "KEY_VAULT_URL", "value": "https://kv.vault.azure.net/"},
            {"name": "PASSWORD_POLICY", "value": "strict-policy"},
            {"name": "USE_TOKEN", "value": "true"},
            {"name": "OLD_TOKEN", "value": ""},
        ]}}}),
    )
}

fn app() -> Node {
    versioned(
        "Microsoft.App/containerApps/shop",
        "2024-03-01",
        json!({"properties": {"environmentId": id_in("g", "Microsoft.App/managedEnvironments/env"),
        "template": {"containers": [{"name": "c", "image": "nginx", "env": [
            {"name": "STRIPE_SECRET_KEY", "value": "s3cret"},
            {"name": "SMTP_PASSWORD", "secretRef": "smtp-ref"},
        ]}]}}}),
    )
}

fn variable() -> Node {
    versioned(
        "Microsoft.Automation/automationAccounts/auto/variables/adminPassword",
        "2023-11-01",
        json!({"properties": {"isEncrypted": false, "value": "\"s3cret\"", "description": "of the door"}}),
    )
}

#[test]
fn a_value_beside_a_name_that_says_secret_is_a_parameter_of_that_name() {
    for (one, name) in [
        (containers(), "aci_containers_0_environment_variables_db_password"),
        (site(), "app_site_config_app_settings_session_secret"),
        (app(), "shop_template_containers_0_env_stripe_secret_key"),
        (variable(), "auto_adminpassword_admin_password"),
    ] {
        let (code, names) = said(vec![group("g"), one]);
        assert_eq!(names, [name]);
        for text in code {
            assert!(!text.contains("s3cret") && text.contains(name), "{text}");
        }
    }
}

#[test]
fn what_only_points_to_a_secret_or_switches_it_stays() {
    for (one, kept) in [
        (containers(), ["plain-mode"].as_slice()),
        (site(), &["@Microsoft.KeyVault(", "https://kv.vault.azure.net/", "strict-policy", "OLD_TOKEN", "USE_TOKEN"]),
        (app(), &["smtp-ref"]),
        (variable(), &["of the door"]),
    ] {
        for text in said(vec![group("g"), one]).0 {
            for part in kept {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}
