//! Machines with their disks and cards, a scale set, a cluster, a container group.

use serde_json::json;

use super::{COMPUTE, KUBERNETES, MONITORING, SPOKE, child, identity::identity_id, network::subnet_id, tracked};
use crate::simulator::world::World;

const V: &str = "2024-07-01";
const DISKS: &str = "2024-03-02";

pub(super) fn fill(world: &mut World) {
    tracked(
        world,
        COMPUTE,
        "Microsoft.Compute/availabilitySets",
        "avail-app",
        V,
        json!({
            "sku": {"name": "Aligned"},
            "properties": {"platformUpdateDomainCount": 5, "platformFaultDomainCount": 2, "virtualMachines": []},
        }),
    );
    for at in 1..=8 {
        machine(world, at);
    }
    tracked(
        world,
        COMPUTE,
        "Microsoft.Compute/virtualMachineScaleSets",
        "vmss-worker",
        V,
        json!({
            "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 3},
            "properties": {
                "singlePlacementGroup": false, "orchestrationMode": "Uniform", "upgradePolicy": {"mode": "Manual"}, "overprovision": false,
                "provisioningState": "Succeeded", "uniqueId": "6d1a2a0c-4a7b-4b0b-8c2c-0d5b8a9b0c1d",
                "virtualMachineProfile": {
                    "osProfile": {"computerNamePrefix": "worker", "adminUsername": "azureuser", "linuxConfiguration": {"disablePasswordAuthentication": true, "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"}]}}},
                    "storageProfile": {"osDisk": {"createOption": "FromImage", "caching": "ReadWrite", "managedDisk": {"storageAccountType": "Premium_LRS"}}, "imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}},
                    "networkProfile": {"networkInterfaceConfigurations": [{"name": "nic", "properties": {"primary": true, "ipConfigurations": [{"name": "ip", "properties": {
                        "subnet": {"id": subnet_id(SPOKE, "vnet-spoke", "snet-web")},
                        "primary": true, "privateIPAddressVersion": "IPv4", "loadBalancerBackendAddressPools": [{"id": format!("{}/backendAddressPools/pool", SPOKE.resource("Microsoft.Network/loadBalancers", "lb-web"))}],
                    }}]}}]},
                },
            },
        }),
    );
    cluster(world);
}

