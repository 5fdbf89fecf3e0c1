//! Stores: SQL, storage, key vault, Cosmos DB, Redis, PostgreSQL, backup.

use serde_json::json;

use super::{DATA, SPOKE, child, network::subnet_id, tracked};
use crate::simulator::world::World;

pub(super) fn fill(world: &mut World) {
    sql(world);
    storage(world);
    vault(world);
    others(world);
}

fn sql(world: &mut World) {
    let v = "2023-08-01";
    tracked(
        world,
        DATA,
        "Microsoft.Sql/servers",
        "sql-contoso",
        v,
        json!({
            "kind": "v12.0",
            "properties": {"administratorLogin": "sqladmin", "version": "12.0", "state": "Ready", "fullyQualifiedDomainName": "sql-contoso.database.windows.net", "minimalTlsVersion": "1.2", "publicNetworkAccess": "Disabled", "restrictOutboundNetworkAccess": "Disabled"},
        }),
    );
    let pool = DATA.resource("Microsoft.Sql/servers/elasticPools", "sql-contoso/pool");
    tracked(
        world,
        DATA,
        "Microsoft.Sql/servers/elasticPools",
        "sql-contoso/pool",
        v,
        json!({
            "sku": {"name": "StandardPool", "tier": "Standard", "capacity": 100}, "kind": "pool",
            "properties": {"state": "Ready", "maxSizeBytes": 107_374_182_400_u64, "perDatabaseSettings": {"minCapacity": 0, "maxCapacity": 100}, "zoneRedundant": false, "creationDate": "2024-03-01T10:00:00.000Z"},
        }),
    );
    for name in ["orders", "customers", "catalog"] {
        tracked(
            world,
            DATA,
            "Microsoft.Sql/servers/databases",
            &format!("sql-contoso/{name}"),
            v,
            json!({
                "sku": {"name": "ElasticPool", "tier": "Standard", "capacity": 0}, "kind": "v12.0,user,pool",
                "properties": {"collation": "SQL_Latin1_General_CP1_CI_AS", "elasticPoolId": pool, "maxSizeBytes": 34_359_738_368_u64, "currentServiceObjectiveName": "ElasticPool", "requestedServiceObjectiveName": "ElasticPool", "currentSku": {"name": "ElasticPool", "tier": "Standard", "capacity": 0}, "status": "Online", "databaseId": "3d4e5f60-0000-4000-8000-000000000001", "zoneRedundant": false, "creationDate": "2024-03-01T10:00:00.000Z"},
            }),
        );
    }
    child(
        world,
        DATA,
        "Microsoft.Sql/servers/virtualNetworkRules",
        "sql-contoso/from-web",
        v,
        json!({
            "virtualNetworkSubnetId": subnet_id(SPOKE, "vnet-spoke", "snet-web"), "ignoreMissingVnetServiceEndpoint": false, "state": "Ready",
        }),
    );
    child(
        world,
        DATA,
        "Microsoft.Sql/servers/firewallRules",
        "sql-contoso/office",
        v,
        json!({"startIpAddress": "203.0.113.1", "endIpAddress": "203.0.113.9"}),
    );
    let v = "2024-08-01";
    tracked(
        world,
        DATA,
        "Microsoft.DBforPostgreSQL/flexibleServers",
        "psql-contoso",
        v,
        json!({
            "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
            "properties": {"administratorLogin": "pgadmin", "version": "16", "state": "Ready", "fullyQualifiedDomainName": "psql-contoso.postgres.database.azure.com", "storage": {"storageSizeGB": 128, "autoGrow": "Enabled"}, "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"}, "highAvailability": {"mode": "Disabled"}},
        }),
    );
    child(
        world,
        DATA,
        "Microsoft.DBforPostgreSQL/flexibleServers/databases",
        "psql-contoso/app",
        v,
        json!({"charset": "UTF8", "collation": "en_US.utf8"}),
    );
}

