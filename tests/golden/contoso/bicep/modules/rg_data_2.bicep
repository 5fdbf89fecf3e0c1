targetScope = 'resourceGroup'

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kv_contoso_api_token_value string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kv_contoso_sql_admin_value string

resource sql_contoso 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: 'sql-contoso'
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource cosmos_contoso 'Microsoft.DocumentDB/databaseAccounts@2024-05-15' = {
  name: 'cosmos-contoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  kind: 'GlobalDocumentDB'
  properties: {
    analyticalStorageConfiguration: {
      schemaType: 'WellDefined'
    }
    backupPolicy: {
      periodicModeProperties: {
        backupIntervalInMinutes: 240
        backupRetentionIntervalInHours: 8
        backupStorageRedundancy: 'Geo'
      }
      type: 'Periodic'
    }
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
      maxIntervalInSeconds: 5
      maxStalenessPrefix: 100
    }
    databaseAccountOfferType: 'Standard'
    defaultIdentity: 'FirstPartyIdentity'
    disableKeyBasedMetadataWriteAccess: false
    disableLocalAuth: false
    enableAnalyticalStorage: false
    enableAutomaticFailover: false
    enableBurstCapacity: false
    enableFreeTier: false
    enableMultipleWriteLocations: false
    enablePartitionMerge: false
    isVirtualNetworkFilterEnabled: false
    locations: [
      {
        failoverPriority: 0
        isZoneRedundant: false
        locationName: 'West Europe'
      }
    ]
    minimalTlsVersion: 'Tls12'
    networkAclBypass: 'None'
    publicNetworkAccess: 'Enabled'
    virtualNetworkRules: [
      {
        id: '${vnet_spoke.id}/subnets/snet-data'
        ignoreMissingVNetServiceEndpoint: false
      }
    ]
  }
}

resource cosmos_contoso_shop 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-05-15' = {
  parent: cosmos_contoso
  name: 'shop'
  properties: {
    resource: {
      id: 'shop'
    }
  }
}

resource cosmos_contoso_shop_carts 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-05-15' = {
  parent: cosmos_contoso_shop
  name: 'carts'
  properties: {
    resource: {
      conflictResolutionPolicy: {
        conflictResolutionPath: '/_ts'
        mode: 'LastWriterWins'
      }
      id: 'carts'
      indexingPolicy: {
        automatic: true
        excludedPaths: [
          {
            path: '/"_etag"/?'
          }
        ]
        includedPaths: [
          {
            path: '/*'
          }
        ]
        indexingMode: 'consistent'
      }
      partitionKey: {
        kind: 'Hash'
        paths: [
          '/userId'
        ]
      }
    }
  }
}

resource kv_contoso 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-contoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    enablePurgeProtection: true
    enableRbacAuthorization: true
    enableSoftDelete: true
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
      virtualNetworkRules: [
        {
          id: '${vnet_spoke.id}/subnets/snet-web'
        }
      ]
    }
    publicNetworkAccess: 'Disabled'
    sku: {
      family: 'A'
      name: 'standard'
    }
    softDeleteRetentionInDays: 90
    tenantId: 'c0470500-0000-4000-8000-000000000001'
    vaultUri: 'https://kv-contoso.vault.azure.net/'
  }
}

resource roleassignment_c0470500_5721af80 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: kv_contoso
  name: 'c0470500-0000-4000-8a00-000000000005'
  properties: {
    principalId: 'c0470500-0000-4000-9004-000000000000'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
  }
}

resource kv_contoso_api_token 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kv_contoso
  name: 'api-token'
  properties: {
    attributes: {
      enabled: true
    }
    contentType: 'text/plain'
    value: kv_contoso_api_token_value
  }
}

resource kv_contoso_sql_admin 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kv_contoso
  name: 'sql-admin'
  properties: {
    attributes: {
      enabled: true
    }
    contentType: 'text/plain'
    value: kv_contoso_sql_admin_value
  }
}

resource sql_contoso_from_web 'Microsoft.Sql/servers/virtualNetworkRules@2023-08-01' = {
  parent: sql_contoso
  name: 'from-web'
  properties: {
    ignoreMissingVnetServiceEndpoint: false
    virtualNetworkSubnetId: '${vnet_spoke.id}/subnets/snet-web'
  }
}

resource stcontosodata 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stcontosodata'
  location: 'westeurope'
  tags: {
    emoji: '📦'
    env: 'prod'
    lines: 'one\ntwo'
  }
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: true
    encryption: {
      keySource: 'Microsoft.Storage'
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        file: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
    minimumTlsVersion: 'TLS1_2'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
      virtualNetworkRules: [
        {
          action: 'Allow'
          id: '${vnet_spoke.id}/subnets/snet-web'
          state: 'Succeeded'
        }
      ]
    }
    supportsHttpsTrafficOnly: true
  }
}

resource stcontosodata_default_0d5247bf 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: stcontosodata
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      days: 7
      enabled: true
    }
  }
}

resource stcontosodata_default_curated 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosodata_default_0d5247bf
  name: 'curated'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosodata_default_raw 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosodata_default_0d5247bf
  name: 'raw'
  properties: {
    publicAccess: 'None'
  }
}

resource roleassignment_c0470500_01013da2 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: stcontosodata
  name: 'c0470500-0000-4000-8a00-000000000004'
  properties: {
    condition: '((!(ActionMatches{\'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete\'})))'
    conditionVersion: '2.0'
    principalId: 'c0470500-0000-4000-9004-000000000000'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
  }
}

resource stcontosodata_default_9a775ca9 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: stcontosodata
  name: 'default'
}

resource stcontosodata_default_work 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: stcontosodata_default_9a775ca9
  name: 'work'
}

resource stcontosologs 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stcontosologs'
  location: 'westeurope'
  tags: {
    emoji: '📦'
    env: 'prod'
    lines: 'one\ntwo'
  }
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: true
    encryption: {
      keySource: 'Microsoft.Storage'
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        file: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
    minimumTlsVersion: 'TLS1_2'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
      virtualNetworkRules: [
        {
          action: 'Allow'
          id: '${vnet_spoke.id}/subnets/snet-web'
          state: 'Succeeded'
        }
      ]
    }
    supportsHttpsTrafficOnly: true
  }
}

resource stcontosologs_default_fcc2456c 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: stcontosologs
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      days: 7
      enabled: true
    }
  }
}

resource stcontosologs_default_curated 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosologs_default_fcc2456c
  name: 'curated'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosologs_default_raw 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosologs_default_fcc2456c
  name: 'raw'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosologs_default_0f939f3b 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: stcontosologs
  name: 'default'
}

resource stcontosologs_default_work 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: stcontosologs_default_0f939f3b
  name: 'work'
}
