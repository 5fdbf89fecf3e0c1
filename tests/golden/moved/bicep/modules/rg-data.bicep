targetScope = 'resourceGroup'

@description('Administrator login password of flexible server mysql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param mysqlContosoDrAdministratorLoginPassword string

@description('Administrator login password of flexible server psql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param psqlContosoDrAdministratorLoginPassword string

@description('Administrator login password of server sql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param sqlContosoDrAdministratorLoginPassword string

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource redisContosoDr 'Microsoft.Cache/redis@2024-03-01' = {
  name: 'redis-contoso-dr'
  location: location
  tags: tags
  properties: {
    disableAccessKeyAuthentication: false
    enableNonSslPort: false
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
    redisConfiguration: {
      'maxfragmentationmemory-reserved': '125'
      'maxmemory-delta': '125'
      'maxmemory-reserved': '125'
    }
    redisVersion: '6.0'
    sku: {
      capacity: 1
      family: 'C'
      name: 'Standard'
    }
    updateChannel: 'Stable'
  }
}

resource cogContosoDr 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'cog-contoso-dr'
  location: location
  tags: tags
  kind: 'TextAnalytics'
  sku: {
    name: 'S'
  }
  properties: {
    customSubDomainName: 'cog-contoso-dr'
    disableLocalAuth: false
    networkAcls: {
      defaultAction: 'Allow'
    }
    publicNetworkAccess: 'Enabled'
  }
}

resource mysqlContosoDr 'Microsoft.DBforMySQL/flexibleServers@2023-12-30' = {
  name: 'mysql-contoso-dr'
  location: location
  tags: tags
  sku: {
    name: 'Standard_D2ds_v4'
    tier: 'GeneralPurpose'
  }
  properties: {
    administratorLogin: 'myadmin'
    availabilityZone: '1'
    backup: {
      backupRetentionDays: 7
      geoRedundantBackup: 'Disabled'
    }
    highAvailability: {
      mode: 'Disabled'
    }
    maintenanceWindow: {
      customWindow: 'Disabled'
      dayOfWeek: 0
      startHour: 0
      startMinute: 0
    }
    network: {
      publicNetworkAccess: 'Enabled'
    }
    replicationRole: 'None'
    storage: {
      autoGrow: 'Enabled'
      autoIoScaling: 'Disabled'
      iops: 492
      logOnDisk: 'Disabled'
      storageSizeGB: 64
    }
    version: '8.0.21'
    administratorLoginPassword: mysqlContosoDrAdministratorLoginPassword
  }
}

resource mysqlContosoDrBlog 'Microsoft.DBforMySQL/flexibleServers/databases@2023-12-30' = {
  parent: mysqlContosoDr
  name: 'blog'
  properties: {
    charset: 'utf8mb4'
    collation: 'utf8mb4_0900_ai_ci'
  }
}

resource psqlContosoDr 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: 'psql-contoso-dr'
  location: location
  tags: tags
  sku: {
    name: 'Standard_D2ds_v5'
    tier: 'GeneralPurpose'
  }
  properties: {
    administratorLogin: 'pgadmin'
    authConfig: {
      activeDirectoryAuth: 'Disabled'
      passwordAuth: 'Enabled'
    }
    availabilityZone: '1'
    backup: {
      backupRetentionDays: 7
      geoRedundantBackup: 'Disabled'
    }
    dataEncryption: {
      type: 'SystemManaged'
    }
    highAvailability: {
      mode: 'Disabled'
    }
    maintenanceWindow: {
      customWindow: 'Disabled'
      dayOfWeek: 0
      startHour: 0
      startMinute: 0
    }
    network: {
      publicNetworkAccess: 'Enabled'
    }
    replica: {
      role: 'Primary'
    }
    replicationRole: 'Primary'
    storage: {
      autoGrow: 'Enabled'
      iops: 500
      storageSizeGB: 128
      tier: 'P10'
    }
    version: '16'
    administratorLoginPassword: psqlContosoDrAdministratorLoginPassword
  }
}

resource psqlContosoDrApp 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: psqlContosoDr
  name: 'app'
  properties: {
    charset: 'UTF8'
    collation: 'en_US.utf8'
  }
}

resource rsvContoso 'Microsoft.RecoveryServices/vaults@2024-04-01' = {
  name: 'rsv-contoso'
  location: location
  tags: tags
  sku: {
    name: 'RS0'
    tier: 'Standard'
  }
  properties: {
    monitoringSettings: {
      azureMonitorAlertSettings: {
        alertsForAllFailoverIssues: 'Enabled'
        alertsForAllJobFailures: 'Enabled'
        alertsForAllReplicationIssues: 'Enabled'
      }
      classicAlertSettings: {
        alertsForCriticalOperations: 'Enabled'
        emailNotificationsForSiteRecovery: 'Enabled'
      }
    }
    publicNetworkAccess: 'Enabled'
    redundancySettings: {
      crossRegionRestore: 'Disabled'
      standardTierStorageRedundancy: 'GeoRedundant'
    }
    restoreSettings: {
      crossSubscriptionRestoreSettings: {
        crossSubscriptionRestoreState: 'Enabled'
      }
    }
    securitySettings: {
      softDeleteSettings: {
        enhancedSecurityState: 'Enabled'
        softDeleteRetentionPeriodInDays: 14
        softDeleteState: 'Enabled'
      }
    }
  }
}

