//! No input is lost, none is made up: what is typed says all that the body says, and where nothing is
//! imported, no more.

use serde_json::{Value as Json, json};

use super::{Planned, files_of, node, request};
use crate::iac::{emit::terraform::Form, model::plan::Given, recording};

const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-4000-8000-000000000001";

fn id(path: &str) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/rg/providers/{path}")
}

/// Bodies by id, type and version, as Terraform prints them.
fn printed(bodies: &[(String, &str, &str, Json)], with_imports: bool) -> (String, Planned) {
    let nodes = bodies.iter().filter_map(|(id, kind, version, body)| {
        let mut body = body.clone();
        body["id"] = json!(id);
        node(&body, kind, version)
    });
    let nodes = nodes.map(|node| (node.key.clone(), node)).collect();
    let planned = recording::typed(&nodes, &[], &request(with_imports)).expect("a plan");
    let files = files_of(&planned, with_imports);
    (files.into_values().collect(), planned)
}

#[test]
fn rules_and_probes_of_a_load_balancer_that_only_it_can_be_sent_with_are_resources() {
    let lb = id("Microsoft.Network/loadBalancers/lb");
    let front = format!("{lb}/frontendIPConfigurations/f");
    let body = json!({"location": "westeurope", "sku": {"name": "Standard", "tier": "Regional"}, "properties": {
        "frontendIPConfigurations": [{"id": front, "name": "f", "properties": {"privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": id("Microsoft.Network/virtualNetworks/v/subnets/s")}, "privateIPAddressVersion": "IPv4"}}],
        "backendAddressPools": [{"id": format!("{lb}/backendAddressPools/p"), "name": "p", "properties": {}}],
        "probes": [{"id": format!("{lb}/probes/http"), "name": "http", "properties": {"protocol": "Http", "port": 80,
            "requestPath": "/", "intervalInSeconds": 15, "numberOfProbes": 2, "probeThreshold": 1}}],
        "loadBalancingRules": [{"id": format!("{lb}/loadBalancingRules/web"), "name": "web", "properties": {
            "frontendIPConfiguration": {"id": front}, "protocol": "Tcp", "frontendPort": 443, "backendPort": 443,
            "backendAddressPools": [{"id": format!("{lb}/backendAddressPools/p")}], "probe": {"id": format!("{lb}/probes/http")},
            "idleTimeoutInMinutes": 4, "enableFloatingIP": false, "enableTcpReset": false, "disableOutboundSnat": false,
            "loadDistribution": "Default"}}],
    }});
    for with_imports in [true, false] {
        let lb = (lb.clone(), "Microsoft.Network/loadBalancers", "2023-11-01", body.clone());
        let (text, plan) = printed(&[lb], with_imports);
        assert!(plan.1.all.iter().all(|form| matches!(form, Form::Typed(_))), "{:?}", plan.1.all);
        for kind in ["azurerm_lb\"", "azurerm_lb_rule\"", "azurerm_lb_probe\"", "azurerm_lb_backend_address_pool\""] {
            assert!(text.contains(&format!("resource \"{kind}")), "no {kind}: {text}");
        }
        assert!(text.contains("probe_id") && !text.contains("azapi_resource\""), "{text}");
        assert_eq!(plan.0.left_out, []);
    }
}

