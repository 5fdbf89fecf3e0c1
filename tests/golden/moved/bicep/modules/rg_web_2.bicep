targetScope = 'resourceGroup'

resource crcontosodr 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: 'crcontosodr'
}

resource id_aks 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-aks'
  scope: resourceGroup('rg-identity')
}

resource id_web 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-web'
  scope: resourceGroup('rg-identity')
}

resource plan_web 'Microsoft.Web/serverfarms@2023-12-01' existing = {
  name: 'plan-web'
}

resource vnet_spoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource roleassignment_ac948111 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: crcontosodr
  name: 'ac948111-e0af-5a99-97b0-fed2a46565bb'
  properties: {
    principalId: id_aks.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}

resource app_admin_dr 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-admin-dr'
  location: 'swedencentral'
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

resource app_admin_dr_web 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: app_admin_dr
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource app_shop_dr 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-shop-dr'
  location: 'swedencentral'
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

resource app_shop_dr_web 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: app_shop_dr
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource func_orders_dr 'Microsoft.Web/sites@2023-12-01' = {
  name: 'func-orders-dr'
  location: 'swedencentral'
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

resource func_orders_dr_web 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: func_orders_dr
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}
