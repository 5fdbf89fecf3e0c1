resource "azurerm_resource_group" "rg_monitoring" {
  provider = azurerm.subscription_1

  name     = "rg-monitoring"
  location = "westeurope"
  tags     = local.tags_2
}

resource "azurerm_automation_account" "aa_contoso" {
  provider = azurerm.subscription_1

  name                          = "aa-contoso"
  resource_group_name           = azurerm_resource_group.rg_monitoring.name
  location                      = azurerm_resource_group.rg_monitoring.location
  tags                          = local.tags
  sku_name                      = "Basic"
  public_network_access_enabled = true
  local_authentication_enabled  = true
}

resource "azurerm_automation_runbook" "aa_contoso_stop_idle" {
  provider = azurerm.subscription_1

  name                    = "stop-idle"
  resource_group_name     = azurerm_resource_group.rg_monitoring.name
  location                = azurerm_resource_group.rg_monitoring.location
  tags                    = local.tags
  automation_account_name = azurerm_automation_account.aa_contoso.name
  runbook_type            = "PowerShell"
  log_verbose             = false
  log_progress            = false
  content                 = var.aa_contoso_stop_idle_content

  lifecycle {
    ignore_changes = [
      content,
      job_schedule,
    ]
  }
}

resource "azurerm_monitor_action_group" "ag_oncall" {
  provider = azurerm.subscription_1

  name                = "ag-oncall"
  resource_group_name = azurerm_resource_group.rg_monitoring.name
  tags                = local.tags
  location            = "global"
  short_name          = "oncall"
  enabled             = true

  email_receiver {
    name                    = "ops"
    email_address           = "ops@contoso.example"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_activity_log_alert" "alert_deleted" {
  provider = azurerm.subscription_1

  name                = "alert-deleted"
  resource_group_name = azurerm_resource_group.rg_monitoring.name
  location            = "global"
  tags                = local.tags
  scopes = [
    azurerm_resource_group.rg_compute.id,
  ]
  enabled     = true
  description = "A machine was deleted"

  criteria {
    category       = "Administrative"
    operation_name = "Microsoft.Compute/virtualMachines/delete"
  }

  action {
    action_group_id = azurerm_monitor_action_group.ag_oncall.id
  }
}

resource "azurerm_log_analytics_workspace" "log_contoso" {
  provider = azurerm.subscription_1

  name                            = "log-contoso"
  resource_group_name             = azurerm_resource_group.rg_monitoring.name
  location                        = azurerm_resource_group.rg_monitoring.location
  tags                            = local.tags
  sku                             = "PerGB2018"
  retention_in_days               = 90
  daily_quota_gb                  = -1.0
  allow_resource_only_permissions = true
  local_authentication_enabled    = true
  internet_ingestion_access_type  = "Enabled"
  internet_query_access_type      = "Enabled"
}

resource "azurerm_application_insights" "appi_contoso" {
  provider = azurerm.subscription_1

  name                                = "appi-contoso"
  resource_group_name                 = azurerm_resource_group.rg_monitoring.name
  location                            = azurerm_resource_group.rg_monitoring.location
  tags                                = local.tags
  application_type                    = "web"
  workspace_id                        = azurerm_log_analytics_workspace.log_contoso.id
  retention_in_days                   = 90
  sampling_percentage                 = 0
  ip_masking_enabled                  = true
  local_authentication_enabled        = true
  force_customer_storage_for_profiler = false
  internet_ingestion_enabled          = true
  internet_query_enabled              = true
}

resource "azurerm_monitor_metric_alert" "alert_cpu" {
  provider = azurerm.subscription_1

  name                = "alert-cpu"
  resource_group_name = azurerm_resource_group.rg_monitoring.name
  tags                = local.tags
  severity            = 2
  enabled             = true
  scopes = [
    azurerm_linux_virtual_machine.vm_app_01.id,
  ]
  frequency     = "PT5M"
  window_size   = "PT15M"
  auto_mitigate = true

  criteria {
    metric_namespace = "Microsoft.Compute/virtualMachines"
    metric_name      = "Percentage CPU"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 90
  }

  action {
    action_group_id = azurerm_monitor_action_group.ag_oncall.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "alert_errors" {
  provider = azurerm.subscription_1

  name                = "alert-errors"
  resource_group_name = azurerm_resource_group.rg_monitoring.name
  location            = azurerm_resource_group.rg_monitoring.location
  tags                = local.tags
  display_name        = "Errors of the shop"
  severity            = 2
  enabled             = true
  scopes = [
    azurerm_log_analytics_workspace.log_contoso.id,
  ]
  evaluation_frequency             = "PT5M"
  window_duration                  = "PT15M"
  auto_mitigation_enabled          = false
  workspace_alerts_storage_enabled = false
  skip_query_validation            = false

  criteria {
    query                   = "AppExceptions | where AppRoleName == \"shop\""
    time_aggregation_method = "Count"
    threshold               = 5.0
    operator                = "GreaterThan"

    failing_periods {
      number_of_evaluation_periods             = 1
      minimum_failing_periods_to_trigger_alert = 1
    }
  }

  action {
    action_groups = [
      azurerm_monitor_action_group.ag_oncall.id,
    ]
  }
}
