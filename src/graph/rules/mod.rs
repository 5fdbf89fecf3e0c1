//! Edges from bodies: pure, no store, no clock.
//!
//! [`derive()`] takes one node and a way to ask which keys are known, and gives the edges that its body
//! and its id say, and the nodes that they imply (regions, tags, identities, externals). The most
//! specific rule names an edge; `REFERENCES` is the net below: every string that is, or holds, the id
//! of something in ARM. An id of a sub-object resolves to the longest prefix that is a known resource;
//! an unknown target becomes `External`, never nothing.

mod derived;
mod kinds;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

pub use derived::{begins_back_reference, is_back_reference};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
pub use walk::{Mention, each_id, mentions};

use super::model::{Edge, EdgeKind, Label};
use crate::arm::{self, ResourceId};

/// What is encoded in the two parts of a tag's key.
const TAG_PART: &AsciiSet = &CONTROLS.add(b'%').add(b'=').add(b'/');

/// A node as the rules see it.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    pub label: Label,
    pub key: &'a str,
    pub id: &'a str,
    pub type_name: &'a str,
    pub location: Option<&'a str>,
    pub tags: &'a BTreeMap<String, String>,
    pub body: &'a Value,
}

/// A node that an edge implies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Implied {
    pub label: Label,
    pub key: String,
    /// Spelled as it was read.
    pub id: String,
}

/// What a node's body and id say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    pub edges: BTreeSet<Edge>,
    pub implied: BTreeSet<Implied>,
}

/// Which keys are nodes of the graph. `label_of` answers the label of a key.
pub trait Known {
    fn label_of(&self, key: &str) -> Option<Label>;

    /// Key of the user with this sign-in name, or of the service principal of this application id.
    fn principal(&self, _name: &str) -> Option<String> {
        None
    }

    /// Key of the application with this application id.
    fn application(&self, _app_id: &str) -> Option<String> {
        None
    }

    /// Key of the key vault with this name; they are unique in a cloud.
    fn vault(&self, _name: &str) -> Option<String> {
        None
    }
}

impl<F: Fn(&str) -> Option<Label>> Known for F {
    fn label_of(&self, key: &str) -> Option<Label> {
        self(key)
    }
}

/// Every edge that a node says, and what they imply. `tenant` is the key of the tenant's node;
/// `nested` holds keys of children that are nodes of their own.
pub fn derive(subject: &Subject<'_>, tenant: &str, known: &dyn Known) -> Derived {
    let mut derived = Derived::default();
    structure(subject, tenant, known, &mut derived);
    identity(subject, known, &mut derived);
    if subject.label != Label::RoleDefinition {
        references(subject, known, &mut derived);
    }
    derived
}

impl Derived {
    fn edge(&mut self, kind: EdgeKind, source: &str, target: &str, path: &str) {
        self.edge_with(kind, source, target, path, BTreeMap::new());
    }

    fn edge_with(
        &mut self,
        kind: EdgeKind,
        source: &str,
        target: &str,
        path: &str,
        properties: BTreeMap<String, String>,
    ) {
        let (source, target, path) = (source.to_owned(), target.to_owned(), path.to_owned());
        self.edges.insert(Edge { kind, source, target, path, properties });
    }

    fn imply(&mut self, label: Label, key: &str, id: &str) {
        self.implied.insert(Implied { label, key: key.to_owned(), id: id.to_owned() });
    }

    /// Whether something already leads from here to there.
    fn leads(&self, source: &str, target: &str) -> bool {
        self.edges.iter().any(|edge| edge.source == source && edge.target == target)
    }
}

/// Key of a tag's node.
pub fn tag_key(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, TAG_PART), utf8_percent_encode(value, TAG_PART))
}

