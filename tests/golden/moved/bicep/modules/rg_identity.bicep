targetScope = 'resourceGroup'

resource id_aks 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-aks'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
}

resource id_deploy 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-deploy'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
}

resource id_deploy_github 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = {
  parent: id_deploy
  name: 'github'
  properties: {
    audiences: [
      'api://AzureADTokenExchange'
    ]
    issuer: 'https://token.actions.githubusercontent.com'
    subject: 'repo:contoso/infra:ref:refs/heads/main'
  }
}

resource id_web 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-web'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
}
