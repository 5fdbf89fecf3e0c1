targetScope = 'resourceGroup'

resource agOncall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'ag-oncall'
}

resource vmApp01 'Microsoft.Compute/virtualMachines@2024-07-01' existing = {
  name: 'vm-app-01'
  scope: resourceGroup('c0470500-0000-4000-8000-0000000000a2', 'rg-compute')
}

resource alertCpu 'Microsoft.Insights/metricAlerts@2018-03-01' = {
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
        actionGroupId: agOncall.id
      }
    ]
    autoMitigate: true
    criteria: {
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Percentage CPU'
          metricNamespace: 'Microsoft.Compute/virtualMachines'
          name: 'Metric1'
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
      vmApp01.id
    ]
    severity: 2
    windowSize: 'PT15M'
  }
}
