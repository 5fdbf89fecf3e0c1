//! What people call the fields of the model, and the headings that say what comes below.

use std::{collections::HashMap, sync::LazyLock};

/// Whose fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Tenant,
    Subscription,
    Group,
    Resource,
    User,
    DirectoryGroup,
    ServicePrincipal,
    ManagedIdentity,
    RoleAssignment,
    Relationship,
    AdminUnit,
    Policy,
}

/// Each kind with its word in `fields.tsv`, and where the tenant keeps its entries.
const KINDS: [(Of, &str, &str); 12] = [
    (Of::Tenant, "tenant", ""),
    (Of::Subscription, "subscription", "subscriptions"),
    (Of::Group, "group", "resource_groups"),
    (Of::Resource, "resource", "resources"),
    (Of::User, "user", "users"),
    (Of::DirectoryGroup, "directory_group", "groups"),
    (Of::ServicePrincipal, "service_principal", "service_principals"),
    (Of::ManagedIdentity, "managed_identity", "managed_identities"),
    (Of::RoleAssignment, "role_assignment", "role_assignments"),
    (Of::Relationship, "relationship", "relationships"),
    (Of::AdminUnit, "admin_unit", "admin_units"),
    (Of::Policy, "policy", "conditional_access_policies"),
];

type Fields = HashMap<(Of, String), &'static str>;

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    let mut fields = Fields::new();
    for row in include_str!("fields.tsv").lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        let (Some(kind), Some(name), synonyms) = (cells.next(), cells.next(), cells.next().unwrap_or_default()) else {
            continue;
        };
        let Some((of, ..)) = KINDS.iter().find(|(_, word, _)| *word == kind) else { continue };
        for spelled in std::iter::once(name).chain(synonyms.split(',').filter(|word| !word.is_empty())) {
            fields.entry((*of, bare(spelled))).or_insert(name);
        }
    }
    fields
});

/// A name without case, blanks, `-` and `_`.
pub(super) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Of {
    /// The model's name of a field.
    pub(super) fn field(self, key: &str) -> Option<&'static str> {
        FIELDS.get(&(self, bare(key))).copied()
    }

    /// Where the one above keeps them.
    pub(super) fn list(self) -> &'static str {
        KINDS.iter().find(|(of, ..)| *of == self).map_or("", |(_, _, list)| list)
    }

    /// How it is called in texts for people.
    pub(super) fn called(self) -> &'static str {
        match self {
            Self::Tenant => "a tenant",
            Self::Subscription => "a subscription",
            Self::Group => "a resource group",
            Self::Resource => "a resource",
            Self::User => "a user",
            Self::DirectoryGroup => "a group",
            Self::ServicePrincipal => "a service principal",
            Self::ManagedIdentity => "a managed identity",
            Self::RoleAssignment => "a role assignment",
            Self::Relationship => "a relationship",
            Self::AdminUnit => "an administrative unit",
            Self::Policy => "a conditional access policy",
        }
    }
}

/// What a heading says: of what, and whether there are several below it.
const HEADINGS: [(Of, &[&str], &[&str]); 12] = [
    (Of::Tenant, &["tenant", "azuretenant", "directory", "organization", "organisation"], &[]),
    (Of::Subscription, &["subscription", "azuresubscription"], &["subscriptions", "azuresubscriptions"]),
    (Of::Group, &["resourcegroup", "rg"], &["resourcegroups"]),
    (Of::Resource, &["resource", "azureresource"], &["resources", "azureresources"]),
    (Of::User, &["user"], &["users", "people", "useraccounts"]),
    (Of::DirectoryGroup, &["group", "securitygroup"], &["groups", "securitygroups", "directorygroups"]),
    (
        Of::ServicePrincipal,
        &["serviceprincipal", "application", "appregistration"],
        &["serviceprincipals", "applications", "appregistrations", "apps"],
    ),
    (
        Of::ManagedIdentity,
        &["managedidentity", "userassignedidentity", "userassignedmanagedidentity"],
        &["managedidentities", "userassignedidentities", "userassignedmanagedidentities"],
    ),
    (
        Of::RoleAssignment,
        &["roleassignment"],
        &["roleassignments", "rbac", "rbacassignments", "rolebasedaccesscontrol", "roles", "accesscontrol", "access"],
    ),
    (Of::Relationship, &["relationship"], &["relationships", "relations"]),
    (Of::AdminUnit, &["administrativeunit", "adminunit"], &["administrativeunits", "adminunits"]),
    (Of::Policy, &["conditionalaccesspolicy"], &["conditionalaccesspolicies", "conditionalaccess"]),
];

/// A heading that says what comes below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heading {
    One(Of),
    Many(Of),
}

/// What a word before a colon, or a heading alone, says.
pub(super) fn heading(word: &str) -> Option<Heading> {
    let word = bare(word);
    HEADINGS.iter().find_map(|(of, one, many)| {
        if one.contains(&word.as_str()) {
            return Some(Heading::One(*of));
        }
        many.contains(&word.as_str()).then_some(Heading::Many(*of))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_any_spelling() {
        for key in ["api_version", "apiVersion", "API version", "api-version"] {
            assert_eq!(Of::Resource.field(key), Some("api_version"));
        }
        assert_eq!(Of::Group.field("Region"), Some("location"));
        assert_eq!(Of::User.field("Favourite colour"), None);
    }

    #[test]
    fn every_row_of_the_table_is_of_a_known_kind() {
        for row in include_str!("fields.tsv").lines().filter(|row| !row.starts_with('#')) {
            let kind = row.split('\t').next().unwrap_or_default();
            assert!(KINDS.iter().any(|(_, word, _)| *word == kind), "{row}");
        }
    }
}
