using 'main.bicep'

param vmApp01OsProfileAdminUsername = 'azureuser'

param vmApp02OsProfileAdminUsername = 'azureuser'

param vmApp03OsProfileAdminUsername = 'azureuser'

param vmApp04OsProfileAdminUsername = 'azureuser'

param vmApp05OsProfileAdminUsername = 'azureuser'

param vmApp06OsProfileAdminUsername = 'azureuser'

param vmApp07OsProfileAdminUsername = 'azureuser'

param vmApp08OsProfileAdminUsername = 'azureuser'

param vmssWorkerVirtualMachineProfileOsProfileAdminUsername = 'azureuser'

param mysqlContosoDrAdministratorLoginPassword = readEnvironmentVariable('ATGD_MYSQL_CONTOSO_DR_ADMINISTRATOR_LOGIN_PASSWORD')

param psqlContosoDrAdministratorLoginPassword = readEnvironmentVariable('ATGD_PSQL_CONTOSO_DR_ADMINISTRATOR_LOGIN_PASSWORD')

param kvContosoDrApiTokenValue = readEnvironmentVariable('ATGD_KV_CONTOSO_DR_API_TOKEN_VALUE')

param kvContosoDrSqlAdminValue = readEnvironmentVariable('ATGD_KV_CONTOSO_DR_SQL_ADMIN_VALUE')

param sqlContosoDrAdministratorLoginPassword = readEnvironmentVariable('ATGD_SQL_CONTOSO_DR_ADMINISTRATOR_LOGIN_PASSWORD')
