//! ARM's reads: subscriptions, providers, groups, the inventory, LIST and GET of any type; and POST actions
//! that only read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    State, data_plane,
    reply::{Query, Reply, encoded},
    routes::{Asked, count},
    world::{Stored, World, row},
};
use crate::arm;

/// GET.
pub(super) fn answer(state: &State, asked: &Asked<'_>, version: &str) -> Reply {
    let world = state.world();
    if let Some(refusal) = unknown_subscription(&world, asked) {
        return refusal;
    }
    let page = Page::of(state, asked.path, &asked.query);
    match asked.words.as_slice() {
        ["tenants"] => {
            count(state, "tenants");
            let tenant = world.tenant;
            Reply::ok(&json!({"value": [{
                "id": format!("/tenants/{tenant}"), "tenantId": tenant, "tenantCategory": "Home", "displayName": "Simulated",
                "countryCode": "CH", "defaultDomain": "simulated.example", "domains": ["simulated.example"], "tenantType": "AAD",
            }]}))
        }
        ["subscriptions"] => {
            count(state, "subscriptions");
            let list = world.subscriptions().iter().map(|(id, name)| subscription(&world, id, name).to_string());
            page.of_texts(list.collect(), 100)
        }
        ["subscriptions", id] => {
            count(state, "get");
            Reply::ok(&subscription(&world, id, &world.subscriptions()[*id]))
        }
        ["subscriptions", _, "locations"] => {
            count(state, "get");
            locations(asked.words[1])
        }
        ["subscriptions", id, "providers"] => {
            count(state, "providers");
            page.of_texts(providers(&world, id), 200)
        }
        ["subscriptions", id, "providers", namespace] => {
            count(state, "providers");
            let wanted = format!("\"namespace\":\"{namespace}\"");
            let found = providers(&world, id).into_iter().find(|text| text.to_lowercase().contains(&wanted));
            found.map_or_else(
                || Reply::error(404, "InvalidResourceNamespace", "The resource namespace is invalid."),
                |text| Reply::text(200, text),
            )
        }
        ["subscriptions", _, "resourcegroups"] => {
            count(state, "groups");
            let below = format!("/{}/", asked.words.join("/"));
            let groups = world.of_type("Microsoft.Resources/resourceGroups", &below).map(|group| group.text.clone());
            page.of_texts(groups.collect(), 1_000)
        }
        ["subscriptions", id, "resources"] => {
            count(state, "inventory");
            page.inventory(&world, &format!("/subscriptions/{id}/"))
        }
        ["subscriptions", _, "resourcegroups", _, "resources"] => {
            count(state, "inventory");
            page.inventory(&world, &format!("/{}/", asked.words[..4].join("/")))
        }
        ["providers", "microsoft.management", "managementgroups", rest @ ..] => {
            count(state, "management_groups");
            management_groups(&world, rest)
        }
        _ => resources(state, &world, asked, version, &page),
    }
}

/// HEAD: whether it exists, 204 or 404.
pub(super) fn head(state: &State, asked: &Asked<'_>, version: &str) -> Reply {
    let read = answer(state, asked, version);
    Reply::empty(if read.status == 200 { 204 } else { read.status })
}

/// POST to something that exists, which changes nothing.
pub(super) fn action(state: &State, asked: &Asked<'_>, version: &str) -> Reply {
    let world = state.world();
    if let Some(refusal) = unknown_subscription(&world, asked) {
        return refusal;
    }
    let Some((action, target)) = asked.segments.split_last() else {
        return Reply::error(404, "NotFound", "There is nothing to post to.");
    };
    let key = arm::key(&target.join("/"));
    let Some(parsed) = arm::ResourceId::parse(&key) else {
        return Reply::error(404, "InvalidResourceType", "The resource type could not be found.");
    };
    count(state, "action");
    let type_name = parsed.type_name();
    if let Some(refusal) = version_refusal(state, &world, &type_name, version) {
        return refusal;
    }
    let found = world.get(&key);
    // `config/appsettings/list` is asked of sites that have no such body of their own.
    if found.is_none() && world.get(&arm::key(&parsed.parent())).is_none() {
        return not_found(&type_name, parsed.name());
    }
    let body = found.map(Stored::value);
    data_plane::action(&type_name, action, &key, body.as_ref()).unwrap_or_else(|| {
        let text = format!("The action '{action}' of '{type_name}' is not known to this simulator.");
        Reply::error(404, "InvalidResourceType", &text)
    })
}

