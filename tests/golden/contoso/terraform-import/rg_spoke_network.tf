resource "azurerm_resource_group" "rg_spoke_network" {
  name     = "rg-spoke-network"
  location = "westeurope"
  tags     = local.tags_2
}

resource "azurerm_web_application_firewall_policy" "waf_shop" {
  name                = "waf-shop"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags

  custom_rules {
    name      = "NoRobots"
    priority  = 10
    rule_type = "MatchRule"
    action    = "Block"
    enabled   = true

    match_conditions {
      operator           = "Contains"
      negation_condition = false
      match_values = [
        "/admin",
      ]
      transforms = [
        "Lowercase",
      ]

      match_variables {
        variable_name = "RequestUri"
      }
    }
  }

  managed_rules {
    managed_rule_set {
      type    = "OWASP"
      version = "3.2"
    }
  }

  policy_settings {
    enabled                                   = true
    mode                                      = "Prevention"
    request_body_check                        = true
    request_body_enforcement                  = true
    request_body_inspect_limit_in_kb          = 128
    max_request_body_size_in_kb               = 128
    file_upload_enforcement                   = true
    file_upload_limit_in_mb                   = 100
    js_challenge_cookie_expiration_in_minutes = 30
  }
}

resource "azurerm_public_ip" "pip_shop" {
  name                = "pip-shop"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
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

resource "azurerm_virtual_network" "vnet_spoke" {
  name                = "vnet-spoke"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
  address_space = [
    "10.1.0.0/16",
  ]
  private_endpoint_vnet_policies = "Disabled"
}

resource "azurerm_subnet" "vnet_spoke_snet_gateway" {
  name                 = "snet-gateway"
  resource_group_name  = azurerm_resource_group.rg_spoke_network.name
  virtual_network_name = azurerm_virtual_network.vnet_spoke.name
  address_prefixes = [
    "10.1.4.0/24",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_application_gateway" "agw_shop" {
  name                = "agw-shop"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
  zones = [
    "1",
    "2",
    "3",
  ]
  http2_enabled      = true
  firewall_policy_id = azurerm_web_application_firewall_policy.waf_shop.id

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 1
    max_capacity = 4
  }

  gateway_ip_configuration {
    name      = "subnet"
    subnet_id = azurerm_subnet.vnet_spoke_snet_gateway.id
  }

  frontend_ip_configuration {
    name                          = "public"
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = azurerm_public_ip.pip_shop.id
  }

  frontend_port {
    name = "http"
    port = 80
  }

  backend_address_pool {
    name = "app"
    fqdns = [
      "app-shop.azurewebsites.net",
    ]
  }

  backend_http_settings {
    name                                 = "app"
    port                                 = 443
    protocol                             = "Https"
    cookie_based_affinity                = "Disabled"
    pick_host_name_from_backend_address  = true
    request_timeout                      = 30
    probe_name                           = "health"
    certificate_chain_validation_enabled = true
    sni_validation_enabled               = true
  }

  http_listener {
    name                           = "http"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "http"
    protocol                       = "Http"
    host_names = [
      "shop.contoso.example",
    ]
    require_sni = false
  }

  request_routing_rule {
    name                       = "shop"
    rule_type                  = "Basic"
    priority                   = 100
    http_listener_name         = "http"
    backend_address_pool_name  = "app"
    backend_http_settings_name = "app"
  }

  probe {
    name                                      = "health"
    protocol                                  = "Https"
    path                                      = "/health"
    interval                                  = 30
    timeout                                   = 30
    unhealthy_threshold                       = 3
    minimum_servers                           = 0
    pick_host_name_from_backend_http_settings = true

    match {
      status_code = [
        "200-399",
      ]
    }
  }

  depends_on = [
    azapi_resource.app_shop,
  ]
}

resource "azurerm_application_security_group" "asg_web" {
  name                = "asg-web"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
}

resource "azurerm_public_ip" "pip_balancer" {
  name                = "pip-balancer"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
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

resource "azurerm_lb" "lb_web" {
  name                = "lb-web"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
  sku                 = "Standard"
  sku_tier            = "Regional"

  frontend_ip_configuration {
    name                 = "front"
    public_ip_address_id = azurerm_public_ip.pip_balancer.id
  }
}

resource "azurerm_lb_backend_address_pool" "lb_web_pool" {
  name            = "pool"
  loadbalancer_id = azurerm_lb.lb_web.id
}

resource "azurerm_lb_probe" "lb_web_http" {
  name                = "http"
  loadbalancer_id     = azurerm_lb.lb_web.id
  protocol            = "Tcp"
  port                = 443
  interval_in_seconds = 5
  number_of_probes    = 2
  probe_threshold     = 1
}

resource "azurerm_lb_rule" "lb_web_https" {
  name                           = "https"
  loadbalancer_id                = azurerm_lb.lb_web.id
  frontend_ip_configuration_name = "front"
  backend_address_pool_ids = [
    azurerm_lb_backend_address_pool.lb_web_pool.id,
  ]
  probe_id                = azurerm_lb_probe.lb_web_http.id
  protocol                = "Tcp"
  frontend_port           = 443
  backend_port            = 443
  idle_timeout_in_minutes = 4
  floating_ip_enabled     = false
  tcp_reset_enabled       = false
  disable_outbound_snat   = false
  load_distribution       = "Default"
}

resource "azurerm_public_ip" "pip_nat" {
  name                = "pip-nat"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
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

resource "azurerm_nat_gateway" "ng_spoke" {
  name                    = "ng-spoke"
  resource_group_name     = azurerm_resource_group.rg_spoke_network.name
  location                = azurerm_resource_group.rg_spoke_network.location
  tags                    = local.tags
  sku_name                = "Standard"
  idle_timeout_in_minutes = 10
}

resource "azurerm_nat_gateway_public_ip_association" "ng_spoke" {
  nat_gateway_id       = azurerm_nat_gateway.ng_spoke.id
  public_ip_address_id = azurerm_public_ip.pip_nat.id
}

resource "azurerm_network_security_group" "nsg_data" {
  name                = "nsg-data"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
}

resource "azurerm_network_security_rule" "nsg_data_allow_1433" {
  name                        = "allow-1433"
  resource_group_name         = azurerm_resource_group.rg_spoke_network.name
  network_security_group_name = azurerm_network_security_group.nsg_data.name
  access                      = "Allow"
  description                 = "from inside; written as $${source}"
  direction                   = "Inbound"
  priority                    = 110
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = "1433"
  source_address_prefix       = "10.0.0.0/8"
  destination_address_prefix  = "*"
}

resource "azurerm_network_security_group" "nsg_web" {
  name                = "nsg-web"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
}

resource "azurerm_network_security_rule" "nsg_web_allow_443" {
  name                        = "allow-443"
  resource_group_name         = azurerm_resource_group.rg_spoke_network.name
  network_security_group_name = azurerm_network_security_group.nsg_web.name
  access                      = "Allow"
  description                 = "from inside; written as $${source}"
  direction                   = "Inbound"
  priority                    = 100
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = "443"
  source_address_prefix       = "10.0.0.0/8"
  destination_address_prefix  = "*"
}

resource "azurerm_subnet" "vnet_spoke_snet_endpoints" {
  name                 = "snet-endpoints"
  resource_group_name  = azurerm_resource_group.rg_spoke_network.name
  virtual_network_name = azurerm_virtual_network.vnet_spoke.name
  address_prefixes = [
    "10.1.3.0/24",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_subnet_network_security_group_association" "vnet_spoke_snet_endpoints" {
  subnet_id                 = azurerm_subnet.vnet_spoke_snet_endpoints.id
  network_security_group_id = azurerm_network_security_group.nsg_data.id
}

resource "azurerm_private_endpoint" "pe_sql" {
  name                = "pe-sql"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
  subnet_id           = azurerm_subnet.vnet_spoke_snet_endpoints.id

  private_service_connection {
    name                           = "pe-sql"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_mssql_server.sql_contoso.id
    subresource_names = [
      "sqlServer",
    ]
  }

  private_dns_zone_group {
    name = "default"
    private_dns_zone_ids = [
      azurerm_private_dns_zone.privatelink_database_windows_net.id,
    ]
  }
}

resource "azurerm_private_endpoint" "pe_store" {
  name                = "pe-store"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
  subnet_id           = azurerm_subnet.vnet_spoke_snet_endpoints.id

  private_service_connection {
    name                           = "pe-store"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_storage_account.stcontosodata.id
    subresource_names = [
      "blob",
    ]
  }

  private_dns_zone_group {
    name = "default"
    private_dns_zone_ids = [
      azurerm_private_dns_zone.privatelink_blob_core_windows_net.id,
    ]
  }
}

resource "azurerm_private_endpoint" "pe_vault" {
  name                = "pe-vault"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
  tags                = local.tags
  subnet_id           = azurerm_subnet.vnet_spoke_snet_endpoints.id

  private_service_connection {
    name                           = "pe-vault"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_key_vault.kv_contoso.id
    subresource_names = [
      "vault",
    ]
  }

  private_dns_zone_group {
    name = "default"
    private_dns_zone_ids = [
      azurerm_private_dns_zone.privatelink_vaultcore_azure_net.id,
    ]
  }
}

resource "azurerm_public_ip" "pip_gateway" {
  name                = "pip-gateway"
  resource_group_name = azurerm_resource_group.rg_spoke_network.name
  location            = azurerm_resource_group.rg_spoke_network.location
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

resource "azurerm_route_table" "rt_spoke" {
  name                          = "rt-spoke"
  resource_group_name           = azurerm_resource_group.rg_spoke_network.name
  location                      = azurerm_resource_group.rg_spoke_network.location
  tags                          = local.tags
  bgp_route_propagation_enabled = false
}

resource "azurerm_route" "rt_spoke_default" {
  name                   = "default"
  resource_group_name    = azurerm_resource_group.rg_spoke_network.name
  route_table_name       = azurerm_route_table.rt_spoke.name
  address_prefix         = "0.0.0.0/0"
  next_hop_type          = "VirtualAppliance"
  next_hop_in_ip_address = "10.0.0.4"
}

resource "azurerm_subnet" "vnet_spoke_snet_aks" {
  name                 = "snet-aks"
  resource_group_name  = azurerm_resource_group.rg_spoke_network.name
  virtual_network_name = azurerm_virtual_network.vnet_spoke.name
  address_prefixes = [
    "10.1.16.0/20",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_subnet" "vnet_spoke_snet_data" {
  name                 = "snet-data"
  resource_group_name  = azurerm_resource_group.rg_spoke_network.name
  virtual_network_name = azurerm_virtual_network.vnet_spoke.name
  address_prefixes = [
    "10.1.2.0/24",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_subnet_network_security_group_association" "vnet_spoke_snet_data" {
  subnet_id                 = azurerm_subnet.vnet_spoke_snet_data.id
  network_security_group_id = azurerm_network_security_group.nsg_data.id
}

resource "azurerm_subnet_route_table_association" "vnet_spoke_snet_data" {
  subnet_id      = azurerm_subnet.vnet_spoke_snet_data.id
  route_table_id = azurerm_route_table.rt_spoke.id
}

resource "azurerm_subnet_nat_gateway_association" "vnet_spoke_snet_data" {
  subnet_id      = azurerm_subnet.vnet_spoke_snet_data.id
  nat_gateway_id = azurerm_nat_gateway.ng_spoke.id
}

resource "azurerm_subnet" "vnet_spoke_snet_web" {
  name                 = "snet-web"
  resource_group_name  = azurerm_resource_group.rg_spoke_network.name
  virtual_network_name = azurerm_virtual_network.vnet_spoke.name
  address_prefixes = [
    "10.1.1.0/24",
  ]
  private_endpoint_network_policies             = "Disabled"
  private_link_service_network_policies_enabled = true

  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_subnet_network_security_group_association" "vnet_spoke_snet_web" {
  subnet_id                 = azurerm_subnet.vnet_spoke_snet_web.id
  network_security_group_id = azurerm_network_security_group.nsg_web.id
}

resource "azurerm_subnet_route_table_association" "vnet_spoke_snet_web" {
  subnet_id      = azurerm_subnet.vnet_spoke_snet_web.id
  route_table_id = azurerm_route_table.rt_spoke.id
}

resource "azurerm_subnet_nat_gateway_association" "vnet_spoke_snet_web" {
  subnet_id      = azurerm_subnet.vnet_spoke_snet_web.id
  nat_gateway_id = azurerm_nat_gateway.ng_spoke.id
}

resource "azurerm_virtual_network_peering" "vnet_spoke_peer_hub" {
  name                                   = "peer-hub"
  resource_group_name                    = azurerm_resource_group.rg_spoke_network.name
  virtual_network_name                   = azurerm_virtual_network.vnet_spoke.name
  remote_virtual_network_id              = azurerm_virtual_network.vnet_hub.id
  allow_virtual_network_access           = true
  allow_forwarded_traffic                = true
  allow_gateway_transit                  = false
  use_remote_gateways                    = false
  peer_complete_virtual_networks_enabled = false
}
