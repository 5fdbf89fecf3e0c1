//! From the tree to the model: users, groups, service principals, managed identities, role assignments, relationships.

use serde_json::{Map, json};

use super::{
    lists::{is_it, items},
    taken::{Taken, take},
};
use crate::{
    arm,
    spec::{
        finding::Findings,
        model::{DirectoryGroup, Group, Relationship, Resource, RoleAssignment, ServicePrincipal, Tenant, User, Word},
        node::{Key, Kind, Node},
        place::Place,
        text::named,
        words::Of,
    },
};

/// Reads all lists of the tenant that are not subscriptions.
pub(super) fn read(taken: &mut Taken, tenant: &mut Tenant, findings: &mut Findings) {
    for (of, name) in [
        (Of::User, "users"),
        (Of::DirectoryGroup, "groups"),
        (Of::ServicePrincipal, "service_principals"),
        (Of::ManagedIdentity, "managed_identities"),
        (Of::RoleAssignment, "role_assignments"),
        (Of::Relationship, "relationships"),
        (Of::AdminUnit, "admin_units"),
        (Of::Policy, "conditional_access_policies"),
    ] {
        let nodes = items(taken.node(name).map(|(_, node)| node));
        for (at, (_, node)) in nodes.into_iter().enumerate() {
            let path = format!("{name}[{at}]");
            if matches!(of, Of::AdminUnit | Of::Policy) {
                let what = if of == Of::Policy { "conditional access policies" } else { "administrative units" };
                findings.warn(node.place, format!("{what} are understood and not created: {}", shown(&node)));
                continue;
            }
            let Some(entry) = take(node, of, path, findings) else { continue };
            let prose = one(of, entry, tenant, findings);
            tenant.narrative.extend(prose);
        }
    }
}

fn shown(node: &Node) -> String {
    node.json().to_string().replace("\\u0000title", "title").chars().take(400).collect()
}

fn one(of: Of, mut entry: Taken, tenant: &mut Tenant, findings: &mut Findings) -> Vec<Word> {
    match of {
        Of::User => tenant.users.extend(user(&mut entry, findings)),
        Of::DirectoryGroup => tenant.groups.extend(directory_group(&mut entry, findings)),
        Of::ServicePrincipal => tenant.service_principals.extend(service_principal(&mut entry, findings)),
        Of::ManagedIdentity => managed_identity(&mut entry, tenant, findings),
        Of::RoleAssignment => tenant.role_assignments.extend(role_assignment(&mut entry, findings)),
        _ => tenant.relationships.extend(relationship(&mut entry, findings)),
    }
    entry.finish(findings)
}

/// The two parts of a bullet's words: `Name (other)`, `name: other`, `name - other`.
fn two_parts(entry: &Taken) -> (Option<Word>, Option<Word>) {
    let Some(title) = entry.title.first() else { return (None, None) };
    let word =
        |text: &str| Some(Word { text: text.trim().trim_matches(['<', '>', '`', '"']).to_owned(), place: title.place });
    let (name, bracket) = named(&title.text);
    if let Some(bracket) = bracket {
        return (word(&name), word(&bracket));
    }
    for mark in [": ", " - ", " – ", " — ", " <", ", "] {
        if let Some((first, second)) = title.text.split_once(mark) {
            return (word(first), word(second));
        }
    }
    (word(&title.text), None)
}

/// Fields of a user that are texts, and what Microsoft Graph calls them.
const USER_FIELDS: [(&str, &str); 11] = [
    ("job_title", "jobTitle"),
    ("department", "department"),
    ("usage_location", "usageLocation"),
    ("given_name", "givenName"),
    ("surname", "surname"),
    ("office_location", "officeLocation"),
    ("mobile_phone", "mobilePhone"),
    ("company_name", "companyName"),
    ("city", "city"),
    ("country", "country"),
    ("employee_id", "employeeId"),
];

/// Marks between a person's sign-in name and what else is said of it.
const MARKS: [char; 15] = ['<', '>', '(', ')', '[', ']', '`', '"', ',', ';', ':', '-', '–', '—', '|'];

