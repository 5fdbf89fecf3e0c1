targetScope = 'resourceGroup'

resource ca_api 'Microsoft.App/containerApps@2026-01-01' = {
  name: 'ca-api'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  identity: {
    type: 'None'
  }
  properties: {
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        allowInsecure: false
        external: true
        targetPort: 8080
        traffic: [
          {
            latestRevision: true
            weight: 100
          }
        ]
        transport: 'auto'
      }
      maxInactiveRevisions: 100
    }
    environmentId: cae_contoso.id
    managedEnvironmentId: cae_contoso.id
    template: {
      containers: [
        {
          env: [
            {
              name: 'MODE'
              value: 'prod'
            }
          ]
          image: 'crcontoso.azurecr.io/api:1.4.2'
          name: 'api'
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
        }
      ]
      scale: {
        cooldownPeriod: 300
        maxReplicas: 5
        minReplicas: 1
        pollingInterval: 30
      }
    }
  }
}

resource cae_contoso 'Microsoft.App/managedEnvironments@2026-01-01' = {
  name: 'cae-contoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    peerAuthentication: {
      mtls: {
        enabled: false
      }
    }
    peerTrafficConfiguration: {
      encryption: {
        enabled: false
      }
    }
    publicNetworkAccess: 'Enabled'
    zoneRedundant: false
  }
}

resource roleassignment_c0470500_6ea590f7 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'c0470500-0000-4000-8a00-000000000003'
  properties: {
    principalId: 'c0470500-0000-4000-9001-000000000005'
    principalType: 'User'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')
  }
}

resource crcontoso 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: 'crcontoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Premium'
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    dataEndpointEnabled: false
    encryption: {
      status: 'disabled'
    }
    networkRuleBypassOptions: 'AzureServices'
    policies: {
      azureADAuthenticationAsArmPolicy: {
        status: 'enabled'
      }
      exportPolicy: {
        status: 'enabled'
      }
      quarantinePolicy: {
        status: 'disabled'
      }
      retentionPolicy: {
        days: 7
        status: 'disabled'
      }
      trustPolicy: {
        status: 'disabled'
        type: 'Notary'
      }
    }
    publicNetworkAccess: 'Enabled'
    roleAssignmentMode: 'LegacyRegistryPermissions'
    zoneRedundancy: 'Disabled'
  }
}

resource roleassignment_c0470500_fd49a111 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: crcontoso
  name: 'c0470500-0000-4000-8a00-000000000006'
  properties: {
    principalId: 'c0470500-0000-4000-9004-000000000001'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}

resource egt_contoso 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: 'egt-contoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    dataResidencyBoundary: 'WithinGeopair'
    disableLocalAuth: false
    inputSchema: 'EventGridSchema'
    minimumTlsVersionAllowed: '1.0'
    publicNetworkAccess: 'Enabled'
  }
}

resource evh_contoso 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: 'evh-contoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    capacity: 1
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    disableLocalAuth: false
    isAutoInflateEnabled: false
    kafkaEnabled: true
    maximumThroughputUnits: 0
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource evh_contoso_telemetry 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: evh_contoso
  name: 'telemetry'
  properties: {
    messageRetentionInDays: 1
    partitionCount: 4
    status: 'Active'
  }
}

resource evh_contoso_telemetry_archive 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: evh_contoso_telemetry
  name: 'archive'
}

resource scale_web 'Microsoft.Insights/autoscalesettings@2022-10-01' = {
  name: 'scale-web'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  properties: {
    enabled: true
    name: 'scale-web'
    predictiveAutoscalePolicy: {
      scaleMode: 'Disabled'
    }
    profiles: [
      {
        capacity: {
          default: '2'
          maximum: '6'
          minimum: '2'
        }
        name: 'by cpu'
        rules: [
          {
            metricTrigger: {
              dividePerInstance: false
              metricName: 'CpuPercentage'
              metricNamespace: 'microsoft.web/serverfarms'
              metricResourceUri: plan_web.id
              operator: 'GreaterThan'
              statistic: 'Average'
              threshold: json('70.0')
              timeAggregation: 'Average'
              timeGrain: 'PT1M'
              timeWindow: 'PT5M'
            }
            scaleAction: {
              cooldown: 'PT5M'
              direction: 'Increase'
              type: 'ChangeCount'
              value: '1'
            }
          }
        ]
      }
    ]
    targetResourceUri: plan_web.id
  }
}

resource sb_contoso 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-contoso'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    disableLocalAuth: false
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource sb_contoso_invoices 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: sb_contoso
  name: 'invoices'
  properties: {
    autoDeleteOnIdle: 'P10675199DT2H48M5.4775807S'
    deadLetteringOnMessageExpiration: false
    defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S'
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    enableBatchedOperations: true
    enableExpress: false
    enablePartitioning: false
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    maxMessageSizeInKilobytes: 256
    maxSizeInMegabytes: 1024
    requiresDuplicateDetection: false
    requiresSession: false
    status: 'Active'
  }
}

resource sb_contoso_orders 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: sb_contoso
  name: 'orders'
  properties: {
    autoDeleteOnIdle: 'P10675199DT2H48M5.4775807S'
    deadLetteringOnMessageExpiration: false
    defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S'
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    enableBatchedOperations: true
    enableExpress: false
    enablePartitioning: false
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    maxMessageSizeInKilobytes: 256
    maxSizeInMegabytes: 1024
    requiresDuplicateDetection: false
    requiresSession: false
    status: 'Active'
  }
}

resource sb_contoso_events 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: sb_contoso
  name: 'events'
  properties: {
    autoDeleteOnIdle: 'P10675199DT2H48M5.4775807S'
    defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S'
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    enableBatchedOperations: true
    enableExpress: false
    enablePartitioning: false
    maxMessageSizeInKilobytes: 256
    maxSizeInMegabytes: 1024
    requiresDuplicateDetection: false
    status: 'Active'
    supportOrdering: true
  }
}

resource sb_contoso_events_audit 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: sb_contoso_events
  name: 'audit'
  properties: {
    autoDeleteOnIdle: 'P10675199DT2H48M5.4775807S'
    deadLetteringOnFilterEvaluationExceptions: true
    deadLetteringOnMessageExpiration: false
    defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S'
    enableBatchedOperations: true
    isClientAffine: false
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    requiresSession: false
    status: 'Active'
  }
}

resource plan_web 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: 'plan-web'
  location: 'westeurope'
  tags: {
    'cost-center': '4711'
    env: 'prod'
    owner: 'platform@contoso.example'
  }
  kind: 'linux'
  sku: {
    capacity: 2
    family: 'Pv3'
    name: 'P1v3'
    size: 'P1v3'
    tier: 'PremiumV3'
  }
  properties: {
    elasticScaleEnabled: false
    hyperV: false
    isSpot: false
    isXenon: false
    maximumElasticWorkerCount: 1
    perSiteScaling: false
    reserved: true
    targetWorkerCount: 0
    targetWorkerSizeId: 0
    zoneRedundant: false
  }
}
