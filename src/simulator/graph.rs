//! Microsoft Graph `v1.0`: the collections of the directory, their relations, batches; and a little writing.
//!
//! Pages of 100 (`$top` up to 999) with `@odata.nextLink` and `$skiptoken`; `$select`; `$filter` with `eq`, `in`,
//! `startswith` joined by `and`/`or` (one of the two); `$count`; `getByIds`; `$batch` of at most 20. What else is asked of
//! `$filter` is refused as an unsupported query. No buckets: Graph's are not documented by number for all.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    reply::{Query, Reply, encoded},
    state::State,
    world::World,
};

const COLLECTIONS: [(&str, &str); 4] = [
    ("users", "#microsoft.graph.user"),
    ("groups", "#microsoft.graph.group"),
    ("servicePrincipals", "#microsoft.graph.servicePrincipal"),
    ("applications", "#microsoft.graph.application"),
];
const BATCH: usize = 20;

/// `/v1.0/…`; `segments` without the version.
pub(super) fn answer(state: &State, method: &str, segments: &[&str], query: &Query, body: &[u8]) -> Reply {
    let parsed = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    match (method, segments) {
        ("POST", ["$batch"]) => batch(state, &parsed()),
        ("POST", ["directoryObjects", "getByIds"]) => by_ids(state, &parsed()),
        ("GET", ["organization"]) => {
            let tenant = state.settings.tenant_id;
            let first = json!({"name": "simulated.example", "isDefault": true, "isInitial": true});
            let users = entries(state, "users").unwrap_or_default();
            let names = users.iter().filter_map(|user| user["userPrincipalName"].as_str()?.rsplit_once('@'));
            let used: std::collections::BTreeSet<&str> = names.map(|(_, domain)| domain).collect();
            let more = used.into_iter().filter(|domain| *domain != "simulated.example");
            let more = more.map(|domain| json!({"name": domain, "isDefault": false, "isInitial": false}));
            let domains: Vec<Value> = std::iter::once(first).chain(more).collect();
            Reply::ok(&json!({"value": [{"id": tenant, "displayName": "Simulated", "verifiedDomains": domains}]}))
        }
        ("GET", ["directoryObjects", id]) => match object(state, id) {
            Some((kind, entry)) => Reply::ok(&shown(&entry, Some(kind), query)),
            None => missing(id),
        },
        ("GET", [collection]) => match entries(state, collection) {
            Some(list) => page(
                state,
                &format!("/v1.0/{collection}"),
                list.iter().map(|entry| (None, entry.clone())).collect(),
                query,
            ),
            None => page(state, &format!("/v1.0/{collection}"), Vec::new(), query),
        },
        ("GET", [collection, "$count"]) => {
            Reply::text(200, entries(state, collection).map_or(0, |list| list.len()).to_string())
                .with("content-type", "text/plain")
        }
        ("GET", [collection, id]) => match one(state, collection, id) {
            Some(entry) => Reply::ok(&shown(&entry, None, query)),
            None => missing(id),
        },
        ("GET", [collection, id, relation]) => match one(state, collection, id) {
            Some(entry) => {
                page(state, &format!("/v1.0/{collection}/{id}/{relation}"), related(state, &entry, relation), query)
            }
            None => missing(id),
        },
        _ => write(state, method, segments, &parsed()),
    }
}

/// `users(appId='…')` and `servicePrincipals(appId='…')` are keys, too.
fn one(state: &State, collection: &str, id: &str) -> Option<Value> {
    entries(state, collection)?.into_iter().find(|entry| {
        let is = |name: &str| entry[name].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id));
        is("id") || is("userPrincipalName")
    })
}

fn entries(state: &State, collection: &str) -> Option<Vec<Value>> {
    let world = state.world();
    let list = world.directory.iter().find(|(name, _)| name.eq_ignore_ascii_case(collection)).map(|(_, list)| list)?;
    let is_seen = |entry: &&Value| !entry["id"].as_str().is_some_and(|id| state.is_unseen(id));
    Some(list.iter().filter(is_seen).cloned().collect())
}

