variable "subscription_id" {
  description = "The subscription that the resources are in."
  type        = string
  default     = "11111111-1111-4111-8111-111111111111"
}

variable "mysql_contoso_dr_administrator_login_password" {
  description = "properties.administratorLoginPassword of /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-data/providers/Microsoft.DBforMySQL/flexibleServers/mysql-contoso-dr: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "psql_contoso_dr_administrator_login_password" {
  description = "properties.administratorLoginPassword of /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-data/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-contoso-dr: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "kv_contoso_dr_api_token_value" {
  description = "properties.value of /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso-dr/secrets/api-token: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "kv_contoso_dr_sql_admin_value" {
  description = "properties.value of /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso-dr/secrets/sql-admin: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "sql_contoso_dr_administrator_login_password" {
  description = "properties.administratorLoginPassword of /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso-dr: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "aa_contoso_stop_idle_content" {
  description = "content of /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-monitoring/providers/Microsoft.Automation/automationAccounts/aa-contoso/runbooks/stop-idle: the text of a runbook is not in what Azure says of it."
  type        = string
}
