resource "azurerm_resource_group" "rg_web" {
  name     = "rg-web"
  location = "westeurope"
  tags     = local.tags_2
}

resource "azurerm_container_app_environment" "cae_contoso" {
  name                  = "cae-contoso"
  resource_group_name   = azurerm_resource_group.rg_web.name
  location              = azurerm_resource_group.rg_web.location
  tags                  = local.tags
  logs_destination      = "azure-monitor"
  mutual_tls_enabled    = false
  public_network_access = "Enabled"
}

resource "azurerm_container_registry" "crcontoso" {
  name                                         = "crcontoso"
  resource_group_name                          = azurerm_resource_group.rg_web.name
  location                                     = azurerm_resource_group.rg_web.location
  tags                                         = local.tags
  sku                                          = "Premium"
  admin_enabled                                = false
  anonymous_pull_enabled                       = false
  data_endpoint_enabled                        = false
  public_network_access_enabled                = true
  network_rule_bypass_option                   = "AzureServices"
  zone_redundancy_enabled                      = false
  quarantine_policy_enabled                    = false
  export_policy_enabled                        = true
  azuread_authentication_as_arm_policy_enabled = true
  role_assignment_mode                         = "LegacyRegistryPermissions"
}

resource "azurerm_container_app" "ca_api" {
  name                         = "ca-api"
  resource_group_name          = azurerm_resource_group.rg_web.name
  tags                         = local.tags
  container_app_environment_id = azurerm_container_app_environment.cae_contoso.id
  revision_mode                = "Single"
  max_inactive_revisions       = 100

  ingress {
    external_enabled           = true
    target_port                = 8080
    transport                  = "auto"
    allow_insecure_connections = false

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas                = 1
    max_replicas                = 5
    cooldown_period_in_seconds  = 300
    polling_interval_in_seconds = 30

    container {
      name   = "api"
      image  = "${azurerm_container_registry.crcontoso.login_server}/api:1.4.2"
      cpu    = 0.5
      memory = "1Gi"

      env {
        name  = "MODE"
        value = "prod"
      }
    }
  }
}

resource "azurerm_role_assignment" "reader_for_femi_gold_on_rg_web" {
  name                 = "c0470500-0000-4000-8a00-000000000003"
  scope                = azurerm_resource_group.rg_web.id
  principal_id         = "c0470500-0000-4000-9001-000000000005"
  principal_type       = "User"
  role_definition_name = "Reader"
}

resource "azurerm_role_assignment" "acrpull_for_id_aks_on_crcontoso" {
  name                 = "c0470500-0000-4000-8a00-000000000006"
  scope                = azurerm_container_registry.crcontoso.id
  principal_id         = azurerm_user_assigned_identity.id_aks.principal_id
  principal_type       = "ServicePrincipal"
  role_definition_name = "AcrPull"
}

resource "azurerm_eventgrid_topic" "egt_contoso" {
  name                          = "egt-contoso"
  resource_group_name           = azurerm_resource_group.rg_web.name
  location                      = azurerm_resource_group.rg_web.location
  tags                          = local.tags
  input_schema                  = "EventGridSchema"
  public_network_access_enabled = true
  local_auth_enabled            = true
}

resource "azurerm_eventhub_namespace" "evh_contoso" {
  name                          = "evh-contoso"
  resource_group_name           = azurerm_resource_group.rg_web.name
  location                      = azurerm_resource_group.rg_web.location
  tags                          = local.tags
  sku                           = "Standard"
  capacity                      = 1
  minimum_tls_version           = "1.2"
  local_authentication_enabled  = true
  public_network_access_enabled = true
  auto_inflate_enabled          = false
}

resource "azurerm_eventhub" "evh_contoso_telemetry" {
  name              = "telemetry"
  namespace_id      = azurerm_eventhub_namespace.evh_contoso.id
  partition_count   = 4
  status            = "Active"
  message_retention = 1
}

resource "azurerm_eventhub_consumer_group" "evh_contoso_telemetry_archive" {
  name                = "archive"
  resource_group_name = azurerm_resource_group.rg_web.name
  eventhub_name       = azurerm_eventhub.evh_contoso_telemetry.name
  namespace_name      = azurerm_eventhub_namespace.evh_contoso.name
}

resource "azurerm_service_plan" "plan_web" {
  name                            = "plan-web"
  resource_group_name             = azurerm_resource_group.rg_web.name
  location                        = azurerm_resource_group.rg_web.location
  tags                            = local.tags
  sku_name                        = "P1v3"
  worker_count                    = 2
  os_type                         = "Linux"
  per_site_scaling_enabled        = false
  zone_balancing_enabled          = false
  premium_plan_auto_scale_enabled = false
  maximum_elastic_worker_count    = 1
}

