targetScope = 'resourceGroup'

resource agw_shop 'Microsoft.Network/applicationGateways@2024-05-01' = {
  name: 'agw-shop'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              fqdn: 'app-shop-dr.azurewebsites.net'
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
      id: waf_shop.id
    }
    frontendIPConfigurations: [
      {
        name: 'public'
        properties: {
          privateIPAllocationMethod: 'Dynamic'
          publicIPAddress: {
            id: pip_shop.id
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
            id: '${vnet_spoke.id}/subnets/snet-gateway'
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

resource waf_shop 'Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies@2024-05-01' = {
  name: 'waf-shop'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    customRules: [
      {
        action: 'Block'
        matchConditions: [
          {
            matchValues: [
              '/admin'
            ]
            matchVariables: [
              {
                variableName: 'RequestUri'
              }
            ]
            negationConditon: false
            operator: 'Contains'
            transforms: [
              'Lowercase'
            ]
          }
        ]
        name: 'NoRobots'
        priority: 10
        ruleType: 'MatchRule'
        state: 'Enabled'
      }
    ]
    managedRules: {
      managedRuleSets: [
        {
          ruleSetType: 'OWASP'
          ruleSetVersion: '3.2'
        }
      ]
    }
    policySettings: {
      fileUploadEnforcement: true
      fileUploadLimitInMb: 100
      jsChallengeCookieExpirationInMins: 30
      maxRequestBodySizeInKb: 128
      mode: 'Prevention'
      requestBodyCheck: true
      requestBodyEnforcement: true
      requestBodyInspectLimitInKB: 128
      state: 'Enabled'
    }
  }
}

resource asg_web 'Microsoft.Network/applicationSecurityGroups@2024-05-01' = {
  name: 'asg-web'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
}

resource lb_web 'Microsoft.Network/loadBalancers@2024-05-01' = {
  name: 'lb-web'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
    tier: 'Regional'
  }
  properties: {
    backendAddressPools: [
      {
        name: 'pool'
      }
    ]
    frontendIPConfigurations: [
      {
        name: 'front'
        properties: {
          publicIPAddress: {
            id: pip_balancer.id
          }
        }
      }
    ]
    loadBalancingRules: [
      {
        name: 'https'
        properties: {
          backendAddressPool: {
            id: resourceId('Microsoft.Network/loadBalancers/backendAddressPools', 'lb-web', 'pool')
          }
          backendPort: 443
          disableOutboundSnat: false
          enableFloatingIP: false
          enableTcpReset: false
          frontendIPConfiguration: {
            id: resourceId('Microsoft.Network/loadBalancers/frontendIPConfigurations', 'lb-web', 'front')
          }
          frontendPort: 443
          idleTimeoutInMinutes: 4
          loadDistribution: 'Default'
          probe: {
            id: resourceId('Microsoft.Network/loadBalancers/probes', 'lb-web', 'http')
          }
          protocol: 'Tcp'
        }
      }
    ]
    probes: [
      {
        name: 'http'
        properties: {
          intervalInSeconds: 5
          noHealthyBackendsBehavior: 'AllProbedDown'
          numberOfProbes: 2
          port: 443
          probeThreshold: 1
          protocol: 'Tcp'
        }
      }
    ]
  }
}

resource ng_spoke 'Microsoft.Network/natGateways@2024-05-01' = {
  name: 'ng-spoke'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
  }
  properties: {
    idleTimeoutInMinutes: 10
    publicIpAddresses: [
      {
        id: pip_nat.id
      }
    ]
  }
}

resource nsg_data 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    securityRules: [
      {
        name: 'allow-1433'
        properties: {
          access: 'Allow'
          description: 'from inside; written as \${source}'
          destinationAddressPrefix: '*'
          destinationPortRange: '1433'
          direction: 'Inbound'
          priority: 110
          protocol: 'Tcp'
          sourceAddressPrefix: '10.0.0.0/8'
          sourcePortRange: '*'
        }
      }
    ]
  }
}

resource nsg_web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-web'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    securityRules: [
      {
        name: 'allow-443'
        properties: {
          access: 'Allow'
          description: 'from inside; written as \${source}'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: '10.0.0.0/8'
          sourcePortRange: '*'
        }
      }
    ]
  }
}

resource pip_balancer 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-balancer'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
    tier: 'Regional'
  }
  zones: [
    '1'
    '2'
    '3'
  ]
  properties: {
    ddosSettings: {
      protectionMode: 'VirtualNetworkInherited'
    }
    idleTimeoutInMinutes: 4
    ipAddress: '20.50.60.70'
    publicIPAddressVersion: 'IPv4'
    publicIPAllocationMethod: 'Static'
  }
}