/// A text around the sign-in name in it, wherever that is: what stands before, the name, what stands behind.
fn around_upn(text: &str) -> Option<(&str, &str, &str)> {
    let is_end = |c: char| c.is_whitespace() || "<>()[]`\",;:".contains(c);
    let upn = text.split(is_end).map(|word| word.trim_end_matches('.')).find(|word| is_upn(word))?;
    let at = text.find(upn)?;
    let is_mark = |c: char| c.is_whitespace() || MARKS.contains(&c);
    Some((text[..at].trim_matches(is_mark), upn, text[at + upn.len()..].trim_start_matches('.').trim_matches(is_mark)))
}

/// Who a user is: the sign-in name, and what it is called.
fn names_of_user(entry: &mut Taken, findings: &mut Findings) -> Option<(Word, Option<Word>)> {
    let title = entry.title.first().cloned();
    let found = title.as_ref().and_then(|title| Some((title.place, around_upn(&title.text)?)));
    let (first, second) = if let Some((place, (before, upn, behind))) = found {
        let word = |text: &str| Some(Word { text: text.to_owned(), place }).filter(|word| !word.text.is_empty());
        // What is behind a sign-in name that begins the text is what its owner is called, up to a comma.
        let (name, rest) = match before {
            "" => behind.split_once(", ").unwrap_or((behind, "")),
            before => (before, behind),
        };
        entry.narrative.extend(word(rest));
        (word(name), word(upn))
    } else {
        let (name, rest) = two_parts(entry);
        entry.narrative.extend(rest);
        (name, None)
    };
    let upn = entry.word("upn", findings).or(second);
    let name = entry.word("display_name", findings).or(first);
    let (upn, name) = match (upn, name) {
        (None, Some(name)) if is_upn(&name.text) => (Some(name), None),
        pair => pair,
    };
    let Some(upn) = upn.filter(|upn| is_upn(&upn.text)) else {
        findings.error(entry.at("upn"), entry.place, "expected the user's sign-in name, such as alice@contoso.com");
        return None;
    };
    Some((upn, name))
}

fn user(entry: &mut Taken, findings: &mut Findings) -> Option<User> {
    let (upn, name) = names_of_user(entry, findings)?;
    let mut defaults = Vec::new();
    let local = upn.text.split('@').next().unwrap_or_default().to_owned();
    let display_name = name.map_or_else(
        || {
            defaults.push("displayName".to_owned());
            local.clone()
        },
        |word| word.text,
    );
    let user_type = entry.word("user_type", findings).is_some_and(|word| word.text.eq_ignore_ascii_case("guest"));
    let guest = entry.flag("guest", findings).unwrap_or(false) || user_type;
    let mut fields = Map::new();
    for (field, wire) in USER_FIELDS {
        if let Some(word) = entry.word(field, findings) {
            fields.insert(wire.to_owned(), json!(word.text));
        }
    }
    let enabled = entry.flag("enabled", findings).unwrap_or_else(|| {
        defaults.push("accountEnabled".to_owned());
        true
    });
    fields.insert("accountEnabled".to_owned(), json!(enabled));
    let nickname = entry.word("mail_nickname", findings).map_or_else(
        || {
            defaults.push("mailNickname".to_owned());
            plain_nickname(&local)
        },
        |word| word.text,
    );
    fields.insert("mailNickname".to_owned(), json!(nickname));
    fields.insert("displayName".to_owned(), json!(display_name));
    fields.insert("userPrincipalName".to_owned(), json!(upn.text));
    let groups = entry.words("groups", findings);
    Some(User {
        place: entry.place,
        path: entry.path.clone(),
        upn: upn.text,
        display_name,
        guest,
        fields,
        defaults,
        groups,
    })
}

fn is_upn(text: &str) -> bool {
    let mut parts = text.split('@');
    matches!((parts.next(), parts.next(), parts.next()), (Some(name), Some(domain), None)
        if !name.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace) && !domain.starts_with('.') && !domain.ends_with('.'))
}

fn plain_nickname(text: &str) -> String {
    let plain: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).take(64).collect();
    if plain.is_empty() { "group".to_owned() } else { plain }
}

