import {
  to = azurerm_role_assignment.owner_for_platform_engineers_on_subscription
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000000"
}

import {
  to = azurerm_resource_group.rg_hub_network
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network"
}

import {
  to = azurerm_management_lock.keep_network
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Authorization/locks/keep-network"
}

import {
  to = azurerm_firewall.fw_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/azureFirewalls/fw-hub"
}

import {
  to = azurerm_bastion_host.bas_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/bastionHosts/bas-hub"
}

import {
  to = azurerm_dns_zone.contoso_example
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/dnsZones/contoso.example"
}

import {
  to = azurerm_dns_a_record.contoso_example_www
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/dnsZones/contoso.example/A/www"
}

import {
  to = azurerm_firewall_policy.fwp_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/firewallPolicies/fwp-hub"
}

import {
  to = azurerm_network_security_group.nsg_shared
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/networkSecurityGroups/nsg-shared"
}

import {
  to = azurerm_network_security_rule.nsg_shared_allow_22
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/networkSecurityGroups/nsg-shared/securityRules/allow-22"
}

import {
  to = azurerm_private_dns_zone.privatelink_blob_core_windows_net
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net"
}

import {
  to = azurerm_private_dns_zone_virtual_network_link.privatelink_blob_core_windows_net_link_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net/virtualNetworkLinks/link-hub"
}

import {
  to = azurerm_private_dns_zone_virtual_network_link.privatelink_blob_core_windows_net_link_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net/virtualNetworkLinks/link-spoke"
}

import {
  to = azurerm_private_dns_zone.privatelink_database_windows_net
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.database.windows.net"
}

import {
  to = azurerm_private_dns_zone_virtual_network_link.privatelink_database_windows_net_link_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.database.windows.net/virtualNetworkLinks/link-hub"
}

import {
  to = azurerm_private_dns_zone_virtual_network_link.privatelink_database_windows_net_link_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.database.windows.net/virtualNetworkLinks/link-spoke"
}

import {
  to = azurerm_private_dns_zone.privatelink_vaultcore_azure_net
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
}

import {
  to = azurerm_private_dns_zone_virtual_network_link.privatelink_vaultcore_azure_net_link_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net/virtualNetworkLinks/link-hub"
}

import {
  to = azurerm_private_dns_zone_virtual_network_link.privatelink_vaultcore_azure_net_link_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net/virtualNetworkLinks/link-spoke"
}

import {
  to = azurerm_public_ip.pip_bastion
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/publicIPAddresses/pip-bastion"
}

import {
  to = azurerm_public_ip.pip_firewall
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/publicIPAddresses/pip-firewall"
}

import {
  to = azurerm_virtual_network.vnet_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/virtualNetworks/vnet-hub"
}

import {
  to = azurerm_subnet.vnet_hub_azurebastionsubnet
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/virtualNetworks/vnet-hub/subnets/AzureBastionSubnet"
}

import {
  to = azurerm_subnet.vnet_hub_azurefirewallsubnet
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/virtualNetworks/vnet-hub/subnets/AzureFirewallSubnet"
}

import {
  to = azurerm_subnet.vnet_hub_snet_shared
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/virtualNetworks/vnet-hub/subnets/snet-shared"
}

import {
  to = azurerm_subnet_network_security_group_association.vnet_hub_snet_shared
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/virtualNetworks/vnet-hub/subnets/snet-shared"
}

import {
  to = azurerm_virtual_network_peering.vnet_hub_peer_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-hub-network/providers/Microsoft.Network/virtualNetworks/vnet-hub/virtualNetworkPeerings/peer-spoke"
}

import {
  to = azurerm_resource_group.rg_identity
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-identity"
}

import {
  to = azurerm_user_assigned_identity.id_aks
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-identity/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-aks"
}

import {
  to = azurerm_user_assigned_identity.id_deploy
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-identity/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-deploy"
}

import {
  to = azurerm_federated_identity_credential.id_deploy_github
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-identity/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-deploy/federatedIdentityCredentials/github"
}

import {
  to = azurerm_user_assigned_identity.id_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-identity/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-web"
}

import {
  to = azurerm_resource_group.rg_monitoring
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring"
}

import {
  to = azurerm_automation_account.aa_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Automation/automationAccounts/aa-contoso"
}

import {
  to = azurerm_automation_runbook.aa_contoso_stop_idle
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Automation/automationAccounts/aa-contoso/runbooks/stop-idle"
}

import {
  to = azurerm_monitor_action_group.ag_oncall
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Insights/actionGroups/ag-oncall"
}

import {
  to = azurerm_monitor_activity_log_alert.alert_deleted
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Insights/activityLogAlerts/alert-deleted"
}

import {
  to = azurerm_application_insights.appi_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Insights/components/appi-contoso"
}