fn structure(subject: &Subject<'_>, tenant: &str, known: &dyn Known, derived: &mut Derived) {
    match subject.label {
        Label::ManagementGroup => {
            let parent = text(subject.body, &["properties", "details", "parent", "id"]).map(arm::key);
            let parent = parent.filter(|parent| parent != subject.key && known.label_of(parent).is_some());
            derived.edge(EdgeKind::Contains, parent.as_deref().unwrap_or(tenant), subject.key, "");
            let children = subject.body.pointer("/properties/children").and_then(Value::as_array);
            for child in children.into_iter().flatten() {
                if let Some(id) = child.get("id").and_then(Value::as_str).map(arm::key)
                    && known.label_of(&id) == Some(Label::Subscription)
                {
                    derived.edge(EdgeKind::Contains, subject.key, &id, "");
                }
            }
        }
        Label::Subscription | Label::ResourceGroup | Label::Resource => {
            derived.edge(EdgeKind::Contains, &container(subject.id, tenant, known), subject.key, "");
        }
        _ => return,
    }
    if let Some(location) = subject.location {
        derived.edge(EdgeKind::LocatedIn, subject.key, location, "location");
        derived.imply(Label::Region, location, location);
    }
    for (name, value) in subject.tags {
        let key = tag_key(name, value);
        derived.edge(EdgeKind::TaggedWith, subject.key, &key, "tags");
        derived.imply(Label::Tag, &key, &key);
    }
    if let Some(manager) = text(subject.body, &["managedBy"]) {
        refer(EdgeKind::ManagedBy, subject, manager, "managedBy", known, derived);
    }
}

/// The nearest known thing that an id lies in; at last the tenant.
fn container(id: &str, tenant: &str, known: &dyn Known) -> String {
    let mut at = ResourceId::parse(id);
    while let Some(inner) = at {
        let parent = inner.parent();
        if parent == "/" {
            break;
        }
        let key = arm::key(&parent);
        if known.label_of(&key).is_some() {
            return key;
        }
        at = ResourceId::parse(&parent);
    }
    tenant.to_owned()
}

fn identity(subject: &Subject<'_>, known: &dyn Known, derived: &mut Derived) {
    if let Some(principal) = text(subject.body, &["identity", "principalId"]) {
        let key = principal.to_lowercase();
        derived.edge(EdgeKind::UsesIdentity, subject.key, &key, "identity.principalId");
        derived.imply(Label::ManagedIdentity, &key, principal);
    }
    let assigned = subject.body.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    for id in assigned.into_iter().flat_map(serde_json::Map::keys) {
        refer(EdgeKind::UsesIdentity, subject, id, "identity.userAssignedIdentities", known, derived);
    }
    let type_name = subject.type_name.to_lowercase();
    match type_name.as_str() {
        "microsoft.authorization/roleassignments" => role_assignment(subject, known, derived),
        "microsoft.authorization/locks" | "microsoft.authorization/policyassignments" => {
            scoped(EdgeKind::ScopedTo, subject, "properties.scope", known, derived);
            scoped(EdgeKind::Protects, subject, "properties.scope", known, derived);
        }
        _ => {}
    }
    if subject.label == Label::ServicePrincipal
        && let Some(application) = text(subject.body, &["appId"]).and_then(|id| known.application(id))
    {
        derived.edge(EdgeKind::InstanceOf, subject.key, &application, "appId");
    }
    created_by(subject, known, derived);
    for (label, list, kind) in [
        (Label::Group, "members", EdgeKind::MemberOf),
        (Label::Group, "owners", EdgeKind::Owns),
        (Label::Application, "owners", EdgeKind::Owns),
        (Label::ServicePrincipal, "owners", EdgeKind::Owns),
    ] {
        let entries = subject.body.get(list).and_then(Value::as_array).filter(|_| subject.label == label);
        for id in entries.into_iter().flatten().filter_map(|entry| text(entry, &["id"])) {
            let key = id.to_lowercase();
            derived.edge(kind, &key, subject.key, list);
            derived.imply(Label::Principal, &key, id);
        }
    }
}

