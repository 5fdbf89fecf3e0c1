//! The shop's entrance and what serves it: application gateway, search, language model, MySQL, alerts.

use serde_json::{Value, json};

use super::{COMPUTE, DATA, Group, MONITORING, SPOKE, WEB, child, network::subnet_id, tracked};
use crate::simulator::world::World;

const V: &str = "2024-05-01";

pub(super) fn fill(world: &mut World) {
    entrance(world);
    data(world);
    alerts(world);
}

fn entrance(world: &mut World) {
    let kind = "Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies";
    let policy = SPOKE.resource(kind, "waf-shop");
    let gateway = SPOKE.resource("Microsoft.Network/applicationGateways", "agw-shop");
    let part = |kind: &str, name: &str| format!("{gateway}/{kind}/{name}");
    let nested = |kind: &str, name: &str, properties: Value| json!({"id": part(kind, name), "name": name, "type": format!("Microsoft.Network/applicationGateways/{kind}"), "etag": "W/\"3c4d5e\"", "properties": properties});
    tracked(
        world,
        SPOKE,
        kind,
        "waf-shop",
        V,
        json!({"properties": {
            "provisioningState": "Succeeded", "resourceState": "Enabled", "applicationGateways": [{"id": gateway}],
            "policySettings": {"state": "Enabled", "mode": "Prevention", "requestBodyCheck": true, "requestBodyEnforcement": true, "requestBodyInspectLimitInKB": 128, "maxRequestBodySizeInKb": 128, "fileUploadEnforcement": true, "fileUploadLimitInMb": 100, "jsChallengeCookieExpirationInMins": 30},
            "customRules": [{"name": "NoRobots", "priority": 10, "ruleType": "MatchRule", "action": "Block", "state": "Enabled", "matchConditions": [{"matchVariables": [{"variableName": "RequestUri"}], "operator": "Contains", "negationConditon": false, "matchValues": ["/admin"], "transforms": ["Lowercase"]}]}],
            "managedRules": {"exclusions": [], "managedRuleSets": [{"ruleSetType": "OWASP", "ruleSetVersion": "3.2", "ruleGroupOverrides": []}]},
        }}),
    );
    let address = SPOKE.resource("Microsoft.Network/publicIPAddresses", "pip-shop");
    tracked(
        world,
        SPOKE,
        "Microsoft.Network/publicIPAddresses",
        "pip-shop",
        V,
        json!({"sku": {"name": "Standard", "tier": "Regional"}, "zones": ["1", "2", "3"], "properties": {"publicIPAllocationMethod": "Static", "ipAddress": "20.8.9.10", "ipTags": [], "provisioningState": "Succeeded"}}),
    );
    let listener = nested(
        "httpListeners",
        "http",
        json!({
            "frontendIPConfiguration": {"id": part("frontendIPConfigurations", "public")}, "frontendPort": {"id": part("frontendPorts", "http")},
            "protocol": "Http", "hostNames": ["shop.contoso.example"], "requireServerNameIndication": false, "provisioningState": "Succeeded",
        }),
    );
    let settings = nested(
        "backendHttpSettingsCollection",
        "app",
        json!({
            "port": 443, "protocol": "Https", "cookieBasedAffinity": "Disabled", "pickHostNameFromBackendAddress": true, "requestTimeout": 30, "probe": {"id": part("probes", "health")}, "provisioningState": "Succeeded",
        }),
    );
    let rule = nested(
        "requestRoutingRules",
        "shop",
        json!({
            "ruleType": "Basic", "priority": 100, "httpListener": {"id": part("httpListeners", "http")}, "backendAddressPool": {"id": part("backendAddressPools", "app")}, "backendHttpSettings": {"id": part("backendHttpSettingsCollection", "app")}, "provisioningState": "Succeeded",
        }),
    );
    let probe = nested(
        "probes",
        "health",
        json!({
            "protocol": "Https", "path": "/health", "interval": 30, "timeout": 30, "unhealthyThreshold": 3, "minServers": 0, "pickHostNameFromBackendHttpSettings": true, "match": {"statusCodes": ["200-399"]}, "provisioningState": "Succeeded",
        }),
    );
    let subnet = subnet_id(SPOKE, "vnet-spoke", "snet-gateway");
    tracked(
        world,
        SPOKE,
        "Microsoft.Network/applicationGateways",
        "agw-shop",
        V,
        json!({"zones": ["1", "2", "3"], "properties": {
            "provisioningState": "Succeeded", "operationalState": "Running", "enableHttp2": true, "sku": {"name": "WAF_v2", "tier": "WAF_v2", "family": "Generation_1"}, "autoscaleConfiguration": {"minCapacity": 1, "maxCapacity": 4}, "firewallPolicy": {"id": policy},
            "gatewayIPConfigurations": [nested("gatewayIPConfigurations", "subnet", json!({"subnet": {"id": subnet}, "provisioningState": "Succeeded"}))],
            "frontendIPConfigurations": [nested("frontendIPConfigurations", "public", json!({"privateIPAllocationMethod": "Dynamic", "publicIPAddress": {"id": address}, "provisioningState": "Succeeded"}))],
            "frontendPorts": [nested("frontendPorts", "http", json!({"port": 80, "provisioningState": "Succeeded"}))],
            "backendAddressPools": [nested("backendAddressPools", "app", json!({"backendAddresses": [{"fqdn": "app-shop.azurewebsites.net"}], "provisioningState": "Succeeded"}))],
            "backendHttpSettingsCollection": [settings], "httpListeners": [listener], "requestRoutingRules": [rule], "probes": [probe], "sslCertificates": [], "urlPathMaps": [], "redirectConfigurations": [],
        }}),
    );
}

