targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource availApp 'Microsoft.Compute/availabilitySets@2024-07-01' = {
  name: 'avail-app'
  location: location
  tags: tags
  sku: {
    name: 'Aligned'
  }
  properties: {
    platformFaultDomainCount: 2
    platformUpdateDomainCount: 5
  }
}

resource vmApp01Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-01-data'
  location: location
  tags: tags
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

resource vmApp02Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-02-data'
  location: location
  tags: tags
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

resource vmApp03Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-03-data'
  location: location
  tags: tags
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

resource vmApp04Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-04-data'
  location: location
  tags: tags
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

resource vmApp05Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-05-data'
  location: location
  tags: tags
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

resource vmApp06Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-06-data'
  location: location
  tags: tags
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

resource vmApp07Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-07-data'
  location: location
  tags: tags
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

resource vmApp08Data 'Microsoft.Compute/disks@2024-03-02' = {
  name: 'vm-app-08-data'
  location: location
  tags: tags
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
