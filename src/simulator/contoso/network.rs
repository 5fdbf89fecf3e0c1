//! A hub and a spoke, peered; security, routes, addresses, balancing, private names.

use serde_json::{Value, json};

use super::{DATA, Group, HUB, SPOKE, child, put, tracked};
use crate::simulator::world::World;

const V: &str = "2024-05-01";
const VNET: &str = "Microsoft.Network/virtualNetworks";

pub(super) fn subnet_id(group: Group, vnet: &str, name: &str) -> String {
    group.resource("Microsoft.Network/virtualNetworks/subnets", &format!("{vnet}/{name}"))
}

pub(super) fn fill(world: &mut World) {
    networks(world);
    security(world);
    edge(world);
    names(world);
}

fn subnet(group: Group, vnet: &str, name: &str, prefix: &str, nsg: Option<&str>, routed: bool) -> Value {
    let mut properties = json!({
        "addressPrefix": prefix, "provisioningState": "Succeeded", "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
        "serviceEndpoints": [{"service": "Microsoft.Storage", "locations": ["westeurope"]}],
    });
    if let Some(nsg) = nsg {
        properties["networkSecurityGroup"] =
            json!({"id": group.resource("Microsoft.Network/networkSecurityGroups", nsg)});
    }
    if routed {
        properties["routeTable"] = json!({"id": group.resource("Microsoft.Network/routeTables", "rt-spoke")});
        properties["natGateway"] = json!({"id": group.resource("Microsoft.Network/natGateways", "ng-spoke")});
    }
    json!({
        "id": subnet_id(group, vnet, name), "name": name, "etag": "W/\"0d1e2f\"",
        "type": "Microsoft.Network/virtualNetworks/subnets", "properties": properties,
    })
}

fn networks(world: &mut World) {
    let hub = vec![
        subnet(HUB, "vnet-hub", "AzureFirewallSubnet", "10.0.0.0/26", None, false),
        subnet(HUB, "vnet-hub", "AzureBastionSubnet", "10.0.0.64/26", None, false),
        subnet(HUB, "vnet-hub", "snet-shared", "10.0.1.0/24", Some("nsg-shared"), false),
    ];
    let spoke = vec![
        subnet(SPOKE, "vnet-spoke", "snet-web", "10.1.1.0/24", Some("nsg-web"), true),
        subnet(SPOKE, "vnet-spoke", "snet-data", "10.1.2.0/24", Some("nsg-data"), true),
        subnet(SPOKE, "vnet-spoke", "snet-endpoints", "10.1.3.0/24", Some("nsg-data"), false),
        subnet(SPOKE, "vnet-spoke", "snet-aks", "10.1.16.0/20", None, false),
        subnet(SPOKE, "vnet-spoke", "snet-gateway", "10.1.4.0/24", None, false),
    ];
    let ends = [(HUB, "vnet-hub", "10.0.0.0/16", hub), (SPOKE, "vnet-spoke", "10.1.0.0/16", spoke)];
    for (group, name, space, subnets) in ends {
        let (to_group, to_name) = if name == "vnet-hub" { (SPOKE, "vnet-spoke") } else { (HUB, "vnet-hub") };
        let peering_name = format!("peer-{}", to_name.trim_start_matches("vnet-"));
        let kind = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings";
        let peering = json!({
            "peeringState": "Connected", "peeringSyncLevel": "FullyInSync", "provisioningState": "Succeeded",
            "remoteVirtualNetwork": {"id": to_group.resource(VNET, to_name)},
            "allowVirtualNetworkAccess": true, "allowForwardedTraffic": true, "allowGatewayTransit": false,
            "useRemoteGateways": false,
        });
        let full = format!("{name}/{peering_name}");
        let nested =
            json!({"id": group.resource(kind, &full), "name": peering_name, "type": kind, "properties": peering});
        let fields = json!({"etag": "W/\"1a2b3c\"", "properties": {
            "addressSpace": {"addressPrefixes": [space]}, "subnets": subnets,
            "virtualNetworkPeerings": [nested], "enableDdosProtection": false, "provisioningState": "Succeeded",
            "resourceGuid": "5b1f0f0e-2d0c-4f5e-9d58-0c1d2e3f4a5b",
        }});
        tracked(world, group, VNET, name, V, fields);
        for subnet in &subnets {
            let name = format!("{name}/{}", subnet["name"].as_str().unwrap_or_default());
            let properties = subnet["properties"].clone();
            child(world, group, "Microsoft.Network/virtualNetworks/subnets", &name, V, properties);
        }
        child(world, group, kind, &full, V, peering);
    }
}

