targetScope = 'subscription'

metadata subscription = '11111111-1111-4111-8111-111111111111'

@description('Administrator login password of flexible server mysql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param mysql_contoso_dr_administrator_login_password string

@description('Administrator login password of flexible server psql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param psql_contoso_dr_administrator_login_password string

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kv_contoso_dr_api_token_value string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kv_contoso_dr_sql_admin_value string

@description('Administrator login password of server sql-contoso-dr. Azure never returns it: supply a value.')
@secure()
param sql_contoso_dr_administrator_login_password string

resource allowed_locations 'Microsoft.Authorization/policyAssignments@2023-04-01' = {
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
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', 'e56962a6-4747-49cd-b67b-bf8b01975c4c')
  }
}

resource roleassignment_2d314a08 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '2d314a08-b2be-5a45-bd25-af89dc251c0a'
  properties: {
    principalId: 'c0470500-0000-4000-9003-000000000000'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')
  }
}

resource roleassignment_4d4b92ef 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '4d4b92ef-a3a1-5cd0-b08a-03857ad82078'
  properties: {
    principalId: 'c0470500-0000-4000-9002-000000000000'
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')
  }
}

resource roleassignment_a698b5d5 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'a698b5d5-c207-5830-b3f2-7507a1f85818'
  properties: {
    principalId: 'c0470500-0000-4000-9001-000000000004'
    principalType: 'User'
    roleDefinitionId: roledefinition_c0470500.id
  }
}

resource roledefinition_c0470500 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
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
      }
    ]
    roleName: 'Contoso Restarter'
    type: 'CustomRole'
  }
}

resource rg_aks 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-aks'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_compute 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-compute'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_data 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-data'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_hub_network 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-hub-network'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_identity 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-identity'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_monitoring 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-monitoring'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_spoke_network 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-spoke-network'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_web 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-web'
  location: 'swedencentral'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

module rg_compute_module 'modules/rg_compute.bicep' = {
  name: 'rg-compute-26336f78'
  scope: rg_compute
}

module rg_data_module 'modules/rg_data.bicep' = {
  name: 'rg-data-53064c15'
  scope: rg_data
  params: {
    mysql_contoso_dr_administrator_login_password: mysql_contoso_dr_administrator_login_password
    psql_contoso_dr_administrator_login_password: psql_contoso_dr_administrator_login_password
    sql_contoso_dr_administrator_login_password: sql_contoso_dr_administrator_login_password
  }
}

module rg_hub_network_module 'modules/rg_hub_network.bicep' = {
  name: 'rg-hub-network-6e557485'
  scope: rg_hub_network
}

module rg_identity_module 'modules/rg_identity.bicep' = {
  name: 'rg-identity-e63bb85f'
  scope: rg_identity
}

module rg_monitoring_module 'modules/rg_monitoring.bicep' = {
  name: 'rg-monitoring-e8d03886'
  scope: rg_monitoring
  dependsOn: [
    rg_compute
  ]
}

module rg_spoke_network_module 'modules/rg_spoke_network.bicep' = {
  name: 'rg-spoke-network-d8728031'
  scope: rg_spoke_network
}

module rg_web_module 'modules/rg_web.bicep' = {
  name: 'rg-web-b63935c1'
  scope: rg_web
}

module rg_aks_module 'modules/rg_aks.bicep' = {
  name: 'rg-aks-629e3e1f'
  scope: rg_aks
  dependsOn: [
    rg_identity_module
    rg_monitoring_module
    rg_spoke_network_module
  ]
}

module rg_compute_2_module 'modules/rg_compute_2.bicep' = {
  name: 'rg-compute-26336f78-2'
  scope: rg_compute
  dependsOn: [
    rg_compute_module
    rg_monitoring_module
    rg_spoke_network_module
  ]
}

module rg_data_2_module 'modules/rg_data_2.bicep' = {
  name: 'rg-data-53064c15-2'
  scope: rg_data
  params: {
    kv_contoso_dr_api_token_value: kv_contoso_dr_api_token_value
    kv_contoso_dr_sql_admin_value: kv_contoso_dr_sql_admin_value
  }
  dependsOn: [
    rg_data_module
    rg_identity_module
    rg_spoke_network_module
  ]
}

module rg_hub_network_2_module 'modules/rg_hub_network_2.bicep' = {
  name: 'rg-hub-network-6e557485-2'
  scope: resourceGroup('rg-hub-network')
  dependsOn: [
    rg_hub_network_module
    rg_spoke_network_module
  ]
}

module rg_spoke_network_2_module 'modules/rg_spoke_network_2.bicep' = {
  name: 'rg-spoke-network-d8728031-2'
  scope: rg_spoke_network
  dependsOn: [
    rg_data_module
    rg_hub_network_module
    rg_spoke_network_module
  ]
}

module rg_web_2_module 'modules/rg_web_2.bicep' = {
  name: 'rg-web-b63935c1-2'
  scope: rg_web
  dependsOn: [
    rg_identity_module
    rg_spoke_network_module
    rg_web_module
  ]
}

module rg_monitoring_2_module 'modules/rg_monitoring_2.bicep' = {
  name: 'rg-monitoring-e8d03886-2'
  scope: rg_monitoring
  dependsOn: [
    rg_monitoring_module
    rg_compute_2_module
  ]
}

module rg_spoke_network_3_module 'modules/rg_spoke_network_3.bicep' = {
  name: 'rg-spoke-network-d8728031-3'
  scope: rg_spoke_network
  dependsOn: [
    rg_hub_network_module
    rg_spoke_network_module
    rg_data_2_module
  ]
}
