targetScope = 'resourceGroup'

resource ag_oncall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'ag-oncall'
}

resource vm_app_01 'Microsoft.Compute/virtualMachines@2024-07-01' existing = {
  name: 'vm-app-01'
  scope: resourceGroup('rg-compute')
}

resource alert_cpu 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-cpu'
  location: 'global'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    actions: [
      {
        actionGroupId: ag_oncall.id
      }
    ]
    autoMitigate: true
    criteria: {
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Percentage CPU'
          metricNamespace: 'Microsoft.Compute/virtualMachines'
          name: 'cpu'
          operator: 'GreaterThan'
          threshold: 90
          timeAggregation: 'Average'
        }
      ]
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
    }
    enabled: true
    evaluationFrequency: 'PT5M'
    scopes: [
      vm_app_01.id
    ]
    severity: 2
    windowSize: 'PT15M'
  }
}