import {
  to = azurerm_monitor_metric_alert.alert_cpu
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Insights/metricAlerts/alert-cpu"
}

import {
  to = azurerm_monitor_scheduled_query_rules_alert_v2.alert_errors
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Insights/scheduledQueryRules/alert-errors"
}

import {
  to = azurerm_log_analytics_workspace.log_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.OperationalInsights/workspaces/log-contoso"
}

import {
  to = azurerm_subscription_policy_assignment.allowed_locations
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/providers/Microsoft.Authorization/policyAssignments/allowed-locations"
}

import {
  to = azurerm_role_assignment.contributor_for_ci_deploy_on_subscription
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000001"
}

import {
  to = azurerm_role_assignment.contoso_restarter_for_eva_falk_on_subscription
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000002"
}

import {
  to = azurerm_role_definition.contoso_restarter
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/providers/Microsoft.Authorization/roleDefinitions/c0470500-0000-4000-8000-00000000401e|/subscriptions/c0470500-0000-4000-8000-0000000000a2"
}

import {
  to = azurerm_resource_group.rg_aks
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-aks"
}

import {
  to = azurerm_container_group.ci_batch
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-aks/providers/Microsoft.ContainerInstance/containerGroups/ci-batch"
}

import {
  to = azurerm_kubernetes_cluster.aks_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-aks/providers/Microsoft.ContainerService/managedClusters/aks-contoso"
}

import {
  to = azurerm_resource_group.rg_compute
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute"
}

import {
  to = azurerm_availability_set.avail_app
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/availabilitySets/avail-app"
}

import {
  to = azurerm_managed_disk.vm_app_01_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-01-data"
}

import {
  to = azurerm_managed_disk.vm_app_02_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-02-data"
}

import {
  to = azurerm_managed_disk.vm_app_03_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-03-data"
}

import {
  to = azurerm_managed_disk.vm_app_04_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-04-data"
}

import {
  to = azurerm_managed_disk.vm_app_05_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-05-data"
}

import {
  to = azurerm_managed_disk.vm_app_06_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-06-data"
}

import {
  to = azurerm_managed_disk.vm_app_07_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-07-data"
}

import {
  to = azurerm_managed_disk.vm_app_08_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/disks/vm-app-08-data"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_01
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-01"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_01
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-01/dataDisks/vm-app-01-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_01_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-01/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_02
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-02"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_02
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-02/dataDisks/vm-app-02-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_02_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-02/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_03
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-03"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_03
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-03/dataDisks/vm-app-03-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_03_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-03/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_04
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-04"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_04
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-04/dataDisks/vm-app-04-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_04_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-04/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_05
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-05"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_05
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-05/dataDisks/vm-app-05-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_05_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-05/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_06
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-06"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_06
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-06/dataDisks/vm-app-06-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_06_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-06/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_07
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-07"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_07
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-07/dataDisks/vm-app-07-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_07_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-07/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine.vm_app_08
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-08"
}

import {
  to = azurerm_virtual_machine_data_disk_attachment.vm_app_08
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-08/dataDisks/vm-app-08-data"
}

import {
  to = azurerm_virtual_machine_extension.vm_app_08_azuremonitorlinuxagent
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachines/vm-app-08/extensions/AzureMonitorLinuxAgent"
}

import {
  to = azurerm_linux_virtual_machine_scale_set.vmss_worker
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-worker"
}

import {
  to = azurerm_network_interface.nic_app_01
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-01"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_01
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-01|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_02
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-02"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_02
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-02|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_03
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-03"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_03
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-03|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_04
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-04"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_04
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-04|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_05
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-05"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_05
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-05|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_06
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-06"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_06
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-06|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_07
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-07"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_07
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-07|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_network_interface.nic_app_08
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-08"
}

import {
  to = azurerm_network_interface_application_security_group_association.nic_app_08
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-compute/providers/Microsoft.Network/networkInterfaces/nic-app-08|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_resource_group.rg_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data"
}

import {
  to = azurerm_redis_cache.redis_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Cache/redis/redis-contoso"
}

import {
  to = azurerm_cognitive_account.cog_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.CognitiveServices/accounts/cog-contoso"
}

import {
  to = azurerm_mysql_flexible_server.mysql_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DBforMySQL/flexibleServers/mysql-contoso"
}

import {
  to = azurerm_mysql_flexible_database.mysql_contoso_blog
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DBforMySQL/flexibleServers/mysql-contoso/databases/blog"
}

import {
  to = azurerm_postgresql_flexible_server.psql_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-contoso"
}

import {
  to = azurerm_postgresql_flexible_server_database.psql_contoso_app
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-contoso/databases/app"
}

import {
  to = azurerm_cosmosdb_account.cosmos_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-contoso"
}

import {
  to = azurerm_cosmosdb_sql_database.cosmos_contoso_shop
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-contoso/sqlDatabases/shop"
}

