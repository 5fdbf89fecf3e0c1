targetScope = 'subscription'

metadata subscription = '11111111-1111-4111-8111-111111111111'

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

@description('Administrator login password of flexible server mysql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param mysqlContosoDrAdministratorLoginPassword string

@description('Administrator login password of flexible server psql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param psqlContosoDrAdministratorLoginPassword string

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kvContosoDrApiTokenValue string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kvContosoDrSqlAdminValue string

@description('Administrator login password of server sql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param sqlContosoDrAdministratorLoginPassword string

var tags = {
  env: 'prod'
  expression: '\${var.admin} %{if true}'
  quote: 'say "hi" \\ there'
}

resource allowedLocations 'Microsoft.Authorization/policyAssignments@2023-04-01' = {
  name: 'allowed-locations'
  properties: {
    displayName: 'Allowed locations'
    enforcementMode: 'Default'
    parameters: {
      listOfAllowedLocations: {
        value: [
          'westeurope'
          'northeurope'
        ]
      }
    }
    policyDefinitionId: tenantResourceId(
      'Microsoft.Authorization/policyDefinitions',
      'e56962a6-4747-49cd-b67b-bf8b01975c4c'
    )
  }
}

resource contributorForCiDeployOnSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '2d314a08-b2be-5a45-bd25-af89dc251c0a'
  properties: {
    principalId: 'c0470500-0000-4000-9003-000000000000'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'b24988ac-6180-42a0-ab88-20f7382dd24c'
    )
  }
}

resource ownerForPlatformEngineersOnSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '4d4b92ef-a3a1-5cd0-b08a-03857ad82078'
  properties: {
    principalId: 'c0470500-0000-4000-9002-000000000000'
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
    )
  }
}

resource contosoRestarterForEvaFalkOnSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'a698b5d5-c207-5830-b3f2-7507a1f85818'
  properties: {
    principalId: 'c0470500-0000-4000-9001-000000000004'
    principalType: 'User'
    roleDefinitionId: contosoRestarter.id
  }
}

resource contosoRestarter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: 'c0470500-0000-4000-8000-00000000401e'
  properties: {
    assignableScopes: [
      '/subscriptions/11111111-1111-4111-8111-111111111111'
    ]
    description: 'May restart machines'
    permissions: [
      {
        actions: [
          'Microsoft.Compute/virtualMachines/restart/action'
        ]
        dataActions: []
        notActions: []
        notDataActions: []
      }
    ]
    roleName: 'Contoso Restarter'
    type: 'CustomRole'
  }
}

resource rgAks 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-aks'
  location: 'swedencentral'
  tags: tags
}

resource rgCompute 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-compute'
  location: 'swedencentral'
  tags: tags
}

resource rgData 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-data'
  location: 'swedencentral'
  tags: tags
}

resource rgHubNetwork 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-hub-network'
  location: 'swedencentral'
  tags: tags
}

resource rgIdentity 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-identity'
  location: 'swedencentral'
  tags: tags
}

resource rgMonitoring 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-monitoring'
  location: 'swedencentral'
  tags: tags
}

resource rgSpokeNetwork 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-spoke-network'
  location: 'swedencentral'
  tags: tags
}

resource rgWeb 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-web'
  location: 'swedencentral'
  tags: tags
}

module rgComputeModule 'modules/rg-compute.bicep' = {
  name: 'rg-compute-26336f78'
  scope: rgCompute
}

module rgDataModule 'modules/rg-data.bicep' = {
  name: 'rg-data-53064c15'
  scope: rgData
  params: {
    mysqlContosoDrAdministratorLoginPassword: mysqlContosoDrAdministratorLoginPassword
    psqlContosoDrAdministratorLoginPassword: psqlContosoDrAdministratorLoginPassword
    sqlContosoDrAdministratorLoginPassword: sqlContosoDrAdministratorLoginPassword
  }
}

module rgHubNetworkModule 'modules/rg-hub-network.bicep' = {
  name: 'rg-hub-network-6e557485'
  scope: rgHubNetwork
}

