resource "azurerm_resource_group" "rg_identity" {
  provider = azurerm.subscription_1

  name     = "rg-identity"
  location = "westeurope"
  tags     = local.tags_2
}

resource "azurerm_user_assigned_identity" "id_aks" {
  provider = azurerm.subscription_1

  name                = "id-aks"
  resource_group_name = azurerm_resource_group.rg_identity.name
  location            = azurerm_resource_group.rg_identity.location
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "id_deploy" {
  provider = azurerm.subscription_1

  name                = "id-deploy"
  resource_group_name = azurerm_resource_group.rg_identity.name
  location            = azurerm_resource_group.rg_identity.location
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "id_deploy_github" {
  provider = azurerm.subscription_1

  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.id_deploy.id
  audience = [
    "api://AzureADTokenExchange",
  ]
  issuer  = "https://token.actions.githubusercontent.com"
  subject = "repo:contoso/infra:ref:refs/heads/main"
}

resource "azurerm_user_assigned_identity" "id_web" {
  provider = azurerm.subscription_1

  name                = "id-web"
  resource_group_name = azurerm_resource_group.rg_identity.name
  location            = azurerm_resource_group.rg_identity.location
  tags                = local.tags
}
