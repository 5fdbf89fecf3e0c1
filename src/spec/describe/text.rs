//! The text of a described tenant: form 2, headings and bullets, people in tables. What is on which lines is told, so that
//! an error of the text finds what it is about.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::{
    model::{Described, DirectoryGroup, Form, Group, Principal, Resource, Role, Subscription, User},
    value::{Bullets, are_plain_tags, heading, planned_text, span, text},
};
use crate::iac::types;

/// A text, and which of its lines (from 1) are whose: ids of what is described.
#[derive(Debug, Default)]
pub(in crate::spec) struct Written {
    pub text: String,
    pub lines: Vec<(Range<u32>, String)>,
}

/// Writes all of it.
pub(in crate::spec) fn write(described: &Described) -> Written {
    let mut writer = Writer { out: Written::default(), line: 1, counted: 0 };
    let name = if described.display_name.is_empty() { &described.id } else { &described.display_name };
    writer.heading(&format!("# Tenant: {} ({})", heading(name), described.id));
    for subscription in &described.subscriptions {
        writer.subscription(subscription);
    }
    writer.users(&described.people.users);
    writer.groups(&described.people.groups);
    writer.principals(&described.people.principals);
    writer.roles(&described.people.roles);
    writer.out
}

struct Writer {
    out: Written,
    /// The line that is written next.
    line: u32,
    /// How much of the text is counted.
    counted: usize,
}

impl Writer {
    fn here(&mut self) -> u32 {
        let new = self.out.text[self.counted..].bytes().filter(|byte| *byte == b'\n').count();
        self.counted = self.out.text.len();
        self.line = self.line.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
        self.line
    }

    fn heading(&mut self, text: &str) {
        if !self.out.text.is_empty() && !self.out.text.ends_with("\n\n") {
            self.out.text.push('\n');
        }
        self.out.text.extend([text, "\n\n"]);
    }

    fn owned(&mut self, id: &str, from: u32) {
        let to = self.here();
        self.out.lines.push((from..to, id.to_owned()));
    }

    fn subscription(&mut self, subscription: &Subscription) {
        let Subscription { id, name, groups } = subscription;
        match name.as_str() {
            "" => self.heading(&format!("## Subscription: {id}")),
            name => self.heading(&format!("## Subscription: {} ({id})", heading(name))),
        }
        for group in groups {
            self.group(group);
        }
    }

    fn group(&mut self, group: &Group) {
        let from = self.here();
        self.heading(&format!("### Resource Group: {} ({})", heading(&group.name), group.location));
        self.tags(&group.tags);
        self.owned(&group.id, from);
        for resource in &group.resources {
            self.resource(resource);
        }
    }

    fn tags(&mut self, tags: &Map<String, Value>) {
        if tags.is_empty() {
            return;
        }
        if !are_plain_tags(tags) {
            self.out.text.extend(["- tags: ", &span(&json!(tags)), "\n"]);
            return;
        }
        self.out.text.push_str("- tags:\n");
        for (name, value) in tags {
            let value = planned_text(value.as_str().unwrap_or_default());
            self.out.text.extend(["  - ", name, ": ", &value, "\n"]);
        }
    }

    fn resource(&mut self, resource: &Resource) {
        let from = self.here();
        self.heading(&format!("#### Resource: {} ({})", heading(&resource.name), resource.type_name));
        self.out.text.extend(["- api version: ", &resource.api_version, "\n"]);
        if let Some(scope) = &resource.scope {
            self.out.text.extend(["- scope: ", &text(scope), "\n"]);
        }
        if resource.is_bare {
            self.out.text.push_str("- defaults: none\n");
        }
        let last = resource.name.rsplit('/').next().unwrap_or_default();
        let known = types::find(&resource.type_name, &resource.api_version, last).writable();
        let shape = known.map(|known| known.shape.of(&resource.body));
        let is_plain = resource.form == Form::Spans;
        for (key, value) in &resource.body {
            if let ("tags", Value::Object(tags)) = (key.as_str(), value) {
                self.tags(tags);
                continue;
            }
            let prop = shape.as_ref().and_then(|shape| shape.prop(key)).map(|prop| prop.shape);
            Bullets { out: &mut self.out.text, is_plain }.field(key, value, prop.as_ref(), 0);
        }
        self.owned(&resource.id, from);
    }

    fn users(&mut self, users: &[User]) {
        let rows = users.iter().map(|user| {
            let mut row = vec![("Display name", text(&user.display_name)), ("UPN", text(&user.upn))];
            let flag = |is_it: bool, word: &str| if is_it { word.to_owned() } else { String::new() };
            row.push(("Enabled", flag(!user.is_enabled, "no")));
            row.push(("Guest", flag(user.is_guest, "yes")));
            row.extend(user.fields.iter().map(|(name, value)| (*name, text(value))));
            (user.id.as_str(), row)
        });
        self.table("## Users", rows.collect());
    }

    fn groups(&mut self, groups: &[DirectoryGroup]) {
        let rows = groups.iter().map(|group| {
            let kind = if group.is_microsoft365 { "microsoft365" } else { "security" };
            let row = vec![
                ("Display name", text(&group.display_name)),
                ("Kind", kind.to_owned()),
                ("Mail nickname", optional(group.mail_nickname.as_deref())),
                ("Description", optional(group.description.as_deref())),
                ("Members", names(&group.members)),
                ("Owners", names(&group.owners)),
            ];
            (group.id.as_str(), row)
        });
        self.table("## Groups", rows.collect());
    }

    fn principals(&mut self, principals: &[Principal]) {
        let rows = principals.iter().map(|principal| {
            let row = vec![
                ("Display name", text(&principal.display_name)),
                ("App id", optional(principal.app_id.as_deref())),
                ("Tags", names(&principal.tags)),
                ("Owners", names(&principal.owners)),
            ];
            (principal.id.as_str(), row)
        });
        self.table("## Service Principals", rows.collect());
    }

    fn roles(&mut self, roles: &[Role]) {
        let rows = roles.iter().map(|role| {
            let row = vec![
                ("Principal", text(&role.principal)),
                ("Role", text(&role.name)),
                ("Scope", text(&role.scope)),
                ("Condition", optional(role.condition.as_deref())),
                ("Description", optional(role.description.as_deref())),
            ];
            (role.id.as_str(), row)
        });
        self.table("## Role Assignments", rows.collect());
    }

    /// A table with the columns that some row needs.
    fn table(&mut self, title: &str, rows: Vec<(&str, Vec<(&'static str, String)>)>) {
        if rows.is_empty() {
            return;
        }
        let mut columns: Vec<&str> = Vec::new();
        for (name, cell) in rows.iter().flat_map(|(_, row)| row) {
            if !cell.is_empty() && !columns.contains(name) {
                columns.push(name);
            }
        }
        self.heading(title);
        let line = |cells: &[&str]| format!("| {} |\n", cells.join(" | "));
        self.out.text.push_str(&line(&columns));
        self.out.text.push_str(&line(&vec!["---"; columns.len()]));
        for (id, row) in rows {
            let from = self.here();
            let cell = |column: &&str| {
                row.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.as_str()).unwrap_or_default()
            };
            let cells: Vec<&str> = columns.iter().map(cell).collect();
            self.out.text.push_str(&line(&cells));
            self.owned(id, from);
        }
    }
}

fn optional(value: Option<&str>) -> String {
    value.map(text).unwrap_or_default()
}

/// Names in one cell: apart by commas, where none of them has to be quoted.
fn names(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    if names.iter().all(|name| text(name) == *name) {
        return names.join(", ");
    }
    span(&json!(names))
}