fn site(kind: &str, config: Json) -> [(String, &'static str, &'static str, Json); 2] {
    let site = id("Microsoft.Web/sites/web");
    let plan = id("Microsoft.Web/serverfarms/plan");
    let mut config = config;
    for (name, value) in [
        ("alwaysOn", json!(true)),
        ("ftpsState", json!("Disabled")),
        ("minTlsVersion", json!("1.2")),
        ("scmMinTlsVersion", json!("1.2")),
        ("numberOfWorkers", json!(1)),
        ("loadBalancing", json!("LeastRequests")),
        ("managedPipelineMode", json!("Integrated")),
        ("remoteDebuggingVersion", json!("VS2022")),
    ] {
        config.as_object_mut().expect("an object").entry(name).or_insert(value);
    }
    let body = json!({"kind": kind, "location": "westeurope", "properties": {"serverFarmId": plan, "enabled": true,
        "reserved": kind.contains("linux"), "httpsOnly": true, "publicNetworkAccess": "Enabled", "clientAffinityEnabled": false,
        "clientCertEnabled": false, "clientCertMode": "Required", "keyVaultReferenceIdentity": "SystemAssigned",
        "vnetBackupRestoreEnabled": false, "vnetImagePullEnabled": false}});
    [
        (site.clone(), "Microsoft.Web/sites", "2024-04-01", body),
        (format!("{site}/config/web"), "Microsoft.Web/sites/config", "2024-04-01", json!({"properties": config})),
    ]
}

#[test]
fn a_web_app_is_typed_with_its_runtime_or_not_at_all() {
    let of = |kind: &str, config: Json| printed(&site(kind, config), true).0;
    let node = of("app,linux", json!({"linuxFxVersion": "NODE|20-lts"}));
    assert!(node.contains("azurerm_linux_web_app") && node.contains("node_version = \"20-lts\""), "{node}");
    let java = of("app,linux", json!({"linuxFxVersion": "TOMCAT|10.0-java17"}));
    for said in ["java_server         = \"TOMCAT\"", "java_server_version = \"10.0\"", "java_version        = \"17\""] {
        assert!(java.contains(said), "no {said}: {java}");
    }
    let image = of("app,linux,container", json!({"linuxFxVersion": "DOCKER|contoso.azurecr.io/web:1"}));
    assert!(!image.contains("azurerm_linux_web_app") && image.contains("DOCKER|contoso.azurecr.io/web:1"), "{image}");
    let net = of("app", json!({"netFrameworkVersion": "v8.0"}));
    assert!(net.contains("azurerm_windows_web_app") && net.contains("dotnet_version = \"v8.0\""), "{net}");
    let apps = json!([{"virtualPath": "/", "physicalPath": "site\\wwwroot", "preloadEnabled": true},
        {"virtualPath": "/api", "physicalPath": "site\\api", "preloadEnabled": false}]);
    let several = of("app", json!({"netFrameworkVersion": "v4.0", "virtualApplications": apps}));
    assert!(!several.contains("azurerm_windows_web_app") && several.contains("/api"), "{several}");
}

#[test]
fn only_an_import_says_what_the_provider_reads_where_azure_says_nothing() {
    let body = json!({"kind": "web", "location": "westeurope", "properties": {"Application_Type": "web",
        "RetentionInDays": 90, "DisableIpMasking": false, "DisableLocalAuth": false, "ForceCustomerStorageForProfiler": false,
        "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled", "IngestionMode": "ApplicationInsights"}});
    let one = [(id("Microsoft.Insights/components/appi"), "Microsoft.Insights/components", "2020-02-02", body)];
    let (imported, _) = printed(&one, true);
    assert!(
        imported.contains("sampling_percentage") && imported.contains("azurerm_application_insights"),
        "{imported}"
    );
    let (new, plan) = printed(&one, false);
    assert!(matches!(plan.1.all.as_slice(), [Form::Typed(_)]), "{:?}", plan.1.all);
    assert!(!new.contains("sampling_percentage"), "a new one would sample nothing: {new}");
}