fn security(world: &mut World) {
    let kind = "Microsoft.Network/networkSecurityGroups";
    for (group, name, port, priority) in
        [(HUB, "nsg-shared", "22", 200), (SPOKE, "nsg-web", "443", 100), (SPOKE, "nsg-data", "1433", 110)]
    {
        let rule_kind = "Microsoft.Network/networkSecurityGroups/securityRules";
        let rule_name = format!("allow-{port}");
        let rule = json!({
            "protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": port,
            "sourceAddressPrefix": "10.0.0.0/8", "destinationAddressPrefix": "*", "access": "Allow",
            "priority": priority, "direction": "Inbound", "provisioningState": "Succeeded",
            "description": "from inside; written as ${source}",
        });
        let full = format!("{name}/{rule_name}");
        let nested =
            json!({"id": group.resource(rule_kind, &full), "name": rule_name, "type": rule_kind, "properties": rule});
        let fields = json!({"properties": {
            "securityRules": [nested], "provisioningState": "Succeeded",
            "defaultSecurityRules": [{
                "id": group.resource("Microsoft.Network/networkSecurityGroups/defaultSecurityRules", &format!("{name}/DenyAllInBound")),
                "name": "DenyAllInBound", "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
                "properties": {"protocol": "*", "access": "Deny", "priority": 65500, "direction": "Inbound", "provisioningState": "Succeeded"},
            }],
        }});
        tracked(world, group, kind, name, V, fields);
        child(world, group, rule_kind, &full, V, rule);
    }
    tracked(
        world,
        SPOKE,
        "Microsoft.Network/routeTables",
        "rt-spoke",
        V,
        json!({"properties": {
            "disableBgpRoutePropagation": true, "provisioningState": "Succeeded", "routes": [],
        }}),
    );
    child(
        world,
        SPOKE,
        "Microsoft.Network/routeTables/routes",
        "rt-spoke/default",
        V,
        json!({
            "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.4", "provisioningState": "Succeeded",
        }),
    );
    tracked(
        world,
        SPOKE,
        "Microsoft.Network/applicationSecurityGroups",
        "asg-web",
        V,
        json!({"properties": {"provisioningState": "Succeeded"}}),
    );
}

pub(super) fn address_id(group: Group, name: &str) -> String {
    group.resource("Microsoft.Network/publicIPAddresses", name)
}