fn storage(world: &mut World) {
    let v = "2023-05-01";
    for name in ["stcontosodata", "stcontosologs"] {
        tracked(
            world,
            DATA,
            "Microsoft.Storage/storageAccounts",
            name,
            v,
            json!({
                "sku": {"name": "Standard_ZRS", "tier": "Standard"}, "kind": "StorageV2",
                "tags": {"env": "prod", "emoji": "📦", "lines": "one\ntwo"},
                "properties": {
                    "accessTier": "Hot", "supportsHttpsTrafficOnly": true, "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false, "allowSharedKeyAccess": true, "provisioningState": "Succeeded",
                    "creationTime": "2024-03-01T10:00:00.0000000Z", "primaryLocation": "westeurope", "statusOfPrimary": "available",
                    "primaryEndpoints": {"blob": format!("https://{name}.blob.core.windows.net/"), "file": format!("https://{name}.file.core.windows.net/")},
                    "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": [{"id": subnet_id(SPOKE, "vnet-spoke", "snet-web"), "action": "Allow", "state": "Succeeded"}]},
                    "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": true, "keyType": "Account"}, "file": {"enabled": true, "keyType": "Account"}}},
                },
            }),
        );
        child(
            world,
            DATA,
            "Microsoft.Storage/storageAccounts/blobServices",
            &format!("{name}/default"),
            v,
            json!({"deleteRetentionPolicy": {"enabled": true, "days": 7}, "cors": {"corsRules": []}}),
        );
        for container in ["raw", "curated"] {
            child(
                world,
                DATA,
                "Microsoft.Storage/storageAccounts/blobServices/containers",
                &format!("{name}/default/{container}"),
                v,
                json!({"publicAccess": "None", "leaseState": "Available", "leaseStatus": "Unlocked", "hasLegalHold": false}),
            );
        }
        child(
            world,
            DATA,
            "Microsoft.Storage/storageAccounts/queueServices",
            &format!("{name}/default"),
            v,
            json!({"cors": {"corsRules": []}}),
        );
        child(
            world,
            DATA,
            "Microsoft.Storage/storageAccounts/queueServices/queues",
            &format!("{name}/default/work"),
            v,
            json!({"metadata": {}}),
        );
    }
}

fn vault(world: &mut World) {
    let v = "2023-07-01";
    let tenant = world.tenant;
    tracked(
        world,
        DATA,
        "Microsoft.KeyVault/vaults",
        "kv-contoso",
        v,
        json!({"properties": {
            "tenantId": tenant, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [], "enableRbacAuthorization": true, "enableSoftDelete": true, "softDeleteRetentionInDays": 90,
            "enablePurgeProtection": true, "vaultUri": "https://kv-contoso.vault.azure.net/", "provisioningState": "Succeeded", "publicNetworkAccess": "Disabled",
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": [{"id": subnet_id(SPOKE, "vnet-spoke", "snet-web").to_lowercase()}]},
        }}),
    );
    for name in ["sql-admin", "api-token"] {
        child(
            world,
            DATA,
            "Microsoft.KeyVault/vaults/secrets",
            &format!("kv-contoso/{name}"),
            v,
            json!({
                "attributes": {"enabled": true, "created": 1_709_287_200, "updated": 1_709_287_200}, "secretUri": format!("https://kv-contoso.vault.azure.net/secrets/{name}"), "contentType": "text/plain",
            }),
        );
    }
}

fn others(world: &mut World) {
    let v = "2024-05-15";
    tracked(
        world,
        DATA,
        "Microsoft.DocumentDB/databaseAccounts",
        "cosmos-contoso",
        v,
        json!({
            "kind": "GlobalDocumentDB",
            "properties": {
                "databaseAccountOfferType": "Standard", "documentEndpoint": "https://cosmos-contoso.documents.azure.com:443/", "provisioningState": "Succeeded",
                "consistencyPolicy": {"defaultConsistencyLevel": "Session", "maxIntervalInSeconds": 5, "maxStalenessPrefix": 100},
                "failoverPolicies": [{"id": "cosmos-contoso-westeurope", "locationName": "West Europe", "failoverPriority": 0}],
                "locations": [{"id": "cosmos-contoso-westeurope", "locationName": "West Europe", "failoverPriority": 0, "isZoneRedundant": false}],
                "virtualNetworkRules": [{"id": subnet_id(SPOKE, "vnet-spoke", "snet-data"), "ignoreMissingVNetServiceEndpoint": false}],
            },
        }),
    );
    child(
        world,
        DATA,
        "Microsoft.DocumentDB/databaseAccounts/sqlDatabases",
        "cosmos-contoso/shop",
        v,
        json!({"resource": {"id": "shop", "_rid": "AAAA", "_ts": 1_709_287_200}}),
    );
    child(
        world,
        DATA,
        "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers",
        "cosmos-contoso/shop/carts",
        v,
        json!({"resource": {"id": "carts", "partitionKey": {"paths": ["/userId"], "kind": "Hash"}}}),
    );
    tracked(
        world,
        DATA,
        "Microsoft.Cache/redis",
        "redis-contoso",
        "2024-03-01",
        json!({"properties": {
            "sku": {"name": "Standard", "family": "C", "capacity": 1}, "enableNonSslPort": false, "minimumTlsVersion": "1.2", "redisVersion": "6.0", "hostName": "redis-contoso.redis.cache.windows.net", "port": 6379, "sslPort": 6380, "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
        }}),
    );
    tracked(
        world,
        DATA,
        "Microsoft.RecoveryServices/vaults",
        "rsv-contoso",
        "2024-04-01",
        json!({
            "sku": {"name": "RS0", "tier": "Standard"}, "properties": {"provisioningState": "Succeeded", "publicNetworkAccess": "Enabled"},
        }),
    );
}
