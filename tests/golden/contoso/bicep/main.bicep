targetScope = 'subscription'

metadata subscription = 'c0470500-0000-4000-8000-0000000000a2'

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

@description('Administrator login password of flexible server mysql-contoso. Azure never returns it: supply a value.')
@secure()
param mysqlContosoAdministratorLoginPassword string

@description('Administrator login password of flexible server psql-contoso. Azure never returns it: supply a value.')
@secure()
param psqlContosoAdministratorLoginPassword string

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kvContosoApiTokenValue string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kvContosoSqlAdminValue string

@description('Administrator login password of server sql-contoso. Azure never returns it: supply a value.')
@secure()
param sqlContosoAdministratorLoginPassword string

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
  name: 'c0470500-0000-4000-8a00-000000000001'
  properties: {
    principalId: 'c0470500-0000-4000-9003-000000000000'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'b24988ac-6180-42a0-ab88-20f7382dd24c'
    )
  }
}

resource contosoRestarterForEvaFalkOnSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'c0470500-0000-4000-8a00-000000000002'
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
      '/subscriptions/c0470500-0000-4000-8000-0000000000a2'
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
  location: 'northeurope'
  tags: tags
}

resource rgCompute 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-compute'
  location: 'northeurope'
  tags: tags
}

resource rgData 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-data'
  location: 'westeurope'
  tags: tags
}

resource rgSpokeNetwork 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-spoke-network'
  location: 'westeurope'
  tags: tags
}

resource rgWeb 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-web'
  location: 'westeurope'
  tags: tags
}

module subscriptionModule 'modules/subscription.bicep' = {
  name: 'subscription-77b3525b'
  scope: subscription('c0470500-0000-4000-8000-0000000000a1')
}

module rgHubNetworkModule 'modules/rg-hub-network.bicep' = {
  name: 'rg-hub-network-4b775222'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
  dependsOn: [
    subscriptionModule
  ]
}

module rgIdentityModule 'modules/rg-identity.bicep' = {
  name: 'rg-identity-0b264a3e'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-identity')
  dependsOn: [
    subscriptionModule
  ]
}

module rgMonitoringModule 'modules/rg-monitoring.bicep' = {
  name: 'rg-monitoring-f762ffa9'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-monitoring')
  dependsOn: [
    rgCompute
    subscriptionModule
  ]
}

module rgComputeModule 'modules/rg-compute.bicep' = {
  name: 'rg-compute-d2040f55'
  scope: rgCompute
}

module rgDataModule 'modules/rg-data.bicep' = {
  name: 'rg-data-ee523e3d'
  scope: rgData
  params: {
    mysqlContosoAdministratorLoginPassword: mysqlContosoAdministratorLoginPassword
    psqlContosoAdministratorLoginPassword: psqlContosoAdministratorLoginPassword
    sqlContosoAdministratorLoginPassword: sqlContosoAdministratorLoginPassword
  }
}

module rgSpokeNetworkModule 'modules/rg-spoke-network.bicep' = {
  name: 'rg-spoke-network-56ea7b49'
  scope: rgSpokeNetwork
}

module rgWebModule 'modules/rg-web.bicep' = {
  name: 'rg-web-b86b1db8'
  scope: rgWeb
}

module rgHubNetwork2Module 'modules/rg-hub-network-2.bicep' = {
  name: 'rg-hub-network-4b775222-2'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
  dependsOn: [
    rgHubNetworkModule
    rgSpokeNetworkModule
  ]
}

module rgAksModule 'modules/rg-aks.bicep' = {
  name: 'rg-aks-ba3a7a25'
  scope: rgAks
  dependsOn: [
    rgIdentityModule
    rgMonitoringModule
    rgSpokeNetworkModule
  ]
}

module rgCompute2Module 'modules/rg-compute-2.bicep' = {
  name: 'rg-compute-d2040f55-2'
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
    rgMonitoringModule
    rgComputeModule
    rgSpokeNetworkModule
  ]
}

module rgData2Module 'modules/rg-data-2.bicep' = {
  name: 'rg-data-ee523e3d-2'
  scope: rgData
  params: {
    kvContosoApiTokenValue: kvContosoApiTokenValue
    kvContosoSqlAdminValue: kvContosoSqlAdminValue
  }
  dependsOn: [
    rgIdentityModule
    rgDataModule
    rgSpokeNetworkModule
  ]
}

module rgSpokeNetwork2Module 'modules/rg-spoke-network-2.bicep' = {
  name: 'rg-spoke-network-56ea7b49-2'
  scope: rgSpokeNetwork
  dependsOn: [
    rgHubNetworkModule
    rgDataModule
    rgSpokeNetworkModule
  ]
}

module rgWeb2Module 'modules/rg-web-2.bicep' = {
  name: 'rg-web-b86b1db8-2'
  scope: rgWeb
  dependsOn: [
    rgIdentityModule
    rgSpokeNetworkModule
    rgWebModule
  ]
}

module rgMonitoring2Module 'modules/rg-monitoring-2.bicep' = {
  name: 'rg-monitoring-f762ffa9-2'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-monitoring')
  dependsOn: [
    subscriptionModule
    rgMonitoringModule
    rgCompute2Module
  ]
}

module rgSpokeNetwork3Module 'modules/rg-spoke-network-3.bicep' = {
  name: 'rg-spoke-network-56ea7b49-3'
  scope: rgSpokeNetwork
  dependsOn: [
    rgHubNetworkModule
    rgSpokeNetworkModule
    rgData2Module
    rgWeb2Module
  ]
}