fn data(world: &mut World) {
    tracked(
        world,
        DATA,
        "Microsoft.CognitiveServices/accounts",
        "cog-contoso",
        "2024-10-01",
        json!({
            "kind": "TextAnalytics", "sku": {"name": "S"},
            "properties": {"customSubDomainName": "cog-contoso", "publicNetworkAccess": "Enabled", "disableLocalAuth": false, "endpoint": "https://cog-contoso.cognitiveservices.azure.com/", "internalId": "7b8c9d0e00004000800000000000000a", "dateCreated": "2024-03-01T10:00:00Z", "isMigrated": false, "provisioningState": "Succeeded", "networkAcls": {"defaultAction": "Allow", "virtualNetworkRules": [], "ipRules": []}, "privateEndpointConnections": []},
        }),
    );
    tracked(
        world,
        DATA,
        "Microsoft.Search/searchServices",
        "srch-contoso",
        "2023-11-01",
        json!({
            "sku": {"name": "basic"},
            "properties": {"replicaCount": 1, "partitionCount": 1, "hostingMode": "default", "publicNetworkAccess": "enabled", "networkRuleSet": {"ipRules": [], "bypass": "None"}, "disableLocalAuth": false, "authOptions": {"apiKeyOnly": {}}, "encryptionWithCmk": {"enforcement": "Unspecified", "encryptionComplianceStatus": "Compliant"}, "semanticSearch": "disabled", "status": "running", "statusDetails": "", "provisioningState": "succeeded"},
        }),
    );
    let kind = "Microsoft.DBforMySQL/flexibleServers";
    tracked(
        world,
        DATA,
        kind,
        "mysql-contoso",
        "2023-12-30",
        json!({
            "sku": {"name": "Standard_D2ds_v4", "tier": "GeneralPurpose"},
            "properties": {
                "administratorLogin": "myadmin", "version": "8.0.21", "state": "Ready", "fullyQualifiedDomainName": "mysql-contoso.mysql.database.azure.com", "availabilityZone": "1", "replicationRole": "None", "replicaCapacity": 10,
                "storage": {"storageSizeGB": 64, "iops": 492, "autoGrow": "Enabled", "autoIoScaling": "Disabled", "logOnDisk": "Disabled", "storageSku": "Premium_LRS"}, "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled", "earliestRestoreDate": "2024-03-01T10:00:00Z"},
                "highAvailability": {"mode": "Disabled", "state": "NotEnabled"}, "network": {"publicNetworkAccess": "Enabled"}, "maintenanceWindow": {"customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0}, "privateEndpointConnections": [],
            },
        }),
    );
    child(
        world,
        DATA,
        "Microsoft.DBforMySQL/flexibleServers/databases",
        "mysql-contoso/blog",
        "2023-12-30",
        json!({"charset": "utf8mb4", "collation": "utf8mb4_0900_ai_ci"}),
    );
}

fn alerts(world: &mut World) {
    let action = MONITORING.resource("Microsoft.Insights/actionGroups", "ag-oncall");
    let workspace = MONITORING.resource("Microsoft.OperationalInsights/workspaces", "log-contoso");
    let group = |group: Group| group.id();
    tracked(
        world,
        MONITORING,
        "Microsoft.Insights/scheduledQueryRules",
        "alert-errors",
        "2023-03-15-preview",
        json!({"properties": {
            "displayName": "Errors of the shop", "severity": 2, "enabled": true, "evaluationFrequency": "PT5M", "windowSize": "PT15M", "scopes": [workspace], "autoMitigate": false, "checkWorkspaceAlertsStorageConfigured": false, "skipQueryValidation": false,
            "criteria": {"allOf": [{"query": "AppExceptions | where AppRoleName == \"shop\"", "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 5.0, "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1}}]},
            "actions": {"actionGroups": [action]}, "createdWithApiVersion": "2023-03-15-preview",
        }}),
    );
    tracked(
        world,
        MONITORING,
        "Microsoft.Insights/activityLogAlerts",
        "alert-deleted",
        "2020-10-01",
        json!({
            "location": "global",
            "properties": {"enabled": true, "description": "A machine was deleted", "scopes": [group(COMPUTE)], "condition": {"allOf": [{"field": "category", "equals": "Administrative"}, {"field": "operationName", "equals": "Microsoft.Compute/virtualMachines/delete"}]}, "actions": {"actionGroups": [{"actionGroupId": action, "webhookProperties": {}}]}},
        }),
    );
    let plan = WEB.resource("Microsoft.Web/serverfarms", "plan-web");
    let trigger = json!({"metricName": "CpuPercentage", "metricNamespace": "microsoft.web/serverfarms", "metricResourceUri": plan, "timeGrain": "PT1M", "statistic": "Average", "timeWindow": "PT5M", "timeAggregation": "Average", "operator": "GreaterThan", "threshold": 70.0, "dividePerInstance": false});
    tracked(
        world,
        WEB,
        "Microsoft.Insights/autoscaleSettings",
        "scale-web",
        "2022-10-01",
        json!({"properties": {
            "name": "scale-web", "enabled": true, "targetResourceUri": plan, "predictiveAutoscalePolicy": {"scaleMode": "Disabled"}, "notifications": [],
            "profiles": [{"name": "by cpu", "capacity": {"minimum": "2", "maximum": "6", "default": "2"}, "rules": [{"metricTrigger": trigger, "scaleAction": {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}}]}],
        }}),
    );
}
