//! Users, groups, service principals, who is in which group, and who has which role where.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::{
    item::{Item, StepKind},
    references::{Found, Names},
    target::{Home, Rewrites},
};
use crate::spec::{
    finding::Findings,
    model::{RoleAssignment, Tenant, Word},
    place::Place,
    read::is_it,
    words::bare,
};

const DIRECTORY: &str = "/";

/// Items of the directory, and who in them can be named.
pub(in crate::spec) struct People {
    by_name: HashMap<String, Vec<usize>>,
}

impl People {
    fn add(&mut self, name: &str, number: usize) {
        let entry = self.by_name.entry(name.trim().to_lowercase()).or_default();
        if !entry.contains(&number) {
            entry.push(number);
        }
    }

    fn find(&self, name: &str) -> &[usize] {
        let name = name.trim().to_lowercase();
        let bracket =
            name.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map(|(_, inner)| inner.trim().to_owned());
        let found = self.by_name.get(&name).or_else(|| self.by_name.get(&bracket?));
        // `group Admins`, `user alice@contoso.com`
        let found = found.or_else(|| {
            let (word, rest) = name.split_once([' ', ':', '/'])?;
            let is_word = matches!(word, "user" | "group" | "app" | "identity" | "principal" | "serviceprincipal");
            self.by_name.get(rest.trim()).filter(|_| is_word)
        });
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

struct Adder<'a> {
    items: &'a mut Vec<Item>,
    people: People,
    rewrites: &'a Rewrites,
    findings: &'a mut Findings,
}

/// Adds everybody, then what joins them.
pub(in crate::spec) fn add(
    tenant: &Tenant,
    items: &mut Vec<Item>,
    names: &Names,
    (homes, rewrites): (&[Home], &Rewrites),
    findings: &mut Findings,
) {
    let people = People { by_name: HashMap::new() };
    let mut adder = Adder { items, people, rewrites, findings };
    for number in 0..adder.items.len() {
        adder.identity_of(number);
    }
    adder.users(tenant);
    adder.groups(tenant);
    adder.service_principals(tenant);
    adder.memberships(tenant);
    adder.relationships(tenant, names);
    for assignment in &tenant.role_assignments {
        adder.role(assignment, tenant, names, homes);
    }
}

impl Adder<'_> {
    /// A managed identity, or a resource with an identity of its own, can have roles.
    fn identity_of(&mut self, number: usize) {
        let item = &self.items[number];
        let is_identity = item.type_name.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities");
        let has_own = item.body.get("identity").is_some_and(|identity| {
            identity["type"].as_str().is_some_and(|kind| kind.to_lowercase().contains("systemassigned"))
        });
        if is_identity || has_own {
            let (name, id) = (item.name.clone(), item.id.clone());
            self.people.add(&name, number);
            self.people.add(&id, number);
        }
    }

    fn push(
        &mut self,
        kind: StepKind,
        key: String,
        what: (&str, &str),
        at: (Place, &str),
        body: Map<String, Value>,
    ) -> Option<usize> {
        let id = key.to_lowercase();
        if let Some(known) = self.items.iter().find(|item| item.id == id && item.kind == kind) {
            if !matches!(kind, StepKind::Membership) {
                let message = format!("{:?} stands twice: the first is at line {}", what.1, known.place.line);
                self.findings.error(at.1, at.0, message);
            }
            return None;
        }
        self.items.push(Item {
            kind,
            place: at.0,
            path: at.1.to_owned(),
            id,
            type_name: what.0.to_owned(),
            api_version: String::new(),
            name: what.1.to_owned(),
            scope: DIRECTORY.to_owned(),
            body,
            defaults: Vec::new(),
            places: BTreeMap::new(),
            mentions: Vec::new(),
            depends_on: Vec::new(),
            needs: BTreeSet::new(),
            home: String::new(),
        });
        Some(self.items.len() - 1)
    }

    fn users(&mut self, tenant: &Tenant) {
        for user in &tenant.users {
            let mut body = user.fields.clone();
            if user.guest {
                body.insert("userType".to_owned(), json!("Guest"));
            }
            let kind = "Microsoft.Graph/users";
            let pushed = self.push(
                StepKind::User,
                format!("user:{}", user.upn),
                (kind, &user.upn),
                (user.place, &user.path),
                body,
            );
            if let Some(number) = pushed {
                self.items[number].defaults.clone_from(&user.defaults);
                self.people.add(&user.upn, number);
                self.people.add(&user.display_name, number);
            }
        }
    }

