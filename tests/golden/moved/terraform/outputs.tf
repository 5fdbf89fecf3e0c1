output "resource_group_ids" {
  description = "Ids of the resource groups, by their names."
  value = {
    "rg-aks"           = azurerm_resource_group.rg_aks.id
    "rg-compute"       = azurerm_resource_group.rg_compute.id
    "rg-data"          = azurerm_resource_group.rg_data.id
    "rg-hub-network"   = azurerm_resource_group.rg_hub_network.id
    "rg-identity"      = azurerm_resource_group.rg_identity.id
    "rg-monitoring"    = azurerm_resource_group.rg_monitoring.id
    "rg-spoke-network" = azurerm_resource_group.rg_spoke_network.id
    "rg-web"           = azurerm_resource_group.rg_web.id
  }
}
