targetScope = 'resourceGroup'

@description('Admin username of virtual machine vm-app-01. The file of parameters has the one that was read.')
param vmApp01OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-02. The file of parameters has the one that was read.')
param vmApp02OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-03. The file of parameters has the one that was read.')
param vmApp03OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-04. The file of parameters has the one that was read.')
param vmApp04OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-05. The file of parameters has the one that was read.')
param vmApp05OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-06. The file of parameters has the one that was read.')
param vmApp06OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-07. The file of parameters has the one that was read.')
param vmApp07OsProfileAdminUsername string

@description('Admin username of virtual machine vm-app-08. The file of parameters has the one that was read.')
param vmApp08OsProfileAdminUsername string

@description('Admin username of virtual machine scale set vmss-worker. The file of parameters has the one that was read.')
param vmssWorkerVirtualMachineProfileOsProfileAdminUsername string

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource asgWeb 'Microsoft.Network/applicationSecurityGroups@2024-05-01' existing = {
  name: 'asg-web'
  scope: resourceGroup('rg-spoke-network')
}

resource availApp 'Microsoft.Compute/availabilitySets@2024-07-01' existing = {
  name: 'avail-app'
}

resource lbWeb 'Microsoft.Network/loadBalancers@2024-05-01' existing = {
  name: 'lb-web'
  scope: resourceGroup('rg-spoke-network')
}

resource logContoso 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: 'log-contoso'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-monitoring')
}

resource vmApp01Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-01-data'
}

resource vmApp02Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-02-data'
}

resource vmApp03Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-03-data'
}

resource vmApp04Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-04-data'
}

resource vmApp05Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-05-data'
}

resource vmApp06Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-06-data'
}

resource vmApp07Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-07-data'
}

resource vmApp08Data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-08-data'
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource vmApp01 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-01'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    availabilitySet: {
      id: availApp.id
    }
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp01.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp01OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-01'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp01Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-01-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-01_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp01Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp01
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp02 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-02'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    availabilitySet: {
      id: availApp.id
    }
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp02.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp02OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-02'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp02Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-02-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-02_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp02Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp02
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp03 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-03'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  zones: [
    '1'
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp03.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp03OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-03'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp03Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-03-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-03_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp03Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp03
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp04 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-04'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  zones: [
    '2'
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp04.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp04OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-04'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp04Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-04-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-04_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp04Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp04
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp05 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-05'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  zones: [
    '3'
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp05.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp05OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-05'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp05Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-05-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-05_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp05Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp05
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp06 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-06'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  zones: [
    '1'
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp06.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp06OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-06'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp06Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-06-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-06_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp06Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp06
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp07 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-07'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  zones: [
    '2'
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp07.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp07OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-07'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp07Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-07-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-07_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp07Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp07
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmApp08 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-08'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  zones: [
    '3'
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nicApp08.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: vmApp08OsProfileAdminUsername
      allowExtensionOperations: true
      computerName: 'vm-app-08'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        enableVMAgentPlatformUpdates: false
        patchSettings: {
          assessmentMode: 'ImageDefault'
          patchMode: 'ImageDefault'
        }
        provisionVMAgent: true
        ssh: {
          publicKeys: [
            {
              keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
              path: '/home/azureuser/.ssh/authorized_keys'
            }
          ]
        }
      }
    }
    storageProfile: {
      dataDisks: [
        {
          caching: 'None'
          createOption: 'Attach'
          deleteOption: 'Detach'
          lun: 0
          managedDisk: {
            id: vmApp08Data.id
            storageAccountType: 'Premium_LRS'
          }
          name: 'vm-app-08-data'
          toBeDetached: false
        }
      ]
      imageReference: {
        offer: 'ubuntu-24_04-lts'
        publisher: 'Canonical'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        caching: 'ReadWrite'
        createOption: 'FromImage'
        deleteOption: 'Delete'
        diskSizeGB: 30
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
        name: 'vm-app-08_OsDisk_1_0f1e2d3c'
        osType: 'Linux'
      }
    }
  }
}

resource vmApp08Azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vmApp08
  name: 'AzureMonitorLinuxAgent'
  location: location
  tags: tags
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: logContoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmssWorker 'Microsoft.Compute/virtualMachineScaleSets@2024-07-01' = {
  name: 'vmss-worker'
  location: location
  tags: tags
  sku: {
    capacity: 3
    name: 'Standard_D2s_v5'
    tier: 'Standard'
  }
  properties: {
    orchestrationMode: 'Uniform'
    overprovision: false
    singlePlacementGroup: false
    upgradePolicy: {
      mode: 'Manual'
    }
    virtualMachineProfile: {
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: 'nic'
            properties: {
              ipConfigurations: [
                {
                  name: 'ip'
                  properties: {
                    loadBalancerBackendAddressPools: [
                      {
                        id: '${lbWeb.id}/backendAddressPools/pool'
                      }
                    ]
                    primary: true
                    privateIPAddressVersion: 'IPv4'
                    subnet: {
                      id: '${vnetSpoke.id}/subnets/snet-web'
                    }
                  }
                }
              ]
              primary: true
            }
          }
        ]
      }
      osProfile: {
        adminUsername: vmssWorkerVirtualMachineProfileOsProfileAdminUsername
        computerNamePrefix: 'worker'
        linuxConfiguration: {
          disablePasswordAuthentication: true
          ssh: {
            publicKeys: [
              {
                keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso'
                path: '/home/azureuser/.ssh/authorized_keys'
              }
            ]
          }
        }
      }
      storageProfile: {
        imageReference: {
          offer: 'ubuntu-24_04-lts'
          publisher: 'Canonical'
          sku: 'server'
          version: 'latest'
        }
        osDisk: {
          caching: 'ReadWrite'
          createOption: 'FromImage'
          managedDisk: {
            storageAccountType: 'Premium_LRS'
          }
        }
      }
    }
  }
}

resource nicApp01 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-01'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.11'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp02 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-02'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.12'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp03 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-03'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.13'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp04 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-04'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.14'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp05 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-05'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.15'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp06 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-06'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.16'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp07 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-07'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.17'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nicApp08 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-08'
  location: location
  tags: tags
  properties: {
    auxiliaryMode: 'None'
    auxiliarySku: 'None'
    disableTcpStateTracking: false
    enableAcceleratedNetworking: true
    enableIPForwarding: false
    ipConfigurations: [
      {
        name: 'ipconfig1'
        properties: {
          applicationSecurityGroups: [
            {
              id: asgWeb.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.18'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnetSpoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}
