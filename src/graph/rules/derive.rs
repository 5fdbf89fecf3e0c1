//! Derives every edge that a node's body and id say: containment, places and tags, identities, references. Pure.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::{
    derived, kinds,
    known::{Derived, Known, Subject},
    resolve::{Target, resolve},
    walk::{self, Mention},
};
use crate::{
    arm::{self, ResourceId},
    graph::{
        body,
        model::{EdgeKind, Label},
    },
};

/// What is encoded in the two parts of a tag's key.
const TAG_PART: &AsciiSet = &CONTROLS.add(b'%').add(b'=').add(b'/');

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

/// Key of a tag's node.
pub(crate) fn tag_key(name: &str, value: &str) -> String {
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
    let role_key = body::key_of(Label::RoleDefinition, role);
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
    let found = walk::mentioned(subject.body);
    for mention in found.mentions {
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
        // A diagnostic setting's reference is an edge of the resource that the setting belongs to.
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
    for (path, name) in found.vaults {
        if let Some(vault) = known.vault(&name)
            && vault != subject.key
            && !subject.key.starts_with(&format!("{vault}/"))
        {
            derived.edge(EdgeKind::UsesKey, subject.key, &vault, &path);
        }
    }
}

/// The state of a peering is a sibling property of the other network's id.
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

fn text<'a>(body: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(body, |at, name| at.get(name))?;
    found.as_str().filter(|text| !text.trim().is_empty())
}
