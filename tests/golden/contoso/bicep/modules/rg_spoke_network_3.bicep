targetScope = 'resourceGroup'

resource kv_contoso 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'kv-contoso'
  scope: resourceGroup('rg-data')
}

resource privatelink_blob_core_windows_net 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink.blob.core.windows.net'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
}

resource privatelink_vaultcore_azure_net 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink.vaultcore.azure.net'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
}

resource stcontosodata 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: 'stcontosodata'
  scope: resourceGroup('rg-data')
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
}

resource pe_store 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-store'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
      id: '${vnet_spoke.id}/subnets/snet-endpoints'
    }
  }
}

resource pe_store_default 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: pe_store
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'config'
        properties: {
          privateDnsZoneId: privatelink_blob_core_windows_net.id
        }
      }
    ]
  }
}

resource pe_vault 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-vault'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          privateLinkServiceId: kv_contoso.id
        }
      }
    ]
    subnet: {
      id: '${vnet_spoke.id}/subnets/snet-endpoints'
    }
  }
}

resource pe_vault_default 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: pe_vault
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'config'
        properties: {
          privateDnsZoneId: privatelink_vaultcore_azure_net.id
        }
      }
    ]
  }
}
