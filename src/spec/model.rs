//! What a specification describes, as it was read: data only. Everything has its place in the text.

use serde_json::{Map, Value};

use super::{
    node::{Key, Node},
    place::Place,
};

/// A text with its place: a value, or a line of prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    pub place: Place,
}

/// The whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Tenant {
    pub display_name: Option<Word>,
    /// Its id, where the text says it.
    pub id: Option<Word>,
    pub narrative: Vec<Word>,
    pub subscriptions: Vec<Subscription>,
    pub users: Vec<User>,
    pub groups: Vec<DirectoryGroup>,
    pub service_principals: Vec<ServicePrincipal>,
    pub role_assignments: Vec<RoleAssignment>,
    pub relationships: Vec<Relationship>,
}

/// A subscription; without a name and an id it is the only one of the tenant.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub place: Place,
    pub path: String,
    pub name: String,
    pub id: Option<String>,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub place: Place,
    pub path: String,
    pub name: String,
    pub location: Option<Word>,
    pub tags: Map<String, Value>,
    pub resources: Vec<Resource>,
}

#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub place: Place,
    pub path: String,
    /// All segments of it: `parent/child`.
    pub name: String,
    pub type_name: String,
    pub api_version: Option<Word>,
    /// The resource that it extends.
    pub scope: Option<Word>,
    pub depends_on: Vec<Word>,
    /// Nothing is filled in that the text does not say.
    pub is_bare: bool,
    /// All others, as they were written.
    pub fields: Vec<(Key, Node)>,
}

#[derive(Debug, Clone)]
pub(super) struct User {
    pub place: Place,
    pub path: String,
    pub upn: String,
    pub display_name: String,
    pub guest: bool,
    /// As Microsoft Graph names them.
    pub fields: Map<String, Value>,
    /// Paths that were filled in.
    pub defaults: Vec<String>,
    /// Groups that it says it is in.
    pub groups: Vec<Word>,
}

#[derive(Debug, Clone)]
pub(super) struct DirectoryGroup {
    pub place: Place,
    pub path: String,
    pub display_name: String,
    pub fields: Map<String, Value>,
    pub defaults: Vec<String>,
    pub members: Vec<Word>,
    pub owners: Vec<Word>,
}

#[derive(Debug, Clone)]
pub(super) struct ServicePrincipal {
    pub place: Place,
    pub path: String,
    pub display_name: String,
    pub app_id: Option<String>,
    pub tags: Vec<String>,
    pub owners: Vec<Word>,
}

#[derive(Debug, Clone)]
pub(super) struct RoleAssignment {
    pub place: Place,
    pub path: String,
    pub principal: Word,
    pub principal_type: Option<String>,
    pub role: Word,
    /// None: the only subscription.
    pub scope: Option<Word>,
    pub condition: Option<String>,
    pub description: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Relationship {
    pub place: Place,
    pub path: String,
    pub source: Word,
    pub target: Word,
    pub kind: String,
}
