targetScope = 'subscription'

var tags = {
  env: 'prod'
  expression: '\${var.admin} %{if true}'
  quote: 'say "hi" \\ there'
}

resource ownerForPlatformEngineersOnSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'c0470500-0000-4000-8a00-000000000000'
  properties: {
    principalId: 'c0470500-0000-4000-9002-000000000000'
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
    )
  }
}

resource rgHubNetwork 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-hub-network'
  location: 'westeurope'
  tags: tags
}

resource rgIdentity 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-identity'
  location: 'westeurope'
  tags: tags
}

resource rgMonitoring 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-monitoring'
  location: 'westeurope'
  tags: tags
}
