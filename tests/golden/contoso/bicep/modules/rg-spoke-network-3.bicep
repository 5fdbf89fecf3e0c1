targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource appShop 'Microsoft.Web/sites@2023-12-01' existing = {
  name: 'app-shop'
  scope: resourceGroup('rg-web')
}

resource kvContoso 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'kv-contoso'
  scope: resourceGroup('rg-data')
}

resource pipShop 'Microsoft.Network/publicIPAddresses@2024-05-01' existing = {
  name: 'pip-shop'
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

resource wafShop 'Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies@2024-05-01' existing = {
  name: 'waf-shop'
}

resource agwShop 'Microsoft.Network/applicationGateways@2024-05-01' = {
  name: 'agw-shop'
  location: location
  tags: tags
  zones: [
    '1'
    '2'
    '3'
  ]
  properties: {
    autoscaleConfiguration: {
      maxCapacity: 4
      minCapacity: 1
    }
    backendAddressPools: [
      {
        name: 'app'
        properties: {
          backendAddresses: [
            {
              fqdn: appShop.properties.defaultHostName
            }
          ]
        }
      }
    ]
    backendHttpSettingsCollection: [
      {
        name: 'app'
        properties: {
          cookieBasedAffinity: 'Disabled'
          pickHostNameFromBackendAddress: true
          port: 443
          probe: {
            id: resourceId('Microsoft.Network/applicationGateways/probes', 'agw-shop', 'health')
          }
          protocol: 'Https'
          requestTimeout: 30
        }
      }
    ]
    enableHttp2: true
    firewallPolicy: {
      id: wafShop.id
    }
    frontendIPConfigurations: [
      {
        name: 'public'
        properties: {
          privateIPAllocationMethod: 'Dynamic'
          publicIPAddress: {
            id: pipShop.id
          }
        }
      }
    ]
    frontendPorts: [
      {
        name: 'http'
        properties: {
          port: 80
        }
      }
    ]
    gatewayIPConfigurations: [
      {
        name: 'subnet'
        properties: {
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-gateway'
          }
        }
      }
    ]
    httpListeners: [
      {
        name: 'http'
        properties: {
          frontendIPConfiguration: {
            id: resourceId('Microsoft.Network/applicationGateways/frontendIPConfigurations', 'agw-shop', 'public')
          }
          frontendPort: {
            id: resourceId('Microsoft.Network/applicationGateways/frontendPorts', 'agw-shop', 'http')
          }
          hostNames: [
            'shop.contoso.example'
          ]
          protocol: 'Http'
          requireServerNameIndication: false
        }
      }
    ]
    probes: [
      {
        name: 'health'
        properties: {
          interval: 30
          match: {
            statusCodes: [
              '200-399'
            ]
          }
          minServers: 0
          path: '/health'
          pickHostNameFromBackendHttpSettings: true
          protocol: 'Https'
          timeout: 30
          unhealthyThreshold: 3
        }
      }
    ]
    requestRoutingRules: [
      {
        name: 'shop'
        properties: {
          backendAddressPool: {
            id: resourceId('Microsoft.Network/applicationGateways/backendAddressPools', 'agw-shop', 'app')
          }
          backendHttpSettings: {
            id: resourceId('Microsoft.Network/applicationGateways/backendHttpSettingsCollection', 'agw-shop', 'app')
          }
          httpListener: {
            id: resourceId('Microsoft.Network/applicationGateways/httpListeners', 'agw-shop', 'http')
          }
          priority: 100
          ruleType: 'Basic'
        }
      }
    ]
    sku: {
      family: 'Generation_1'
      name: 'WAF_v2'
      tier: 'WAF_v2'
    }
  }
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
