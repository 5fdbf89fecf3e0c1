targetScope = 'resourceGroup'

resource privatelink_database_windows_net 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink.database.windows.net'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
}

resource sql_contoso 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: 'sql-contoso'
  scope: resourceGroup('rg-data')
}

resource vnet_hub 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-hub'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
}

resource pe_sql 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-sql'
  location: 'westeurope'
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
          privateLinkServiceId: sql_contoso.id
        }
      }
    ]
    subnet: {
      id: '${vnet_spoke.id}/subnets/snet-endpoints'
    }
  }
}

resource pe_sql_default 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: pe_sql
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'config'
        properties: {
          privateDnsZoneId: privatelink_database_windows_net.id
        }
      }
    ]
  }
}

resource vnet_spoke_peer_hub 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2024-05-01' = {
  parent: vnet_spoke
  name: 'peer-hub'
  properties: {
    allowForwardedTraffic: true
    allowGatewayTransit: false
    allowVirtualNetworkAccess: true
    peeringState: 'Connected'
    peeringSyncLevel: 'FullyInSync'
    remoteVirtualNetwork: {
      id: vnet_hub.id
    }
    useRemoteGateways: false
  }
}