/// Which kind a group is: security, where the text is silent.
fn is_microsoft365(entry: &mut Taken, defaults: &mut Vec<String>, findings: &mut Findings) -> bool {
    let kind = entry.word("kind", findings).map(|word| (super::super::words::bare(&word.text), word.place));
    match kind.as_ref().map(|(kind, _)| kind.as_str()) {
        None => {
            defaults.push("securityEnabled".to_owned());
            false
        }
        Some("security" | "securitygroup") => false,
        Some("microsoft365" | "m365" | "office365" | "unified" | "microsoft365group") => true,
        Some(_) => {
            let place = kind.as_ref().map_or(entry.place, |(_, place)| *place);
            findings.error(entry.at("kind"), place, "expected security or microsoft365");
            false
        }
    }
}

fn directory_group(entry: &mut Taken, findings: &mut Findings) -> Option<DirectoryGroup> {
    let (first, second) = two_parts(entry);
    let name = entry.word("display_name", findings).or(first);
    let Some(name) = name.filter(|name| !name.text.is_empty()) else {
        findings.error(entry.at("display_name"), entry.place, "expected the group's name");
        return None;
    };
    let mut members = entry.words("members", findings);
    // `Admins: alice@contoso.com, bob@contoso.com`
    if let Some(rest) = second {
        let words: Vec<&str> = rest
            .text
            .split(',')
            .map(|part| part.trim().trim_start_matches("members").trim_start_matches([':', ' ']))
            .collect();
        if words.iter().all(|word| is_upn(word)) {
            members.extend(words.into_iter().map(|word| Word { text: word.to_owned(), place: rest.place }));
        } else {
            entry.narrative.push(rest);
        }
    }
    let mut defaults = Vec::new();
    let is_365 = is_microsoft365(entry, &mut defaults, findings);
    let mut fields = Map::new();
    fields.insert("displayName".to_owned(), json!(name.text));
    fields.insert("mailEnabled".to_owned(), json!(is_365));
    fields.insert("securityEnabled".to_owned(), json!(!is_365));
    if is_365 {
        fields.insert("groupTypes".to_owned(), json!(["Unified"]));
    }
    let nickname = entry.word("mail_nickname", findings).map_or_else(
        || {
            defaults.push("mailNickname".to_owned());
            plain_nickname(&name.text)
        },
        |word| word.text,
    );
    fields.insert("mailNickname".to_owned(), json!(nickname));
    if let Some(word) = entry.word("description", findings) {
        fields.insert("description".to_owned(), json!(word.text));
    }
    let owners = entry.words("owners", findings);
    Some(DirectoryGroup {
        place: entry.place,
        path: entry.path.clone(),
        display_name: name.text,
        fields,
        defaults,
        members,
        owners,
    })
}

fn service_principal(entry: &mut Taken, findings: &mut Findings) -> Option<ServicePrincipal> {
    let (first, second) = two_parts(entry);
    let app_id = entry.word("app_id", findings);
    let app_id = app_id.or_else(|| second.clone().filter(|word| uuid::Uuid::try_parse(&word.text).is_ok()));
    if let Some(word) = &app_id
        && uuid::Uuid::try_parse(&word.text).is_err()
    {
        findings.error(entry.at("app_id"), word.place, "expected the application's id, a UUID");
    }
    if let Some(rest) = second.filter(|word| uuid::Uuid::try_parse(&word.text).is_err()) {
        entry.narrative.push(rest);
    }
    if let Some((key, node)) = entry.node("permissions") {
        findings.warn(
            key.place,
            format!("permissions grant nothing here; an administrator consents to them: {}", node.json()),
        );
    }
    let name = entry.word("display_name", findings).or(first);
    let Some(name) = name.filter(|name| !name.text.is_empty()) else {
        findings.error(entry.at("display_name"), entry.place, "expected the service principal's name");
        return None;
    };
    let tags = entry.words("tags", findings).into_iter().map(|word| word.text).collect();
    let owners = entry.words("owners", findings);
    Some(ServicePrincipal {
        place: entry.place,
        path: entry.path.clone(),
        display_name: name.text,
        app_id: app_id.map(|word| word.text.to_lowercase()),
        tags,
        owners,
    })
}

