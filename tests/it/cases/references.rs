//! Cases about references: spelling, keys of tags, back-references, circles, unread ids, data planes, moving.

use serde_json::{Value, json};

use super::outputs::{Output, generated, in_all_formats, scanned};
use crate::harness::{Scanned, skip};

/// All four outputs of a case, as it is.
async fn outputs(case: &str) -> Option<(Scanned, [(&'static str, Output); 4])> {
    let Some(scanned) = scanned(case).await else {
        skip("the shared folder is not beside the project");
        return None;
    };
    let outputs = in_all_formats(&scanned, &json!({})).await;
    Some((scanned, outputs))
}

/// The three outputs of a case for another place: a move and imports exclude each other.
async fn moved(case: &str, more: Value) -> Option<(Scanned, [(&'static str, Output); 3])> {
    let Some(scanned) = scanned(case).await else {
        skip("the shared folder is not beside the project");
        return None;
    };
    let outputs = [
        ("terraform", generated(&scanned, "terraform", more.clone()).await),
        ("bicep", generated(&scanned, "bicep", more.clone()).await),
        ("arm", generated(&scanned, "arm", more).await),
    ];
    Some((scanned, outputs))
}

/// A block of Terraform or Bicep by the text that begins it, up to its end.
fn block<'t>(text: &'t str, begin: &str) -> &'t str {
    let start = text.find(begin).unwrap_or_else(|| panic!("no {begin}: {text}"));
    let end = text[start..].find("\n}\n").map_or(text.len(), |end| start + end + 3);
    &text[start..end]
}

fn arm_resource(output: &Output, name: &str) -> Value {
    let found = output.arm_resources().into_iter().find(|resource| resource["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

/// Paths and ids of one kind of rows that the report has of a resource.
fn told(output: &Output, resource: &str, kind: &str) -> Vec<(String, String)> {
    let row = output.row(resource).unwrap_or_else(|| panic!("no row of {resource}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    row[kind].as_array().into_iter().flatten().map(|told| (text(&told["path"]), text(&told["id"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_with_odd_names_hold_what_spells_them_otherwise() {
    let Some((scanned, outputs)) = outputs("05-odd-group-names").await else { return };
    for (format, output) in &outputs {
        let code = output.code();
        let is_import = *format == "imports";
        match *format {
            "terraform" | "imports" => {
                let rule = block(&code, "resource \"azurerm_monitor_scheduled_query_rules_alert_v2\"");
                let group = "azurerm_resource_group.rg_rg_co_old_v1";
                let is_named = rule.contains(&format!("resource_group_name = {group}.name"));
                assert!(is_import != is_named, "{format}: {rule}");
                let is_literal = rule.contains("resource_group_name = \"rg&co (OLD).v1\"");
                assert!(is_import == is_literal, "{format}: {rule}");
                assert!(!is_import || block(rule, "depends_on").contains(group), "{format}: {rule}");
                for needed in ["azurerm_log_analytics_workspace.log1", "azurerm_monitor_action_group."] {
                    assert!(rule.contains(needed), "{format}: {needed}: {rule}");
                }
                if is_import {
                    assert!(code.contains("/resourceGroups/rg&co (OLD).v1/providers/Microsoft.Insights/scheduledQueryRules/Rule name with spaces\""), "{code}");
                    let rows = told(output, "/Rule name with spaces", "spelled_otherwise");
                    assert!(rows.iter().any(|(path, _)| path == "parent"), "{rows:?}");
                    assert!(rows.iter().any(|(path, _)| path == "properties.scopes[0]"), "{rows:?}");
                }
            }
            "bicep" => {
                let rule = block(&code, "resource ruleNameWithSpaces ");
                assert!(rule.contains("log1.id") && rule.contains("applicationInsightsSmartDetection.id"), "{rule}");
            }
            _ => {
                let rule = arm_resource(output, "Rule name with spaces");
                assert_eq!(
                    rule["properties"]["scopes"],
                    json!(["[resourceId('Microsoft.OperationalInsights/workspaces', 'log1')]"])
                );
                assert_eq!(rule["dependsOn"].as_array().map(Vec::len), Some(2), "{rule}");
            }
        }
        assert_eq!(output.result["unresolved"], 0, "{format}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_the_same_whatever_its_case() {
    let Some((scanned, outputs)) = outputs("33-spelling").await else { return };
    for (format, output) in &outputs {
        let code = output.code();
        match *format {
            "terraform" => {
                for literal in ["RG-APP", "Rg-App", "NSG33", "VNET33", "LOG33"] {
                    assert!(!code.contains(literal), "{literal}: {code}");
                }
                assert!(!code.contains("depends_on"), "{code}");
                assert!(code.matches("= azurerm_resource_group.rg_app.").count() >= 9, "{code}");
            }
            "imports" => {
                let spelled = [
                    ("azapi_resource\" \"redis33", "parent_id", "azurerm_resource_group.rg_app"),
                    ("azurerm_application_insights\" \"ai33", "workspace_id", "azurerm_log_analytics_workspace.log33"),
                    ("azurerm_network_interface\" \"nic33", "subnet_id", "azurerm_subnet.vnet33_app"),
                ];
                for (begin, attribute, target) in spelled {
                    let block = block(&code, begin);
                    let line = block.lines().find(|line| line.trim().starts_with(attribute)).expect("an attribute");
                    assert!(line.contains("= \"/subscriptions/"), "{line}");
                    let waits = &block[block.find("depends_on").unwrap_or_else(|| panic!("no order: {block}"))..];
                    assert!(waits.contains(target), "{target}: {block}");
                }
                let subnet = block(&code, "azurerm_subnet\" \"vnet33_app");
                assert!(subnet.contains("azurerm_network_security_group.nsg33,"), "{subnet}");
                let rows = told(output, "/nic33", "spelled_otherwise");
                assert_eq!(rows.len(), 2, "{rows:?}");
            }
            "bicep" => {
                assert!(code.contains("id: '${vnet33.id}/subnets/app'"), "{code}");
                assert!(code.contains("WorkspaceResourceId: log33.id") && code.contains("id: nsg33.id"), "{code}");
            }
            _ => {
                let template: Value = serde_json::from_str(&code).expect("JSON");
                let groups: Vec<&Value> = template["resources"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|resource| resource.get("resourceGroup"))
                    .collect();
                assert_eq!(groups, [&json!("rg-app")]);
                let card = arm_resource(output, "nic33");
                assert_eq!(card["dependsOn"], json!(["[resourceId('Microsoft.Network/virtualNetworks', 'vnet33')]"]));
            }
        }
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spelling_moves_with_the_rest() {
    let Some((scanned, outputs)) = moved("33-spelling", json!({"location": "northeurope"})).await else { return };
    for (format, output) in &outputs {
        assert!(!output.code().to_lowercase().contains("westeurope"), "{format}: {}", output.code());
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_does_not_name_its_firewall_and_a_circle_is_told() {
    let Some((scanned, outputs)) = outputs("07-virtual-hub-circle").await else { return };
    for (format, output) in &outputs {
        let code = output.code();
        for computed in ["azureFirewall = ", "azureFirewall: ", "\"azureFirewall\"", "virtualRouterIps", "10.0.0.68"] {
            assert!(!code.contains(computed), "{format}: {computed}: {code}");
        }
        assert!(!code.contains("10.0.0.132") && !code.contains("192.0.2.4"), "{format}: {code}");
        let (cut, other) = (told(output, "/con1", "circular"), told(output, "/rt-spoke", "circular"));
        assert_eq!((cut.is_empty(), other.is_empty()), (false, true), "{format}: {cut:?} {other:?}");
        assert!(told(output, "/hub1", "circular").is_empty(), "{format}");
        let report = std::fs::read_to_string(output.directory.join("report.md")).expect("a report");
        assert!(report.contains("A first deployment needs a second run"), "{format}: {report}");
        assert_eq!(output.result["unresolved"], 0, "{format}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_keys_of_tags_are_references() {
    let Some((scanned, outputs)) = outputs("29-ids-in-tag-keys").await else { return };
    for (format, output) in &outputs {
        let code = output.code();
        match *format {
            "terraform" | "imports" => {
                let test = block(&code, "resource \"azapi_resource\" \"aa_test\"");
                assert!(
                    test.contains("\"hidden-link:${azurerm_application_insights.zz_ai.id}\" = \"Resource\""),
                    "{test}"
                );
            }
            "bicep" => {
                let test = block(&code, "resource aaTest ");
                assert!(test.contains("'hidden-link:${zzAi.id}': 'Resource'"), "{test}");
            }
            _ => {
                let test = arm_resource(output, "aa-test");
                let key = "[concat('hidden-link:', resourceId('Microsoft.Insights/components', 'zz-ai'))]";
                assert_eq!(test["tags"], json!({key: "Resource"}));
                assert_eq!(test["dependsOn"], json!(["[resourceId('Microsoft.Insights/components', 'zz-ai')]"]));
            }
        }
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_nobody_has_read_is_listed_though_its_group_is_planned() {
    let Some((scanned, outputs)) = outputs("30-never-returned").await else { return };
    for (format, output) in &outputs {
        assert_eq!(output.result["unresolved"], 1, "{format}");
        let rows = told(output, "/connections/con30", "unresolved");
        assert_eq!(rows.len(), 1, "{format}");
        assert!(rows[0].1.ends_with("/virtualNetworkGateways/gone-gw"), "{format}: {rows:?}");
        let code = output.code();
        assert!(!code.contains("applicationGatewayIPConfigurations"), "{format}: {code}");
        if matches!(*format, "terraform" | "imports") {
            assert!(code.contains("resource \"azurerm_subnet\" \"v_s\""), "{format}: {code}");
        }
        assert_eq!(told(output, "/agw30", "circular"), [], "{format}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_uses_a_key_waits_for_it_and_its_vault_moves_with_it() {
    for name_suffix in [None, Some("-dr")] {
        let more = name_suffix.map_or_else(|| json!({}), |suffix| json!({"name_suffix": suffix}));
        let Some((scanned, outputs)) = moved("08-customer-managed-keys", more).await else { return };
        for (format, output) in &outputs {
            let code = output.code();
            let version = "0123456789abcdef0123456789abcdef";
            assert!(!code.contains(version), "{format}: the version comes from the key: {code}");
            assert!(!code.contains("vaultUri: ") && !code.contains("vaultUri  "), "{format}: {code}");
            match *format {
                "terraform" => {
                    let set = block(&code, "resource \"azurerm_disk_encryption_set\"");
                    assert!(set.contains(".output.properties.keyUriWithVersion"), "{set}");
                    let account = block(&code, "resource \"azapi_resource\" \"stcmk01");
                    assert!(account.contains(".output.properties.vaultUri"), "{account}");
                    let waits = &account[account.find("depends_on").unwrap_or_else(|| panic!("{account}"))..];
                    assert!(waits.contains("_cmk,"), "{account}");
                    let key = block(&code, "\"Microsoft.KeyVault/vaults/keys@2023-07-01\"");
                    assert!(key.contains("\"properties.keyUriWithVersion\""), "{key}");
                }
                "bicep" => {
                    let set = block(&code, "resource des1 ");
                    assert!(set.contains("Cmk.properties.keyUriWithVersion"), "{set}");
                    let account = block(&code, "resource stcmk01");
                    assert!(account.contains(".properties.vaultUri"), "{account}");
                    assert!(account[account.find("dependsOn").expect("an order")..].contains("Cmk\n"), "{account}");
                }
                _ => {
                    let set = arm_resource(output, "des1");
                    let url = set["properties"]["activeKey"]["keyUrl"].as_str().expect("a text");
                    assert!(url.starts_with("[reference(resourceId('Microsoft.KeyVault/vaults/keys'"), "{url}");
                    assert!(url.ends_with(".keyUriWithVersion]"), "{url}");
                }
            }
            // Who the identities are is known after the first run.
            let vault = if name_suffix.is_some() { "/kvcmk01-dr" } else { "/kvcmk01" };
            let cut = told(output, vault, "circular");
            assert_eq!(cut.len(), 2, "{format}: {cut:?}");
            for other in ["/des1", "/keys/cmk"] {
                assert!(told(output, other, "circular").is_empty(), "{format}: {other}");
            }
        }
        scanned.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_imports_what_uses_a_key_keeps_its_url_and_waits() {
    let Some((scanned, outputs)) = outputs("08-customer-managed-keys").await else { return };
    let (_, output) = outputs.iter().find(|(format, _)| *format == "imports").expect("an output");
    let code = output.code();
    let set = block(&code, "resource \"azurerm_disk_encryption_set\"");
    assert!(set.contains("= \"https://kvcmk01.vault.azure.net/keys/cmk/0123456789abcdef0123456789abcdef\""), "{set}");
    assert!(set.contains("depends_on") && set.contains("azapi_resource.kvcmk01_cmk,"), "{set}");
    assert!(!code.contains("response_export_values"), "{code}");
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_tag_names_the_renamed_site() {
    let Some((scanned, outputs)) = moved("29-ids-in-tag-keys", json!({"name_suffix": "-dr"})).await else { return };
    for (format, output) in &outputs {
        let code = output.code();
        assert!(!code.contains("sites/site29"), "{format}: {code}");
        let expected = match *format {
            "terraform" => "\"hidden-link:${azapi_resource.site29_dr.id}\" = \"Resource\"",
            "bicep" => "'hidden-link:${site29Dr.id}': 'Resource'",
            _ => "[concat('hidden-link:', resourceId('Microsoft.Web/sites', 'site29-dr'))]",
        };
        assert!(code.contains(expected), "{format}: {code}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_and_a_name_move_wherever_a_value_or_a_segment_is_just_that() {
    let more = json!({"location": "swedencentral", "name_suffix": "-dr"});
    let Some((scanned, outputs)) = moved("34-moving", more).await else { return };
    for (format, output) in &outputs {
        let code = output.code();
        for kept in ["northeurope", "shop34.westeurope.cloudapp.azure.com", "blob34", "golden-img"] {
            assert!(code.contains(kept), "{format}: {kept}: {code}");
        }
        assert!(!code.contains("shop34-dr.westeurope"), "{format}: {code}");
        assert!(!code.contains("West Europe"), "{format}: {code}");
        assert!(
            code.contains("locations/swedencentral/managedApis/azureblob")
                || code.contains("swedencentral', 'azureblob'"),
            "{format}: {code}"
        );
        assert!(code.contains("cog34-dr"), "{format}: {code}");
        assert!(!code.contains("\"cog34\"") && !code.contains("'cog34'"), "{format}: {code}");
        if *format == "terraform" {
            assert!(!code.contains("azurerm_servicebus_namespace\""), "the replication would be lost: {code}");
        }
        assert!(code.contains("locationName"), "{format}: {code}");
        let left = told(output, "/here-only", "left_behind");
        assert!(
            left.iter().any(|(path, text)| path.ends_with("value[0]") && text == "westeurope"),
            "{format}: {left:?}"
        );
        let left = told(output, "/shop34-dr", "left_behind");
        assert_eq!(left.len(), 2, "{format}: {left:?}");
        for (resource, count) in [("/flow34", 2), ("/golden", 2)] {
            let unread = told(output, resource, "unresolved");
            assert_eq!(unread.len(), count, "{format}: {resource}: {unread:?}");
        }
        // What is told is all that is left.
        for line in code.lines().filter(|line| line.contains("westeurope")) {
            assert!(
                line.contains("shop34.westeurope.cloudapp")
                    || line.trim().trim_matches(['"', '\'', ',']) == "westeurope",
                "{format}: {line}"
            );
        }
    }
    scanned.stop().await;
}