    fn groups(&mut self, tenant: &Tenant) {
        for group in &tenant.groups {
            let kind = "Microsoft.Graph/groups";
            let key = format!("group:{}", group.display_name);
            let pushed = self.push(
                StepKind::Group,
                key,
                (kind, &group.display_name),
                (group.place, &group.path),
                group.fields.clone(),
            );
            if let Some(number) = pushed {
                self.items[number].defaults.clone_from(&group.defaults);
                self.people.add(&group.display_name, number);
            }
        }
    }

    fn service_principals(&mut self, tenant: &Tenant) {
        for principal in &tenant.service_principals {
            let mut body = Map::new();
            body.insert("displayName".to_owned(), json!(principal.display_name));
            if let Some(id) = &principal.app_id {
                body.insert("appId".to_owned(), json!(id));
            }
            if !principal.tags.is_empty() {
                body.insert("tags".to_owned(), json!(principal.tags));
            }
            let key = format!("principal:{}", principal.display_name);
            let kind = "Microsoft.Graph/servicePrincipals";
            let pushed = self.push(
                StepKind::ServicePrincipal,
                key,
                (kind, &principal.display_name),
                (principal.place, &principal.path),
                body,
            );
            if let Some(number) = pushed {
                self.people.add(&principal.display_name, number);
                if let Some(id) = &principal.app_id {
                    self.people.add(id, number);
                }
            }
        }
    }

    fn memberships(&mut self, tenant: &Tenant) {
        for group in &tenant.groups {
            let name = Word { text: group.display_name.clone(), place: group.place };
            for member in &group.members {
                self.membership(&name, member, "members", &group.path);
            }
            for owner in &group.owners {
                self.membership(&name, owner, "owners", &group.path);
            }
        }
        for user in &tenant.users {
            let member = Word { text: user.upn.clone(), place: user.place };
            for group in &user.groups {
                self.membership(group, &member, "members", &user.path);
            }
        }
        for principal in &tenant.service_principals {
            let name = Word { text: principal.display_name.clone(), place: principal.place };
            for owner in &principal.owners {
                self.membership(&name, owner, "owners", &principal.path);
            }
        }
    }

    fn membership(&mut self, group: &Word, member: &Word, relation: &str, path: &str) {
        let whole = self.one(group, &format!("{path}.groups"));
        let part = self.one(member, &format!("{path}.{relation}"));
        let told = |found: Option<usize>, word: &Word, items: &[Item]| {
            found.map_or_else(|| word.text.clone(), |number| items[number].name.clone())
        };
        let (group_name, member_name) = (told(whole, group, self.items), told(part, member, self.items));
        let mut body = Map::new();
        body.insert("group".to_owned(), json!(group_name));
        body.insert("member".to_owned(), json!(member_name));
        body.insert("relation".to_owned(), json!(relation));
        let (key, name) = (format!("{relation}:{group_name}:{member_name}"), format!("{group_name} ← {member_name}"));
        let place = if member.place.line > 0 { member.place } else { group.place };
        if let Some(number) =
            self.push(StepKind::Membership, key, ("Microsoft.Graph/groups/members", &name), (place, path), body)
        {
            self.items[number].needs.extend(whole.into_iter().chain(part));
        }
    }

    /// The only one that a name means; none: the job looks it up.
    fn one(&mut self, word: &Word, path: &str) -> Option<usize> {
        // An identity may be named by the id that the text gives it.
        let text = self.rewrites.text(&word.text);
        match self.people.find(text.as_deref().unwrap_or(&word.text)) {
            [] => None,
            [only] => Some(*only),
            found => {
                let shown: Vec<String> = found
                    .iter()
                    .take(3)
                    .map(|number| format!("{} (line {})", self.items[*number].name, self.items[*number].place.line))
                    .collect();
                self.findings.error(
                    path,
                    word.place,
                    format!("{:?} is the name of several: {}", word.text, shown.join(", ")),
                );
                None
            }
        }
    }

    /// What relationships make, or order.
    fn relationships(&mut self, tenant: &Tenant, names: &Names) {
        for relation in &tenant.relationships {
            match relation.kind.as_str() {
                "MEMBER_OF" => self.membership(&relation.target, &relation.source, "members", &relation.path),
                "OWNS" => self.membership(&relation.target, &relation.source, "owners", &relation.path),
                // What a role is over is told by an assignment.
                "HAS_ROLE" => self.findings.warn(
                    relation.place,
                    format!("{:?} has a role: write it below Role Assignments, with its scope", relation.source.text),
                ),
                _ => {
                    let mut ends =
                        [&relation.source, &relation.target].map(|word| match names.find(&word.text, "", "") {
                            Found::One { item, .. } => Some(item),
                            _ => names.item_of(&word.text).or_else(|| self.people.find(&word.text).first().copied()),
                        });
                    // What contains another comes first; of all others the target does.
                    if matches!(relation.kind.as_str(), "CONTAINS" | "HOSTS") {
                        ends.reverse();
                    }
                    match ends {
                        [Some(source), Some(target)] if source != target => {
                            self.items[source].needs.insert(target);
                        }
                        [Some(_), Some(_)] => {}
                        _ => self.findings.warn(
                            relation.place,
                            format!(
                                "{} {} {} orders no step: the text does not describe both ends",
                                relation.source.text, relation.kind, relation.target.text
                            ),
                        ),
                    }
                }
            }
        }
    }

