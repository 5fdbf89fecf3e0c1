//! ARM's reads: subscriptions, providers, groups, the inventory, LIST and GET of any type; and POST actions
//! that only read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    built_in, completion, data_plane,
    reply::{Query, Reply, encoded},
    request::Asked,
    state::State,
    world::{Reach, Slice, Stored, World},
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
            state.count("tenants");
            let tenant = world.tenant;
            Reply::ok(&json!({"value": [{
                "id": format!("/tenants/{tenant}"), "tenantId": tenant, "tenantCategory": "Home", "displayName": "Simulated",
                "countryCode": "CH", "defaultDomain": "simulated.example", "domains": ["simulated.example"], "tenantType": "AAD",
            }]}))
        }
        ["subscriptions"] => {
            state.count("subscriptions");
            let list = world.subscriptions().iter().map(|(id, name)| subscription(&world, id, name).to_string());
            page.of_texts(list.collect(), 100)
        }
        ["subscriptions", id] => {
            state.count("get");
            Reply::ok(&subscription(&world, id, &world.subscriptions()[*id]))
        }
        ["subscriptions", _, "locations"] => {
            state.count("get");
            locations(state, asked.words[1])
        }
        ["subscriptions", id, "providers"] => {
            state.count("providers");
            page.of_texts(providers(&world, id), 200)
        }
        ["subscriptions", id, "providers", namespace] => {
            state.count("providers");
            let wanted = format!("\"namespace\":\"{namespace}\"");
            let found = providers(&world, id).into_iter().find(|text| text.to_lowercase().contains(&wanted));
            found.map_or_else(
                || {
                    let text = format!("The resource namespace '{namespace}' is invalid.");
                    Reply::error(404, "InvalidResourceNamespace", &text)
                },
                |text| Reply::text(200, text),
            )
        }
        ["subscriptions", _, "resourcegroups"] => {
            state.count("groups");
            let below = format!("/{}/", asked.words.join("/"));
            let take = page.size(1_000);
            page.slice(world.list("Microsoft.Resources/resourceGroups", &below, Reach::Below, page.token(), take))
        }
        ["subscriptions", id, "resources"] => {
            state.count("inventory");
            page.inventory(&world, &format!("/subscriptions/{id}/"))
        }
        ["subscriptions", _, "resourcegroups", _, "resources"] => {
            state.count("inventory");
            page.inventory(&world, &format!("/{}/", asked.words[..4].join("/")))
        }
        ["providers", "microsoft.management", "managementgroups", rest @ ..]
            if rest.len() < 2 || rest[1] == "descendants" =>
        {
            state.count("management_groups");
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
    if let ["subscriptions", id, "providers", namespace, "register" | "unregister"] = asked.words.as_slice() {
        let body = json!({
            "id": format!("/subscriptions/{id}/providers/{namespace}"), "namespace": asked.segments[3],
            "registrationState": "Registered", "registrationPolicy": "RegistrationRequired", "resourceTypes": [],
        });
        return Reply::ok(&body);
    }
    let Some((action, target)) = asked.segments.split_last() else {
        return Reply::error(404, "NotFound", "There is nothing to post to.");
    };
    let key = arm::key(&target.join("/"));
    let Some(parsed) = arm::ResourceId::parse(&key) else {
        return Reply::error(404, "InvalidResourceType", "The resource type could not be found.");
    };
    state.count("action");
    let type_name = parsed.type_name();
    if let Some(refusal) = version_refusal(state, &world, &type_name, version) {
        return refusal;
    }
    let body = world.value(&key).or_else(|| {
        let text = built_in::default_of(state, &world, &key, &type_name)?;
        serde_json::from_str(&text).ok()
    });
    // `config/appsettings/list` is asked of sites that have no such body of their own.
    if body.is_none() && !world.contains(&arm::key(&parsed.parent())) {
        return not_found(&type_name, parsed.name());
    }
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

/// Why nothing is written: an unknown subscription, or a version that the type has not.
pub(super) fn refused_write(state: &State, asked: &Asked<'_>, version: &str) -> Option<Reply> {
    let world = state.world();
    if let Some(refusal) = unknown_subscription(&world, asked) {
        return Some(refusal);
    }
    let parsed = arm::ResourceId::parse(asked.path).filter(|id| !id.segments.is_empty())?;
    let type_name = parsed.type_name();
    // A type that nobody knows yet is learnt by the first PUT.
    world.facts(&type_name)?;
    version_refusal(state, &world, &type_name, version)
}

fn management_groups(world: &World, rest: &[&str]) -> Reply {
    let written = world.all().filter(|stored| {
        // What stands at a group is none.
        let is_group = stored.parsed.type_name().eq_ignore_ascii_case("Microsoft.Management/managementGroups");
        is_group && stored.parsed.subscription.is_none()
    });
    let all: Vec<Value> = world.management_groups.iter().cloned().chain(written.map(Stored::value)).collect();
    match rest {
        [] => Reply::ok(&json!({"value": all})),
        [name, ..] => all
            .iter()
            .find(|group| group["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
            .map_or_else(|| Reply::error(404, "NotFound", "The management group was not found."), Reply::ok),
    }
}

fn resources(state: &State, world: &World, asked: &Asked<'_>, version: &str, page: &Page<'_>) -> Reply {
    let words = asked.words.as_slice();
    let key = format!("/{}", words.join("/"));
    if let ["subscriptions", _, "resourcegroups", name] = words {
        state.count("get");
        return world.text(&key).map_or_else(
            || {
                let text = format!("Resource group '{name}' could not be found.");
                Reply::error(404, "ResourceGroupNotFound", &text)
            },
            |text| Reply::text(200, text),
        );
    }
    let Some(at) = words.iter().rposition(|word| *word == "providers").filter(|at| at + 2 < words.len()) else {
        return Reply::error(404, "InvalidResourceType", "The resource type could not be found.");
    };
    let (namespace, below) = (words[at + 1], &words[at + 2..]);
    let types: Vec<&str> = below.iter().step_by(2).copied().collect();
    let type_name = format!("{namespace}/{}", types.join("/"));
    if let [kind, _, all] = below
        && (*kind == "dnszones" && ["recordsets", "all"].contains(all) || *kind == "privatednszones" && *all == "all")
    {
        return record_sets(state, world, &key, page);
    }
    if let Some(refusal) = version_refusal(state, world, &type_name, version) {
        state.count("refused");
        return refusal;
    }
    if below.len().is_multiple_of(2) {
        state.count("get");
        let name = below.last().copied().unwrap_or_default();
        let found = world.text(&key).or_else(|| built_in::default_of(state, world, asked.path, &type_name));
        let found = found.or_else(|| built_in(state, world, asked.path, &type_name, name));
        return found.map_or_else(|| not_found(&type_name, name), |text| Reply::text(200, text));
    }
    // A list: of a top-level type below a scope, or of children below a parent.
    state.count(if below.len() == 1 { "list" } else { "children" });
    let scope = if at == 0 { String::new() } else { format!("/{}", words[..at].join("/")) };
    let take = page.size(state.settings.page_size);
    if below.len() == 1 {
        let everywhere = ["roleassignments", "locks", "policyassignments", "policyexemptions"].contains(&below[0]);
        let reach = match everywhere {
            true => Reach::Everywhere,
            false if scope.contains("/providers/") => Reach::Extending,
            false => Reach::Below,
        };
        let prefix = if scope.is_empty() { "/providers/".to_owned() } else { format!("{scope}/") };
        return page.slice(world.list(&type_name, &prefix, reach, page.token(), take));
    }
    let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
    // A location is no resource, and what stands below it has a list.
    let is_located = below.len() == 3 && below[0] == "locations";
    if !world.contains(parent) && !is_located {
        return not_found(&type_name, below[below.len() - 2]);
    }
    if let Some(text) = built_in::default_of(state, world, asked.path, &type_name) {
        return Reply::text(200, text);
    }
    page.slice(world.list(&type_name, &format!("{key}/"), Reach::Below, page.token(), take))
}

/// Records of all types in one list: `…/dnszones/{zone}/recordsets`, `…/privateDnsZones/{zone}/ALL`.
fn record_sets(state: &State, world: &World, key: &str, page: &Page<'_>) -> Reply {
    let Some(zone) = key.rsplit_once('/').map(|(zone, _)| zone).filter(|zone| world.contains(zone)) else {
        return not_found("Microsoft.Network/dnszones", key.rsplit('/').nth(1).unwrap_or_default());
    };
    state.count("children");
    let below = format!("{zone}/");
    let of_zone = world.all().filter(|stored| {
        let rest = stored.parsed.key().strip_prefix(&below).map(str::to_owned);
        rest.is_some_and(|rest| rest.matches('/').count() == 1 && !rest.starts_with("virtualnetworklinks/"))
    });
    page.of_texts(of_zone.map(|stored| stored.text.clone()).collect(), state.settings.page_size)
}

/// Roles that are built in can be read at every scope.
fn built_in(state: &State, world: &World, path: &str, type_name: &str, name: &str) -> Option<String> {
    if !type_name.eq_ignore_ascii_case("Microsoft.Authorization/roleDefinitions") {
        return None;
    }
    let ending = format!("/roledefinitions/{name}");
    let recorded = world.all().find(|stored| stored.parsed.key().ends_with(&ending)).map(|stored| stored.text.clone());
    recorded.or_else(|| state.settings.any_version.then(|| completion::role(world, path)).flatten())
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

/// Some that are known, and those of all that is served.
fn locations(state: &State, subscription: &str) -> Reply {
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
        ("centralus", "Central US"),
        ("westus", "West US"),
        ("westus3", "West US 3"),
        ("southcentralus", "South Central US"),
        ("canadacentral", "Canada Central"),
        ("uksouth", "UK South"),
        ("ukwest", "UK West"),
        ("francecentral", "France Central"),
        ("germanywestcentral", "Germany West Central"),
        ("swedencentral", "Sweden Central"),
        ("norwayeast", "Norway East"),
        ("italynorth", "Italy North"),
        ("southeastasia", "Southeast Asia"),
        ("japaneast", "Japan East"),
        ("australiaeast", "Australia East"),
    ];
    let served = state.world().everything();
    let used: std::collections::BTreeSet<&str> =
        served.iter().filter_map(|(_, body)| body["location"].as_str()).filter(|name| *name != "global").collect();
    let more = used.iter().filter(|name| !known.iter().any(|(code, _)| code == *name)).map(|name| (*name, *name));
    let all: Vec<(&str, &str)> = known.iter().copied().chain(more).collect();
    Reply::ok(&json!({"value": all.iter().map(of).collect::<Vec<_>>()}))
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
    query: &'a Query,
}

impl<'a> Page<'a> {
    fn of(state: &'a State, path: &'a str, query: &'a Query) -> Self {
        Self { state, path, query }
    }

    fn token(&self) -> Option<&str> {
        self.query.get("$skiptoken")
    }

    fn size(&self, usual: usize) -> usize {
        self.query.get("$top").and_then(|top| top.parse().ok()).unwrap_or(usual).clamp(1, 1_000)
    }

    /// A page of elements that are JSON already.
    fn of_texts(&self, texts: Vec<String>, usual: usize) -> Reply {
        let (size, from) = (self.size(usual), self.token().and_then(|token| token.parse().ok()).unwrap_or(0));
        let more = texts.len() > from + size;
        let part: Vec<String> = texts.into_iter().skip(from).take(size).collect();
        self.slice(Slice { count: part.len(), text: part.join(","), next: more.then(|| (from + size).to_string()) })
    }

    fn inventory(&self, world: &World, below: &str) -> Reply {
        let wanted = self.query.get("$filter").and_then(|filter| {
            let (_, value) = filter.split_once("resourceType eq '")?;
            value.split('\'').next()
        });
        self.slice(world.inventory(below, wanted, self.token(), self.size(1_000)))
    }

    fn slice(&self, slice: Slice) -> Reply {
        let quirks = &self.state.quirks;
        let token = self.token().unwrap_or_default();
        self.state.page_read(self.path, token);
        let link = |token: &str| {
            let name = if quirks.has("skip-token") { "$skipToken" } else { "$skiptoken" };
            json!(format!("{}{}?{}", self.state.base, encoded(self.path), self.query.with_token(name, token)))
        };
        if quirks.has("empty-page") && token.is_empty() {
            return Reply::text(200, format!("{{\"value\":[],\"nextLink\":{}}}", link("g0")));
        }
        if token == "end" {
            return Reply::text(200, "{\"value\":[]}".to_owned());
        }
        let next = match slice.next {
            Some(token) => Some(link(&token)),
            None if quirks.has("empty-last-page") => Some(link("end")),
            None if quirks.has("null-next") => Some(Value::Null),
            None if quirks.has("empty-next") => Some(json!("")),
            None => None,
        };
        let mut text = slice.text;
        text.insert_str(0, "{\"value\":[");
        text.push(']');
        if let Some(next) = next {
            text.push_str(",\"nextLink\":");
            text.push_str(&next.to_string());
        }
        text.push('}');
        Reply::text(200, text)
    }
}
