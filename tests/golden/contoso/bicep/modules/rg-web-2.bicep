targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource crcontoso 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: 'crcontoso'
}

resource idAks 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-aks'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-identity')
}

resource idWeb 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-web'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-identity')
}

resource planWeb 'Microsoft.Web/serverfarms@2023-12-01' existing = {
  name: 'plan-web'
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource acrpullForIdAksOnCrcontoso 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: crcontoso
  name: 'c0470500-0000-4000-8a00-000000000006'
  properties: {
    principalId: idAks.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '7f951dda-4ed3-4680-a7ca-43fe172d538d'
    )
  }
}

resource appAdmin 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-admin'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${idWeb.id}': {}
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
    serverFarmId: planWeb.id
    storageAccountRequired: false
    virtualNetworkSubnetId: '${vnetSpoke.id}/subnets/snet-web'
    vnetBackupRestoreEnabled: false
    vnetContentShareEnabled: false
    vnetImagePullEnabled: false
  }
}

resource appAdminWeb 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: appAdmin
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource appShop 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-shop'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${idWeb.id}': {}
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
    serverFarmId: planWeb.id
    storageAccountRequired: false
    virtualNetworkSubnetId: '${vnetSpoke.id}/subnets/snet-web'
    vnetBackupRestoreEnabled: false
    vnetContentShareEnabled: false
    vnetImagePullEnabled: false
  }
}

resource appShopWeb 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: appShop
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource funcOrders 'Microsoft.Web/sites@2023-12-01' = {
  name: 'func-orders'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${idWeb.id}': {}
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
    serverFarmId: planWeb.id
    storageAccountRequired: false
    virtualNetworkSubnetId: '${vnetSpoke.id}/subnets/snet-web'
    vnetBackupRestoreEnabled: false
    vnetContentShareEnabled: false
    vnetImagePullEnabled: false
  }
}

resource funcOrdersWeb 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: funcOrders
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}
