targetScope = 'resourceGroup'

resource rg_compute 'Microsoft.Resources/resourceGroups@2021-04-01' existing = {
  name: 'rg-compute'
  scope: subscription()
}

resource aa_contoso 'Microsoft.Automation/automationAccounts@2023-11-01' = {
  name: 'aa-contoso'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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

resource aa_contoso_stop_idle 'Microsoft.Automation/automationAccounts/runbooks@2023-11-01' = {
  parent: aa_contoso
  name: 'stop-idle'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    logProgress: false
    logVerbose: false
    runbookType: 'PowerShell'
  }
}

resource ag_oncall 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-oncall'
  location: 'global'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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

resource alert_deleted 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'alert-deleted'
  location: 'global'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    actions: {
      actionGroups: [
        {
          actionGroupId: ag_oncall.id
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
      rg_compute.id
    ]
  }
}

resource appi_contoso 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-contoso'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
    WorkspaceResourceId: log_contoso.id
    publicNetworkAccessForIngestion: 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
  }
}

resource alert_errors 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = {
  name: 'alert-errors'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    actions: {
      actionGroups: [
        ag_oncall.id
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
      log_contoso.id
    ]
    severity: 2
    skipQueryValidation: false
    windowSize: 'PT15M'
  }
}

resource log_contoso 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-contoso'
  location: 'swedencentral'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
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
