targetScope = 'resourceGroup'

resource avail_app 'Microsoft.Compute/availabilitySets@2024-07-01' = {
  name: 'avail-app'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Aligned'
  }
  properties: {
    platformFaultDomainCount: 2
    platformUpdateDomainCount: 5
  }
}

resource vm_app_01_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-01-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_02_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-02-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_03_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-03-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_04_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-04-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_05_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-05-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_06_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-06-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_07_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-07-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}

resource vm_app_08_data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-08-data'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    dataAccessAuthMode: 'None'
    diskSizeGB: 128
    encryption: {
      type: 'EncryptionAtRestWithPlatformKey'
    }
    networkAccessPolicy: 'AllowAll'
    publicNetworkAccess: 'Enabled'
  }
}
