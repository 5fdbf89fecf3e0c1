//! Web and container apps, messaging, and what watches over all.

use serde_json::json;

use super::{
    COMPUTE, DATA, MONITORING, SPOKE, WEB, below, child, identity::identity_id, network::subnet_id, put, tracked,
};
use crate::simulator::world::World;

pub(super) fn fill(world: &mut World) {
    monitoring(world);
    web(world);
    messaging(world);
}

fn workspace() -> String {
    MONITORING.resource("Microsoft.OperationalInsights/workspaces", "log-contoso")
}

fn monitoring(world: &mut World) {
    tracked(
        world,
        MONITORING,
        "Microsoft.OperationalInsights/workspaces",
        "log-contoso",
        "2023-09-01",
        json!({"properties": {
            "sku": {"name": "PerGB2018"}, "retentionInDays": 90, "customerId": "4e5f6071-0000-4000-8000-000000000001", "provisioningState": "Succeeded", "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled",
            "features": {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": true, "disableLocalAuth": false}, "workspaceCapping": {"dailyQuotaGb": -1.0, "quotaNextResetTime": "2024-03-02T10:00:00Z", "dataIngestionStatus": "RespectQuota"},
        }}),
    );
    tracked(
        world,
        MONITORING,
        "Microsoft.Insights/components",
        "appi-contoso",
        "2020-02-02",
        json!({
            "kind": "web",
            "properties": {
                "Application_Type": "web", "WorkspaceResourceId": workspace(), "IngestionMode": "LogAnalytics", "RetentionInDays": 90, "AppId": "5f607182-0000-4000-8000-000000000001",
                "InstrumentationKey": "6a7b8c9d-0000-4000-8000-000000000001", "ConnectionString": "InstrumentationKey=6a7b8c9d-0000-4000-8000-000000000001;IngestionEndpoint=https://westeurope-1.in.applicationinsights.azure.com/", "provisioningState": "Succeeded",
            },
        }),
    );
    let group = MONITORING.resource("Microsoft.Insights/actionGroups", "ag-oncall");
    tracked(
        world,
        MONITORING,
        "Microsoft.Insights/actionGroups",
        "ag-oncall",
        "2023-01-01",
        json!({
            "location": "global",
            "properties": {"groupShortName": "oncall", "enabled": true, "emailReceivers": [{"name": "ops", "emailAddress": "ops@contoso.example", "useCommonAlertSchema": true, "status": "Enabled"}]},
        }),
    );
    tracked(
        world,
        MONITORING,
        "Microsoft.Insights/metricAlerts",
        "alert-cpu",
        "2018-03-01",
        json!({
            "location": "global",
            "properties": {
                "severity": 2, "enabled": true, "scopes": [COMPUTE.resource("Microsoft.Compute/virtualMachines", "vm-app-01")], "evaluationFrequency": "PT5M", "windowSize": "PT15M", "autoMitigate": true,
                "criteria": {"odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria", "allOf": [{"name": "cpu", "metricName": "Percentage CPU", "metricNamespace": "Microsoft.Compute/virtualMachines", "operator": "GreaterThan", "threshold": 90, "timeAggregation": "Average", "criterionType": "StaticThresholdCriterion"}]},
                "actions": [{"actionGroupId": group}],
            },
        }),
    );
    tracked(
        world,
        MONITORING,
        "Microsoft.Automation/automationAccounts",
        "aa-contoso",
        "2023-11-01",
        json!({"properties": {"sku": {"name": "Basic"}, "state": "Ok", "creationTime": "2024-03-01T10:00:00.000Z", "publicNetworkAccess": true}}),
    );
    tracked(
        world,
        MONITORING,
        "Microsoft.Automation/automationAccounts/runbooks",
        "aa-contoso/stop-idle",
        "2023-11-01",
        json!({"properties": {"runbookType": "PowerShell", "state": "Published", "logVerbose": false, "logProgress": false, "provisioningState": "Succeeded"}}),
    );
    let kind = "Microsoft.Insights/diagnosticSettings";
    for holder in [
        DATA.resource("Microsoft.KeyVault/vaults", "kv-contoso"),
        SPOKE.resource("Microsoft.Network/networkSecurityGroups", "nsg-web"),
    ] {
        put(
            world,
            &below(&holder, kind, "to-logs"),
            kind,
            "2021-05-01-preview",
            json!({"properties": {"workspaceId": workspace(), "logs": [{"categoryGroup": "allLogs", "enabled": true}], "metrics": []}}),
        );
    }
}

fn web(world: &mut World) {
    let v = "2023-12-01";
    let plan = WEB.resource("Microsoft.Web/serverfarms", "plan-web");
    tracked(
        world,
        WEB,
        "Microsoft.Web/serverfarms",
        "plan-web",
        v,
        json!({
            "sku": {"name": "P1v3", "tier": "PremiumV3", "size": "P1v3", "family": "Pv3", "capacity": 2}, "kind": "linux",
            "properties": {"reserved": true, "zoneRedundant": false, "status": "Ready", "provisioningState": "Succeeded"},
        }),
    );
    for (name, kind) in [("app-shop", "app,linux"), ("app-admin", "app,linux"), ("func-orders", "functionapp,linux")] {
        tracked(
            world,
            WEB,
            "Microsoft.Web/sites",
            name,
            v,
            json!({
                "kind": kind,
                "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id("id-web"): {"principalId": super::identity::object(4, 0), "clientId": super::identity::object(5, 0)}}},
                "properties": {
                    "serverFarmId": plan, "httpsOnly": true, "enabled": true, "state": "Running", "defaultHostName": format!("{name}.azurewebsites.net"), "outboundIpAddresses": "20.1.2.3,20.1.2.4",
                    "virtualNetworkSubnetId": subnet_id(SPOKE, "vnet-spoke", "snet-web"), "publicNetworkAccess": "Enabled", "clientAffinityEnabled": false,
                },
            }),
        );
        put(
            world,
            &WEB.resource("Microsoft.Web/sites/config", &format!("{name}/web")),
            "Microsoft.Web/sites/config",
            v,
            json!({
                "location": "West Europe", "properties": {"linuxFxVersion": "DOTNETCORE|8.0", "alwaysOn": true, "ftpsState": "Disabled", "minTlsVersion": "1.2", "http20Enabled": true},
            }),
        );
    }
    tracked(
        world,
        WEB,
        "Microsoft.ContainerRegistry/registries",
        "crcontoso",
        "2023-07-01",
        json!({
            "sku": {"name": "Premium", "tier": "Premium"}, "properties": {"adminUserEnabled": false, "loginServer": "crcontoso.azurecr.io", "creationDate": "2024-03-01T10:00:00.000Z", "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled"},
        }),
    );
    let environment = WEB.resource("Microsoft.App/managedEnvironments", "cae-contoso");
    tracked(
        world,
        WEB,
        "Microsoft.App/managedEnvironments",
        "cae-contoso",
        "2024-03-01",
        json!({"properties": {
            "provisioningState": "Succeeded", "defaultDomain": "calmrock-1a2b3c.westeurope.azurecontainerapps.io", "staticIp": "20.5.6.7", "zoneRedundant": false,
            "appLogsConfiguration": {"destination": "azure-monitor"},
        }}),
    );
    tracked(
        world,
        WEB,
        "Microsoft.App/containerApps",
        "ca-api",
        "2024-03-01",
        json!({
            "identity": {"type": "None"},
            "properties": {
                "managedEnvironmentId": environment, "environmentId": environment, "provisioningState": "Succeeded", "latestRevisionName": "ca-api--abc1234",
                "configuration": {"activeRevisionsMode": "Single", "ingress": {"external": true, "targetPort": 8080, "transport": "Auto", "allowInsecure": false, "traffic": [{"latestRevision": true, "weight": 100}], "fqdn": "ca-api.calmrock-1a2b3c.westeurope.azurecontainerapps.io"}},
                "template": {"containers": [{"name": "api", "image": "crcontoso.azurecr.io/api:1.4.2", "resources": {"cpu": 0.5, "memory": "1Gi"}, "env": [{"name": "MODE", "value": "prod"}]}], "scale": {"minReplicas": 1, "maxReplicas": 5}},
            },
        }),
    );
}

fn messaging(world: &mut World) {
    let v = "2024-01-01";
    tracked(
        world,
        WEB,
        "Microsoft.ServiceBus/namespaces",
        "sb-contoso",
        v,
        json!({
            "sku": {"name": "Standard", "tier": "Standard"},
            "properties": {"status": "Active", "serviceBusEndpoint": "https://sb-contoso.servicebus.windows.net:443/", "createdAt": "2024-03-01T10:00:00.000Z", "updatedAt": "2024-03-01T10:00:00.000Z", "provisioningState": "Succeeded", "minimumTlsVersion": "1.2"},
        }),
    );
    for queue in ["orders", "invoices"] {
        child(
            world,
            WEB,
            "Microsoft.ServiceBus/namespaces/queues",
            &format!("sb-contoso/{queue}"),
            v,
            json!({"maxSizeInMegabytes": 1024, "lockDuration": "PT1M", "maxDeliveryCount": 10, "status": "Active", "createdAt": "2024-03-01T10:00:00Z", "messageCount": 3, "sizeInBytes": 512}),
        );
    }
    child(
        world,
        WEB,
        "Microsoft.ServiceBus/namespaces/topics",
        "sb-contoso/events",
        v,
        json!({"maxSizeInMegabytes": 1024, "status": "Active", "subscriptionCount": 1}),
    );
    child(
        world,
        WEB,
        "Microsoft.ServiceBus/namespaces/topics/subscriptions",
        "sb-contoso/events/audit",
        v,
        json!({"lockDuration": "PT1M", "maxDeliveryCount": 10, "status": "Active"}),
    );
    tracked(
        world,
        WEB,
        "Microsoft.EventHub/namespaces",
        "evh-contoso",
        v,
        json!({
            "sku": {"name": "Standard", "tier": "Standard", "capacity": 1},
            "properties": {"status": "Active", "isAutoInflateEnabled": false, "maximumThroughputUnits": 0, "kafkaEnabled": true, "serviceBusEndpoint": "https://evh-contoso.servicebus.windows.net:443/", "provisioningState": "Succeeded"},
        }),
    );
    child(
        world,
        WEB,
        "Microsoft.EventHub/namespaces/eventhubs",
        "evh-contoso/telemetry",
        v,
        json!({"messageRetentionInDays": 1, "partitionCount": 4, "partitionIds": ["0", "1", "2", "3"], "status": "Active", "createdAt": "2024-03-01T10:00:00.000Z"}),
    );
    child(
        world,
        WEB,
        "Microsoft.EventHub/namespaces/eventhubs/consumergroups",
        "evh-contoso/telemetry/archive",
        v,
        json!({"createdAt": "2024-03-01T10:00:00Z", "updatedAt": "2024-03-01T10:00:00Z"}),
    );
    tracked(
        world,
        WEB,
        "Microsoft.EventGrid/topics",
        "egt-contoso",
        "2022-06-15",
        json!({"properties": {"inputSchema": "EventGridSchema", "endpoint": "https://egt-contoso.westeurope-1.eventgrid.azure.net/api/events", "publicNetworkAccess": "Enabled", "provisioningState": "Succeeded"}}),
    );
}
