targetScope = 'resourceGroup'

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kvContosoDrApiTokenValue string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kvContosoDrSqlAdminValue string

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
  scope: resourceGroup('rg-identity')
}

resource sqlContosoDr 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: 'sql-contoso-dr'
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource cosmosContosoDr 'Microsoft.DocumentDB/databaseAccounts@2024-05-15' = {
  name: 'cosmos-contoso-dr'
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
        locationName: 'swedencentral'
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

resource cosmosContosoDrShop 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-05-15' = {
  parent: cosmosContosoDr
  name: 'shop'
  properties: {
    resource: {
      id: 'shop'
    }
  }
}

resource cosmosContosoDrShopCarts 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-05-15' = {
  parent: cosmosContosoDrShop
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

resource kvContosoDr 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-contoso-dr'
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

resource keyVaultSecretsUserForIdWebOnKvContosoDr 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: kvContosoDr
  name: '801be730-e3f8-5f55-ada4-c275b2dcd831'
  properties: {
    principalId: idWeb.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '4633458b-17de-408a-b874-0445c86b69e6'
    )
  }
}

resource kvContosoDrApiToken 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kvContosoDr
  name: 'api-token'
  properties: {
    attributes: {
      enabled: true
    }
    contentType: 'text/plain'
    value: kvContosoDrApiTokenValue
  }
}

resource kvContosoDrSqlAdmin 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kvContosoDr
  name: 'sql-admin'
  properties: {
    attributes: {
      enabled: true
    }
    contentType: 'text/plain'
    value: kvContosoDrSqlAdminValue
  }
}

resource sqlContosoDrFromWeb 'Microsoft.Sql/servers/virtualNetworkRules@2023-08-01' = {
  parent: sqlContosoDr
  name: 'from-web'
  properties: {
    ignoreMissingVnetServiceEndpoint: false
    virtualNetworkSubnetId: '${vnetSpoke.id}/subnets/snet-web'
  }
}

resource stcontosodatadr 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stcontosodatadr'
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

resource stcontosodatadrDefault8ae64787 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: stcontosodatadr
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      days: 7
      enabled: true
    }
  }
}

resource stcontosodatadrDefaultCurated 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosodatadrDefault8ae64787
  name: 'curated'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosodatadrDefaultRaw 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosodatadrDefault8ae64787
  name: 'raw'
  properties: {
    publicAccess: 'None'
  }
}

resource storageBlobDataContributorForIdWebOnStcontosodatadr 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: stcontosodatadr
  name: '561629a1-1563-5b9e-ab0e-3584173cb768'
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

resource stcontosodatadrDefault8deb87a1 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: stcontosodatadr
  name: 'default'
}

resource stcontosodatadrDefaultWork 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: stcontosodatadrDefault8deb87a1
  name: 'work'
  properties: {
    metadata: {}
  }
}

resource stcontosologsdr 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stcontosologsdr'
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

resource stcontosologsdrDefault0f798513 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: stcontosologsdr
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      days: 7
      enabled: true
    }
  }
}

resource stcontosologsdrDefaultCurated 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosologsdrDefault0f798513
  name: 'curated'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosologsdrDefaultRaw 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: stcontosologsdrDefault0f798513
  name: 'raw'
  properties: {
    publicAccess: 'None'
  }
}

resource stcontosologsdrDefault31a0b4d8 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: stcontosologsdr
  name: 'default'
}

resource stcontosologsdrDefaultWork 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: stcontosologsdrDefault31a0b4d8
  name: 'work'
  properties: {
    metadata: {}
  }
}
