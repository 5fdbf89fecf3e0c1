resource "azurerm_resource_group" "rg_hub_network" {
  provider = azurerm.subscription_1

  name     = "rg-hub-network"
  location = "westeurope"
  tags     = local.tags_2
}

resource "azurerm_management_lock" "keep_network" {
  provider = azurerm.subscription_1

  name       = "keep-network"
  scope      = azurerm_resource_group.rg_hub_network.id
  lock_level = "CanNotDelete"
  notes      = "ask the platform team first"
}

resource "azurerm_firewall_policy" "fwp_hub" {
  provider = azurerm.subscription_1

  name                     = "fwp-hub"
  resource_group_name      = azurerm_resource_group.rg_hub_network.name
  location                 = azurerm_resource_group.rg_hub_network.location
  tags                     = local.tags
  sku                      = "Standard"
  threat_intelligence_mode = "Alert"
}

resource "azurerm_public_ip" "pip_firewall" {
  provider = azurerm.subscription_1

  name                = "pip-firewall"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  location            = azurerm_resource_group.rg_hub_network.location
  tags                = local.tags
  zones = [
    "1",
    "2",
    "3",
  ]
  allocation_method       = "Static"
  ddos_protection_mode    = "VirtualNetworkInherited"
  idle_timeout_in_minutes = 4
  ip_version              = "IPv4"
  sku                     = "Standard"
  sku_tier                = "Regional"
}

resource "azurerm_virtual_network" "vnet_hub" {
  provider = azurerm.subscription_1

  name                = "vnet-hub"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  location            = azurerm_resource_group.rg_hub_network.location
  tags                = local.tags
  address_space = [
    "10.0.0.0/16",
  ]
  private_endpoint_vnet_policies = "Disabled"
}

