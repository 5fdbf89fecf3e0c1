resource "azurerm_resource_group" "rg_identity" {
  name     = "rg-identity"
  location = "swedencentral"
  tags     = local.tags_2
}

resource "azurerm_user_assigned_identity" "id_aks" {
  name                = "id-aks"
  resource_group_name = azurerm_resource_group.rg_identity.name
  location            = azurerm_resource_group.rg_identity.location
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "id_deploy" {
  name                = "id-deploy"
  resource_group_name = azurerm_resource_group.rg_identity.name
  location            = azurerm_resource_group.rg_identity.location
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "id_deploy_github" {
  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.id_deploy.id
  audience = [
    "api://AzureADTokenExchange",
  ]
  issuer  = "https://token.actions.githubusercontent.com"
  subject = "repo:contoso/infra:ref:refs/heads/main"
}

resource "azurerm_user_assigned_identity" "id_web" {
  name                = "id-web"
  resource_group_name = azurerm_resource_group.rg_identity.name
  location            = azurerm_resource_group.rg_identity.location
  tags                = local.tags
}
