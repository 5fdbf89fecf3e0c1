//! Users, groups, service principals and role assignments as a text can hold them: by names that mean one thing each.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{
    model::{Described, DirectoryGroup, Principal, Role, User},
    resources::{Found, identity_names},
};
use crate::{
    arm::{self, ResourceId},
    graph::model::{Label, Node},
    iac::Sendable,
};

/// The tenant of Microsoft's own applications, as Microsoft documents it.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/// Other fields of users, as Microsoft Graph calls them.
const FIELDS: [&str; 11] = [
    "jobTitle",
    "department",
    "usageLocation",
    "givenName",
    "surname",
    "officeLocation",
    "mobilePhone",
    "companyName",
    "city",
    "country",
    "employeeId",
];

/// What of a snapshot is of the directory: nodes by their keys.
#[derive(Debug, Default)]
pub(in crate::spec) struct Directory {
    pub nodes: BTreeMap<String, Node>,
    /// Roles by their keys.
    pub roles: BTreeMap<String, Node>,
}

/// Adds everybody of a directory, and what assignments say of them.
pub(in crate::spec) fn add(directory: &Directory, found: &Found, out: &mut Described) {
    let applications = directory.nodes.values().filter(|node| node.label == Label::Application);
    let applications = applications.filter_map(|node| some(node, "appId")).collect();
    let mut adder = Adder { directory, found, names: identity_names(out), applications, scopes: scopes(out), out };
    for node in directory.nodes.values() {
        adder.count(node);
    }
    for node in directory.nodes.values() {
        match node.label {
            Label::User => adder.user(node),
            Label::Group => adder.group(node),
            Label::ServicePrincipal => adder.principal(node),
            _ => {}
        }
    }
    adder.out.people.users.sort_by(|a, b| a.upn.cmp(&b.upn));
    adder.out.people.groups.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    adder.out.people.principals.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    for assignment in &found.roles {
        adder.role(assignment);
    }
    adder.out.people.roles.sort_by(|a, b| (&a.scope, &a.principal, &a.name).cmp(&(&b.scope, &b.principal, &b.name)));
}

struct Adder<'a> {
    directory: &'a Directory,
    found: &'a Found,
    /// How many things a text would mean by a name, lower case.
    names: BTreeMap<String, usize>,
    /// The tenant's own, by their client ids.
    applications: HashSet<String>,
    /// Keys of what the text describes in ARM.
    scopes: HashSet<String>,
    out: &'a mut Described,
}

fn scopes(described: &Described) -> HashSet<String> {
    let subscriptions = described.subscriptions.iter().map(|known| format!("/subscriptions/{}", known.id));
    let groups = described.groups().map(|group| group.id.clone());
    let resources = described.resources().map(|resource| resource.id.clone());
    subscriptions.chain(groups).chain(resources).map(|id| arm::key(&id)).collect()
}

fn text<'n>(node: &'n Node, name: &str) -> &'n str {
    node.body[name].as_str().unwrap_or_default().trim()
}

fn some(node: &Node, name: &str) -> Option<String> {
    Some(text(node, name).to_owned()).filter(|text| !text.is_empty())
}

fn is_guest(node: &Node) -> bool {
    text(node, "userType").eq_ignore_ascii_case("guest")
}

/// The name that a user signs in with; of a guest the mail that it was invited by.
fn sign_in_name(node: &Node) -> &str {
    if is_guest(node) { text(node, "mail") } else { text(node, "userPrincipalName") }
}

