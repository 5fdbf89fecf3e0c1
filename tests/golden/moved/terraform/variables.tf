variable "subscription_id" {
  description = "Id of the subscription with the resource groups rg-aks, rg-compute, rg-data and 5 more."
  type        = string
  default     = "11111111-1111-4111-8111-111111111111"
}

variable "mysql_contoso_dr_administrator_login_password" {
  description = "Administrator login password of flexible server mysql-contoso-dr. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "psql_contoso_dr_administrator_login_password" {
  description = "Administrator login password of flexible server psql-contoso-dr. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "kv_contoso_dr_api_token_value" {
  description = "Value of secret api-token. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "kv_contoso_dr_sql_admin_value" {
  description = "Value of secret sql-admin. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "sql_contoso_dr_administrator_login_password" {
  description = "Administrator login password of server sql-contoso-dr. Azure never returns it: supply a value."
  type        = string
  sensitive   = true
}

variable "aa_contoso_stop_idle_content" {
  description = "Content of runbook stop-idle. The text of a runbook is not in what Azure says of it."
  type        = string
}