fn object(state: &State, id: &str) -> Option<(&'static str, Value)> {
    COLLECTIONS.iter().find_map(|(collection, kind)| one(state, collection, id).map(|entry| (*kind, entry)))
}

/// Members of members come with `transitive…`; `memberOf` is the other way round.
fn related(state: &State, entry: &Value, relation: &str) -> Vec<(Option<&'static str>, Value)> {
    let full = |value: &Value| {
        let id = value["id"].as_str().unwrap_or_default();
        object(state, id).map_or_else(|| (None, value.clone()), |(kind, entry)| (Some(kind), entry))
    };
    match relation {
        "transitiveMembers" => {
            let (mut found, mut open) = (Vec::<Value>::new(), vec![entry.clone()]);
            while let Some(group) = open.pop() {
                for member in group["members"].as_array().into_iter().flatten() {
                    if found.iter().any(|known| known["id"] == member["id"]) {
                        continue;
                    }
                    found.push(member.clone());
                    open.extend(member["id"].as_str().and_then(|id| one(state, "groups", id)));
                }
            }
            found.iter().map(full).collect()
        }
        "memberOf" | "transitiveMemberOf" => {
            let groups = entries(state, "groups").unwrap_or_default();
            let has = |group: &Value| {
                group["members"].as_array().is_some_and(|all| all.iter().any(|member| member["id"] == entry["id"]))
            };
            groups.into_iter().filter(has).map(|group| (Some("#microsoft.graph.group"), group)).collect()
        }
        relation => entry[relation].as_array().into_iter().flatten().map(full).collect(),
    }
}