impl Adder<'_> {
    fn count(&mut self, node: &Node) {
        let names = match node.label {
            Label::User => vec![sign_in_name(node), text(node, "displayName")],
            Label::Group => vec![text(node, "displayName")],
            Label::ServicePrincipal if self.made_otherwise(node).is_none() => vec![text(node, "displayName")],
            _ => return,
        };
        let mut names: Vec<String> = names.into_iter().map(str::to_lowercase).collect();
        names.dedup();
        for name in names {
            *self.names.entry(name).or_default() += 1;
        }
    }

    /// Whether a name means one thing.
    fn is_only(&self, name: &str) -> bool {
        self.names.get(&name.trim().to_lowercase()) == Some(&1)
    }

    fn user(&mut self, node: &Node) {
        let upn = sign_in_name(node).to_owned();
        if upn.is_empty() {
            return self.out.leave_out(node.id.as_str(), "the directory tells no name that it signs in with");
        }
        let fields = FIELDS.into_iter().filter_map(|name| Some((name, some(node, name)?)));
        let fields = fields.chain(
            some(node, "mailNickname")
                .filter(|nickname| upn.split('@').next() != Some(nickname))
                .map(|nickname| ("mailNickname", nickname)),
        );
        self.out.people.users.push(User {
            id: node.id.clone(),
            display_name: some(node, "displayName").unwrap_or_else(|| upn.clone()),
            is_enabled: node.body["accountEnabled"] != false,
            is_guest: is_guest(node),
            fields: fields.collect(),
            upn,
        });
    }

    fn group(&mut self, node: &Node) {
        let display_name = text(node, "displayName").to_owned();
        let is_365 = node.body["groupTypes"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "Unified"));
        if node.body["mailEnabled"] == true && !is_365 {
            return self.out.leave_out(node.id.as_str(), "it is a distribution list: Microsoft Graph can't create one");
        }
        if !self.is_only(&display_name) {
            let reason = format!("something else is called {display_name:?} too: a text tells groups by their names");
            return self.out.leave_out(node.id.as_str(), reason);
        }
        if let Some(rule) = some(node, "membershipRule") {
            let message = format!("group {display_name}: its rule of membership is not described: {rule}");
            self.out.warnings.push(message);
        }
        let of_group = format!("group {display_name}");
        let members = self.all(node, "members", &of_group);
        let owners = self.all(node, "owners", &of_group);
        self.out.people.groups.push(DirectoryGroup {
            id: node.id.clone(),
            display_name,
            is_microsoft365: is_365,
            mail_nickname: some(node, "mailNickname"),
            description: some(node, "description"),
            members,
            owners,
        });
    }

    /// Why a service principal is none that people make.
    fn made_otherwise(&self, node: &Node) -> Option<&'static str> {
        if text(node, "servicePrincipalType").eq_ignore_ascii_case("ManagedIdentity") {
            return Some("Azure makes it with its managed identity");
        }
        if self.found.identities.contains_key(&node.key) {
            return Some("Azure makes it with the resource whose identity it is");
        }
        if text(node, "appOwnerOrganizationId").eq_ignore_ascii_case(MICROSOFT) {
            return Some("it is of an application of Microsoft's: every tenant has it");
        }
        None
    }

    fn principal(&mut self, node: &Node) {
        if let Some(reason) = self.made_otherwise(node) {
            return self.out.leave_out(node.id.as_str(), reason);
        }
        let display_name = text(node, "displayName").to_owned();
        if !self.is_only(&display_name) {
            let reason =
                format!("something else is called {display_name:?} too: a text tells principals by their names");
            return self.out.leave_out(node.id.as_str(), reason);
        }
        let app_id = some(node, "appId");
        let is_own = app_id.as_ref().is_some_and(|id| self.applications.contains(id));
        let tags = node.body["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let owners = self.all(node, "owners", &format!("service principal {display_name}"));
        self.out.people.principals.push(Principal {
            id: node.id.clone(),
            app_id: app_id.filter(|_| !is_own),
            tags: tags.collect(),
            owners,
            display_name,
        });
    }

    /// Names of a relation's objects; those that have none are told.
    fn all(&mut self, node: &Node, relation: &str, of: &str) -> Vec<String> {
        let ids: Vec<String> = node.body[relation]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["id"].as_str().map(str::to_lowercase))
            .collect();
        let mut names = Vec::new();
        for id in ids {
            match self.name_of(&id) {
                Ok(name) => names.push(name),
                Err(why) => self.out.warnings.push(format!("{of}: of its {relation} {id} is not described: {why}")),
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// What a text calls a principal by.
    fn name_of(&self, id: &str) -> Result<String, String> {
        if let Some(resource) = self.found.identities.get(id) {
            let name = ResourceId::parse(resource).map(|parsed| {
                let names: Vec<&str> = parsed.segments.iter().map(|(_, name)| name.as_str()).collect();
                names.join("/")
            });
            return Ok(name.filter(|name| self.is_only(name)).unwrap_or_else(|| resource.clone()));
        }
        let Some(node) = self.directory.nodes.get(id) else {
            return Err("the scan did not read it".to_owned());
        };
        let name = match node.label {
            Label::User => sign_in_name(node),
            Label::Group | Label::ServicePrincipal => text(node, "displayName"),
            _ => return Err(format!("it is {}", node.label.word())),
        };
        if let Some(why) =
            Some(node).filter(|node| node.label == Label::ServicePrincipal).and_then(|node| self.made_otherwise(node))
        {
            return Err(why.to_owned());
        }
        if name.is_empty() || !self.is_only(name) {
            return Err(format!("{name:?} is not the name of it alone"));
        }
        Ok(name.to_owned())
    }

    fn role(&mut self, assignment: &Sendable) {
        let Some(id) = ResourceId::parse(&assignment.id) else { return };
        let of = |name: &str| assignment.body["properties"][name].as_str().unwrap_or_default();
        if id.subscription.is_none() {
            let reason = "it is over the tenant or a management group, and a specification is of subscriptions";
            return self.out.leave_out(id.text, reason);
        }
        if !self.is_scope(&id.scope) {
            return self.out.leave_out(id.text, "what it is over is not described");
        }
        let principal = match self.name_of(&of("principalId").to_lowercase()) {
            Ok(name) => name,
            Err(why) => {
                let reason = format!("who it is for can't be named: {why}");
                return self.out.leave_out(id.text, reason);
            }
        };
        let role = of("roleDefinitionId").rsplit('/').next().unwrap_or_default();
        let known = self.directory.roles.get(&role.to_lowercase());
        let name = known.and_then(|node| node.body["properties"]["roleName"].as_str());
        let is_custom = known.is_some_and(|node| node.body["properties"]["type"] == "CustomRole");
        if is_custom {
            let reason = format!("role {:?} is the tenant's own: a specification makes no roles", name.unwrap_or(role));
            return self.out.leave_out(id.text, reason);
        }
        let given = |name: &str| Some(of(name).to_owned()).filter(|text| !text.is_empty());
        self.out.people.roles.push(Role {
            principal,
            name: name.unwrap_or(role).to_owned(),
            scope: id.scope.clone(),
            condition: given("condition"),
            description: given("description"),
            id: id.text,
        });
    }

    /// Whether the text describes it: a subscription, a group, a resource, or what one holds in its body.
    fn is_scope(&self, scope: &str) -> bool {
        let mut key = arm::key(scope);
        while !self.scopes.contains(&key) {
            // What a resource holds in its body is below it; below a group or a subscription nothing is.
            let Some(id) = ResourceId::parse(&key).filter(ResourceId::is_child) else { return false };
            key = id.parent();
        }
        true
    }
}
