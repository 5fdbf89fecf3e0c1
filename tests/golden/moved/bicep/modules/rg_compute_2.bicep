targetScope = 'resourceGroup'

resource asg_web 'Microsoft.Network/applicationSecurityGroups@2024-05-01' existing = {
  name: 'asg-web'
  scope: resourceGroup('rg-spoke-network')
}

resource avail_app 'Microsoft.Compute/availabilitySets@2024-07-01' existing = {
  name: 'avail-app'
}

resource lb_web 'Microsoft.Network/loadBalancers@2024-05-01' existing = {
  name: 'lb-web'
  scope: resourceGroup('rg-spoke-network')
}

resource log_contoso 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: 'log-contoso'
  scope: resourceGroup('rg-monitoring')
}

resource vm_app_01_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-01-data'
}

resource vm_app_02_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-02-data'
}

resource vm_app_03_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-03-data'
}

resource vm_app_04_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-04-data'
}

resource vm_app_05_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-05-data'
}

resource vm_app_06_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-06-data'
}

resource vm_app_07_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-07-data'
}

resource vm_app_08_data 'Microsoft.Compute/disks@2024-03-02' existing = {
  name: 'vm-app-08-data'
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource vm_app_01 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-01'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    availabilitySet: {
      id: avail_app.id
    }
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nic_app_01.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_01_data.id
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

resource vm_app_01_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_01
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_02 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-02'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    availabilitySet: {
      id: avail_app.id
    }
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nic_app_02.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_02_data.id
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

resource vm_app_02_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_02
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_03 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-03'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          id: nic_app_03.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_03_data.id
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

resource vm_app_03_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_03
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_04 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-04'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          id: nic_app_04.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_04_data.id
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

resource vm_app_04_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_04
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_05 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-05'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          id: nic_app_05.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_05_data.id
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

resource vm_app_05_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_05
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_06 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-06'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          id: nic_app_06.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_06_data.id
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

resource vm_app_06_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_06
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_07 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-07'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          id: nic_app_07.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_07_data.id
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

resource vm_app_07_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_07
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vm_app_08 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'vm-app-08'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
          id: nic_app_08.id
          properties: {
            primary: true
          }
        }
      ]
    }
    osProfile: {
      adminUsername: 'azureuser'
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
            id: vm_app_08_data.id
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

resource vm_app_08_azuremonitorlinuxagent 'Microsoft.Compute/virtualMachines/extensions@2024-07-01' = {
  parent: vm_app_08
  name: 'AzureMonitorLinuxAgent'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    autoUpgradeMinorVersion: true
    publisher: 'Microsoft.Azure.Monitor'
    settings: {
      workspace: log_contoso.id
    }
    type: 'AzureMonitorLinuxAgent'
    typeHandlerVersion: '1.0'
  }
}

resource vmss_worker 'Microsoft.Compute/virtualMachineScaleSets@2024-07-01' = {
  name: 'vmss-worker'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
                        id: '${lb_web.id}/backendAddressPools/pool'
                      }
                    ]
                    primary: true
                    privateIPAddressVersion: 'IPv4'
                    subnet: {
                      id: '${vnet_spoke.id}/subnets/snet-web'
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
        adminUsername: 'azureuser'
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

resource nic_app_01 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-01'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.11'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_02 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-02'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.12'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_03 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-03'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.13'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_04 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-04'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.14'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_05 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-05'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.15'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_06 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-06'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.16'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_07 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-07'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.17'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}

resource nic_app_08 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic-app-08'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
              id: asg_web.id
            }
          ]
          primary: true
          privateIPAddress: '10.1.1.18'
          privateIPAddressVersion: 'IPv4'
          privateIPAllocationMethod: 'Dynamic'
          subnet: {
            id: '${vnet_spoke.id}/subnets/snet-web'
          }
        }
      }
    ]
  }
}