resource "azurerm_monitor_autoscale_setting" "scale_web" {
  resource_group_name = azurerm_resource_group.rg_web.name
  location            = azurerm_resource_group.rg_web.location
  tags                = local.tags
  name                = "scale-web"
  enabled             = true
  target_resource_id  = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/serverfarms/plan-web"

  profile {
    name = "by cpu"

    capacity {
      minimum = 2
      maximum = 6
      default = 2
    }

    rule {
      metric_trigger {
        metric_name              = "CpuPercentage"
        metric_namespace         = "microsoft.web/serverfarms"
        metric_resource_id       = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/serverfarms/plan-web"
        time_grain               = "PT1M"
        statistic                = "Average"
        time_window              = "PT5M"
        time_aggregation         = "Average"
        operator                 = "GreaterThan"
        threshold                = 70.0
        divide_by_instance_count = false
      }

      scale_action {
        direction = "Increase"
        type      = "ChangeCount"
        value     = 1
        cooldown  = "PT5M"
      }
    }
  }

  depends_on = [
    azurerm_service_plan.plan_web,
  ]
}

resource "azurerm_servicebus_namespace" "sb_contoso" {
  name                          = "sb-contoso"
  resource_group_name           = azurerm_resource_group.rg_web.name
  location                      = azurerm_resource_group.rg_web.location
  tags                          = local.tags
  sku                           = "Standard"
  minimum_tls_version           = "1.2"
  local_auth_enabled            = true
  public_network_access_enabled = true
}

resource "azurerm_servicebus_queue" "sb_contoso_invoices" {
  name                                    = "invoices"
  namespace_id                            = azurerm_servicebus_namespace.sb_contoso.id
  auto_delete_on_idle                     = "P10675199DT2H48M5.4775807S"
  dead_lettering_on_message_expiration    = false
  default_message_ttl                     = "P10675199DT2H48M5.4775807S"
  duplicate_detection_history_time_window = "PT10M"
  batched_operations_enabled              = true
  express_enabled                         = false
  partitioning_enabled                    = false
  lock_duration                           = "PT1M"
  max_delivery_count                      = 10
  max_size_in_megabytes                   = 1024
  requires_duplicate_detection            = false
  requires_session                        = false
  status                                  = "Active"
}

resource "azurerm_servicebus_queue" "sb_contoso_orders" {
  name                                    = "orders"
  namespace_id                            = azurerm_servicebus_namespace.sb_contoso.id
  auto_delete_on_idle                     = "P10675199DT2H48M5.4775807S"
  dead_lettering_on_message_expiration    = false
  default_message_ttl                     = "P10675199DT2H48M5.4775807S"
  duplicate_detection_history_time_window = "PT10M"
  batched_operations_enabled              = true
  express_enabled                         = false
  partitioning_enabled                    = false
  lock_duration                           = "PT1M"
  max_delivery_count                      = 10
  max_size_in_megabytes                   = 1024
  requires_duplicate_detection            = false
  requires_session                        = false
  status                                  = "Active"
}

resource "azurerm_servicebus_topic" "sb_contoso_events" {
  name                                    = "events"
  namespace_id                            = azurerm_servicebus_namespace.sb_contoso.id
  auto_delete_on_idle                     = "P10675199DT2H48M5.4775807S"
  default_message_ttl                     = "P10675199DT2H48M5.4775807S"
  duplicate_detection_history_time_window = "PT10M"
  batched_operations_enabled              = true
  express_enabled                         = false
  partitioning_enabled                    = false
  max_size_in_megabytes                   = 1024
  requires_duplicate_detection            = false
  status                                  = "Active"
  support_ordering                        = true
}

resource "azurerm_servicebus_subscription" "sb_contoso_events_audit" {
  name                                      = "audit"
  topic_id                                  = azurerm_servicebus_topic.sb_contoso_events.id
  auto_delete_on_idle                       = "P10675199DT2H48M5.4775807S"
  dead_lettering_on_filter_evaluation_error = true
  dead_lettering_on_message_expiration      = false
  default_message_ttl                       = "P10675199DT2H48M5.4775807S"
  batched_operations_enabled                = true
  lock_duration                             = "PT1M"
  max_delivery_count                        = 10
  requires_session                          = false
  status                                    = "Active"
}

