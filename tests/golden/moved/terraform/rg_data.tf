resource "azurerm_resource_group" "rg_data" {
  name     = "rg-data"
  location = "swedencentral"
  tags     = local.tags_2
}

resource "azurerm_redis_cache" "redis_contoso_dr" {
  name                               = "redis-contoso-dr"
  resource_group_name                = azurerm_resource_group.rg_data.name
  location                           = azurerm_resource_group.rg_data.location
  tags                               = local.tags
  sku_name                           = "Standard"
  family                             = "C"
  capacity                           = 1
  non_ssl_port_enabled               = false
  minimum_tls_version                = "1.2"
  public_network_access_enabled      = true
  access_keys_authentication_enabled = true
  redis_version                      = "6"

  redis_configuration {
    maxfragmentationmemory_reserved = 125
    maxmemory_delta                 = 125
    maxmemory_reserved              = 125
  }

  lifecycle {
    ignore_changes = [
      redis_configuration[0].maxmemory_policy,
    ]
  }
}

resource "azurerm_cognitive_account" "cog_contoso_dr" {
  name                          = "cog-contoso-dr"
  resource_group_name           = azurerm_resource_group.rg_data.name
  location                      = azurerm_resource_group.rg_data.location
  tags                          = local.tags
  kind                          = "TextAnalytics"
  sku_name                      = "S"
  custom_subdomain_name         = "cog-contoso-dr"
  local_auth_enabled            = true
  public_network_access_enabled = true

  network_acls {
    default_action = "Allow"
  }
}

resource "azurerm_mysql_flexible_server" "mysql_contoso_dr" {
  name                         = "mysql-contoso-dr"
  resource_group_name          = azurerm_resource_group.rg_data.name
  location                     = azurerm_resource_group.rg_data.location
  tags                         = local.tags
  administrator_login          = "myadmin"
  administrator_password       = var.mysql_contoso_dr_administrator_login_password
  version                      = "8.0.21"
  zone                         = "1"
  sku_name                     = "GP_Standard_D2ds_v4"
  public_network_access        = "Enabled"
  backup_retention_days        = 7
  geo_redundant_backup_enabled = false

  storage {
    size_gb             = 64
    iops                = 492
    auto_grow_enabled   = true
    io_scaling_enabled  = false
    log_on_disk_enabled = false
  }

  lifecycle {
    ignore_changes = [
      administrator_password,
    ]
  }
}

resource "azurerm_mysql_flexible_database" "mysql_contoso_dr_blog" {
  name                = "blog"
  resource_group_name = azurerm_resource_group.rg_data.name
  server_name         = azurerm_mysql_flexible_server.mysql_contoso_dr.name
  charset             = "utf8mb4"
  collation           = "utf8mb4_0900_ai_ci"
}

resource "azurerm_postgresql_flexible_server" "psql_contoso_dr" {
  name                          = "psql-contoso-dr"
  resource_group_name           = azurerm_resource_group.rg_data.name
  location                      = azurerm_resource_group.rg_data.location
  tags                          = local.tags
  administrator_login           = "pgadmin"
  administrator_password        = var.psql_contoso_dr_administrator_login_password
  version                       = "16"
  zone                          = "1"
  sku_name                      = "GP_Standard_D2ds_v5"
  public_network_access_enabled = true
  storage_mb                    = 131072
  storage_tier                  = "P10"
  auto_grow_enabled             = true
  backup_retention_days         = 7
  geo_redundant_backup_enabled  = false

  authentication {
    active_directory_auth_enabled = false
    password_auth_enabled         = true
  }

  lifecycle {
    ignore_changes = [
      administrator_password,
    ]
  }
}

resource "azurerm_postgresql_flexible_server_database" "psql_contoso_dr_app" {
  name      = "app"
  server_id = azurerm_postgresql_flexible_server.psql_contoso_dr.id
  charset   = "UTF8"
  collation = "en_US.utf8"
}

