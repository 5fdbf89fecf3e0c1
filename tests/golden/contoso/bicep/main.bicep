targetScope = 'subscription'

metadata subscription = 'c0470500-0000-4000-8000-0000000000a2'

@description('Administrator login password of flexible server mysql-contoso. Azure never returns it: supply a value.')
@secure()
param mysql_contoso_administrator_login_password string

@description('Administrator login password of flexible server psql-contoso. Azure never returns it: supply a value.')
@secure()
param psql_contoso_administrator_login_password string

@description('Value of secret api-token. Azure never returns it: supply a value.')
@secure()
param kv_contoso_api_token_value string

@description('Value of secret sql-admin. Azure never returns it: supply a value.')
@secure()
param kv_contoso_sql_admin_value string

@description('Administrator login password of server sql-contoso. Azure never returns it: supply a value.')
@secure()
param sql_contoso_administrator_login_password string

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

resource roleassignment_c0470500_9f4685cc 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'c0470500-0000-4000-8a00-000000000001'
  properties: {
    principalId: 'c0470500-0000-4000-9003-000000000000'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')
  }
}

resource roleassignment_c0470500_7b9d354f 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'c0470500-0000-4000-8a00-000000000002'
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
      '/subscriptions/c0470500-0000-4000-8000-0000000000a2'
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
  location: 'northeurope'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_compute 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-compute'
  location: 'northeurope'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_data 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-data'
  location: 'westeurope'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_spoke_network 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-spoke-network'
  location: 'westeurope'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

resource rg_web 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-web'
  location: 'westeurope'
  tags: {
    env: 'prod'
    expression: '\${var.admin} %{if true}'
    quote: 'say "hi" \\ there'
  }
}

module subscription_module 'modules/subscription.bicep' = {
  name: 'subscription-77b3525b'
  scope: subscription('c0470500-0000-4000-8000-0000000000a1')
}

module rg_hub_network_module 'modules/rg_hub_network.bicep' = {
  name: 'rg-hub-network-4b775222'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
  dependsOn: [
    subscription_module
  ]
}

module rg_identity_module 'modules/rg_identity.bicep' = {
  name: 'rg-identity-0b264a3e'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-identity')
  dependsOn: [
    subscription_module
  ]
}

module rg_monitoring_module 'modules/rg_monitoring.bicep' = {
  name: 'rg-monitoring-f762ffa9'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-monitoring')
  dependsOn: [
    rg_compute
    subscription_module
  ]
}

module rg_compute_module 'modules/rg_compute.bicep' = {
  name: 'rg-compute-d2040f55'
  scope: rg_compute
}

module rg_data_module 'modules/rg_data.bicep' = {
  name: 'rg-data-ee523e3d'
  scope: rg_data
  params: {
    mysql_contoso_administrator_login_password: mysql_contoso_administrator_login_password
    psql_contoso_administrator_login_password: psql_contoso_administrator_login_password
    sql_contoso_administrator_login_password: sql_contoso_administrator_login_password
  }
}

module rg_spoke_network_module 'modules/rg_spoke_network.bicep' = {
  name: 'rg-spoke-network-56ea7b49'
  scope: rg_spoke_network
}

module rg_web_module 'modules/rg_web.bicep' = {
  name: 'rg-web-b86b1db8'
  scope: rg_web
}

module rg_hub_network_2_module 'modules/rg_hub_network_2.bicep' = {
  name: 'rg-hub-network-4b775222-2'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-hub-network')
  dependsOn: [
    rg_hub_network_module
    rg_spoke_network_module
  ]
}

module rg_aks_module 'modules/rg_aks.bicep' = {
  name: 'rg-aks-ba3a7a25'
  scope: rg_aks
  dependsOn: [
    rg_identity_module
    rg_monitoring_module
    rg_spoke_network_module
  ]
}

module rg_compute_2_module 'modules/rg_compute_2.bicep' = {
  name: 'rg-compute-d2040f55-2'
  scope: rg_compute
  dependsOn: [
    rg_monitoring_module
    rg_compute_module
    rg_spoke_network_module
  ]
}

module rg_data_2_module 'modules/rg_data_2.bicep' = {
  name: 'rg-data-ee523e3d-2'
  scope: rg_data
  params: {
    kv_contoso_api_token_value: kv_contoso_api_token_value
    kv_contoso_sql_admin_value: kv_contoso_sql_admin_value
  }
  dependsOn: [
    rg_data_module
    rg_spoke_network_module
  ]
}

module rg_spoke_network_2_module 'modules/rg_spoke_network_2.bicep' = {
  name: 'rg-spoke-network-56ea7b49-2'
  scope: rg_spoke_network
  dependsOn: [
    rg_hub_network_module
    rg_data_module
    rg_spoke_network_module
  ]
}

module rg_web_2_module 'modules/rg_web_2.bicep' = {
  name: 'rg-web-b86b1db8-2'
  scope: rg_web
  dependsOn: [
    rg_identity_module
    rg_spoke_network_module
    rg_web_module
  ]
}

module rg_monitoring_2_module 'modules/rg_monitoring_2.bicep' = {
  name: 'rg-monitoring-f762ffa9-2'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a1', 'rg-monitoring')
  dependsOn: [
    subscription_module
    rg_monitoring_module
    rg_compute_2_module
  ]
}

module rg_spoke_network_3_module 'modules/rg_spoke_network_3.bicep' = {
  name: 'rg-spoke-network-56ea7b49-3'
  scope: rg_spoke_network
  dependsOn: [
    rg_hub_network_module
    rg_spoke_network_module
    rg_data_2_module
  ]
}