import {
  to = azurerm_cosmosdb_sql_container.cosmos_contoso_shop_carts
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-contoso/sqlDatabases/shop/containers/carts"
}

import {
  to = azurerm_key_vault.kv_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso"
}

import {
  to = azurerm_role_assignment.key_vault_secrets_user_for_id_web_on_kv_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000005"
}

import {
  to = azapi_resource.kv_contoso_api_token
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso/secrets/api-token?api-version=2023-07-01"
}

import {
  to = azapi_resource.kv_contoso_sql_admin
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso/secrets/sql-admin?api-version=2023-07-01"
}

import {
  to = azurerm_recovery_services_vault.rsv_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.RecoveryServices/vaults/rsv-contoso"
}

import {
  to = azurerm_search_service.srch_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Search/searchServices/srch-contoso"
}

import {
  to = azurerm_mssql_server.sql_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso"
}

import {
  to = azurerm_mssql_database.sql_contoso_catalog
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/databases/catalog"
}

import {
  to = azurerm_mssql_database.sql_contoso_customers
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/databases/customers"
}

import {
  to = azurerm_mssql_database.sql_contoso_orders
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/databases/orders"
}

import {
  to = azurerm_mssql_elasticpool.sql_contoso_pool
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/elasticPools/pool"
}

import {
  to = azurerm_mssql_firewall_rule.sql_contoso_office
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/firewallRules/office"
}

import {
  to = azurerm_management_lock.keep_sql
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/providers/Microsoft.Authorization/locks/keep-sql"
}

import {
  to = azurerm_mssql_virtual_network_rule.sql_contoso_from_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso/virtualNetworkRules/from-web"
}

import {
  to = azurerm_storage_account.stcontosodata
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosodata"
}

import {
  to = azurerm_storage_container.stcontosodata_default_curated
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosodata/blobServices/default/containers/curated"
}

import {
  to = azurerm_storage_container.stcontosodata_default_raw
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosodata/blobServices/default/containers/raw"
}

import {
  to = azurerm_role_assignment.storage_blob_data_contributor_for_id_web_on_stcontosodata
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosodata/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000004"
}

import {
  to = azurerm_storage_queue.stcontosodata_default_work
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosodata/queueServices/default/queues/work"
}

import {
  to = azurerm_storage_account.stcontosologs
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosologs"
}

import {
  to = azurerm_storage_container.stcontosologs_default_curated
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosologs/blobServices/default/containers/curated"
}

import {
  to = azurerm_storage_container.stcontosologs_default_raw
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosologs/blobServices/default/containers/raw"
}

import {
  to = azurerm_storage_queue.stcontosologs_default_work
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stcontosologs/queueServices/default/queues/work"
}

import {
  to = azurerm_resource_group.rg_spoke_network
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network"
}

import {
  to = azurerm_application_gateway.agw_shop
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationGateways/agw-shop"
}

import {
  to = azurerm_web_application_firewall_policy.waf_shop
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies/waf-shop"
}

import {
  to = azurerm_application_security_group.asg_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/applicationSecurityGroups/asg-web"
}

import {
  to = azurerm_lb.lb_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/loadBalancers/lb-web"
}

import {
  to = azurerm_lb_backend_address_pool.lb_web_pool
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/loadBalancers/lb-web/backendAddressPools/pool"
}

import {
  to = azurerm_lb_rule.lb_web_https
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/loadBalancers/lb-web/loadBalancingRules/https"
}

import {
  to = azurerm_lb_probe.lb_web_http
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/loadBalancers/lb-web/probes/http"
}

import {
  to = azurerm_nat_gateway.ng_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/natGateways/ng-spoke"
}

import {
  to = azurerm_nat_gateway_public_ip_association.ng_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/natGateways/ng-spoke|/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/publicIPAddresses/pip-nat"
}

import {
  to = azurerm_network_security_group.nsg_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/networkSecurityGroups/nsg-data"
}

import {
  to = azurerm_network_security_rule.nsg_data_allow_1433
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/networkSecurityGroups/nsg-data/securityRules/allow-1433"
}

import {
  to = azurerm_network_security_group.nsg_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/networkSecurityGroups/nsg-web"
}

import {
  to = azurerm_network_security_rule.nsg_web_allow_443
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/networkSecurityGroups/nsg-web/securityRules/allow-443"
}

import {
  to = azurerm_private_endpoint.pe_sql
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/privateEndpoints/pe-sql"
}

import {
  to = azurerm_private_endpoint.pe_store
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/privateEndpoints/pe-store"
}

import {
  to = azurerm_private_endpoint.pe_vault
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/privateEndpoints/pe-vault"
}

import {
  to = azurerm_public_ip.pip_balancer
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/publicIPAddresses/pip-balancer"
}

import {
  to = azurerm_public_ip.pip_gateway
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/publicIPAddresses/pip-gateway"
}

