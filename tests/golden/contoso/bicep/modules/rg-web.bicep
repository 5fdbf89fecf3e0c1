targetScope = 'resourceGroup'

@description('Region of the resources: that of their resource group.')
param location string = resourceGroup().location

var tags = {
  'cost-center': '4711'
  env: 'prod'
  owner: 'platform@contoso.example'
}

resource caApi 'Microsoft.App/containerApps@2026-01-01' = {
  name: 'ca-api'
  location: location
  tags: tags
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
    environmentId: caeContoso.id
    managedEnvironmentId: caeContoso.id
    template: {
      containers: [
        {
          env: [
            {
              name: 'MODE'
              value: 'prod'
            }
          ]
          image: '${crcontoso.properties.loginServer}/api:1.4.2'
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

resource caeContoso 'Microsoft.App/managedEnvironments@2026-01-01' = {
  name: 'cae-contoso'
  location: location
  tags: tags
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

resource readerForFemiGoldOnRgWeb 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: 'c0470500-0000-4000-8a00-000000000003'
  properties: {
    principalId: 'c0470500-0000-4000-9001-000000000005'
    principalType: 'User'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'acdd72a7-3385-48ef-bd42-f606fba81ae7'
    )
  }
}

resource crcontoso 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: 'crcontoso'
  location: location
  tags: tags
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

resource egtContoso 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: 'egt-contoso'
  location: location
  tags: tags
  properties: {
    dataResidencyBoundary: 'WithinGeopair'
    disableLocalAuth: false
    inputSchema: 'EventGridSchema'
    minimumTlsVersionAllowed: '1.0'
    publicNetworkAccess: 'Enabled'
  }
}

resource evhContoso 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: 'evh-contoso'
  location: location
  tags: tags
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

resource evhContosoTelemetry 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: evhContoso
  name: 'telemetry'
  properties: {
    messageRetentionInDays: 1
    partitionCount: 4
    status: 'Active'
  }
}

resource evhContosoTelemetryArchive 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: evhContosoTelemetry
  name: 'archive'
}

resource scaleWeb 'Microsoft.Insights/autoscalesettings@2022-10-01' = {
  name: 'scale-web'
  location: location
  tags: tags
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
              metricResourceUri: planWeb.id
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
    targetResourceUri: planWeb.id
  }
}

resource sbContoso 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-contoso'
  location: location
  tags: tags
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

resource sbContosoInvoices 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: sbContoso
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

resource sbContosoOrders 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: sbContoso
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

resource sbContosoEvents 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: sbContoso
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

resource sbContosoEventsAudit 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: sbContosoEvents
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

resource planWeb 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: 'plan-web'
  location: location
  tags: tags
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