fn unknown_subscription(world: &World, asked: &Asked<'_>) -> Option<Reply> {
    let ["subscriptions", id, ..] = asked.words.as_slice() else { return None };
    (!world.subscriptions().contains_key(*id)).then(|| {
        let text = format!("The subscription '{id}' could not be found.");
        Reply::error(404, "SubscriptionNotFound", &text)
    })
}

fn management_groups(world: &World, rest: &[&str]) -> Reply {
    match rest {
        [] => Reply::ok(&json!({"value": world.management_groups})),
        [name, ..] => world
            .management_groups
            .iter()
            .find(|group| group["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
            .map_or_else(|| Reply::error(404, "NotFound", "The management group was not found."), Reply::ok),
    }
}

fn resources(state: &State, world: &World, asked: &Asked<'_>, version: &str, page: &Page<'_>) -> Reply {
    let words = asked.words.as_slice();
    let key = format!("/{}", words.join("/"));
    if let ["subscriptions", _, "resourcegroups", name] = words {
        count(state, "get");
        return world.get(&key).map_or_else(
            || {
                let text = format!("Resource group '{name}' could not be found.");
                Reply::error(404, "ResourceGroupNotFound", &text)
            },
            whole,
        );
    }
    let Some(at) = words.iter().rposition(|word| *word == "providers").filter(|at| at + 2 < words.len()) else {
        return Reply::error(404, "InvalidResourceType", "The resource type could not be found.");
    };
    let (namespace, below) = (words[at + 1], &words[at + 2..]);
    let types: Vec<&str> = below.iter().step_by(2).copied().collect();
    let type_name = format!("{namespace}/{}", types.join("/"));
    if let Some(refusal) = version_refusal(state, world, &type_name, version) {
        count(state, "refused");
        return refusal;
    }
    if below.len().is_multiple_of(2) {
        count(state, "get");
        let name = below.last().copied().unwrap_or_default();
        return world.get(&key).map_or_else(|| not_found(&type_name, name), whole);
    }
    // A list: of a top-level type below a scope, or of children below a parent.
    count(state, if below.len() == 1 { "list" } else { "children" });
    let scope = format!("/{}", words[..at].join("/"));
    if below.len() == 1 {
        let everywhere = ["roleassignments", "locks", "policyassignments"].contains(&below[0]);
        let extension = !everywhere && scope.contains("/providers/");
        let prefix = format!("{scope}/");
        let list = world.of_type(&type_name, &prefix);
        let texts = list.filter(|stored| {
            let holder = arm::key(&stored.parsed.scope);
            if extension { holder == scope } else { everywhere || !holder.contains("/providers/") }
        });
        return page.of_texts(texts.map(|stored| stored.text.clone()).collect(), state.settings.page_size);
    }
    let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
    if world.get(parent).is_none() {
        return not_found(&type_name, below[below.len() - 2]);
    }
    let prefix = format!("{key}/");
    let texts = world.of_type(&type_name, &prefix).map(|stored| stored.text.clone());
    page.of_texts(texts.collect(), state.settings.page_size)
}

fn whole(stored: &Stored) -> Reply {
    Reply::text(200, stored.text.clone())
}

fn not_found(type_name: &str, name: &str) -> Reply {
    let text = format!(
        "The Resource '{type_name}/{name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    Reply::error(404, "ResourceNotFound", &text)
}

fn version_refusal(state: &State, world: &World, type_name: &str, version: &str) -> Option<Reply> {
    let Some(facts) = world.facts(type_name) else {
        let namespace = type_name.split('/').next().unwrap_or_default();
        if state.settings.any_version && world.has_namespace(namespace) {
            return None;
        }
        let text =
            format!("The resource type '{type_name}' could not be found in the namespace for api version '{version}'.");
        return Some(Reply::error(404, "InvalidResourceType", &text));
    };
    if state.settings.any_version || facts.versions.contains(version) {
        return None;
    }
    let (namespace, kind) = facts.name.split_once('/').unwrap_or((&facts.name, ""));
    let versions: Vec<&str> = facts.versions.iter().map(String::as_str).collect();
    let text = format!(
        "No registered resource provider found for location 'global' and API version '{version}' for type '{kind}' in namespace '{namespace}'. The supported api-versions are '{}'. The supported locations are ''.",
        versions.join(", ")
    );
    Some(Reply::error(400, "NoRegisteredProviderFound", &text))
}

fn subscription(world: &World, id: &str, name: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": world.tenant, "displayName": name,
        "state": "Enabled", "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

fn locations(subscription: &str) -> Reply {
    let of = |(name, shown): &(&str, &str)| {
        json!({
            "id": format!("/subscriptions/{subscription}/locations/{name}"), "name": name, "type": "Region",
            "displayName": shown, "regionalDisplayName": shown, "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        })
    };
    let known = [
        ("eastus", "East US"),
        ("eastus2", "East US 2"),
        ("westus2", "West US 2"),
        ("westeurope", "West Europe"),
        ("northeurope", "North Europe"),
        ("switzerlandnorth", "Switzerland North"),
    ];
    Reply::ok(&json!({"value": known.iter().map(of).collect::<Vec<_>>()}))
}

fn providers(world: &World, subscription: &str) -> Vec<String> {
    let mut namespaces: BTreeMap<String, (String, Vec<Value>)> = BTreeMap::new();
    for facts in world.types() {
        let Some((namespace, kind)) = facts.name.split_once('/') else { continue };
        let versions: Vec<&String> = facts.versions.iter().rev().collect();
        let capabilities = match (facts.tracked, facts.extension) {
            (true, _) => "CrossResourceGroupResourceMove, SupportsTags, SupportsLocation",
            (false, true) => "SupportsExtension",
            (false, false) => "None",
        };
        let entry = json!({"resourceType": kind, "locations": ["East US", "West Europe"], "apiVersions": versions, "capabilities": capabilities});
        let slot = namespaces.entry(namespace.to_lowercase()).or_insert_with(|| {
            let operations = json!({"resourceType": "operations", "locations": [], "apiVersions": versions, "capabilities": "None"});
            let usages = json!({"resourceType": "locations/usages", "locations": [], "apiVersions": versions, "capabilities": "None"});
            (namespace.to_owned(), vec![operations, usages])
        });
        slot.1.push(entry);
    }
    let text = |(namespace, types): (String, Vec<Value>)| {
        json!({
            "id": format!("/subscriptions/{subscription}/providers/{namespace}"), "namespace": namespace,
            "registrationState": "Registered", "registrationPolicy": "RegistrationRequired", "resourceTypes": types,
        })
        .to_string()
    };
    namespaces.into_values().map(text).collect()
}

/// Which part of a list is asked for.
struct Page<'a> {
    state: &'a State,
    path: &'a str,
    from: usize,
    top: Option<usize>,
    query: &'a Query,
}

impl<'a> Page<'a> {
    fn of(state: &'a State, path: &'a str, query: &'a Query) -> Self {
        let from = query.get("$skiptoken").and_then(|token| token.strip_prefix("at-")?.parse().ok()).unwrap_or(0);
        let top = query.get("$top").and_then(|top| top.parse().ok());
        Self { state, path, from, top, query }
    }

    /// A page of elements that are JSON already.
    fn of_texts(&self, texts: Vec<String>, size: usize) -> Reply {
        let size = self.top.unwrap_or(size).clamp(1, 1_000);
        let more = texts.len() > self.from.saturating_add(size);
        let part: Vec<String> = texts.into_iter().skip(self.from).take(size).collect();
        self.reply(&part.join(","), more.then_some(self.from + size))
    }

    fn inventory(&self, world: &World, below: &str) -> Reply {
        let size = self.top.unwrap_or(1_000).clamp(1, 1_000);
        let wanted = self.query.get("$filter").and_then(|filter| {
            let (_, value) = filter.split_once("resourceType eq '")?;
            value.split('\'').next().map(str::to_lowercase)
        });
        let rows = world.inventory(below);
        let rows = rows.filter(|stored| wanted.as_ref().is_none_or(|kind| stored.type_name().to_lowercase() == *kind));
        let mut part: Vec<String> = rows.skip(self.from).take(size + 1).map(|stored| row(stored).to_string()).collect();
        let more = part.len() > size;
        part.truncate(size);
        self.reply(&part.join(","), more.then_some(self.from + size))
    }

    fn reply(&self, elements: &str, next: Option<usize>) -> Reply {
        let text = match next {
            None => format!("{{\"value\":[{elements}]}}"),
            Some(at) => {
                let query = self.query.with_token("$skiptoken", &format!("at-{at}"));
                let link = json!(format!("{}{}?{query}", self.state.base, encoded(self.path)));
                format!("{{\"value\":[{elements}],\"nextLink\":{link}}}")
            }
        };
        Reply::text(200, text)
    }
}
