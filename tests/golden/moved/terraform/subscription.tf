resource "azurerm_subscription_policy_assignment" "allowed_locations" {
  name                 = "allowed-locations"
  subscription_id      = "/subscriptions/11111111-1111-4111-8111-111111111111"
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
  name                 = "2d314a08-b2be-5a45-bd25-af89dc251c0a"
  scope                = "/subscriptions/11111111-1111-4111-8111-111111111111"
  principal_id         = "c0470500-0000-4000-9003-000000000000"
  principal_type       = "ServicePrincipal"
  role_definition_name = "Contributor"
}

resource "azurerm_role_assignment" "owner_for_platform_engineers_on_subscription" {
  name                 = "4d4b92ef-a3a1-5cd0-b08a-03857ad82078"
  scope                = "/subscriptions/11111111-1111-4111-8111-111111111111"
  principal_id         = "c0470500-0000-4000-9002-000000000000"
  principal_type       = "Group"
  role_definition_name = "Owner"
}

resource "azurerm_role_definition" "contoso_restarter" {
  scope              = "/subscriptions/11111111-1111-4111-8111-111111111111"
  role_definition_id = "c0470500-0000-4000-8000-00000000401e"
  name               = "Contoso Restarter"
  description        = "May restart machines"
  assignable_scopes = [
    "/subscriptions/11111111-1111-4111-8111-111111111111",
  ]

  permissions {
    actions = [
      "Microsoft.Compute/virtualMachines/restart/action",
    ]
  }
}

resource "azurerm_role_assignment" "contoso_restarter_for_eva_falk_on_subscription" {
  name               = "a698b5d5-c207-5830-b3f2-7507a1f85818"
  scope              = "/subscriptions/11111111-1111-4111-8111-111111111111"
  principal_id       = "c0470500-0000-4000-9001-000000000004"
  principal_type     = "User"
  role_definition_id = azurerm_role_definition.contoso_restarter.role_definition_resource_id
}