resource "azurerm_cosmosdb_account" "cosmos_contoso_dr" {
  name                                  = "cosmos-contoso-dr"
  resource_group_name                   = azurerm_resource_group.rg_data.name
  location                              = azurerm_resource_group.rg_data.location
  tags                                  = local.tags
  kind                                  = "GlobalDocumentDB"
  offer_type                            = "Standard"
  is_virtual_network_filter_enabled     = false
  free_tier_enabled                     = false
  analytical_storage_enabled            = false
  automatic_failover_enabled            = false
  multiple_write_locations_enabled      = false
  partition_merge_enabled               = false
  burst_capacity_enabled                = false
  public_network_access_enabled         = true
  local_authentication_enabled          = true
  access_key_metadata_writes_enabled    = true
  minimal_tls_version                   = "Tls12"
  default_identity_type                 = "FirstPartyIdentity"
  network_acl_bypass_for_azure_services = false

  consistency_policy {
    consistency_level       = "Session"
    max_interval_in_seconds = 5
    max_staleness_prefix    = 100
  }

  geo_location {
    location          = "swedencentral"
    failover_priority = 0
    zone_redundant    = false
  }

  virtual_network_rule {
    id                                   = azurerm_subnet.vnet_spoke_snet_data.id
    ignore_missing_vnet_service_endpoint = false
  }

  analytical_storage {
    schema_type = "WellDefined"
  }

  backup {
    type                = "Periodic"
    interval_in_minutes = 240
    retention_in_hours  = 8
    storage_redundancy  = "Geo"
  }
}

resource "azurerm_cosmosdb_sql_database" "cosmos_contoso_dr_shop" {
  name                = "shop"
  resource_group_name = azurerm_resource_group.rg_data.name
  account_name        = azurerm_cosmosdb_account.cosmos_contoso_dr.name
}

resource "azurerm_cosmosdb_sql_container" "cosmos_contoso_dr_shop_carts" {
  name                = "carts"
  resource_group_name = azurerm_resource_group.rg_data.name
  database_name       = azurerm_cosmosdb_sql_database.cosmos_contoso_dr_shop.name
  account_name        = azurerm_cosmosdb_account.cosmos_contoso_dr.name
  partition_key_paths = [
    "/userId",
  ]
  partition_key_kind = "Hash"

  conflict_resolution_policy {
    mode                     = "LastWriterWins"
    conflict_resolution_path = "/_ts"
  }

  indexing_policy {
    indexing_mode = "consistent"

    included_path {
      path = "/*"
    }
  }
}

resource "azurerm_key_vault" "kv_contoso_dr" {
  name                          = "kv-contoso-dr"
  resource_group_name           = azurerm_resource_group.rg_data.name
  location                      = azurerm_resource_group.rg_data.location
  tags                          = local.tags
  tenant_id                     = "c0470500-0000-4000-8000-000000000001"
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = false

  network_acls {
    bypass         = "AzureServices"
    default_action = "Deny"
    virtual_network_subnet_ids = [
      azurerm_subnet.vnet_spoke_snet_web.id,
    ]
  }
}

resource "azurerm_role_assignment" "key_vault_secrets_user_for_id_web_on_kv_contoso_dr" {
  name                 = "801be730-e3f8-5f55-ada4-c275b2dcd831"
  scope                = azurerm_key_vault.kv_contoso_dr.id
  principal_id         = azurerm_user_assigned_identity.id_web.principal_id
  principal_type       = "ServicePrincipal"
  role_definition_name = "Key Vault Secrets User"
}

resource "azapi_resource" "kv_contoso_dr_api_token" {
  type      = "Microsoft.KeyVault/vaults/secrets@2023-07-01"
  parent_id = azurerm_key_vault.kv_contoso_dr.id
  name      = "api-token"
  body = {
    properties = {
      attributes = {
        enabled = true
      }
      contentType = "text/plain"
    }
  }
  sensitive_body = {
    properties = {
      value = var.kv_contoso_dr_api_token_value
    }
  }

  lifecycle {
    ignore_changes = [
      sensitive_body,
    ]
  }
}

