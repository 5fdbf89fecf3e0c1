//! What a stored tenant is described with, before it has a text. Data only. Bodies are as a plan has them: `secret:NAME`
//! stands for a secret, `secret::x` for the text `secret:x`.

use serde_json::{Map, Value};

/// A tenant, or what of it a specification can hold.
#[derive(Debug, Clone, Default)]
pub(in crate::spec) struct Described {
    pub id: String,
    pub display_name: String,
    pub subscriptions: Vec<Subscription>,
    pub people: People,
    /// How many resources are written in the bodies of others.
    pub nested: usize,
    pub secrets: Vec<Secret>,
    pub left_out: Vec<LeftOut>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::spec) struct Subscription {
    pub id: String,
    pub name: String,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::spec) struct Group {
    pub id: String,
    pub name: String,
    pub location: String,
    pub tags: Map<String, Value>,
    pub resources: Vec<Resource>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::spec) struct Resource {
    pub id: String,
    pub type_name: String,
    pub api_version: String,
    /// With those of its parents: `parent/child`.
    pub name: String,
    /// What it extends.
    pub scope: Option<String>,
    pub body: Map<String, Value>,
    /// How its body is to be written.
    pub form: Form,
    /// Nothing is to be filled in that its body does not say.
    pub is_bare: bool,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::spec) enum Form {
    /// As bullets, where they can hold it.
    #[default]
    Bullets,
    /// Every object and list in a code span, as JSON.
    Spans,
}

/// Users, groups, service principals, and who has which role.
#[derive(Debug, Clone, Default)]
pub(in crate::spec) struct People {
    pub users: Vec<User>,
    pub groups: Vec<DirectoryGroup>,
    pub principals: Vec<Principal>,
    pub roles: Vec<Role>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::spec) struct User {
    pub id: String,
    pub upn: String,
    pub display_name: String,
    pub is_enabled: bool,
    pub is_guest: bool,
    /// Other fields, by the names of Microsoft Graph.
    pub fields: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::spec) struct DirectoryGroup {
    pub id: String,
    pub display_name: String,
    pub is_microsoft365: bool,
    pub mail_nickname: Option<String>,
    pub description: Option<String>,
    pub members: Vec<String>,
    pub owners: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::spec) struct Principal {
    pub id: String,
    pub display_name: String,
    /// That of another tenant's application.
    pub app_id: Option<String>,
    pub tags: Vec<String>,
    pub owners: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::spec) struct Role {
    pub id: String,
    pub principal: String,
    /// The name of what is granted, or its GUID.
    pub name: String,
    pub scope: String,
    pub condition: Option<String>,
    pub description: Option<String>,
}

/// A secret that the text names.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(in crate::spec) struct Secret {
    pub name: String,
    /// Where it goes: the resource's name and the path in its body.
    pub path: String,
}

/// What the text does not describe, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(in crate::spec) struct LeftOut {
    pub id: String,
    pub reason: String,
}

impl Described {
    pub(in crate::spec) fn leave_out(&mut self, id: impl Into<String>, reason: impl Into<String>) {
        self.left_out.push(LeftOut { id: id.into(), reason: reason.into() });
    }

    pub(in crate::spec) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.subscriptions.iter().flat_map(|subscription| &subscription.groups)
    }

    pub(in crate::spec) fn groups_mut(&mut self) -> impl Iterator<Item = &mut Group> {
        self.subscriptions.iter_mut().flat_map(|subscription| &mut subscription.groups)
    }

    pub(in crate::spec) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.groups().flat_map(|group| &group.resources)
    }

    pub(in crate::spec) fn resources_mut(&mut self) -> impl Iterator<Item = &mut Resource> {
        self.groups_mut().flat_map(|group| &mut group.resources)
    }
}
