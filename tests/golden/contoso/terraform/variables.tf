variable "subscription_id" {
  description = "Id of the subscription with the resource groups rg-aks, rg-compute, rg-data and 2 more."
  type        = string
  default     = "c0470500-0000-4000-8000-0000000000a2"
}

variable "subscription_1_id" {
  description = "Id of the subscription with the resource groups rg-hub-network, rg-identity, rg-monitoring."
  type        = string
  default     = "c0470500-0000-4000-8000-0000000000a1"
}

variable "mysql_contoso_administrator_login_password" {
  description = "Administrator login password of flexible server mysql-contoso. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "psql_contoso_administrator_login_password" {
  description = "Administrator login password of flexible server psql-contoso. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "kv_contoso_api_token_value" {
  description = "Value of secret api-token. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "kv_contoso_sql_admin_value" {
  description = "Value of secret sql-admin. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "sql_contoso_administrator_login_password" {
  description = "Administrator login password of server sql-contoso. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "aa_contoso_stop_idle_content" {
  description = "Content of runbook stop-idle. The text of a runbook is not in what Azure says of it."
  type        = string
}