resource "azurerm_subnet" "vnet_hub_azurefirewallsubnet" {
  provider = azurerm.subscription_1

  name                 = "AzureFirewallSubnet"
  resource_group_name  = azurerm_resource_group.rg_hub_network.name
  virtual_network_name = azurerm_virtual_network.vnet_hub.name
  address_prefixes = [
    "10.0.0.0/26",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_firewall" "fw_hub" {
  provider = azurerm.subscription_1

  name                = "fw-hub"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  location            = azurerm_resource_group.rg_hub_network.location
  tags                = local.tags
  sku_name            = "AZFW_VNet"
  sku_tier            = "Standard"
  firewall_policy_id  = azurerm_firewall_policy.fwp_hub.id
  threat_intel_mode   = "Alert"

  ip_configuration {
    name                 = "ipconfig"
    subnet_id            = azurerm_subnet.vnet_hub_azurefirewallsubnet.id
    public_ip_address_id = azurerm_public_ip.pip_firewall.id
  }
}

resource "azurerm_public_ip" "pip_bastion" {
  provider = azurerm.subscription_1

  name                = "pip-bastion"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  location            = azurerm_resource_group.rg_hub_network.location
  tags                = local.tags
  zones = [
    "1",
    "2",
    "3",
  ]
  allocation_method       = "Static"
  ddos_protection_mode    = "VirtualNetworkInherited"
  idle_timeout_in_minutes = 4
  ip_version              = "IPv4"
  sku                     = "Standard"
  sku_tier                = "Regional"
}

resource "azurerm_subnet" "vnet_hub_azurebastionsubnet" {
  provider = azurerm.subscription_1

  name                 = "AzureBastionSubnet"
  resource_group_name  = azurerm_resource_group.rg_hub_network.name
  virtual_network_name = azurerm_virtual_network.vnet_hub.name
  address_prefixes = [
    "10.0.0.64/26",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_bastion_host" "bas_hub" {
  provider = azurerm.subscription_1

  name                      = "bas-hub"
  resource_group_name       = azurerm_resource_group.rg_hub_network.name
  location                  = azurerm_resource_group.rg_hub_network.location
  tags                      = local.tags
  sku                       = "Standard"
  scale_units               = 2
  copy_paste_enabled        = true
  file_copy_enabled         = false
  ip_connect_enabled        = false
  kerberos_enabled          = false
  shareable_link_enabled    = false
  tunneling_enabled         = false
  session_recording_enabled = false

  ip_configuration {
    name                 = "ipconf"
    subnet_id            = azurerm_subnet.vnet_hub_azurebastionsubnet.id
    public_ip_address_id = azurerm_public_ip.pip_bastion.id
  }
}

resource "azurerm_dns_zone" "contoso_example" {
  provider = azurerm.subscription_1

  name                = "contoso.example"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  tags                = local.tags
}

resource "azurerm_dns_a_record" "contoso_example_www" {
  provider = azurerm.subscription_1

  name                = "www"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  zone_name           = azurerm_dns_zone.contoso_example.name
  ttl                 = 300
  records = [
    "20.50.60.70",
  ]
}

resource "azurerm_network_security_group" "nsg_shared" {
  provider = azurerm.subscription_1

  name                = "nsg-shared"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  location            = azurerm_resource_group.rg_hub_network.location
  tags                = local.tags
}

resource "azurerm_network_security_rule" "nsg_shared_allow_22" {
  provider = azurerm.subscription_1

  name                        = "allow-22"
  resource_group_name         = azurerm_resource_group.rg_hub_network.name
  network_security_group_name = azurerm_network_security_group.nsg_shared.name
  access                      = "Allow"
  description                 = "from inside; written as $${source}"
  direction                   = "Inbound"
  priority                    = 200
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = "22"
  source_address_prefix       = "10.0.0.0/8"
  destination_address_prefix  = "*"
}

resource "azurerm_private_dns_zone" "privatelink_blob_core_windows_net" {
  provider = azurerm.subscription_1

  name                = "privatelink.blob.core.windows.net"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink_blob_core_windows_net_link_hub" {
  provider = azurerm.subscription_1

  name                 = "link-hub"
  private_dns_zone_id  = azurerm_private_dns_zone.privatelink_blob_core_windows_net.id
  virtual_network_id   = azurerm_virtual_network.vnet_hub.id
  registration_enabled = false
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink_blob_core_windows_net_link_spoke" {
  provider = azurerm.subscription_1

  name                 = "link-spoke"
  private_dns_zone_id  = azurerm_private_dns_zone.privatelink_blob_core_windows_net.id
  virtual_network_id   = azurerm_virtual_network.vnet_spoke.id
  registration_enabled = false
}

resource "azurerm_private_dns_zone" "privatelink_database_windows_net" {
  provider = azurerm.subscription_1

  name                = "privatelink.database.windows.net"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink_database_windows_net_link_hub" {
  provider = azurerm.subscription_1

  name                 = "link-hub"
  private_dns_zone_id  = azurerm_private_dns_zone.privatelink_database_windows_net.id
  virtual_network_id   = azurerm_virtual_network.vnet_hub.id
  registration_enabled = false
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink_database_windows_net_link_spoke" {
  provider = azurerm.subscription_1

  name                 = "link-spoke"
  private_dns_zone_id  = azurerm_private_dns_zone.privatelink_database_windows_net.id
  virtual_network_id   = azurerm_virtual_network.vnet_spoke.id
  registration_enabled = false
}

resource "azurerm_private_dns_zone" "privatelink_vaultcore_azure_net" {
  provider = azurerm.subscription_1

  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = azurerm_resource_group.rg_hub_network.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink_vaultcore_azure_net_link_hub" {
  provider = azurerm.subscription_1

  name                 = "link-hub"
  private_dns_zone_id  = azurerm_private_dns_zone.privatelink_vaultcore_azure_net.id
  virtual_network_id   = azurerm_virtual_network.vnet_hub.id
  registration_enabled = false
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink_vaultcore_azure_net_link_spoke" {
  provider = azurerm.subscription_1

  name                 = "link-spoke"
  private_dns_zone_id  = azurerm_private_dns_zone.privatelink_vaultcore_azure_net.id
  virtual_network_id   = azurerm_virtual_network.vnet_spoke.id
  registration_enabled = false
}

resource "azurerm_subnet" "vnet_hub_snet_shared" {
  provider = azurerm.subscription_1

  name                 = "snet-shared"
  resource_group_name  = azurerm_resource_group.rg_hub_network.name
  virtual_network_name = azurerm_virtual_network.vnet_hub.name
  address_prefixes = [
    "10.0.1.0/24",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_subnet_network_security_group_association" "vnet_hub_snet_shared" {
  provider = azurerm.subscription_1

  subnet_id                 = azurerm_subnet.vnet_hub_snet_shared.id
  network_security_group_id = azurerm_network_security_group.nsg_shared.id
}

resource "azurerm_virtual_network_peering" "vnet_hub_peer_spoke" {
  provider = azurerm.subscription_1

  name                         = "peer-spoke"
  resource_group_name          = azurerm_resource_group.rg_hub_network.name
  virtual_network_name         = azurerm_virtual_network.vnet_hub.name
  remote_virtual_network_id    = azurerm_virtual_network.vnet_spoke.id
  allow_virtual_network_access = true
  allow_forwarded_traffic      = true
  allow_gateway_transit        = false
  use_remote_gateways          = false
}