/// A managed identity is a resource like any other.
fn managed_identity(entry: &mut Taken, tenant: &mut Tenant, findings: &mut Findings) {
    let (first, second) = two_parts(entry);
    let name = entry.word("name", findings).or(first);
    let Some(name) = name.filter(|name| !name.text.is_empty()) else {
        return findings.error(entry.at("name"), entry.place, "expected the identity's name");
    };
    let group = entry.word("resource_group", findings).or(second);
    let subscription = entry.word("subscription", findings);
    let mut fields: Vec<(Key, Node)> = Vec::new();
    for field in ["location", "tags"] {
        fields.extend(entry.node(field).map(|(key, node)| (Key::new(field, key.place), node)));
    }
    let place = entry.place;
    let Some(home) = home_of(tenant, group.as_ref(), subscription.as_ref()) else {
        let message = match &group {
            Some(group) => format!("the text has no resource group {:?}", group.text),
            None => "expected the identity's resource group: the text has not just one".to_owned(),
        };
        return findings.error(entry.at("resource_group"), group.map_or(place, |group| group.place), message);
    };
    home.resources.push(Resource {
        place,
        path: entry.path.clone(),
        name: name.text,
        type_name: "Microsoft.ManagedIdentity/userAssignedIdentities".to_owned(),
        api_version: None,
        scope: None,
        depends_on: Vec::new(),
        is_bare: false,
        fields,
    });
}

fn home_of<'t>(tenant: &'t mut Tenant, group: Option<&Word>, subscription: Option<&Word>) -> Option<&'t mut Group> {
    let subscriptions = tenant.subscriptions.iter_mut();
    let wanted = subscriptions.filter(|known| subscription.is_none_or(|word| is_it(known, &word.text)));
    let mut groups: Vec<&mut Group> = wanted.flat_map(|known| known.groups.iter_mut()).collect();
    match group {
        Some(word) => {
            let name = word.text.rsplit('/').next().unwrap_or_default().to_lowercase();
            groups.into_iter().find(|group| group.name.to_lowercase() == name)
        }
        None if groups.len() == 1 => groups.pop(),
        None => None,
    }
}

fn role_assignment(entry: &mut Taken, findings: &mut Findings) -> Option<RoleAssignment> {
    let title = entry.title.first().cloned();
    let (mut principal, mut role, mut scope) =
        (entry.word("principal", findings), entry.word("role", findings), entry.word("scope", findings));
    if let Some(title) = title {
        match sentence(&title.text) {
            Some((who, what, at)) => {
                let word = |text: String| Word { text, place: title.place };
                principal = principal.or_else(|| Some(word(who)));
                role = role.or_else(|| Some(word(what)));
                scope = scope.or_else(|| at.map(word));
            }
            None if principal.is_none() => principal = Some(title),
            None if role.is_none() => role = Some(title),
            None => {}
        }
    }
    let missing = |name: &str, wanted: &str, findings: &mut Findings, entry: &Taken| {
        findings.error(entry.at(name), entry.place, format!("expected {wanted}: who has which role where"));
    };
    let principal_type = entry.word("principal_type", findings).map(|word| word.text);
    let condition = entry.word("condition", findings).map(|word| word.text);
    let description = entry.word("description", findings).map(|word| word.text);
    match (principal, role) {
        (Some(principal), Some(role)) => Some(RoleAssignment {
            place: entry.place,
            path: entry.path.clone(),
            principal,
            principal_type,
            role,
            scope,
            condition,
            description,
        }),
        (principal, _) => {
            let (name, wanted) = if principal.is_some() { ("role", "a role") } else { ("principal", "a principal") };
            missing(name, wanted, findings, entry);
            None
        }
    }
}

/// `Alice has the role Contributor on rg-app`, `Alice: Contributor on rg-app`, `Contributor for Alice on rg-app`.
fn sentence(text: &str) -> Option<(String, String, Option<String>)> {
    let text = text.trim().trim_end_matches('.');
    let split = |text: &str, marks: &[&str]| {
        let lower = text.to_lowercase();
        if lower.len() != text.len() {
            return None;
        }
        let found = marks.iter().filter_map(|mark| lower.find(mark).map(|at| (at, mark.len()))).min();
        found.map(|(at, length)| (text[..at].trim().to_owned(), text[at + length..].trim().to_owned()))
    };
    let scoped = |role: String| match split(&role, &[" on ", " at ", " @ ", " in ", " over ", " → ", " -> "]) {
        Some((role, scope)) => (role, Some(strip_words(&scope))),
        None => (role, None),
    };
    if let Some((who, rest)) =
        split(text, &[" has ", " gets ", " is granted ", " is ", ": ", " → ", " -> ", " - ", " – ", " — "])
    {
        let (role, scope) = scoped(rest);
        return Some((who, strip_words(&role), scope));
    }
    let (role, rest) = split(text, &[" for ", " to "])?;
    let (who, scope) = scoped(rest);
    Some((who, strip_words(&role), scope))
}