resource "azapi_resource" "app_admin" {
  type      = "Microsoft.Web/sites@2023-12-01"
  parent_id = azurerm_resource_group.rg_web.id
  name      = "app-admin"
  location  = azurerm_resource_group.rg_web.location
  tags      = local.tags
  body = {
    kind = "app,linux"
    properties = {
      clientAffinityEnabled     = false
      clientCertEnabled         = false
      clientCertMode            = "Required"
      enabled                   = true
      endToEndEncryptionEnabled = false
      hostNamesDisabled         = false
      httpsOnly                 = true
      hyperV                    = false
      isXenon                   = false
      keyVaultReferenceIdentity = "SystemAssigned"
      publicNetworkAccess       = "Enabled"
      reserved                  = true
      scmSiteAlsoStopped        = false
      serverFarmId              = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/serverfarms/plan-web"
      storageAccountRequired    = false
      virtualNetworkSubnetId    = azurerm_subnet.vnet_spoke_snet_web.id
      vnetBackupRestoreEnabled  = false
      vnetContentShareEnabled   = false
      vnetImagePullEnabled      = false
    }
  }

  identity {
    type = "UserAssigned"
    identity_ids = [
      azurerm_user_assigned_identity.id_web.id,
    ]
  }

  depends_on = [
    azurerm_service_plan.plan_web,
  ]
}

resource "azapi_resource" "app_admin_web" {
  type      = "Microsoft.Web/sites/config@2023-12-01"
  parent_id = azapi_resource.app_admin.id
  name      = "web"
  body = {
    properties = {
      alwaysOn       = true
      ftpsState      = "Disabled"
      http20Enabled  = true
      linuxFxVersion = "DOTNETCORE|8.0"
      minTlsVersion  = "1.2"
    }
  }
}

resource "azapi_resource" "app_shop" {
  type      = "Microsoft.Web/sites@2023-12-01"
  parent_id = azurerm_resource_group.rg_web.id
  name      = "app-shop"
  location  = azurerm_resource_group.rg_web.location
  tags      = local.tags
  body = {
    kind = "app,linux"
    properties = {
      clientAffinityEnabled     = false
      clientCertEnabled         = false
      clientCertMode            = "Required"
      enabled                   = true
      endToEndEncryptionEnabled = false
      hostNamesDisabled         = false
      httpsOnly                 = true
      hyperV                    = false
      isXenon                   = false
      keyVaultReferenceIdentity = "SystemAssigned"
      publicNetworkAccess       = "Enabled"
      reserved                  = true
      scmSiteAlsoStopped        = false
      serverFarmId              = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/serverfarms/plan-web"
      storageAccountRequired    = false
      virtualNetworkSubnetId    = azurerm_subnet.vnet_spoke_snet_web.id
      vnetBackupRestoreEnabled  = false
      vnetContentShareEnabled   = false
      vnetImagePullEnabled      = false
    }
  }

  identity {
    type = "UserAssigned"
    identity_ids = [
      azurerm_user_assigned_identity.id_web.id,
    ]
  }

  depends_on = [
    azurerm_service_plan.plan_web,
  ]
}

resource "azapi_resource" "app_shop_web" {
  type      = "Microsoft.Web/sites/config@2023-12-01"
  parent_id = azapi_resource.app_shop.id
  name      = "web"
  body = {
    properties = {
      alwaysOn       = true
      ftpsState      = "Disabled"
      http20Enabled  = true
      linuxFxVersion = "DOTNETCORE|8.0"
      minTlsVersion  = "1.2"
    }
  }
}

resource "azapi_resource" "func_orders" {
  type      = "Microsoft.Web/sites@2023-12-01"
  parent_id = azurerm_resource_group.rg_web.id
  name      = "func-orders"
  location  = azurerm_resource_group.rg_web.location
  tags      = local.tags
  body = {
    kind = "functionapp,linux"
    properties = {
      clientAffinityEnabled     = false
      clientCertEnabled         = false
      clientCertMode            = "Required"
      enabled                   = true
      endToEndEncryptionEnabled = false
      hostNamesDisabled         = false
      httpsOnly                 = true
      hyperV                    = false
      isXenon                   = false
      keyVaultReferenceIdentity = "SystemAssigned"
      publicNetworkAccess       = "Enabled"
      reserved                  = true
      scmSiteAlsoStopped        = false
      serverFarmId              = "/subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-web/providers/Microsoft.Web/serverfarms/plan-web"
      storageAccountRequired    = false
      virtualNetworkSubnetId    = azurerm_subnet.vnet_spoke_snet_web.id
      vnetBackupRestoreEnabled  = false
      vnetContentShareEnabled   = false
      vnetImagePullEnabled      = false
    }
  }

  identity {
    type = "UserAssigned"
    identity_ids = [
      azurerm_user_assigned_identity.id_web.id,
    ]
  }

  depends_on = [
    azurerm_service_plan.plan_web,
  ]
}

resource "azapi_resource" "func_orders_web" {
  type      = "Microsoft.Web/sites/config@2023-12-01"
  parent_id = azapi_resource.func_orders.id
  name      = "web"
  body = {
    properties = {
      alwaysOn       = true
      ftpsState      = "Disabled"
      http20Enabled  = true
      linuxFxVersion = "DOTNETCORE|8.0"
      minTlsVersion  = "1.2"
    }
  }
}
