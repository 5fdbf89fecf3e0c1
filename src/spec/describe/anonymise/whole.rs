//! A whole description with other names in it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

use super::{
    bodies::{Bodies, note_names, of_key},
    names::Names,
};
use crate::{
    arm::{self, ResourceId},
    iac::types::{self, Shape},
    spec::{
        describe::{
            literals::literal_secrets,
            model::{Described, DirectoryGroup, People, Principal, Resource, Role, Secret, User},
            resources::path_of,
        },
        node::SECRET,
    },
};

/// Replaces everything that is the tenant's own. `built_in`: GUIDs of roles that every tenant has.
pub(in crate::spec) fn anonymise(described: &mut Described, seed: [u8; 32], built_in: &[Uuid]) {
    let mut names = Names::new(seed);
    for guid in built_in {
        names.keep_guid(*guid);
    }
    note(described, &mut names);
    let secrets = secrets(described, &names);
    let bodies = Bodies { names: &names, secrets: &secrets };
    let mut more = Vec::new();
    for subscription in &mut described.subscriptions {
        subscription.name = format!("Subscription {}", names.digits("subscription", &subscription.id, 6));
        subscription.id = guid(&names, &subscription.id);
        for group in &mut subscription.groups {
            group.id = names.id(&group.id);
            group.name = names.name(&group.name);
            group.tags = bodies.tags(&group.tags);
            for resource in &mut group.resources {
                let shape = shape(resource);
                resource.body = bodies.body(&resource.body, shape.as_ref());
                more.extend(lifted(resource, &names));
                resource.id = names.id(&resource.id);
                resource.scope = resource.scope.as_deref().map(|scope| names.id(scope));
                let parts: Vec<String> = resource.name.split('/').map(|part| names.name(part)).collect();
                resource.name = parts.join("/");
            }
        }
    }
    described.secrets.extend(more);
    people(&mut described.people, &names);
    described.display_name = format!("Tenant {}", names.digits("tenant", &described.id, 6));
    described.id = guid(&names, &described.id);
    for secret in &mut described.secrets {
        if let Some(new) = secrets.get(&secret.name) {
            let path = secret.path.split_once('.').map_or("", |(_, path)| path);
            let resource = new.split('.').next().unwrap_or_default();
            *secret = Secret { path: format!("{resource}.{path}"), name: new.clone() };
        }
    }
    if !described.people.users.is_empty() {
        let message =
            "names that users sign in with end in made-up domains: put one there that the target tenant has verified";
        described.warnings.push(message.to_owned());
    }
}

/// Asks for what was no secret by its value and has another now: an expression.
fn lifted(resource: &mut Resource, names: &Names) -> Vec<Secret> {
    let mut body = Value::Object(std::mem::take(&mut resource.body));
    let last = names.name(resource.name.rsplit('/').next().unwrap_or_default());
    let mut out = Vec::new();
    for pointer in literal_secrets(&body) {
        let name = format!("{last}.{}", names.digits("secret", &pointer, 8));
        if let Some(value) = body.pointer_mut(&pointer) {
            *value = Value::String(format!("{SECRET}{name}"));
            out.push(Secret { path: format!("{last}.{}", path_of(&pointer)), name });
        }
    }
    if let Value::Object(fields) = body {
        resource.body = fields;
    }
    out
}

fn guid(names: &Names, text: &str) -> String {
    Uuid::try_parse(text).map_or_else(|_| text.to_owned(), |guid| names.guid(guid).to_string())
}

fn shape(resource: &Resource) -> Option<Shape> {
    let last = resource.name.rsplit('/').next().unwrap_or_default();
    types::find(&resource.type_name, &resource.api_version, last).writable().map(|known| known.shape)
}

/// Names of all that is described come first: in texts they are what is looked for.
fn note(described: &Described, names: &mut Names) {
    for group in described.groups() {
        names.regions.insert(group.location.clone());
        for resource in &group.resources {
            let location = resource.body.get("location").and_then(Value::as_str);
            names.regions.extend(location.map(arm::location_code));
        }
    }
    names.note_words(&described.display_name);
    for user in &described.people.users {
        names.note_words(user.upn.split('@').next_back().unwrap_or_default());
    }
    for group in described.groups() {
        names.note(&group.name, "rg");
    }
    // What Azure's types are called is nobody's own.
    let kinds: HashSet<String> = described.resources().map(|resource| resource.type_name.to_lowercase()).collect();
    for resource in described.resources() {
        let Some(id) = ResourceId::parse(&resource.id) else { continue };
        let namespace = id.namespace.clone().unwrap_or_default();
        let mut type_name = namespace;
        for (kind, name) in &id.segments {
            type_name = format!("{type_name}/{kind}");
            names.note_resource(&type_name, &resource.api_version, name);
        }
    }
    for resource in described.resources() {
        let shape = shape(resource).map(|shape| shape.of(&resource.body));
        let properties = resource.body.get("properties").unwrap_or(&Value::Null);
        let shape = shape.and_then(|shape| shape.prop("properties")).map(|prop| prop.shape);
        note_names(properties, "", shape.as_ref(), names);
    }
    names.forget_words(|word| kinds.iter().any(|kind| kind.contains(word)));
}