fn role_assignment(subject: &Subject<'_>, known: &dyn Known, derived: &mut Derived) {
    scoped(EdgeKind::ScopedTo, subject, "properties.scope", known, derived);
    let Some(principal) = text(subject.body, &["properties", "principalId"]) else { return };
    let principal_key = principal.to_lowercase();
    let label = match text(subject.body, &["properties", "principalType"]) {
        Some("User") => Label::User,
        Some("Group") => Label::Group,
        Some("ServicePrincipal") => Label::ServicePrincipal,
        _ => Label::Principal,
    };
    derived.edge(EdgeKind::AssignedTo, subject.key, &principal_key, "properties.principalId");
    derived.imply(label, &principal_key, principal);
    let Some(role) = text(subject.body, &["properties", "roleDefinitionId"]) else { return };
    let role_key = super::body::key_of(Label::RoleDefinition, role);
    derived.imply(Label::RoleDefinition, &role_key, role);
    let mut properties = BTreeMap::from([("assignment_id".to_owned(), subject.id.to_owned())]);
    if let Some(scope) = text(subject.body, &["properties", "scope"]) {
        properties.insert("scope".to_owned(), scope.to_owned());
    }
    if let Some(condition) = text(subject.body, &["properties", "condition"]) {
        properties.insert("condition".to_owned(), condition.to_owned());
    }
    derived.edge_with(EdgeKind::HasRole, &principal_key, &role_key, "properties.roleDefinitionId", properties);
    derived.edge(EdgeKind::References, subject.key, &role_key, "properties.roleDefinitionId");
}

fn scoped(kind: EdgeKind, subject: &Subject<'_>, path: &str, known: &dyn Known, derived: &mut Derived) {
    let named = text(subject.body, &["properties", "scope"]).map(str::to_owned);
    let scope = named.or_else(|| ResourceId::parse(subject.id).map(|id| id.parent()));
    let Some(scope) = scope else { return };
    if scope == "/" {
        return;
    }
    refer(kind, subject, &scope, path, known, derived);
}

/// Who made it: a sign-in name of a user, or the id of an application.
fn created_by(subject: &Subject<'_>, known: &dyn Known, derived: &mut Derived) {
    let Some(name) = text(subject.body, &["systemData", "createdBy"]).map(str::trim) else { return };
    let label = match text(subject.body, &["systemData", "createdByType"]) {
        Some("User") => Label::User,
        Some("Application" | "ManagedIdentity") => Label::ServicePrincipal,
        // Azure itself, or a key: nobody of the tenant.
        _ => return,
    };
    let key = known.principal(name).unwrap_or_else(|| name.to_lowercase());
    derived.edge(EdgeKind::CreatedBy, subject.key, &key, "systemData.createdBy");
    derived.imply(label, &key, name);
}

fn references(subject: &Subject<'_>, known: &dyn Known, derived: &mut Derived) {
    let holder = subject.type_name.to_lowercase();
    let is_diagnostic = holder == "microsoft.insights/diagnosticsettings";
    let said = walk::said(subject.body);
    for mention in said.mentions {
        let path = derived::without_indexes(&mention.path);
        if is_told_elsewhere(&mention.path) || derived::is_derived(&holder, &path) {
            continue;
        }
        let target = arm::key(&mention.id);
        let kind = kinds::kind_of(&holder, &path, &type_of(&target));
        if kind == EdgeKind::PeeredWith {
            peered(subject, &mention, known, derived);
            continue;
        }
        refer(kind, subject, &mention.id, &mention.path, known, derived);
        // What a diagnostic setting says is said of the resource that it stands at.
        if is_diagnostic
            && kind == EdgeKind::LogsTo
            && let Some(scope) = ResourceId::parse(subject.id).map(|id| arm::key(&id.parent()))
            && known.label_of(&scope).is_some()
        {
            let Some(Target::Known(to) | Target::Unknown { key: to, .. }) = resolve(&mention.id, known) else {
                continue;
            };
            derived.edge(kind, &scope, &to, &mention.path);
        }
    }
    for (path, name) in said.vaults {
        if let Some(vault) = known.vault(&name)
            && vault != subject.key
            && !subject.key.starts_with(&format!("{vault}/"))
        {
            derived.edge(EdgeKind::UsesKey, subject.key, &vault, &path);
        }
    }
}