fn edge(world: &mut World) {
    for (group, name) in [
        (HUB, "pip-firewall"),
        (HUB, "pip-bastion"),
        (SPOKE, "pip-nat"),
        (SPOKE, "pip-gateway"),
        (SPOKE, "pip-balancer"),
    ] {
        tracked(
            world,
            group,
            "Microsoft.Network/publicIPAddresses",
            name,
            V,
            json!({
                "sku": {"name": "Standard", "tier": "Regional"}, "zones": ["1", "2", "3"],
                "properties": {
                    "publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", "idleTimeoutInMinutes": 4,
                    "ipAddress": "20.50.60.70", "provisioningState": "Succeeded",
                },
            }),
        );
    }
    tracked(
        world,
        SPOKE,
        "Microsoft.Network/natGateways",
        "ng-spoke",
        V,
        json!({
            "sku": {"name": "Standard"},
            "properties": {"idleTimeoutInMinutes": 10, "publicIpAddresses": [{"id": address_id(SPOKE, "pip-nat")}], "provisioningState": "Succeeded"},
        }),
    );
    let policy = HUB.resource("Microsoft.Network/firewallPolicies", "fwp-hub");
    tracked(
        world,
        HUB,
        "Microsoft.Network/firewallPolicies",
        "fwp-hub",
        V,
        json!({"properties": {
            "sku": {"tier": "Standard"}, "threatIntelMode": "Alert", "provisioningState": "Succeeded",
        }}),
    );
    tracked(
        world,
        HUB,
        "Microsoft.Network/azureFirewalls",
        "fw-hub",
        V,
        json!({"properties": {
            "sku": {"name": "AZFW_VNet", "tier": "Standard"}, "threatIntelMode": "Alert", "firewallPolicy": {"id": policy},
            "ipConfigurations": [{"name": "ipconfig", "properties": {
                "subnet": {"id": subnet_id(HUB, "vnet-hub", "AzureFirewallSubnet")},
                "publicIPAddress": {"id": address_id(HUB, "pip-firewall")}, "privateIPAddress": "10.0.0.4", "provisioningState": "Succeeded",
            }}],
            "provisioningState": "Succeeded",
        }}),
    );
    tracked(
        world,
        HUB,
        "Microsoft.Network/bastionHosts",
        "bas-hub",
        V,
        json!({
            "sku": {"name": "Standard"},
            "properties": {"scaleUnits": 2, "provisioningState": "Succeeded", "ipConfigurations": [{"name": "ipconf", "properties": {
                "subnet": {"id": subnet_id(HUB, "vnet-hub", "AzureBastionSubnet")}, "publicIPAddress": {"id": address_id(HUB, "pip-bastion")},
                "privateIPAllocationMethod": "Dynamic", "provisioningState": "Succeeded",
            }}]},
        }),
    );
    let balancer = SPOKE.resource("Microsoft.Network/loadBalancers", "lb-web");
    tracked(
        world,
        SPOKE,
        "Microsoft.Network/loadBalancers",
        "lb-web",
        V,
        json!({
            "sku": {"name": "Standard", "tier": "Regional"},
            "properties": {
                "frontendIPConfigurations": [{"name": "front", "id": format!("{balancer}/frontendIPConfigurations/front"), "properties": {"publicIPAddress": {"id": address_id(SPOKE, "pip-balancer")}, "provisioningState": "Succeeded"}}],
                "backendAddressPools": [{"name": "pool", "id": format!("{balancer}/backendAddressPools/pool"), "properties": {"provisioningState": "Succeeded"}}],
                "probes": [{"name": "http", "id": format!("{balancer}/probes/http"), "properties": {"protocol": "Tcp", "port": 443, "intervalInSeconds": 5, "numberOfProbes": 2, "probeThreshold": 1, "noHealthyBackendsBehavior": "AllProbedDown", "provisioningState": "Succeeded"}}],
                "loadBalancingRules": [{"name": "https", "id": format!("{balancer}/loadBalancingRules/https"), "properties": {
                    "frontendIPConfiguration": {"id": format!("{balancer}/frontendIPConfigurations/front")},
                    "backendAddressPool": {"id": format!("{balancer}/backendAddressPools/pool")},
                    "probe": {"id": format!("{balancer}/probes/http")}, "protocol": "Tcp", "frontendPort": 443, "backendPort": 443, "idleTimeoutInMinutes": 4, "enableFloatingIP": false, "enableTcpReset": false, "disableOutboundSnat": false, "loadDistribution": "Default", "provisioningState": "Succeeded",
                }}],
                "provisioningState": "Succeeded",
            },
        }),
    );
}

