//! What role assignments grant, in names: which role, to whom. Their own names are GUIDs, which tell nobody anything.

use std::collections::HashMap;

use parking_lot::RwLock;

use super::source::Source;
use crate::{
    arm::ResourceId,
    graph::{
        GraphError,
        model::Node,
        redact::{Found, Names, secrets_in},
    },
};

const ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignments";
const DEFINITIONS: &str = "/providers/Microsoft.Authorization/roleDefinitions";

/// What an assignment grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    /// The object id of who gets it, lower case.
    pub principal: String,
    /// `user`, `group`, `serviceprincipal`; empty: Azure did not say.
    pub kind: String,
    /// What the directory calls who gets it, where the graph has it.
    pub called: Option<String>,
}

/// A role by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    /// The same in every tenant.
    pub is_built_in: bool,
}

/// Roles and names that were looked up: many assignments grant the same few to the same few.
#[derive(Debug, Default)]
pub struct Roles {
    roles: RwLock<HashMap<String, Option<Role>>>,
    called: RwLock<HashMap<String, Option<String>>>,
}

impl Roles {
    /// What a node grants; `None`: it is no assignment, or of a role that the graph does not know.
    pub fn grant(&self, source: &dyn Source, node: &Node) -> Result<Option<Grant>, GraphError> {
        if !node.type_name.eq_ignore_ascii_case(ASSIGNMENTS) {
            return Ok(None);
        }
        let text = |name: &str| node.body["properties"][name].as_str().unwrap_or_default();
        let role = self.role(source, text("roleDefinitionId"))?;
        let Some(role) = role else { return Ok(None) };
        let (principal, kind) = (text("principalId").to_lowercase(), text("principalType").to_lowercase());
        let called = self.called(source, &principal)?;
        Ok(Some(Grant { role, principal, kind, called }))
    }

    /// The directory's name of an object id.
    fn called(&self, source: &dyn Source, principal: &str) -> Result<Option<String>, GraphError> {
        if let Some(known) = self.called.read().get(principal) {
            return Ok(known.clone());
        }
        let found = if principal.is_empty() { None } else { source.node(principal)? };
        let found = found.map(|node| node.name).filter(|name| !name.is_empty() && *name != principal && is_open(name));
        self.called.write().insert(principal.to_owned(), found.clone());
        Ok(found)
    }

    fn role(&self, source: &dyn Source, id: &str) -> Result<Option<Role>, GraphError> {
        if let Some(known) = self.roles.read().get(id) {
            return Ok(known.clone());
        }
        // A built-in role has an id at every scope; the graph has it once.
        let name = id.rsplit('/').next().unwrap_or_default();
        let mut found = None;
        for id in [id, &format!("{DEFINITIONS}/{name}")] {
            if found.is_none() && !name.is_empty() {
                found = source.node(id)?.as_ref().and_then(of_definition);
            }
        }
        self.roles.write().insert(id.to_owned(), found.clone());
        Ok(found)
    }
}

/// Whether a name may be written: none that looks like a secret is.
fn is_open(name: &str) -> bool {
    matches!(secrets_in(name, &Names::default()), Found::Nothing)
}

fn of_definition(node: &Node) -> Option<Role> {
    let properties = &node.body["properties"];
    let name = properties["roleName"].as_str().filter(|name| !name.is_empty() && is_open(name))?;
    let is_built_in = properties["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("BuiltInRole"));
    Some(Role { name: name.to_owned(), is_built_in })
}

/// `AcrPull for id-aks on crcontoso`. `who` is the name of the resource whose identity gets it, where it is one's.
pub fn title(grant: &Grant, who: Option<&str>, id: &ResourceId) -> String {
    let kind = match grant.kind.as_str() {
        "serviceprincipal" => "service principal",
        "" => "somebody",
        kind => kind,
    };
    let scope = ResourceId::parse(&id.scope);
    let on = match scope.as_ref().map(|scope| (scope, scope.name())) {
        Some((scope, name)) if scope.namespace.is_some() || scope.resource_group.is_some() => name,
        Some(_) => "subscription",
        None => "tenant",
    };
    let who = who.or(grant.called.as_deref()).unwrap_or(kind);
    format!("{} for {who} on {on}", grant.role.name)
}

/// The object ids that a body says, with the name of what it is of.
pub fn names<'r>(principals: &'r [(String, &'static str)], id: &'r str) -> impl Iterator<Item = (String, String)> + 'r {
    let name = id.rsplit('/').next().unwrap_or_default();
    let is_object = |path: &str| path.ends_with(".principalId");
    principals
        .iter()
        .filter(move |(_, path)| is_object(path))
        .map(move |(guid, _)| (guid.to_lowercase(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_called_by_what_it_grants() {
        let role = Role { name: "AcrPull".to_owned(), is_built_in: true };
        let grant = Grant { role, principal: "p".to_owned(), kind: "serviceprincipal".to_owned(), called: None };
        let id = |scope: &str| {
            ResourceId::parse(&format!("{scope}/providers/Microsoft.Authorization/roleAssignments/x")).expect("an id")
        };
        let registry = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/crcontoso";
        assert_eq!(title(&grant, Some("id-aks"), &id(registry)), "AcrPull for id-aks on crcontoso");
        assert_eq!(title(&grant, None, &id("/subscriptions/s/resourceGroups/g")), "AcrPull for service principal on g");
        assert_eq!(title(&grant, None, &id("/subscriptions/s")), "AcrPull for service principal on subscription");
        let grant = Grant { called: Some("Platform team".to_owned()), ..grant };
        assert_eq!(title(&grant, None, &id("/subscriptions/s")), "AcrPull for Platform team on subscription");
    }
}
