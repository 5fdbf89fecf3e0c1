//! The stored graph as clients see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Time;

/// `GET /tenants`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenantList {
    pub tenants: Vec<TenantRow>,
}

/// One scanned tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenantRow {
    pub tenant_id: Uuid,
    pub last_scan: Option<Time>,
    pub snapshot: Option<u64>,
    pub resources: u64,
    pub relationships: u64,
}

/// `GET /tenants/{t}/resources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceList {
    pub resources: Vec<ResourceRow>,
    pub total: u64,
    pub next_cursor: Option<String>,
}

/// A resource without its body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceRow {
    pub id: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub name: String,
    pub location: Option<String>,
    pub resource_group: Option<String>,
    pub subscription_id: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// `GET /tenants/{t}/resources/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceAnswer {
    #[serde(flatten)]
    pub row: ResourceRow,
    pub api_version: String,
    /// What Azure answered, whole.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
    pub edges: ResourceEdges,
    pub first_seen: Time,
    pub last_seen: Time,
}

/// Relationships of one resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceEdges {
    pub out: Vec<EdgeOut>,
    #[serde(rename = "in")]
    pub incoming: Vec<EdgeIn>,
}

/// From this resource to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EdgeOut {
    pub kind: String,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// From another resource to this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EdgeIn {
    pub kind: String,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// A relationship with both ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EdgeView {
    pub kind: String,
    pub source: String,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// `GET /tenants/{t}/neighbours`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NeighboursAnswer {
    #[schema(value_type = Vec<Object>)]
    pub nodes: Vec<serde_json::Value>,
    pub edges: Vec<EdgeView>,
}

/// `GET /tenants/{t}/snapshots`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotList {
    pub snapshots: Vec<SnapshotRow>,
}

/// One published generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotRow {
    pub number: u64,
    pub at: Time,
    pub resources: u64,
    pub relationships: u64,
    pub partial: bool,
}

/// `GET /tenants/{t}/diff`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiffAnswer {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<ChangedResource>,
}

/// A resource whose body differs, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedResource {
    pub id: String,
    pub paths: Vec<String>,
}