resource "azapi_resource" "kv_contoso_dr_sql_admin" {
  type      = "Microsoft.KeyVault/vaults/secrets@2023-07-01"
  parent_id = azurerm_key_vault.kv_contoso_dr.id
  name      = "sql-admin"
  body = {
    properties = {
      attributes = {
        enabled = true
      }
      contentType = "text/plain"
    }
  }
  sensitive_body = {
    properties = {
      value = var.kv_contoso_dr_sql_admin_value
    }
  }

  lifecycle {
    ignore_changes = [
      sensitive_body,
    ]
  }
}

resource "azurerm_recovery_services_vault" "rsv_contoso" {
  name                          = "rsv-contoso"
  resource_group_name           = azurerm_resource_group.rg_data.name
  location                      = azurerm_resource_group.rg_data.location
  tags                          = local.tags
  sku                           = "RS0"
  public_network_access_enabled = true
  storage_mode_type             = "GeoRedundant"
  cross_region_restore_enabled  = false

  monitoring {
    alerts_for_all_job_failures_enabled            = true
    alerts_for_all_replication_issues_enabled      = true
    alerts_for_all_failover_issues_enabled         = true
    alerts_for_critical_operation_failures_enabled = true
    email_notifications_for_site_recovery_enabled  = true
  }
}

resource "azurerm_search_service" "srch_contoso_dr" {
  name                                     = "srch-contoso-dr"
  resource_group_name                      = azurerm_resource_group.rg_data.name
  location                                 = azurerm_resource_group.rg_data.location
  tags                                     = local.tags
  sku                                      = "basic"
  replica_count                            = 1
  partition_count                          = 1
  hosting_mode                             = "Default"
  public_network_access_enabled            = true
  network_rule_bypass_option               = "None"
  local_authentication_enabled             = true
  customer_managed_key_enforcement_enabled = false
}

resource "azurerm_mssql_server" "sql_contoso_dr" {
  name                                 = "sql-contoso-dr"
  resource_group_name                  = azurerm_resource_group.rg_data.name
  location                             = azurerm_resource_group.rg_data.location
  tags                                 = local.tags
  version                              = "12.0"
  administrator_login                  = "sqladmin"
  administrator_login_password         = var.sql_contoso_dr_administrator_login_password
  minimum_tls_version                  = "1.2"
  public_network_access_enabled        = false
  outbound_network_restriction_enabled = false

  lifecycle {
    ignore_changes = [
      administrator_login_password,
    ]
  }
}

resource "azurerm_mssql_elasticpool" "sql_contoso_dr_pool" {
  name                           = "pool"
  resource_group_name            = azurerm_resource_group.rg_data.name
  location                       = azurerm_resource_group.rg_data.location
  tags                           = local.tags
  server_name                    = azurerm_mssql_server.sql_contoso_dr.name
  max_size_gb                    = 100
  zone_redundant                 = false
  maintenance_configuration_name = "SQL_Default"

  sku {
    name     = "StandardPool"
    tier     = "Standard"
    capacity = 100
  }

  per_database_settings {
    min_capacity = 0
    max_capacity = 100
  }
}

resource "azurerm_mssql_database" "sql_contoso_dr_catalog" {
  name                 = "catalog"
  tags                 = local.tags
  server_id            = azurerm_mssql_server.sql_contoso_dr.id
  sku_name             = "ElasticPool"
  elastic_pool_id      = azurerm_mssql_elasticpool.sql_contoso_dr_pool.id
  collation            = "SQL_Latin1_General_CP1_CI_AS"
  max_size_gb          = 32
  zone_redundant       = false
  read_scale           = false
  ledger_enabled       = false
  storage_account_type = "Geo"
}

resource "azurerm_mssql_database" "sql_contoso_dr_customers" {
  name                 = "customers"
  tags                 = local.tags
  server_id            = azurerm_mssql_server.sql_contoso_dr.id
  sku_name             = "ElasticPool"
  elastic_pool_id      = azurerm_mssql_elasticpool.sql_contoso_dr_pool.id
  collation            = "SQL_Latin1_General_CP1_CI_AS"
  max_size_gb          = 32
  zone_redundant       = false
  read_scale           = false
  ledger_enabled       = false
  storage_account_type = "Geo"
}