fn names(world: &mut World) {
    let global = |fields: Value| {
        let mut fields = fields;
        fields["location"] = json!("global");
        fields
    };
    for zone in
        ["privatelink.database.windows.net", "privatelink.blob.core.windows.net", "privatelink.vaultcore.azure.net"]
    {
        tracked(
            world,
            HUB,
            "Microsoft.Network/privateDnsZones",
            zone,
            "2024-06-01",
            global(json!({"properties": {
                "numberOfRecordSets": 2, "maxNumberOfRecordSets": 25000, "provisioningState": "Succeeded",
            }})),
        );
        for (link, vnet) in
            [("link-hub", HUB.resource(VNET, "vnet-hub")), ("link-spoke", SPOKE.resource(VNET, "vnet-spoke"))]
        {
            let kind = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";
            put(
                world,
                &HUB.resource(kind, &format!("{zone}/{link}")),
                kind,
                "2024-06-01",
                json!({
                    "location": "global", "etag": "\"00\"",
                    "properties": {"registrationEnabled": false, "virtualNetwork": {"id": vnet}, "virtualNetworkLinkState": "Completed", "provisioningState": "Succeeded"},
                }),
            );
        }
    }
    let zone = "contoso.example";
    tracked(
        world,
        HUB,
        "Microsoft.Network/dnsZones",
        zone,
        "2018-05-01",
        global(json!({"properties": {"zoneType": "Public", "numberOfRecordSets": 3}})),
    );
    child(
        world,
        HUB,
        "Microsoft.Network/dnsZones/A",
        &format!("{zone}/www"),
        "2018-05-01",
        json!({
            "TTL": 300, "ARecords": [{"ipv4Address": "20.50.60.70"}], "fqdn": "www.contoso.example.", "provisioningState": "Succeeded",
        }),
    );
    for (name, target, group_id, zone) in [
        (
            "pe-sql",
            DATA.resource("Microsoft.Sql/servers", "sql-contoso"),
            "sqlServer",
            "privatelink.database.windows.net",
        ),
        (
            "pe-store",
            DATA.resource("Microsoft.Storage/storageAccounts", "stcontosodata"),
            "blob",
            "privatelink.blob.core.windows.net",
        ),
        (
            "pe-vault",
            DATA.resource("Microsoft.KeyVault/vaults", "kv-contoso"),
            "vault",
            "privatelink.vaultcore.azure.net",
        ),
    ] {
        let nic = SPOKE.resource("Microsoft.Network/networkInterfaces", &format!("{name}.nic"));
        tracked(
            world,
            SPOKE,
            "Microsoft.Network/privateEndpoints",
            name,
            V,
            json!({"properties": {
                "subnet": {"id": subnet_id(SPOKE, "vnet-spoke", "snet-endpoints")}, "networkInterfaces": [{"id": nic}],
                "privateLinkServiceConnections": [{"name": name, "properties": {
                    "privateLinkServiceId": target, "groupIds": [group_id], "provisioningState": "Succeeded",
                    "privateLinkServiceConnectionState": {"status": "Approved", "description": "Auto-approved", "actionsRequired": "None"},
                }}],
                "manualPrivateLinkServiceConnections": [], "customDnsConfigs": [], "provisioningState": "Succeeded",
            }}),
        );
        put(
            world,
            &nic,
            "Microsoft.Network/networkInterfaces",
            V,
            json!({
                "location": SPOKE.location,
                "properties": {
                    "ipConfigurations": [{"name": "privateEndpointIpConfig", "properties": {"subnet": {"id": subnet_id(SPOKE, "vnet-spoke", "snet-endpoints")}, "privateIPAddress": "10.1.3.4", "privateIPAllocationMethod": "Dynamic", "provisioningState": "Succeeded"}}],
                    "privateEndpoint": {"id": SPOKE.resource("Microsoft.Network/privateEndpoints", name)}, "provisioningState": "Succeeded",
                },
            }),
        );
        child(
            world,
            SPOKE,
            "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
            &format!("{name}/default"),
            V,
            json!({
                "privateDnsZoneConfigs": [{"name": "config", "properties": {"privateDnsZoneId": HUB.resource("Microsoft.Network/privateDnsZones", zone)}}],
                "provisioningState": "Succeeded",
            }),
        );
    }
}
