resource "azurerm_resource_group" "rg_aks" {
  name     = "rg-aks"
  location = "swedencentral"
  tags     = local.tags_2
}

resource "azurerm_container_group" "ci_batch" {
  name                = "ci-batch"
  resource_group_name = azurerm_resource_group.rg_aks.name
  location            = azurerm_resource_group.rg_aks.location
  tags                = local.tags
  os_type             = "Linux"
  restart_policy      = "OnFailure"
  sku                 = "Standard"
  ip_address_type     = "Private"
  subnet_ids = [
    azurerm_subnet.vnet_spoke_snet_aks.id,
  ]

  exposed_port {
    port     = 80
    protocol = "TCP"
  }

  container {
    name   = "batch"
    image  = "mcr.microsoft.com/azuredocs/aci-helloworld"
    cpu    = 1
    memory = 1.5
    environment_variables = {
      MODE = "$${nightly}"
    }

    ports {
      port     = 80
      protocol = "TCP"
    }
  }
}

resource "azurerm_kubernetes_cluster" "aks_contoso" {
  name                              = "aks-contoso"
  resource_group_name               = azurerm_resource_group.rg_aks.name
  location                          = azurerm_resource_group.rg_aks.location
  tags                              = local.tags
  sku_tier                          = "Standard"
  kubernetes_version                = "1.30"
  dns_prefix                        = "contoso"
  node_resource_group               = "MC_rg-aks_aks-contoso_swedencentral-dr"
  role_based_access_control_enabled = true
  support_plan                      = "KubernetesOfficial"
  local_account_disabled            = false
  node_os_upgrade_channel           = "NodeImage"
  oidc_issuer_enabled               = false
  cost_analysis_enabled             = false

  identity {
    type = "UserAssigned"
    identity_ids = [
      azurerm_user_assigned_identity.id_aks.id,
    ]
  }

  oms_agent {
    log_analytics_workspace_id      = azurerm_log_analytics_workspace.log_contoso.id
    msi_auth_for_monitoring_enabled = true
  }

  network_profile {
    network_plugin     = "azure"
    network_data_plane = "azure"
    load_balancer_sku  = "standard"
    outbound_type      = "loadBalancer"
    dns_service_ip     = "172.16.0.10"
    service_cidr       = "172.16.0.0/16"
    service_cidrs = [
      "172.16.0.0/16",
    ]
    ip_versions = [
      "IPv4",
    ]
  }

  node_provisioning_profile {
    mode               = "Manual"
    default_node_pools = "Auto"
  }

  bootstrap_profile {
    artifact_source = "Direct"
  }

  default_node_pool {
    name                    = "system"
    type                    = "VirtualMachineScaleSets"
    node_count              = 3
    vm_size                 = "Standard_D4s_v5"
    auto_scaling_enabled    = false
    fips_enabled            = false
    host_encryption_enabled = false
    node_public_ip_enabled  = false
    ultra_ssd_enabled       = false
    kubelet_disk_type       = "OS"
    max_pods                = 110
    orchestrator_version    = "1.30"
    os_disk_size_gb         = 128
    os_disk_type            = "Managed"
    os_sku                  = "Ubuntu"
    scale_down_mode         = "Delete"
    vnet_subnet_id          = azurerm_subnet.vnet_spoke_snet_aks.id

    upgrade_settings {
      max_surge = "10%"
    }
  }
}