resource "azurerm_mssql_database" "sql_contoso_dr_orders" {
  name                 = "orders"
  tags                 = local.tags
  server_id            = azurerm_mssql_server.sql_contoso_dr.id
  sku_name             = "ElasticPool"
  elastic_pool_id      = azurerm_mssql_elasticpool.sql_contoso_dr_pool.id
  collation            = "SQL_Latin1_General_CP1_CI_AS"
  max_size_gb          = 32
  zone_redundant       = false
  read_scale           = false
  ledger_enabled       = false
  storage_account_type = "Geo"
}

resource "azurerm_mssql_firewall_rule" "sql_contoso_dr_office" {
  name             = "office"
  server_id        = azurerm_mssql_server.sql_contoso_dr.id
  start_ip_address = "203.0.113.1"
  end_ip_address   = "203.0.113.9"
}

resource "azurerm_management_lock" "keep_sql" {
  name       = "keep-sql"
  scope      = azurerm_mssql_server.sql_contoso_dr.id
  lock_level = "CanNotDelete"
  notes      = "ask the platform team first"
}

resource "azurerm_mssql_virtual_network_rule" "sql_contoso_dr_from_web" {
  name                                 = "from-web"
  server_id                            = azurerm_mssql_server.sql_contoso_dr.id
  subnet_id                            = azurerm_subnet.vnet_spoke_snet_web.id
  ignore_missing_vnet_service_endpoint = false
}

resource "azurerm_storage_account" "stcontosodatadr" {
  name                = "stcontosodatadr"
  resource_group_name = azurerm_resource_group.rg_data.name
  location            = azurerm_resource_group.rg_data.location
  tags = {
    emoji = "📦"
    env   = "prod"
    lines = "one\ntwo"
  }
  account_kind                    = "StorageV2"
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  access_tier                     = "Hot"
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = true
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true

  network_rules {
    default_action = "Deny"
    bypass = [
      "AzureServices",
    ]
    virtual_network_subnet_ids = [
      azurerm_subnet.vnet_spoke_snet_web.id,
    ]
  }

  blob_properties {
    delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_container" "stcontosodatadr_default_curated" {
  name                  = "curated"
  storage_account_id    = azurerm_storage_account.stcontosodatadr.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "stcontosodatadr_default_raw" {
  name                  = "raw"
  storage_account_id    = azurerm_storage_account.stcontosodatadr.id
  container_access_type = "private"
}

resource "azurerm_role_assignment" "storage_blob_data_contributor_for_id_web_on_stcontosodatadr" {
  name                 = "561629a1-1563-5b9e-ab0e-3584173cb768"
  scope                = azurerm_storage_account.stcontosodatadr.id
  principal_id         = azurerm_user_assigned_identity.id_web.principal_id
  principal_type       = "ServicePrincipal"
  role_definition_name = "Storage Blob Data Contributor"
  condition            = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'})))"
  condition_version    = "2.0"
}

resource "azurerm_storage_queue" "stcontosodatadr_default_work" {
  name               = "work"
  storage_account_id = azurerm_storage_account.stcontosodatadr.id
}

resource "azurerm_storage_account" "stcontosologsdr" {
  name                = "stcontosologsdr"
  resource_group_name = azurerm_resource_group.rg_data.name
  location            = azurerm_resource_group.rg_data.location
  tags = {
    emoji = "📦"
    env   = "prod"
    lines = "one\ntwo"
  }
  account_kind                    = "StorageV2"
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  access_tier                     = "Hot"
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = true
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true

  network_rules {
    default_action = "Deny"
    bypass = [
      "AzureServices",
    ]
    virtual_network_subnet_ids = [
      azurerm_subnet.vnet_spoke_snet_web.id,
    ]
  }

  blob_properties {
    delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_container" "stcontosologsdr_default_curated" {
  name                  = "curated"
  storage_account_id    = azurerm_storage_account.stcontosologsdr.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "stcontosologsdr_default_raw" {
  name                  = "raw"
  storage_account_id    = azurerm_storage_account.stcontosologsdr.id
  container_access_type = "private"
}

resource "azurerm_storage_queue" "stcontosologsdr_default_work" {
  name               = "work"
  storage_account_id = azurerm_storage_account.stcontosologsdr.id
}
