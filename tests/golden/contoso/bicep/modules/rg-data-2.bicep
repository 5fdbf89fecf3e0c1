targetScope = 'resourceGroup'

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kvContosoApiTokenValue string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kvContosoSqlAdminValue string

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

var tags2 = {
  emoji: '📦'
  env: 'prod'
  lines: 'one\ntwo'
}

resource idWeb 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-web'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-identity')
}

resource sqlContoso 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: 'sql-contoso'
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource cosmosContoso 'Microsoft.DocumentDB/databaseAccounts@2024-05-15' = {
  name: 'cosmos-contoso'
  location: location
  tags: tags
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
        id: '${vnetSpoke.id}/subnets/snet-data'
        ignoreMissingVNetServiceEndpoint: false
      }
    ]
  }
}

resource cosmosContosoShop 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-05-15' = {
  parent: cosmosContoso
  name: 'shop'
  properties: {
    resource: {
      id: 'shop'
    }
  }
}

resource cosmosContosoShopCarts 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-05-15' = {
  parent: cosmosContosoShop
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

resource kvContoso 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-contoso'
  location: location
  tags: tags
  properties: {
    enablePurgeProtection: true
    enableRbacAuthorization: true
    enableSoftDelete: true
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
      virtualNetworkRules: [
        {
          id: '${vnetSpoke.id}/subnets/snet-web'
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
  }
}

resource keyVaultSecretsUserForIdWebOnKvContoso 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: kvContoso
  name: 'c0470500-0000-4000-8a00-000000000005'
  properties: {
    principalId: idWeb.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '4633458b-17de-408a-b874-0445c86b69e6'
    )
  }
}

resource kvContosoApiToken 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kvContoso
  name: 'api-token'
  properties: {
    attributes: {
      enabled: true
    }
    contentType: 'text/plain'
    value: kvContosoApiTokenValue
  }
}

resource kvContosoSqlAdmin 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kvContoso
  name: 'sql-admin'
  properties: {
    attributes: {
      enabled: true
    }
    contentType: 'text/plain'
    value: kvContosoSqlAdminValue
  }
}

resource sqlContosoFromWeb 'Microsoft.Sql/servers/virtualNetworkRules@2023-08-01' = {
  parent: sqlContoso
  name: 'from-web'
  properties: {
    ignoreMissingVnetServiceEndpoint: false
    virtualNetworkSubnetId: '${vnetSpoke.id}/subnets/snet-web'
  }
}

resource stcontosodata 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stcontosodata'
  location: location
  tags: tags2
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
          id: '${vnetSpoke.id}/subnets/snet-web'
          state: 'Succeeded'
        }
      ]
    }
    supportsHttpsTrafficOnly: true
  }
}

resource stcontosodataDefault0d5247bf 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: stcontosodata
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      days: 7
      enabled: true
    }
  }
}

resource stcontosodataDefaultCurated 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosodataDefault0d5247bf
  name: 'curated'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosodataDefaultRaw 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosodataDefault0d5247bf
  name: 'raw'
  properties: {
    publicAccess: 'None'
  }
}

resource storageBlobDataContributorForIdWebOnStcontosodata 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: stcontosodata
  name: 'c0470500-0000-4000-8a00-000000000004'
  properties: {
    condition: '((!(ActionMatches{\'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete\'})))'
    conditionVersion: '2.0'
    principalId: idWeb.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
    )
  }
}

resource stcontosodataDefault9a775ca9 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: stcontosodata
  name: 'default'
}

resource stcontosodataDefaultWork 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: stcontosodataDefault9a775ca9
  name: 'work'
  properties: {
    metadata: {}
  }
}

resource stcontosologs 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stcontosologs'
  location: location
  tags: tags2
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
          id: '${vnetSpoke.id}/subnets/snet-web'
          state: 'Succeeded'
        }
      ]
    }
    supportsHttpsTrafficOnly: true
  }
}

resource stcontosologsDefaultFcc2456c 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: stcontosologs
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      days: 7
      enabled: true
    }
  }
}

resource stcontosologsDefaultCurated 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosologsDefaultFcc2456c
  name: 'curated'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosologsDefaultRaw 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosologsDefaultFcc2456c
  name: 'raw'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosologsDefault0f939f3b 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: stcontosologs
  name: 'default'
}

resource stcontosologsDefaultWork 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: stcontosologsDefault0f939f3b
  name: 'work'
  properties: {
    metadata: {}
  }
}
