targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource idAks 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-aks'
  scope: resourceGroup('rg-identity')
}

resource logContoso 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: 'log-contoso'
  scope: resourceGroup('rg-monitoring')
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource ciBatch 'Microsoft.ContainerInstance/containerGroups@2023-05-01' = {
  name: 'ci-batch'
  location: location
  tags: tags
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
        id: '${vnetSpoke.id}/subnets/snet-aks'
      }
    ]
  }
}

resource aksContoso 'Microsoft.ContainerService/managedClusters@2026-05-01' = {
  name: 'aks-contoso'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${idAks.id}': {}
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
          logAnalyticsWorkspaceResourceID: logContoso.id
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
        vnetSubnetID: '${vnetSpoke.id}/subnets/snet-aks'
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
    nodeResourceGroup: 'MC_rg-aks_aks-contoso_swedencentral-dr'
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

resource aksContosoSystem 'Microsoft.ContainerService/managedClusters/agentPools@2024-09-01' = {
  parent: aksContoso
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
    vnetSubnetID: '${vnetSpoke.id}/subnets/snet-aks'
  }
}