/// An object without the relations that have lists of their own.
fn shown(entry: &Value, kind: Option<&str>, query: &Query) -> Value {
    let mut entry = entry.clone();
    if let Some(fields) = entry.as_object_mut() {
        fields.remove("members");
        fields.remove("owners");
        if let Some(selected) = query.get("$select") {
            let selected: Vec<&str> = selected.split(',').map(str::trim).collect();
            fields.retain(|name, _| selected.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
        }
        if let Some(kind) = kind {
            fields.insert("@odata.type".to_owned(), json!(kind));
        }
    }
    entry
}

fn page(state: &State, path: &str, mut list: Vec<(Option<&'static str>, Value)>, query: &Query) -> Reply {
    if let Some(filter) = query.get("$filter") {
        match Filter::parse(filter) {
            Some(filter) => list.retain(|(_, entry)| filter.holds(entry)),
            None => {
                return Reply::error(
                    400,
                    "Request_UnsupportedQuery",
                    &format!("Unsupported or invalid query filter clause specified: {filter}"),
                );
            }
        }
    }
    let top = query.get("$top").and_then(|top| top.parse().ok()).unwrap_or(100).clamp(1, 999);
    let from: usize = query.get("$skiptoken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let total = list.len();
    let part: Vec<Value> = list.iter().skip(from).take(top).map(|(kind, entry)| shown(entry, *kind, query)).collect();
    let name = path.trim_start_matches("/v1.0/");
    let mut body = json!({"@odata.context": format!("{}/v1.0/$metadata#{name}", state.base), "value": part});
    if query.get("$count") == Some("true") {
        body["@odata.count"] = json!(total);
    }
    if total > from + top {
        let query = query.with_token("$skiptoken", &(from + top).to_string());
        body["@odata.nextLink"] = json!(format!("{}{}?{query}", state.base, encoded(path)));
    }
    Reply::ok(&body)
}

/// Conditions that are joined by one word.
struct Filter {
    all: bool,
    parts: Vec<(String, String, Vec<String>)>,
}

impl Filter {
    fn parse(text: &str) -> Option<Self> {
        let all = !text.contains(" or ");
        let parts = text.split(if all { " and " } else { " or " }).map(|part| {
            let part = part.trim().trim_start_matches('(').trim();
            if let Some(inner) = part.strip_prefix("startswith(").or_else(|| part.strip_prefix("startsWith(")) {
                let (name, value) = inner.trim_end_matches(')').split_once(',')?;
                return Some((name.trim().to_owned(), "startswith".to_owned(), vec![unquoted(value.trim())?]));
            }
            let (name, rest) = part.split_once(' ')?;
            let (sign, value) = rest.trim().split_once(' ')?;
            let value = value.trim();
            let values = match sign {
                "eq" | "ne" => vec![unquoted(value.trim_end_matches(')'))?],
                "in" => value
                    .trim_matches(['(', ')'])
                    .split(',')
                    .map(|value| unquoted(value.trim()))
                    .collect::<Option<_>>()?,
                _ => return None,
            };
            Some((name.to_owned(), sign.to_owned(), values))
        });
        Some(Self { all, parts: parts.collect::<Option<_>>()? })
    }

    fn holds(&self, entry: &Value) -> bool {
        let one = |(name, sign, values): &(String, String, Vec<String>)| {
            let value = match &entry[name.as_str()] {
                Value::String(text) => text.to_lowercase(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            match sign.as_str() {
                "startswith" => values.iter().any(|wanted| value.starts_with(&wanted.to_lowercase())),
                "ne" => values.iter().all(|wanted| value != wanted.to_lowercase()),
                _ => values.iter().any(|wanted| value == wanted.to_lowercase()),
            }
        };
        if self.all { self.parts.iter().all(one) } else { self.parts.iter().any(one) }
    }
}

fn unquoted(text: &str) -> Option<String> {
    match text.strip_prefix('\'') {
        Some(rest) => rest.strip_suffix('\'').map(|text| text.replace("''", "'")),
        None => Some(text.to_owned()).filter(|text| text.chars().all(|c| c.is_alphanumeric() || c == '-')),
    }
}

fn batch(state: &State, asked: &Value) -> Reply {
    let requests = asked["requests"].as_array().cloned().unwrap_or_default();
    if requests.len() > BATCH {
        return Reply::error(400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20.");
    }
    let responses: Vec<Value> = requests
        .iter()
        .map(|request| {
            let url = request["url"].as_str().unwrap_or_default();
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
            let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            let body = request["body"].to_string();
            let method = request["method"].as_str().unwrap_or("GET").to_uppercase();
            let reply = answer(state, &method, &segments, &Query::parse(query), body.as_bytes());
            json!({
                "id": request["id"], "status": reply.status, "headers": {"Content-Type": "application/json"},
                "body": serde_json::from_str::<Value>(&reply.text).unwrap_or_default(),
            })
        })
        .collect();
    Reply::ok(&json!({"responses": responses}))
}

fn by_ids(state: &State, asked: &Value) -> Reply {
    let ids = asked["ids"].as_array().cloned().unwrap_or_default();
    if ids.len() > 1_000 {
        return Reply::error(400, "Request_BadRequest", "Too many ids were given: at most 1000 are allowed.");
    }
    let types: Vec<String> =
        asked["types"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect();
    let found = ids.iter().filter_map(Value::as_str).filter_map(|id| object(state, id));
    let kept = found.filter(|(kind, _)| {
        types.is_empty() || types.iter().any(|wanted| kind.to_lowercase().ends_with(&format!(".{wanted}")))
    });
    let query = Query::default();
    Reply::ok(&json!({"value": kept.map(|(kind, entry)| shown(&entry, Some(kind), &query)).collect::<Vec<_>>()}))
}

/// Creates, changes and deletes objects, and adds members and owners.
fn write(state: &State, method: &str, segments: &[&str], body: &Value) -> Reply {
    let mut world = state.world_mut();
    state.count("directory_writes");
    if let ("POST", ["invitations"]) = (method, segments) {
        return invite(state, &mut world, body);
    }
    let Some((name, _)) =
        COLLECTIONS.iter().find(|(name, _)| segments.first().is_some_and(|asked| asked.eq_ignore_ascii_case(name)))
    else {
        return Reply::error(400, "BadRequest", "Resource not found for the segment.");
    };
    if let Some(refusal) = unseen(state, &world, segments, body) {
        return refusal;
    }
    let list = world.directory.entry((*name).to_owned()).or_default();
    let at = |id: &str, list: &[Value]| {
        list.iter().position(|entry| entry["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id)))
    };
    match (method, &segments[1..]) {
        ("POST", []) => {
            let mut entry = body.clone();
            let Some(fields) = entry.as_object_mut() else {
                return Reply::error(400, "Request_BadRequest", "A JSON object was expected.");
            };
            fields.remove("passwordProfile");
            let id = Uuid::new_v4().to_string();
            state.created(&id);
            fields.insert("id".to_owned(), json!(id));
            if *name == "applications" {
                fields.entry("appId").or_insert_with(|| json!(Uuid::new_v4()));
            }
            list.push(entry.clone());
            Reply::json(201, &entry)
        }
        ("PATCH", [id]) => match at(id, list) {
            Some(at) => {
                if let (Some(into), Some(change)) = (list[at].as_object_mut(), body.as_object()) {
                    into.extend(change.clone());
                }
                Reply::empty(204)
            }
            None => missing(id),
        },
        ("DELETE", [id]) => match at(id, list) {
            Some(at) => {
                list.remove(at);
                Reply::empty(204)
            }
            None => missing(id),
        },
        ("POST", [id, relation @ ("members" | "owners"), "$ref"]) => match at(id, list) {
            Some(at) => added(&mut list[at], relation, body),
            None => missing(id),
        },
        ("DELETE", [id, relation @ ("members" | "owners"), member, "$ref"]) => match at(id, list) {
            Some(at) => removed(&mut list[at], relation, member),
            None => missing(id),
        },
        _ => Reply::error(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
    }
}

/// The refusal of what refers to an object that is not everywhere yet.
fn unseen(state: &State, world: &World, segments: &[&str], body: &Value) -> Option<Reply> {
    match segments {
        ["servicePrincipals"] => {
            let applications = world.directory.get("applications").map_or(&[][..], Vec::as_slice);
            let its = applications.iter().find(|entry| entry["appId"] == body["appId"])?;
            let text = "The appId of the service principal does not reference a valid application object.";
            state
                .is_unseen(its["id"].as_str().unwrap_or_default())
                .then(|| Reply::error(400, "NoBackingApplicationObject", text))
        }
        [_, id, ..] => {
            let other = body["@odata.id"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
            [*id, other].into_iter().find(|id| state.is_unseen(id)).map(missing)
        }
        _ => None,
    }
}

/// A guest, without a message to anybody.
fn invite(state: &State, world: &mut World, body: &Value) -> Reply {
    let mail = body["invitedUserEmailAddress"].as_str().unwrap_or_default();
    let guest = json!({
        "id": Uuid::new_v4(), "displayName": body["invitedUserDisplayName"], "mail": mail, "userType": "Guest",
        "userPrincipalName": format!("{}#EXT#@simulated.example", mail.replace('@', "_")),
    });
    state.created(guest["id"].as_str().unwrap_or_default());
    world.directory.entry("users".to_owned()).or_default().push(guest.clone());
    Reply::json(201, &json!({"id": Uuid::new_v4(), "invitedUser": {"id": guest["id"]}}))
}

fn added(entry: &mut Value, relation: &str, body: &Value) -> Reply {
    let member = body["@odata.id"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
    if let Some(fields) = entry.as_object_mut()
        && let Value::Array(all) = fields.entry(relation.to_owned()).or_insert_with(|| json!([]))
    {
        if all.iter().any(|known| known["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(member))) {
            let text = format!(
                "One or more added object references already exist for the following modified properties: '{relation}'."
            );
            return Reply::error(400, "Request_BadRequest", &text);
        }
        all.push(json!({"id": member}));
    }
    Reply::empty(204)
}

fn removed(entry: &mut Value, relation: &str, member: &str) -> Reply {
    if let Some(all) = entry[relation].as_array_mut() {
        all.retain(|known| !known["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(member)));
    }
    Reply::empty(204)
}

fn missing(id: &str) -> Reply {
    let text =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    Reply::error(404, "Request_ResourceNotFound", &text)
}
