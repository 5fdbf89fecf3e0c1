targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

resource privatelinkDatabaseWindowsNet 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink${environment().suffixes.sqlServerHostname}'
  scope: resourceGroup('rg-hub-network')
}

resource sqlContosoDr 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: 'sql-contoso-dr'
  scope: resourceGroup('rg-data')
}

resource vnetHub 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-hub'
  scope: resourceGroup('rg-hub-network')
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
}

resource peSql 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-sql'
  location: location
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    privateLinkServiceConnections: [
      {
        name: 'pe-sql'
        properties: {
          groupIds: [
            'sqlServer'
          ]
          privateLinkServiceConnectionState: {
            actionsRequired: 'None'
            description: 'Auto-approved'
            status: 'Approved'
          }
          privateLinkServiceId: sqlContosoDr.id
        }
      }
    ]
    subnet: {
      id: '${vnetSpoke.id}/subnets/snet-endpoints'
    }
  }
}

resource peSqlDefault 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: peSql
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'config'
        properties: {
          privateDnsZoneId: privatelinkDatabaseWindowsNet.id
        }
      }
    ]
  }
}

resource vnetSpokePeerHub 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2024-05-01' = {
  parent: vnetSpoke
  name: 'peer-hub'
  properties: {
    allowForwardedTraffic: true
    allowGatewayTransit: false
    allowVirtualNetworkAccess: true
    peeringState: 'Connected'
    peeringSyncLevel: 'FullyInSync'
    remoteVirtualNetwork: {
      id: vnetHub.id
    }
    useRemoteGateways: false
  }
}