fn machine(world: &mut World, at: usize) {
    let (vm, nic, disk) = (format!("vm-app-{at:02}"), format!("nic-app-{at:02}"), format!("vm-app-{at:02}-data"));
    let os_disk = format!("vm-app-{at:02}_OsDisk_1_0f1e2d3c");
    let vm_id = COMPUTE.resource("Microsoft.Compute/virtualMachines", &vm);
    let nic_id = COMPUTE.resource("Microsoft.Network/networkInterfaces", &nic);
    let disk_id = COMPUTE.resource("Microsoft.Compute/disks", &disk);
    let os_id = COMPUTE.resource("Microsoft.Compute/disks", &os_disk);
    tracked(
        world,
        COMPUTE,
        "Microsoft.Network/networkInterfaces",
        &nic,
        "2024-05-01",
        json!({"properties": {
            "ipConfigurations": [{"name": "ipconfig1", "id": format!("{nic_id}/ipConfigurations/ipconfig1"), "properties": {
                "subnet": {"id": subnet_id(SPOKE, "vnet-spoke", "snet-web")}, "privateIPAllocationMethod": "Dynamic",
                "privateIPAddress": format!("10.1.1.{}", 10 + at), "privateIPAddressVersion": "IPv4", "primary": true, "provisioningState": "Succeeded",
                "applicationSecurityGroups": [{"id": SPOKE.resource("Microsoft.Network/applicationSecurityGroups", "asg-web")}],
            }}],
            "enableAcceleratedNetworking": true, "enableIPForwarding": false, "virtualMachine": {"id": vm_id}, "macAddress": "00-0D-3A-00-00-01", "provisioningState": "Succeeded",
        }}),
    );
    tracked(
        world,
        COMPUTE,
        "Microsoft.Compute/disks",
        &disk,
        DISKS,
        json!({
            "sku": {"name": "Premium_LRS", "tier": "Premium"}, "managedBy": vm_id,
            "properties": {"diskSizeGB": 128, "creationData": {"createOption": "Empty"}, "diskState": "Attached", "provisioningState": "Succeeded", "timeCreated": "2024-03-01T10:00:00.0000000+00:00", "uniqueId": "1b2c3d4e-0000-4000-8000-000000000001"},
        }),
    );
    tracked(
        world,
        COMPUTE,
        "Microsoft.Compute/disks",
        &os_disk,
        DISKS,
        json!({
            "sku": {"name": "Premium_LRS", "tier": "Premium"}, "managedBy": vm_id,
            "properties": {"osType": "Linux", "diskSizeGB": 30, "creationData": {"createOption": "FromImage", "imageReference": {"id": format!("/Subscriptions/{}/Providers/Microsoft.Compute/Locations/northeurope/Publishers/Canonical/ArtifactTypes/VMImage/Offers/ubuntu-24_04-lts/Skus/server/Versions/24.04.202406140", COMPUTE.subscription)}}, "diskState": "Attached", "provisioningState": "Succeeded"},
        }),
    );
    let mut fields = json!({
        "identity": {"type": "SystemAssigned", "principalId": super::identity::object(8, at), "tenantId": world.tenant},
        "properties": {
            "vmId": format!("2c3d4e5f-0000-4000-8000-{at:012}"), "provisioningState": "Succeeded", "timeCreated": "2024-03-01T10:00:00.0000000+00:00",
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest", "exactVersion": "24.04.202406140"},
                "osDisk": {"osType": "Linux", "name": os_disk, "createOption": "FromImage", "caching": "ReadWrite", "deleteOption": "Delete", "diskSizeGB": 30, "managedDisk": {"id": os_id, "storageAccountType": "Premium_LRS"}},
                "dataDisks": [{"lun": 0, "name": disk, "createOption": "Attach", "caching": "None", "deleteOption": "Detach", "toBeDetached": false, "managedDisk": {"id": disk_id, "storageAccountType": "Premium_LRS"}}],
            },
            "osProfile": {"computerName": vm, "adminUsername": "azureuser", "secrets": [], "allowExtensionOperations": true, "requireGuestProvisionSignal": true, "linuxConfiguration": {"disablePasswordAuthentication": true, "provisionVMAgent": true, "patchSettings": {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"}, "enableVMAgentPlatformUpdates": false, "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"}]}}},
            "networkProfile": {"networkInterfaces": [{"id": nic_id, "properties": {"primary": true}}]},
        },
    });
    if at <= 2 {
        fields["properties"]["availabilitySet"] =
            json!({"id": COMPUTE.resource("Microsoft.Compute/availabilitySets", "avail-app")});
    } else {
        fields["zones"] = json!([(at % 3 + 1).to_string()]);
    }
    tracked(world, COMPUTE, "Microsoft.Compute/virtualMachines", &vm, V, fields);
    let kind = "Microsoft.Compute/virtualMachines/extensions";
    tracked(
        world,
        COMPUTE,
        kind,
        &format!("{vm}/AzureMonitorLinuxAgent"),
        V,
        json!({"properties": {
            "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent", "typeHandlerVersion": "1.0", "autoUpgradeMinorVersion": true, "provisioningState": "Succeeded",
            "settings": {"workspace": MONITORING.resource("Microsoft.OperationalInsights/workspaces", "log-contoso")},
        }}),
    );
}

fn cluster(world: &mut World) {
    let subnet = subnet_id(SPOKE, "vnet-spoke", "snet-aks");
    let version = "2024-09-01";
    let kind = "Microsoft.ContainerService/managedClusters";
    let pool = json!({"count": 3, "vmSize": "Standard_D4s_v5", "osDiskSizeGB": 128, "osDiskType": "Managed", "kubeletDiskType": "OS", "maxPods": 110, "osType": "Linux", "osSKU": "Ubuntu", "mode": "System", "type": "VirtualMachineScaleSets", "enableAutoScaling": false, "scaleDownMode": "Delete", "vnetSubnetID": subnet, "orchestratorVersion": "1.30", "currentOrchestratorVersion": "1.30.4", "enableNodePublicIP": false, "enableEncryptionAtHost": false, "enableUltraSSD": false, "enableFIPS": false, "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202410.09.0", "upgradeSettings": {"maxSurge": "10%"}, "powerState": {"code": "Running"}, "securityProfile": {"enableVTPM": false, "enableSecureBoot": false}, "provisioningState": "Succeeded"});
    let mut profile = pool.clone();
    profile["name"] = json!("system");
    tracked(
        world,
        KUBERNETES,
        kind,
        "aks-contoso",
        version,
        json!({
            "sku": {"name": "Base", "tier": "Standard"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id("id-aks"): {"principalId": super::identity::object(4, 1), "clientId": super::identity::object(5, 1)}}},
            "properties": {
                "kubernetesVersion": "1.30", "currentKubernetesVersion": "1.30.4", "dnsPrefix": "contoso", "fqdn": "contoso-1a2b3c4d.hcp.northeurope.azmk8s.io", "provisioningState": "Succeeded", "powerState": {"code": "Running"},
                "nodeResourceGroup": "MC_rg-aks_aks-contoso_northeurope", "enableRBAC": true, "supportPlan": "KubernetesOfficial", "maxAgentPools": 100, "disableLocalAccounts": false,
                "agentPoolProfiles": [profile],
                "servicePrincipalProfile": {"clientId": "msi"}, "oidcIssuerProfile": {"enabled": false}, "securityProfile": {}, "workloadAutoScalerProfile": {},
                "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"}, "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"}, "bootstrapProfile": {"artifactSource": "Direct"}, "metricsProfile": {"costAnalysis": {"enabled": false}},
                "storageProfile": {"diskCSIDriver": {"enabled": true}, "fileCSIDriver": {"enabled": true}, "snapshotController": {"enabled": true}},
                "networkProfile": {"networkPlugin": "azure", "networkDataplane": "azure", "loadBalancerSku": "standard", "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}, "backendPoolType": "nodeIPConfiguration"}, "serviceCidr": "172.16.0.0/16", "serviceCidrs": ["172.16.0.0/16"], "dnsServiceIP": "172.16.0.10", "outboundType": "loadBalancer", "ipFamilies": ["IPv4"]},
                "addonProfiles": {"omsagent": {"enabled": true, "config": {"logAnalyticsWorkspaceResourceID": MONITORING.resource("Microsoft.OperationalInsights/workspaces", "log-contoso"), "useAADAuth": "true"}}},
            },
        }),
    );
    child(
        world,
        KUBERNETES,
        "Microsoft.ContainerService/managedClusters/agentPools",
        "aks-contoso/system",
        version,
        pool,
    );
    tracked(
        world,
        KUBERNETES,
        "Microsoft.ContainerInstance/containerGroups",
        "ci-batch",
        "2023-05-01",
        json!({"properties": {
            "osType": "Linux", "restartPolicy": "OnFailure", "sku": "Standard", "ipAddress": {"type": "Private", "ip": "10.1.16.9", "ports": [{"port": 80, "protocol": "TCP"}]}, "subnetIds": [{"id": subnet}], "provisioningState": "Succeeded",
            "containers": [{"name": "batch", "properties": {"image": "mcr.microsoft.com/azuredocs/aci-helloworld", "ports": [{"port": 80, "protocol": "TCP"}], "resources": {"requests": {"cpu": 1, "memoryInGB": 1.5}}, "environmentVariables": [{"name": "MODE", "value": "${nightly}"}]}}],
        }}),
    );
}
