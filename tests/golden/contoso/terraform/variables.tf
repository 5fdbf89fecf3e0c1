variable "subscription_id" {
  description = "The subscription that the resources are in."
  type        = string
  default     = "c0470500-0000-4000-8000-0000000000a2"
}

variable "subscription_1_id" {
  description = "The subscription that the resources are in."
  type        = string
  default     = "c0470500-0000-4000-8000-0000000000a1"
}

variable "mysql_contoso_administrator_login_password" {
  description = "properties.administratorLoginPassword of /subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DBforMySQL/flexibleServers/mysql-contoso: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "psql_contoso_administrator_login_password" {
  description = "properties.administratorLoginPassword of /subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-contoso: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "kv_contoso_api_token_value" {
  description = "properties.value of /subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso/secrets/api-token: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "kv_contoso_sql_admin_value" {
  description = "properties.value of /subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-contoso/secrets/sql-admin: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "sql_contoso_administrator_login_password" {
  description = "properties.administratorLoginPassword of /subscriptions/c0470500-0000-4000-8000-0000000000a2/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-contoso: Azure wants it and never returns it."
  type        = string
  sensitive   = true
}

variable "aa_contoso_stop_idle_content" {
  description = "content of /subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups/rg-monitoring/providers/Microsoft.Automation/automationAccounts/aa-contoso/runbooks/stop-idle: the text of a runbook is not in what Azure says of it."
  type        = string
}