/// The state of a peering stands beside the id of the other network.
fn peered(subject: &Subject<'_>, mention: &Mention, known: &dyn Known, derived: &mut Derived) {
    let Some(Target::Known(key) | Target::Unknown { key, .. }) = resolve(&mention.id, known) else { return };
    if known.label_of(&key).is_none() {
        derived.imply(Label::External, &key, &mention.id);
    }
    let at = mention.path.trim_end_matches(".remoteVirtualNetwork.id").replace('[', "/").replace("].", "/");
    let at = format!("/{}", at.replace('.', "/"));
    let state = subject.body.pointer(&at).and_then(|peering| peering.get("peeringState")).and_then(Value::as_str);
    let properties = state.map(|state| ("state".to_owned(), state.to_owned())).into_iter().collect();
    derived.edge_with(EdgeKind::PeeredWith, subject.key, &key, &mention.path, properties);
}

/// The type that a key says, as far as it is whole: `…/loadbalancers/l/backendaddresspools/p`.
fn type_of(key: &str) -> String {
    let mut at = key;
    loop {
        if let Some(id) = ResourceId::parse(at) {
            return id.type_name();
        }
        match at.rfind('/') {
            Some(cut) if cut > 0 => at = &at[..cut],
            _ => return String::new(),
        }
    }
}

/// Paths that other rules have read, or that say what the thing itself is.
fn is_told_elsewhere(path: &str) -> bool {
    path == "id"
        || path == "managedBy"
        || path.starts_with("identity.userAssignedIdentities")
        || path == "tags"
        || path.starts_with("tags.")
}

/// Adds an edge to what an id means, unless it means the subject itself or what it lies in.
fn refer(kind: EdgeKind, subject: &Subject<'_>, id: &str, path: &str, known: &dyn Known, derived: &mut Derived) {
    let target = match resolve(id, known) {
        Some(Target::Known(key)) => key,
        Some(Target::Unknown { key, id }) => {
            if key == subject.key || key.starts_with(&format!("{}/", subject.key)) {
                return;
            }
            derived.imply(Label::External, &key, &id);
            key
        }
        None => return,
    };
    let own = target == subject.key || target.starts_with(&format!("{}/", subject.key));
    // What contains the subject is an edge already.
    let repeated = kind == EdgeKind::References
        && (derived.leads(&target, subject.key)
            || derived
                .edges
                .iter()
                .any(|edge| edge.source == subject.key && edge.target == target && edge.kind != EdgeKind::References));
    if !own && !repeated {
        derived.edge(kind, subject.key, &target, path);
    }
}

/// What an id means in this graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Known(String),
    Unknown { key: String, id: String },
}

/// The longest prefix that is known; else the thing that the id names, if it names a resource at all.
pub fn resolve(id: &str, known: &dyn Known) -> Option<Target> {
    let whole = arm::key(id);
    let role = whole.rsplit_once("/providers/microsoft.authorization/roledefinitions/").map(|(_, guid)| guid);
    if let Some(guid) = role.filter(|guid| known.label_of(guid).is_some()) {
        return Some(Target::Known(guid.to_owned()));
    }
    let mut prefix = whole.as_str();
    loop {
        if known.label_of(prefix).is_some() {
            // A group or subscription is meant only where it is named itself: below it stands a resource.
            let named_itself = prefix.len() == whole.len() || prefix.contains("/providers/");
            if named_itself {
                return Some(Target::Known(prefix.to_owned()));
            }
            break;
        }
        match prefix.rfind('/') {
            Some(at) if at > 0 => prefix = &prefix[..at],
            _ => break,
        }
    }
    unknown(id)
}

/// The resource that an unknown id names; `None` for locations, images and other metadata.
fn unknown(id: &str) -> Option<Target> {
    let mut text = id.trim().trim_matches('/');
    let parsed = loop {
        if let Some(parsed) = ResourceId::parse(text) {
            break parsed;
        }
        text = &text[..text.rfind('/')?];
    };
    let first_type = parsed.segments.first().map(|(kind, _)| kind.to_lowercase());
    let metadata = match first_type.as_deref() {
        Some("locations" | "operations" | "publishers") => true,
        Some(_) => false,
        None => parsed.resource_group.is_none() && parsed.subscription.is_none(),
    };
    (!metadata).then(|| Target::Unknown { key: parsed.key(), id: parsed.text })
}

fn text<'a>(body: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(body, |at, name| at.get(name))?;
    found.as_str().filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests;