/// Without the words around a name: `the role Contributor`, `resource group rg-app`.
fn strip_words(text: &str) -> String {
    let mut text = text.trim().trim_matches(['"', '`']);
    for word in ["the ", "a ", "an ", "role ", "role of ", "the role ", "resource group ", "subscription ", "resource "]
    {
        let start = text.get(..word.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            text = text[word.len()..].trim();
        }
    }
    let lower = text.to_lowercase();
    text[..text.len() - if lower.ends_with(" role") { 5 } else { 0 }].trim().trim_matches(['"', '`']).to_owned()
}

fn relationship(entry: &mut Taken, findings: &mut Findings) -> Option<Relationship> {
    let title = entry.title.first().cloned();
    let (mut source, mut target) = (entry.word("source", findings), entry.word("target", findings));
    let mut kind = entry.word("kind", findings).map(|word| word.text);
    if let Some(title) = title {
        // `a -[USES]-> b`, `a USES b`, `a -> b`
        let words: Vec<&str> = title
            .text
            .split_whitespace()
            .map(|word| word.trim_matches(['-', '>', '[', ']', '→', '`']))
            .filter(|word| !word.is_empty())
            .collect();
        let word = |text: &str| Some(Word { text: text.to_owned(), place: title.place });
        match words.as_slice() {
            [from, to] => (source, target) = (word(from), word(to)),
            [from, what, to] => {
                (source, target) = (word(from), word(to));
                kind = Some((*what).to_owned());
            }
            _ => {}
        }
    }
    let (Some(source), Some(target)) = (source, target) else {
        findings.error(entry.at("source"), entry.place, "expected a source and a target of the relationship");
        return None;
    };
    let kind = kind.unwrap_or_else(|| "DEPENDS_ON".to_owned()).to_uppercase().replace([' ', '-'], "_");
    Some(Relationship { place: entry.place, path: entry.path.clone(), source, target, kind })
}

/// A location's code, where a place is needed for it.
pub(in crate::spec) fn location(node: &Node) -> Option<(String, Place)> {
    match &node.value {
        Kind::Text { text, .. } => Some((arm::location_code(text), node.place)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_name_is_found_wherever_it_stands() {
        for (text, expected) in [
            ("Ada Lovelace (ada@contoso.com), Head of Engineering", ("Ada Lovelace", "Head of Engineering")),
            ("Grace Hopper <grace@contoso.com>", ("Grace Hopper", "")),
            ("`ada@contoso.com` - Ada Lovelace", ("", "Ada Lovelace")),
            ("Ada Lovelace: ada@contoso.com", ("Ada Lovelace", "")),
            ("Ada - ada@contoso.com - Engineering.", ("Ada", "Engineering.")),
            ("ada@contoso.com.", ("", "")),
        ] {
            let (before, upn, behind) = around_upn(text).expect("a name");
            assert!(upn.ends_with("@contoso.com"), "{text}: {upn}");
            assert_eq!((before, behind), expected, "{text}");
        }
        assert_eq!(around_upn("Ada Lovelace at contoso.com"), None);
    }

    #[test]
    fn sentences_say_who_has_which_role_where() {
        let expected = Some(("Alice".to_owned(), "Contributor".to_owned(), Some("rg-app".to_owned())));
        for text in [
            "Alice has Contributor on rg-app",
            "Alice has the Contributor role on resource group rg-app.",
            "Alice: Contributor on rg-app",
            "Contributor for Alice on rg-app",
            "Alice -> Contributor @ rg-app",
        ] {
            assert_eq!(sentence(text), expected, "{text}");
        }
    }
}
