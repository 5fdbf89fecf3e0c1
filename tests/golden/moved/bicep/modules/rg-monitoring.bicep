targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource rgCompute 'Microsoft.Resources/resourceGroups@2021-04-01' existing = {
  name: 'rg-compute'
  scope: subscription()
}

resource aaContoso 'Microsoft.Automation/automationAccounts@2023-11-01' = {
  name: 'aa-contoso'
  location: location
  tags: tags
  properties: {
    disableLocalAuth: false
    encryption: {
      keySource: 'Microsoft.Automation'
    }
    publicNetworkAccess: true
    sku: {
      name: 'Basic'
    }
  }
}

resource aaContosoStopIdle 'Microsoft.Automation/automationAccounts/runbooks@2023-11-01' = {
  parent: aaContoso
  name: 'stop-idle'
  location: location
  tags: tags
  properties: {
    logProgress: false
    logVerbose: false
    runbookType: 'PowerShell'
  }
}

resource agOncall 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-oncall'
  location: 'global'
  tags: tags
  properties: {
    emailReceivers: [
      {
        emailAddress: 'ops@contoso.example'
        name: 'ops'
        useCommonAlertSchema: true
      }
    ]
    enabled: true
    groupShortName: 'oncall'
  }
}

resource alertDeleted 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'alert-deleted'
  location: 'global'
  tags: tags
  properties: {
    actions: {
      actionGroups: [
        {
          actionGroupId: agOncall.id
          webhookProperties: {}
        }
      ]
    }
    condition: {
      allOf: [
        {
          equals: 'Administrative'
          field: 'category'
        }
        {
          equals: 'Microsoft.Compute/virtualMachines/delete'
          field: 'operationName'
        }
      ]
    }
    description: 'A machine was deleted'
    enabled: true
    scopes: [
      rgCompute.id
    ]
  }
}

resource appiContoso 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-contoso'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableIpMasking: false
    DisableLocalAuth: false
    Flow_Type: 'Bluefield'
    ForceCustomerStorageForProfiler: false
    IngestionMode: 'LogAnalytics'
    Request_Source: 'rest'
    RetentionInDays: 90
    WorkspaceResourceId: logContoso.id
    publicNetworkAccessForIngestion: 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
  }
}

resource alertErrors 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = {
  name: 'alert-errors'
  location: location
  tags: tags
  properties: {
    actions: {
      actionGroups: [
        agOncall.id
      ]
    }
    autoMitigate: false
    checkWorkspaceAlertsStorageConfigured: false
    criteria: {
      allOf: [
        {
          failingPeriods: {
            minFailingPeriodsToAlert: 1
            numberOfEvaluationPeriods: 1
          }
          operator: 'GreaterThan'
          query: 'AppExceptions | where AppRoleName == "shop"'
          threshold: json('5.0')
          timeAggregation: 'Count'
        }
      ]
    }
    displayName: 'Errors of the shop'
    enabled: true
    evaluationFrequency: 'PT5M'
    scopes: [
      logContoso.id
    ]
    severity: 2
    skipQueryValidation: false
    windowSize: 'PT15M'
  }
}

resource logContoso 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-contoso'
  location: location
  tags: tags
  properties: {
    features: {
      disableLocalAuth: false
      enableLogAccessUsingOnlyResourcePermissions: true
      legacy: 0
      searchVersion: 1
    }
    publicNetworkAccessForIngestion: 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
    retentionInDays: 90
    sku: {
      name: 'PerGB2018'
    }
    workspaceCapping: {
      dailyQuotaGb: json('-1.0')
    }
  }
}