resource srchContosoDr 'Microsoft.Search/searchServices@2025-05-01' = {
  name: 'srch-contoso-dr'
  location: location
  tags: tags
  sku: {
    name: 'basic'
  }
  properties: {
    authOptions: {
      apiKeyOnly: {}
    }
    disableLocalAuth: false
    encryptionWithCmk: {
      enforcement: 'Unspecified'
    }
    hostingMode: 'Default'
    networkRuleSet: {
      bypass: 'None'
    }
    partitionCount: 1
    publicNetworkAccess: 'Enabled'
    replicaCount: 1
    semanticSearch: 'disabled'
  }
}

resource sqlContosoDr 'Microsoft.Sql/servers@2023-08-01' = {
  name: 'sql-contoso-dr'
  location: location
  tags: tags
  properties: {
    administratorLogin: 'sqladmin'
    minimalTlsVersion: '1.2'
    publicNetworkAccess: 'Disabled'
    restrictOutboundNetworkAccess: 'Disabled'
    version: '12.0'
    administratorLoginPassword: sqlContosoDrAdministratorLoginPassword
  }
}

resource sqlContosoDrCatalog 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: sqlContosoDr
  name: 'catalog'
  location: location
  tags: tags
  sku: {
    capacity: 0
    name: 'ElasticPool'
    tier: 'Standard'
  }
  properties: {
    collation: 'SQL_Latin1_General_CP1_CI_AS'
    elasticPoolId: sqlContosoDrPool.id
    isLedgerOn: false
    maintenanceConfigurationId: subscriptionResourceId(
      'Microsoft.Maintenance/publicMaintenanceConfigurations',
      'SQL_Default'
    )
    maxSizeBytes: 34359738368
    readScale: 'Disabled'
    requestedBackupStorageRedundancy: 'Geo'
    zoneRedundant: false
  }
}

resource sqlContosoDrCustomers 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: sqlContosoDr
  name: 'customers'
  location: location
  tags: tags
  sku: {
    capacity: 0
    name: 'ElasticPool'
    tier: 'Standard'
  }
  properties: {
    collation: 'SQL_Latin1_General_CP1_CI_AS'
    elasticPoolId: sqlContosoDrPool.id
    isLedgerOn: false
    maintenanceConfigurationId: subscriptionResourceId(
      'Microsoft.Maintenance/publicMaintenanceConfigurations',
      'SQL_Default'
    )
    maxSizeBytes: 34359738368
    readScale: 'Disabled'
    requestedBackupStorageRedundancy: 'Geo'
    zoneRedundant: false
  }
}

resource sqlContosoDrOrders 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: sqlContosoDr
  name: 'orders'
  location: location
  tags: tags
  sku: {
    capacity: 0
    name: 'ElasticPool'
    tier: 'Standard'
  }
  properties: {
    collation: 'SQL_Latin1_General_CP1_CI_AS'
    elasticPoolId: sqlContosoDrPool.id
    isLedgerOn: false
    maintenanceConfigurationId: subscriptionResourceId(
      'Microsoft.Maintenance/publicMaintenanceConfigurations',
      'SQL_Default'
    )
    maxSizeBytes: 34359738368
    readScale: 'Disabled'
    requestedBackupStorageRedundancy: 'Geo'
    zoneRedundant: false
  }
}

resource sqlContosoDrPool 'Microsoft.Sql/servers/elasticPools@2023-08-01' = {
  parent: sqlContosoDr
  name: 'pool'
  location: location
  tags: tags
  sku: {
    capacity: 100
    name: 'StandardPool'
    tier: 'Standard'
  }
  properties: {
    maintenanceConfigurationId: subscriptionResourceId(
      'Microsoft.Maintenance/publicMaintenanceConfigurations',
      'SQL_Default'
    )
    maxSizeBytes: 107374182400
    perDatabaseSettings: {
      maxCapacity: 100
      minCapacity: 0
    }
    zoneRedundant: false
  }
}

resource sqlContosoDrOffice 'Microsoft.Sql/servers/firewallRules@2023-08-01' = {
  parent: sqlContosoDr
  name: 'office'
  properties: {
    endIpAddress: '203.0.113.9'
    startIpAddress: '203.0.113.1'
  }
}

resource keepSql 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: sqlContosoDr
  name: 'keep-sql'
  properties: {
    level: 'CanNotDelete'
    notes: 'ask the platform team first'
  }
}