resource pip_gateway 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-gateway'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
    tier: 'Regional'
  }
  zones: [
    '1'
    '2'
    '3'
  ]
  properties: {
    ddosSettings: {
      protectionMode: 'VirtualNetworkInherited'
    }
    idleTimeoutInMinutes: 4
    ipAddress: '20.50.60.70'
    publicIPAddressVersion: 'IPv4'
    publicIPAllocationMethod: 'Static'
  }
}

resource pip_nat 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-nat'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
    tier: 'Regional'
  }
  zones: [
    '1'
    '2'
    '3'
  ]
  properties: {
    ddosSettings: {
      protectionMode: 'VirtualNetworkInherited'
    }
    idleTimeoutInMinutes: 4
    ipAddress: '20.50.60.70'
    publicIPAddressVersion: 'IPv4'
    publicIPAllocationMethod: 'Static'
  }
}

resource pip_shop 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-shop'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
    tier: 'Regional'
  }
  zones: [
    '1'
    '2'
    '3'
  ]
  properties: {
    ddosSettings: {
      protectionMode: 'VirtualNetworkInherited'
    }
    idleTimeoutInMinutes: 4
    ipAddress: '20.8.9.10'
    publicIPAddressVersion: 'IPv4'
    publicIPAllocationMethod: 'Static'
  }
}

resource rt_spoke 'Microsoft.Network/routeTables@2024-05-01' = {
  name: 'rt-spoke'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    disableBgpRoutePropagation: true
    routes: [
      {
        name: 'default'
        properties: {
          addressPrefix: '0.0.0.0/0'
          nextHopIpAddress: '10.0.0.4'
          nextHopType: 'VirtualAppliance'
        }
      }
    ]
  }
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-spoke'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.1.0.0/16'
      ]
    }
    enableDdosProtection: false
    privateEndpointVNetPolicies: 'Disabled'
    subnets: [
      {
        name: 'snet-web'
        properties: {
          addressPrefix: '10.1.1.0/24'
          natGateway: {
            id: ng_spoke.id
          }
          networkSecurityGroup: {
            id: nsg_web.id
          }
          privateEndpointNetworkPolicies: 'Disabled'
          privateLinkServiceNetworkPolicies: 'Enabled'
          routeTable: {
            id: rt_spoke.id
          }
          serviceEndpoints: [
            {
              locations: [
                'swedencentral'
              ]
              service: 'Microsoft.Storage'
            }
          ]
        }
      }
      {
        name: 'snet-data'
        properties: {
          addressPrefix: '10.1.2.0/24'
          natGateway: {
            id: ng_spoke.id
          }
          networkSecurityGroup: {
            id: nsg_data.id
          }
          privateEndpointNetworkPolicies: 'Disabled'
          privateLinkServiceNetworkPolicies: 'Enabled'
          routeTable: {
            id: rt_spoke.id
          }
          serviceEndpoints: [
            {
              locations: [
                'swedencentral'
              ]
              service: 'Microsoft.Storage'
            }
          ]
        }
      }
      {
        name: 'snet-endpoints'
        properties: {
          addressPrefix: '10.1.3.0/24'
          networkSecurityGroup: {
            id: nsg_data.id
          }
          privateEndpointNetworkPolicies: 'Disabled'
          privateLinkServiceNetworkPolicies: 'Enabled'
          serviceEndpoints: [
            {
              locations: [
                'swedencentral'
              ]
              service: 'Microsoft.Storage'
            }
          ]
        }
      }
      {
        name: 'snet-aks'
        properties: {
          addressPrefix: '10.1.16.0/20'
          privateEndpointNetworkPolicies: 'Disabled'
          privateLinkServiceNetworkPolicies: 'Enabled'
          serviceEndpoints: [
            {
              locations: [
                'swedencentral'
              ]
              service: 'Microsoft.Storage'
            }
          ]
        }
      }
      {
        name: 'snet-gateway'
        properties: {
          addressPrefix: '10.1.4.0/24'
          privateEndpointNetworkPolicies: 'Disabled'
          privateLinkServiceNetworkPolicies: 'Enabled'
          serviceEndpoints: [
            {
              locations: [
                'swedencentral'
              ]
              service: 'Microsoft.Storage'
            }
          ]
        }
      }
    ]
  }
}
