resource "azurerm_role_assignment" "owner_for_platform_engineers_on_subscription" {
  provider = azurerm.subscription_1

  name                 = "c0470500-0000-4000-8a00-000000000000"
  scope                = "/subscriptions/c0470500-0000-4000-8000-0000000000a1"
  principal_id         = "c0470500-0000-4000-9002-000000000000"
  principal_type       = "Group"
  role_definition_name = "Owner"
}

resource "azurerm_subscription_policy_assignment" "allowed_locations" {
  name                 = "allowed-locations"
  subscription_id      = "/subscriptions/c0470500-0000-4000-8000-0000000000a2"
  policy_definition_id = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"
  display_name         = "Allowed locations"
  enforce              = true
  parameters = jsonencode({
    listOfAllowedLocations = {
      value = [
        "westeurope",
        "northeurope",
      ]
    }
  })
}

resource "azurerm_role_assignment" "contributor_for_ci_deploy_on_subscription" {
  name                 = "c0470500-0000-4000-8a00-000000000001"
  scope                = "/subscriptions/c0470500-0000-4000-8000-0000000000a2"
  principal_id         = "c0470500-0000-4000-9003-000000000000"
  principal_type       = "ServicePrincipal"
  role_definition_name = "Contributor"
}

resource "azurerm_role_definition" "contoso_restarter" {
  scope              = "/subscriptions/c0470500-0000-4000-8000-0000000000a2"
  role_definition_id = "c0470500-0000-4000-8000-00000000401e"
  name               = "Contoso Restarter"
  description        = "May restart machines"
  assignable_scopes = [
    "/subscriptions/c0470500-0000-4000-8000-0000000000a2",
  ]

  permissions {
    actions = [
      "Microsoft.Compute/virtualMachines/restart/action",
    ]
  }
}

resource "azurerm_role_assignment" "contoso_restarter_for_eva_falk_on_subscription" {
  name               = "c0470500-0000-4000-8a00-000000000002"
  scope              = "/subscriptions/c0470500-0000-4000-8000-0000000000a2"
  principal_id       = "c0470500-0000-4000-9001-000000000004"
  principal_type     = "User"
  role_definition_id = azurerm_role_definition.contoso_restarter.role_definition_resource_id
}
