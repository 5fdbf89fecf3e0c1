targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource kvContoso 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'kv-contoso'
  scope: resourceGroup('rg-data')
}

resource privatelinkBlobCoreWindowsNet 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink.blob.${environment().suffixes.storage}'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
}

resource privatelinkVaultcoreAzureNet 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink.vaultcore.azure.net'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
}

resource stcontosodata 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: 'stcontosodata'
  scope: resourceGroup('rg-data')
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
}

resource peStore 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-store'
  location: location
  tags: tags
  properties: {
    privateLinkServiceConnections: [
      {
        name: 'pe-store'
        properties: {
          groupIds: [
            'blob'
          ]
          privateLinkServiceConnectionState: {
            actionsRequired: 'None'
            description: 'Auto-approved'
            status: 'Approved'
          }
          privateLinkServiceId: stcontosodata.id
        }
      }
    ]
    subnet: {
      id: '${vnetSpoke.id}/subnets/snet-endpoints'
    }
  }
}

resource peStoreDefault 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: peStore
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'config'
        properties: {
          privateDnsZoneId: privatelinkBlobCoreWindowsNet.id
        }
      }
    ]
  }
}

resource peVault 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-vault'
  location: location
  tags: tags
  properties: {
    privateLinkServiceConnections: [
      {
        name: 'pe-vault'
        properties: {
          groupIds: [
            'vault'
          ]
          privateLinkServiceConnectionState: {
            actionsRequired: 'None'
            description: 'Auto-approved'
            status: 'Approved'
          }
          privateLinkServiceId: kvContoso.id
        }
      }
    ]
    subnet: {
      id: '${vnetSpoke.id}/subnets/snet-endpoints'
    }
  }
}

resource peVaultDefault 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: peVault
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'config'
        properties: {
          privateDnsZoneId: privatelinkVaultcoreAzureNet.id
        }
      }
    ]
  }
}
