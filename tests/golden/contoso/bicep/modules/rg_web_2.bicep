targetScope = 'resourceGroup'

resource id_web 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-web'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-identity')
}

resource plan_web 'Microsoft.Web/serverfarms@2023-12-01' existing = {
  name: 'plan-web'
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource app_admin 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-admin'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${id_web.id}': {}
    }
  }
  kind: 'app,linux'
  properties: {
    clientAffinityEnabled: false
    clientCertEnabled: false
    clientCertMode: 'Required'
    enabled: true
    endToEndEncryptionEnabled: false
    hostNamesDisabled: false
    httpsOnly: true
    hyperV: false
    isXenon: false
    keyVaultReferenceIdentity: 'SystemAssigned'
    publicNetworkAccess: 'Enabled'
    reserved: true
    scmSiteAlsoStopped: false
    serverFarmId: plan_web.id
    storageAccountRequired: false
    virtualNetworkSubnetId: '${vnet_spoke.id}/subnets/snet-web'
    vnetBackupRestoreEnabled: false
    vnetContentShareEnabled: false
    vnetImagePullEnabled: false
  }
}

resource app_admin_web 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: app_admin
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource app_shop 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-shop'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${id_web.id}': {}
    }
  }
  kind: 'app,linux'
  properties: {
    clientAffinityEnabled: false
    clientCertEnabled: false
    clientCertMode: 'Required'
    enabled: true
    endToEndEncryptionEnabled: false
    hostNamesDisabled: false
    httpsOnly: true
    hyperV: false
    isXenon: false
    keyVaultReferenceIdentity: 'SystemAssigned'
    publicNetworkAccess: 'Enabled'
    reserved: true
    scmSiteAlsoStopped: false
    serverFarmId: plan_web.id
    storageAccountRequired: false
    virtualNetworkSubnetId: '${vnet_spoke.id}/subnets/snet-web'
    vnetBackupRestoreEnabled: false
    vnetContentShareEnabled: false
    vnetImagePullEnabled: false
  }
}

resource app_shop_web 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: app_shop
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource func_orders 'Microsoft.Web/sites@2023-12-01' = {
  name: 'func-orders'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${id_web.id}': {}
    }
  }
  kind: 'functionapp,linux'
  properties: {
    clientAffinityEnabled: false
    clientCertEnabled: false
    clientCertMode: 'Required'
    enabled: true
    endToEndEncryptionEnabled: false
    hostNamesDisabled: false
    httpsOnly: true
    hyperV: false
    isXenon: false
    keyVaultReferenceIdentity: 'SystemAssigned'
    publicNetworkAccess: 'Enabled'
    reserved: true
    scmSiteAlsoStopped: false
    serverFarmId: plan_web.id
    storageAccountRequired: false
    virtualNetworkSubnetId: '${vnet_spoke.id}/subnets/snet-web'
    vnetBackupRestoreEnabled: false
    vnetContentShareEnabled: false
    vnetImagePullEnabled: false
  }
}

resource func_orders_web 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: func_orders
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}