import {
  to = azurerm_public_ip.pip_nat
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/publicIPAddresses/pip-nat"
}

import {
  to = azurerm_public_ip.pip_shop
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/publicIPAddresses/pip-shop"
}

import {
  to = azurerm_route_table.rt_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/routeTables/rt-spoke"
}

import {
  to = azurerm_route.rt_spoke_default
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/routeTables/rt-spoke/routes/default"
}

import {
  to = azurerm_virtual_network.vnet_spoke
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke"
}

import {
  to = azurerm_subnet.vnet_spoke_snet_aks
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-aks"
}

import {
  to = azurerm_subnet.vnet_spoke_snet_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-data"
}

import {
  to = azurerm_subnet_network_security_group_association.vnet_spoke_snet_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-data"
}

import {
  to = azurerm_subnet_route_table_association.vnet_spoke_snet_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-data"
}

import {
  to = azurerm_subnet_nat_gateway_association.vnet_spoke_snet_data
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-data"
}

import {
  to = azurerm_subnet.vnet_spoke_snet_endpoints
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-endpoints"
}

import {
  to = azurerm_subnet_network_security_group_association.vnet_spoke_snet_endpoints
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-endpoints"
}

import {
  to = azurerm_subnet.vnet_spoke_snet_gateway
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-gateway"
}

import {
  to = azurerm_subnet.vnet_spoke_snet_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-web"
}

import {
  to = azurerm_subnet_network_security_group_association.vnet_spoke_snet_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-web"
}

import {
  to = azurerm_subnet_route_table_association.vnet_spoke_snet_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-web"
}

import {
  to = azurerm_subnet_nat_gateway_association.vnet_spoke_snet_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-web"
}

import {
  to = azurerm_virtual_network_peering.vnet_spoke_peer_hub
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-spoke-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/virtualNetworkPeerings/peer-hub"
}

import {
  to = azurerm_resource_group.rg_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web"
}

import {
  to = azurerm_container_app.ca_api
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.App/containerApps/ca-api"
}

import {
  to = azurerm_container_app_environment.cae_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.App/managedEnvironments/cae-contoso"
}

import {
  to = azurerm_role_assignment.reader_for_femi_gold_on_rg_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000003"
}

import {
  to = azurerm_container_registry.crcontoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ContainerRegistry/registries/crcontoso"
}

import {
  to = azurerm_role_assignment.acrpull_for_id_aks_on_crcontoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ContainerRegistry/registries/crcontoso/providers/Microsoft.Authorization/roleAssignments/c0470500-0000-4000-8a00-000000000006"
}

import {
  to = azurerm_eventgrid_topic.egt_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.EventGrid/topics/egt-contoso"
}

import {
  to = azurerm_eventhub_namespace.evh_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.EventHub/namespaces/evh-contoso"
}

import {
  to = azurerm_eventhub.evh_contoso_telemetry
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.EventHub/namespaces/evh-contoso/eventhubs/telemetry"
}

import {
  to = azurerm_eventhub_consumer_group.evh_contoso_telemetry_archive
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.EventHub/namespaces/evh-contoso/eventhubs/telemetry/consumerGroups/archive"
}

import {
  to = azurerm_monitor_autoscale_setting.scale_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Insights/autoScaleSettings/scale-web"
}

import {
  to = azurerm_servicebus_namespace.sb_contoso
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ServiceBus/namespaces/sb-contoso"
}

import {
  to = azurerm_servicebus_queue.sb_contoso_invoices
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ServiceBus/namespaces/sb-contoso/queues/invoices"
}

import {
  to = azurerm_servicebus_queue.sb_contoso_orders
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ServiceBus/namespaces/sb-contoso/queues/orders"
}

import {
  to = azurerm_servicebus_topic.sb_contoso_events
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ServiceBus/namespaces/sb-contoso/topics/events"
}

import {
  to = azurerm_servicebus_subscription.sb_contoso_events_audit
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.ServiceBus/namespaces/sb-contoso/topics/events/subscriptions/audit"
}

import {
  to = azurerm_service_plan.plan_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/serverFarms/plan-web"
}

import {
  to = azapi_resource.app_admin
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/sites/app-admin?api-version=2023-12-01"
}

import {
  to = azapi_resource.app_admin_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/sites/app-admin/config/web?api-version=2023-12-01"
}

import {
  to = azapi_resource.app_shop
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/sites/app-shop?api-version=2023-12-01"
}

import {
  to = azapi_resource.app_shop_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/sites/app-shop/config/web?api-version=2023-12-01"
}

import {
  to = azapi_resource.func_orders
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/sites/func-orders?api-version=2023-12-01"
}

import {
  to = azapi_resource.func_orders_web
  id = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/sites/func-orders/config/web?api-version=2023-12-01"
}