    fn role(&mut self, assignment: &RoleAssignment, tenant: &Tenant, names: &Names, homes: &[Home]) {
        let principal = self.one(&assignment.principal, &format!("{}.principal", assignment.path));
        let scope = self.scope(assignment, tenant, names, homes);
        let Some((scope, over)) = scope else { return };
        let who = principal.map_or_else(|| assignment.principal.text.clone(), |number| self.items[number].name.clone());
        let role = assignment
            .role
            .text
            .rsplit('/')
            .next()
            .filter(|_| assignment.role.text.starts_with('/'))
            .unwrap_or(&assignment.role.text);
        let mut body = Map::new();
        body.insert("principal".to_owned(), json!(who));
        body.insert("role".to_owned(), json!(role));
        for (name, value) in [
            ("principalType", &assignment.principal_type),
            ("condition", &assignment.condition),
            ("description", &assignment.description),
        ] {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        if assignment.condition.is_some() {
            body.insert("conditionVersion".to_owned(), json!("2.0"));
        }
        let key = format!("role:{scope}:{who}:{role}");
        let name = format!("{who}: {role}");
        let kind = "Microsoft.Authorization/roleAssignments";
        let pushed =
            self.push(StepKind::RoleAssignment, key, (kind, &name), (assignment.place, &assignment.path), body);
        if let Some(number) = pushed {
            let item = &mut self.items[number];
            item.scope = scope;
            item.needs.extend(principal.into_iter().chain(over));
        }
    }

    /// The id of a scope, and the item that it is.
    fn scope(
        &mut self,
        assignment: &RoleAssignment,
        tenant: &Tenant,
        names: &Names,
        homes: &[Home],
    ) -> Option<(String, Option<usize>)> {
        let path = format!("{}.scope", assignment.path);
        let only = || match homes {
            [only] => Some((format!("/subscriptions/{}", only.id), None)),
            _ => None,
        };
        let Some(word) = &assignment.scope else {
            let found = only();
            if found.is_none() {
                self.findings.error(
                    path,
                    assignment.place,
                    "expected the scope of this role: a resource group, a resource or a subscription",
                );
            }
            return found;
        };
        let text = word.text.trim();
        if text.starts_with('/') {
            let id = self.rewrites.text(text).unwrap_or_else(|| text.to_owned());
            let item = names.item_of(&id);
            return Some((id, item));
        }
        if let Some((number, _)) = tenant.subscriptions.iter().enumerate().find(|(_, known)| is_it(known, text)) {
            return Some((format!("/subscriptions/{}", homes[number].id), None));
        }
        if uuid::Uuid::try_parse(text).is_ok() {
            return Some((
                format!("/subscriptions/{}", self.rewrites.text(text).unwrap_or_else(|| text.to_lowercase())),
                None,
            ));
        }
        match names.find(text, "", "resourceGroups") {
            Found::One { id, item } => Some((id, Some(item))),
            Found::Several(which) => {
                let message = format!("{text:?} is the name of several: {which}; write type/name or an id");
                self.findings.error(path, word.place, message);
                None
            }
            Found::None => self.unknown_scope(text, (word.place, path), homes),
        }
    }

    /// A scope that the text does not describe: a subscription, the tenant, or a resource group that is there already.
    fn unknown_scope(
        &mut self,
        text: &str,
        (place, path): (Place, String),
        homes: &[Home],
    ) -> Option<(String, Option<usize>)> {
        let (is_subscription, is_tenant) = match bare(text).as_str() {
            "subscription" | "thesubscription" => (true, false),
            "tenant" | "root" | "tenantroot" => (false, true),
            _ => (false, false),
        };
        if is_tenant {
            return Some((DIRECTORY.to_owned(), None));
        }
        let [home] = homes else {
            let message = format!("{text:?} is nothing that the text describes: expected an id, or a name in it");
            self.findings.error(path, place, message);
            return None;
        };
        let group = if is_subscription { String::new() } else { format!("/resourceGroups/{text}") };
        Some((format!("/subscriptions/{}{group}", home.id), None))
    }
}