/// New names of secrets: the new name of the resource, and the property.
fn secrets(described: &Described, names: &Names) -> HashMap<String, String> {
    let (mut out, mut taken) = (HashMap::new(), HashSet::new());
    for Secret { name, path } in &described.secrets {
        // The path begins with the resource's own name, which may hold dots.
        let resource = path.find(".properties").or_else(|| path.find(".tags")).map_or(path.as_str(), |at| &path[..at]);
        let resource = names.name(resource).replace('.', "-");
        let last = path.rsplit('.').next().unwrap_or_default();
        let field: String = last.chars().filter(char::is_ascii_alphabetic).collect();
        // The key of a tag or of a map is the tenant's own.
        let key = last.split('[').next().unwrap_or_default();
        let is_own = path.contains(".tags") || of_key(names, key) != key;
        let field = if is_own || field.is_empty() { "value" } else { &field };
        let mut new = format!("{resource}.{field}");
        let mut number = 2_u32;
        while !taken.insert(new.clone()) {
            new = format!("{resource}.{field}.{number}");
            number += 1;
        }
        out.insert(name.clone(), new);
    }
    out
}

/// Everybody is somebody else.
fn people(people: &mut People, names: &Names) {
    let mut who: HashMap<String, String> = HashMap::new();
    let called = |word: &str, old: &str| format!("{word} {}", names.digits(word, old, 8));
    for user in &people.users {
        let new =
            names.mail(&user.upn).unwrap_or_else(|| format!("u{}@d.example", names.digits("mail", &user.upn, 10)));
        who.insert(user.upn.to_lowercase(), new);
    }
    for group in &people.groups {
        who.insert(group.display_name.to_lowercase(), called("Group", &group.display_name));
    }
    for principal in &people.principals {
        who.insert(principal.display_name.to_lowercase(), called("Application", &principal.display_name));
    }
    let of = |name: &String| match who.get(&name.to_lowercase()) {
        Some(new) => new.clone(),
        None if arm::looks_like_id(name) => names.id(name),
        None => name.split('/').map(|part| names.name(part)).collect::<Vec<_>>().join("/"),
    };
    let all = |list: &[String]| {
        let mut made: Vec<String> = list.iter().map(of).collect();
        made.sort();
        made
    };
    for user in &mut people.users {
        let User { upn, display_name, fields, .. } = user;
        *display_name = called("User", upn);
        *upn = of(upn);
        fields.retain(|(field, _)| *field != "mailNickname");
        for (field, value) in fields.iter_mut().filter(|(field, _)| *field != "usageLocation") {
            *value = format!("text{}", names.digits(field, value, 8));
        }
    }
    for group in &mut people.groups {
        let DirectoryGroup { display_name, mail_nickname, description, members, owners, .. } = group;
        *display_name = of(display_name);
        *mail_nickname = mail_nickname.as_ref().map(|name| format!("g{}", names.digits("nickname", name, 10)));
        *description = description.as_ref().map(|text| names.text(text));
        (*members, *owners) = (all(members), all(owners));
    }
    for principal in &mut people.principals {
        let Principal { display_name, app_id, tags, owners, .. } = principal;
        *display_name = of(display_name);
        // Another tenant's application would name that tenant.
        *app_id = None;
        tags.retain(|tag| tag.starts_with("WindowsAzure") || tag == "HideApp");
        *owners = all(owners);
    }
    for role in &mut people.roles {
        let Role { principal, scope, condition, description, .. } = role;
        *principal = of(principal);
        *scope = names.id(scope);
        *description = description.as_ref().map(|text| names.text(text));
        *condition = condition.as_ref().map(|text| self::condition(text, names));
    }
    people.users.sort_by(|a, b| a.upn.cmp(&b.upn));
    people.groups.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    people.principals.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    people.roles.sort_by(|a, b| (&a.scope, &a.principal, &a.name).cmp(&(&b.scope, &b.principal, &b.name)));
}

/// A condition: what stands in quotes is people's, unless it is an operation.
fn condition(text: &str, names: &Names) -> String {
    let parts =
        text.split('\'').enumerate().map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { names.text(part) });
    parts.collect::<Vec<_>>().join("'")
}