#[test]
fn a_role_and_who_has_it_are_references() {
    let (principal, role) = ("c0470500-0000-4000-9004-000000000001", "c0470500-0000-4000-9004-00000000000a");
    let definition = format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    let identity = id("Microsoft.ManagedIdentity/userAssignedIdentities/who");
    let bodies = [
        (
            definition.clone(),
            "Microsoft.Authorization/roleDefinitions",
            "2022-04-01",
            json!({"properties": {"roleName": "Reader of logs", "type": "CustomRole", "description": "d", "assignableScopes": [SUBSCRIPTION],
                "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]}}),
        ),
        (
            identity.clone(),
            "Microsoft.ManagedIdentity/userAssignedIdentities",
            "2023-01-31",
            json!({"location": "westeurope", "properties": {"principalId": principal, "clientId": "c0470500-0000-4000-9004-000000000002",
                "tenantId": "00000000-0000-4000-8000-00000000000a"}}),
        ),
        (
            id("Microsoft.Authorization/roleAssignments/c0470500-0000-4000-9004-000000000003"),
            "Microsoft.Authorization/roleAssignments",
            "2022-04-01",
            json!({"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal",
                "scope": format!("{SUBSCRIPTION}/resourceGroups/rg")}}),
        ),
    ];
    for with_imports in [true, false] {
        let (text, _) = printed(&bodies, with_imports);
        assert!(text.contains(".role_definition_resource_id"), "{text}");
        assert!(text.contains("= azurerm_user_assigned_identity.who.principal_id"), "{text}");
    }
}

#[test]
fn a_function_app_asks_for_its_storage_and_an_import_leaves_it_as_it_is() {
    let of = |with_imports| {
        let mut site =
            site("functionapp,linux", json!({"linuxFxVersion": "Python|3.11", "functionAppScaleLimit": 200}));
        site[0].3["properties"]["clientCertMode"] = json!("Required");
        printed(&site, with_imports)
    };
    let (imported, plan) = of(true);
    assert!(imported.contains("azurerm_linux_function_app"), "{:?} {imported}", plan.1.all);
    assert!(imported.contains("python_version = \"3.11\""), "{imported}");
    assert!(imported.contains("= var.web_storage_account_name") && imported.contains("\"asbefore\""), "{imported}");
    assert!(matches!(plan.0.parameters.as_slice(), [one] if one.kind == Given::Idle), "{:?}", plan.0.parameters);
    let (new, plan) = of(false);
    assert!(new.contains("= var.web_storage_account_name") && !new.contains("asbefore"), "{new}");
    assert!(matches!(plan.0.parameters.as_slice(), [one] if one.kind == Given::Open), "{:?}", plan.0.parameters);
    let (windows, _) = printed(&site("functionapp", json!({"netFrameworkVersion": "v8.0"})), true);
    assert!(
        windows.contains("azurerm_windows_function_app") && windows.contains("dotnet_version = \"v8.0\""),
        "{windows}"
    );
}

#[test]
fn an_environment_sends_its_logs_to_the_workspace_that_is_in_the_code() {
    let (customer, workspace) =
        ("c0470500-0000-4000-9004-0000000000ab", id("Microsoft.OperationalInsights/workspaces/logs"));
    let bodies = [
        (
            workspace,
            "Microsoft.OperationalInsights/workspaces",
            "2023-09-01",
            json!({"location": "westeurope", "properties": {"customerId": customer, "sku": {"name": "PerGB2018"}, "retentionInDays": 30,
                "features": {"enableLogAccessUsingOnlyResourcePermissions": true}, "publicNetworkAccessForIngestion": "Enabled",
                "publicNetworkAccessForQuery": "Enabled", "workspaceCapping": {"dailyQuotaGb": -1.0}}}),
        ),
        (
            id("Microsoft.App/managedEnvironments/env"),
            "Microsoft.App/managedEnvironments",
            "2024-03-01",
            json!({"location": "westeurope", "properties": {"zoneRedundant": false, "appLogsConfiguration": {"destination": "log-analytics",
                "logAnalyticsConfiguration": {"customerId": customer}}}}),
        ),
    ];
    let (text, _) = printed(&bodies, true);
    assert!(text.contains("= azurerm_log_analytics_workspace.logs.id"), "{text}");
    assert!(text.contains("      local_authentication_enabled,\n"), "Azure says nothing of it: {text}");
}
