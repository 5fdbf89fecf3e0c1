targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource crcontosodr 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: 'crcontosodr'
}

resource idAks 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-aks'
  scope: resourceGroup('rg-identity')
}

resource idWeb 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: 'id-web'
  scope: resourceGroup('rg-identity')
}

resource planWeb 'Microsoft.Web/serverfarms@2023-12-01' existing = {
  name: 'plan-web'
}

resource vnetSpoke 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: 'vnet-spoke'
  scope: resourceGroup('rg-spoke-network')
}

resource acrpullForIdAksOnCrcontosodr 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: crcontosodr
  name: 'ac948111-e0af-5a99-97b0-fed2a46565bb'
  properties: {
    principalId: idAks.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '7f951dda-4ed3-4680-a7ca-43fe172d538d'
    )
  }
}

resource appAdminDr 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-admin-dr'
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

resource appAdminDrWeb 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: appAdminDr
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource appShopDr 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app-shop-dr'
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

resource appShopDrWeb 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: appShopDr
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}

resource funcOrdersDr 'Microsoft.Web/sites@2023-12-01' = {
  name: 'func-orders-dr'
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

resource funcOrdersDrWeb 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: funcOrdersDr
  name: 'web'
  properties: {
    alwaysOn: true
    ftpsState: 'Disabled'
    http20Enabled: true
    linuxFxVersion: 'DOTNETCORE|8.0'
    minTlsVersion: '1.2'
  }
}
