//! The words of the graph: labels of nodes, kinds of edges, and what a scan hands over. Knows no database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arm::{self, ResourceId};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($variant,)* }

        impl $name {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that output and Neo4j use.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word,)* } }

            /// The value of a word.
            pub fn of(word: &str) -> Option<Self> { match word { $($word => Some(Self::$variant),)* _ => None } }
        }
    };
}

words! {
    /// What a node is.
    Label {
        Tenant = "Tenant",
        ManagementGroup = "ManagementGroup",
        Subscription = "Subscription",
        ResourceGroup = "ResourceGroup",
        Resource = "Resource",
        Region = "Region",
        Tag = "Tag",
        User = "User",
        Group = "Group",
        ServicePrincipal = "ServicePrincipal",
        Application = "Application",
        ManagedIdentity = "ManagedIdentity",
        Principal = "Principal",
        RoleDefinition = "RoleDefinition",
        External = "External",
    }
}

words! {
    /// What an edge says; from the holder of the reference to its target.
    EdgeKind {
        Contains = "CONTAINS",
        LocatedIn = "LOCATED_IN",
        TaggedWith = "TAGGED_WITH",
        ManagedBy = "MANAGED_BY",
        Uses = "USES",
        ConnectedTo = "CONNECTED_TO",
        SecuredBy = "SECURED_BY",
        RoutesVia = "ROUTES_VIA",
        ExposedBy = "EXPOSED_BY",
        BalancedBy = "BALANCED_BY",
        MemberOfAsg = "MEMBER_OF_ASG",
        PeeredWith = "PEERED_WITH",
        ConnectedToPe = "CONNECTED_TO_PE",
        ResolvesTo = "RESOLVES_TO",
        StoresOn = "STORES_ON",
        HostedOn = "HOSTED_ON",
        Replicates = "REPLICATES",
        UsesKey = "USES_KEY",
        UsesIdentity = "USES_IDENTITY",
        HasRole = "HAS_ROLE",
        AssignedTo = "ASSIGNED_TO",
        ScopedTo = "SCOPED_TO",
        MemberOf = "MEMBER_OF",
        Owns = "OWNS",
        InstanceOf = "INSTANCE_OF",
        CreatedBy = "CREATED_BY",
        LogsTo = "LOGS_TO",
        Monitors = "MONITORS",
        Protects = "PROTECTS",
        SendsTo = "SENDS_TO",
        References = "REFERENCES",
    }
}

/// How much of a thing an answer held. A fuller answer replaces a poorer one of the same scan, never
/// the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Fullness {
    /// A row of the inventory: no `properties`.
    Inventory,
    /// A nested object of its parent's body.
    Nested,
    /// An element of a LIST.
    Listed,
    /// A GET by id.
    Read,
}

/// One thing read from Azure, as the scan hands it over.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// `Resource`, `ResourceGroup`, `Subscription`, `ManagementGroup`, `RoleDefinition`, or an identity.
    pub label: Label,
    /// ARM id as Azure spelled it; the object id for identities.
    pub id: String,
    /// The type as the provider metadata spells it (for identities: the label's word).
    pub type_name: String,
    /// With which it was read.
    pub api_version: String,
    pub fullness: Fullness,
    /// What Azure answered, whole.
    pub body: Value,
}

/// A node with its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub label: Label,
    /// Lower-cased ARM id (`arm::key`), or the natural key of the label (object id, region code, `key=value`).
    pub key: String,
    /// As Azure spelled it.
    pub id: String,
    pub type_name: String,
    pub name: String,
    pub api_version: String,
    pub subscription_id: Option<String>,
    pub resource_group: Option<String>,
    /// Region code (`eastus`); the body holds the original.
    pub location: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// blake3 of the body's canonical JSON, hex.
    pub content_hash: String,
    /// Unix milliseconds.
    pub first_seen: i64,
    pub last_seen: i64,
    /// `Null` for nodes without one (Region, Tag, External).
    pub body: Value,
}

impl Node {
    /// A resource or a resource group that no scan has read, made from its id and its body; `None`: the id is none of ARM's.
    pub(crate) fn of_body(id: &str, type_name: &str, api_version: &str, body: Value) -> Option<Self> {
        let parsed = ResourceId::parse(id)?;
        let is_group = parsed.namespace.is_none() && parsed.resource_group.is_some();
        Some(Self {
            label: if is_group { Label::ResourceGroup } else { Label::Resource },
            key: arm::key(id),
            id: id.to_owned(),
            type_name: type_name.to_owned(),
            name: parsed.name().to_owned(),
            api_version: api_version.to_owned(),
            subscription_id: parsed.subscription,
            resource_group: parsed.resource_group,
            location: body.get("location").and_then(Value::as_str).map(arm::location_code),
            tags: BTreeMap::new(),
            content_hash: String::new(),
            first_seen: 0,
            last_seen: 0,
            body,
        })
    }
}

/// A relationship.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    pub kind: EdgeKind,
    /// Key of the holder.
    pub source: String,
    /// Key of the target.
    pub target: String,
    /// JSON path it was read from (`properties.subnet.id`); empty for structure.
    pub path: String,
    pub properties: BTreeMap<String, String>,
}
