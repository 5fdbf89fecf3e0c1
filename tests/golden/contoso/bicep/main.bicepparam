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

param mysqlContosoAdministratorLoginPassword = readEnvironmentVariable('ATGD_MYSQL_CONTOSO_ADMINISTRATOR_LOGIN_PASSWORD')

param psqlContosoAdministratorLoginPassword = readEnvironmentVariable('ATGD_PSQL_CONTOSO_ADMINISTRATOR_LOGIN_PASSWORD')

param kvContosoApiTokenValue = readEnvironmentVariable('ATGD_KV_CONTOSO_API_TOKEN_VALUE')

param kvContosoSqlAdminValue = readEnvironmentVariable('ATGD_KV_CONTOSO_SQL_ADMIN_VALUE')

param sqlContosoAdministratorLoginPassword = readEnvironmentVariable('ATGD_SQL_CONTOSO_ADMINISTRATOR_LOGIN_PASSWORD')