module rgIdentityModule 'modules/rg-identity.bicep' = {
  name: 'rg-identity-e63bb85f'
  scope: rgIdentity
}

module rgMonitoringModule 'modules/rg-monitoring.bicep' = {
  name: 'rg-monitoring-e8d03886'
  scope: rgMonitoring
  dependsOn: [
    rgCompute
  ]
}

module rgSpokeNetworkModule 'modules/rg-spoke-network.bicep' = {
  name: 'rg-spoke-network-d8728031'
  scope: rgSpokeNetwork
}

module rgWebModule 'modules/rg-web.bicep' = {
  name: 'rg-web-b63935c1'
  scope: rgWeb
}

module rgAksModule 'modules/rg-aks.bicep' = {
  name: 'rg-aks-629e3e1f'
  scope: rgAks
  dependsOn: [
    rgIdentityModule
    rgMonitoringModule
    rgSpokeNetworkModule
  ]
}

module rgCompute2Module 'modules/rg-compute-2.bicep' = {
  name: 'rg-compute-26336f78-2'
  scope: rgCompute
  params: {
    vmApp01OsProfileAdminUsername: vmApp01OsProfileAdminUsername
    vmApp02OsProfileAdminUsername: vmApp02OsProfileAdminUsername
    vmApp03OsProfileAdminUsername: vmApp03OsProfileAdminUsername
    vmApp04OsProfileAdminUsername: vmApp04OsProfileAdminUsername
    vmApp05OsProfileAdminUsername: vmApp05OsProfileAdminUsername
    vmApp06OsProfileAdminUsername: vmApp06OsProfileAdminUsername
    vmApp07OsProfileAdminUsername: vmApp07OsProfileAdminUsername
    vmApp08OsProfileAdminUsername: vmApp08OsProfileAdminUsername
    vmssWorkerVirtualMachineProfileOsProfileAdminUsername: vmssWorkerVirtualMachineProfileOsProfileAdminUsername
  }
  dependsOn: [
    rgComputeModule
    rgMonitoringModule
    rgSpokeNetworkModule
  ]
}

module rgData2Module 'modules/rg-data-2.bicep' = {
  name: 'rg-data-53064c15-2'
  scope: rgData
  params: {
    kvContosoDrApiTokenValue: kvContosoDrApiTokenValue
    kvContosoDrSqlAdminValue: kvContosoDrSqlAdminValue
  }
  dependsOn: [
    rgDataModule
    rgIdentityModule
    rgSpokeNetworkModule
  ]
}

module rgHubNetwork2Module 'modules/rg-hub-network-2.bicep' = {
  name: 'rg-hub-network-6e557485-2'
  scope: resourceGroup('rg-hub-network')
  dependsOn: [
    rgHubNetworkModule
    rgSpokeNetworkModule
  ]
}

module rgSpokeNetwork2Module 'modules/rg-spoke-network-2.bicep' = {
  name: 'rg-spoke-network-d8728031-2'
  scope: rgSpokeNetwork
  dependsOn: [
    rgDataModule
    rgHubNetworkModule
    rgSpokeNetworkModule
  ]
}

module rgWeb2Module 'modules/rg-web-2.bicep' = {
  name: 'rg-web-b63935c1-2'
  scope: rgWeb
  dependsOn: [
    rgIdentityModule
    rgSpokeNetworkModule
    rgWebModule
  ]
}

module rgMonitoring2Module 'modules/rg-monitoring-2.bicep' = {
  name: 'rg-monitoring-e8d03886-2'
  scope: rgMonitoring
  dependsOn: [
    rgMonitoringModule
    rgCompute2Module
  ]
}

module rgSpokeNetwork3Module 'modules/rg-spoke-network-3.bicep' = {
  name: 'rg-spoke-network-d8728031-3'
  scope: rgSpokeNetwork
  dependsOn: [
    rgHubNetworkModule
    rgSpokeNetworkModule
    rgData2Module
    rgWeb2Module
  ]
}
