targetScope = 'resourceGroup'

resource id_aks 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-aks'
  scope: resourceGroup('rg-identity')
}

resource log_contoso 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: 'log-contoso'
  scope: resourceGroup('rg-monitoring')
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource ci_batch 'Microsoft.ContainerInstance/containerGroups@2023-05-01' = {
  name: 'ci-batch'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    containers: [
      {
        name: 'batch'
        properties: {
          environmentVariables: [
            {
              name: 'MODE'
              value: '\${nightly}'
            }
          ]
          image: 'mcr.microsoft.com/azuredocs/aci-helloworld'
          ports: [
            {
              port: 80
              protocol: 'TCP'
            }
          ]
          resources: {
            requests: {
              cpu: 1
              memoryInGB: json('1.5')
            }
          }
        }
      }
    ]
    ipAddress: {
      ip: '10.1.16.9'
      ports: [
        {
          port: 80
          protocol: 'TCP'
        }
      ]
      type: 'Private'
    }
    osType: 'Linux'
    restartPolicy: 'OnFailure'
    sku: 'Standard'
    subnetIds: [
      {
        id: '${vnet_spoke.id}/subnets/snet-aks'
      }
    ]
  }
}

resource aks_contoso 'Microsoft.ContainerService/managedClusters@2026-05-01' = {
  name: 'aks-contoso'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${id_aks.id}': {}
    }
  }
  sku: {
    name: 'Base'
    tier: 'Standard'
  }
  properties: {
    addonProfiles: {
      omsagent: {
        config: {
          logAnalyticsWorkspaceResourceID: log_contoso.id
          useAADAuth: 'true'
        }
        enabled: true
      }
    }
    agentPoolProfiles: [
      {
        count: 3
        enableAutoScaling: false
        enableEncryptionAtHost: false
        enableFIPS: false
        enableNodePublicIP: false
        enableUltraSSD: false
        kubeletDiskType: 'OS'
        maxPods: 110
        mode: 'System'
        name: 'system'
        nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202410.09.0'
        orchestratorVersion: '1.30'
        osDiskSizeGB: 128
        osDiskType: 'Managed'
        osSKU: 'Ubuntu'
        osType: 'Linux'
        powerState: {
          code: 'Running'
        }
        scaleDownMode: 'Delete'
        securityProfile: {
          enableSecureBoot: false
          enableVTPM: false
        }
        type: 'VirtualMachineScaleSets'
        upgradeSettings: {
          maxSurge: '10%'
        }
        vmSize: 'Standard_D4s_v5'
        vnetSubnetID: '${vnet_spoke.id}/subnets/snet-aks'
      }
    ]
    autoUpgradeProfile: {
      nodeOSUpgradeChannel: 'NodeImage'
    }
    bootstrapProfile: {
      artifactSource: 'Direct'
    }
    disableLocalAccounts: false
    dnsPrefix: 'contoso'
    enableRBAC: true
    kubernetesVersion: '1.30'
    metricsProfile: {
      costAnalysis: {
        enabled: false
      }
    }
    networkProfile: {
      dnsServiceIP: '172.16.0.10'
      ipFamilies: [
        'IPv4'
      ]
      loadBalancerProfile: {
        backendPoolType: 'NodeIPConfiguration'
        managedOutboundIPs: {
          count: 1
        }
      }
      loadBalancerSku: 'standard'
      networkDataplane: 'azure'
      networkPlugin: 'azure'
      outboundType: 'loadBalancer'
      serviceCidr: '172.16.0.0/16'
      serviceCidrs: [
        '172.16.0.0/16'
      ]
    }
    nodeProvisioningProfile: {
      defaultNodePools: 'Auto'
      mode: 'Manual'
    }
    nodeResourceGroup: 'MC_rg-aks_aks-contoso_northeurope'
    oidcIssuerProfile: {
      enabled: false
    }
    servicePrincipalProfile: {
      clientId: 'msi'
    }
    storageProfile: {
      diskCSIDriver: {
        enabled: true
      }
      fileCSIDriver: {
        enabled: true
      }
      snapshotController: {
        enabled: true
      }
    }
    supportPlan: 'KubernetesOfficial'
  }
}

resource aks_contoso_system 'Microsoft.ContainerService/managedClusters/agentPools@2024-09-01' = {
  parent: aks_contoso
  name: 'system'
  properties: {
    count: 3
    enableAutoScaling: false
    enableEncryptionAtHost: false
    enableFIPS: false
    enableNodePublicIP: false
    enableUltraSSD: false
    kubeletDiskType: 'OS'
    maxPods: 110
    mode: 'System'
    orchestratorVersion: '1.30'
    osDiskSizeGB: 128
    osDiskType: 'Managed'
    osSKU: 'Ubuntu'
    osType: 'Linux'
    powerState: {
      code: 'Running'
    }
    scaleDownMode: 'Delete'
    securityProfile: {
      enableSecureBoot: false
      enableVTPM: false
    }
    type: 'VirtualMachineScaleSets'
    upgradeSettings: {
      maxSurge: '10%'
    }
    vmSize: 'Standard_D4s_v5'
    vnetSubnetID: '${vnet_spoke.id}/subnets/snet-aks'
  }
}
