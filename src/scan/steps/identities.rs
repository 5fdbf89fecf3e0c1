//! Users, groups with members, service principals and applications by Microsoft Graph, where permitted.
//!
//! Without a filter everything is listed, page by page, each page committed with its cursor when the
//! members of its groups are there. With one only those are read that role assignments and identities of
//! what was kept refer to, by `getByIds`. What may not be read is a gap, not an error.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::{
    azure::AzureError,
    graph::model::{Found, Fullness, Label},
    scan::{
        error::ScanError,
        facts::{receipt::Ground, stream_key::StreamKey},
        read::{
            listing::Listing,
            mentions::PRINCIPALS,
            scan::{AT_ONCE, Scan},
        },
    },
};

/// Applications come first: service principals are told their application by its id.
const LISTS: [(Label, &str, &str); 4] = [
    (Label::User, "users", "/v1.0/users?$top=999"),
    (Label::Group, "groups", "/v1.0/groups?$top=999"),
    (Label::Application, "applications", "/v1.0/applications?$top=999"),
    (Label::ServicePrincipal, "service_principals", "/v1.0/servicePrincipals?$top=999"),
];
/// Requests of one `$batch`.
const BATCH: usize = 20;
/// Ids of one `getByIds`.
const IDS: usize = 1_000;

/// How many of each kind were read.
pub(crate) async fn read(scan: &Scan) -> Result<BTreeMap<String, u64>, ScanError> {
    if !scan.filter.is_open() {
        return referenced(scan).await;
    }
    let mut counts = BTreeMap::new();
    for (label, name, address) in LISTS {
        match list(scan, label, name, address).await {
            Ok(()) => drop(counts.insert(name.to_owned(), scan.generation.count_of(label))),
            Err(error) => gap(scan, label, &format!("graph/{name}"), error)?,
        }
    }
    Ok(counts)
}

/// What can't be read is said; what ends every scan ends this one.
fn gap(scan: &Scan, label: Label, scope: &str, error: ScanError) -> Result<(), ScanError> {
    match error {
        ScanError::Azure(error) if !matches!(error, AzureError::WrongTenant { .. }) => {
            if matches!(error, AzureError::Network { .. }) && scan.is_fatal(&error) {
                return Err(error.into());
            }
            scan.receipt.unlisted(Ground::Identities(label), &error.word());
            scan.receipt.gap(scope, &error);
            Ok(())
        }
        error => Err(error),
    }
}

async fn list(scan: &Scan, label: Label, name: &str, first: &str) -> Result<(), ScanError> {
    let stream = StreamKey::Directory { collection: name };
    let Some(mut listing) = Listing::open(scan, &stream, |client| client.graph_pages(first))? else { return Ok(()) };
    while let Some(answer) = listing.next().await? {
        let bodies = answer.values().collect::<Result<Vec<Value>, _>>()?;
        let found = with_relations(scan, label, bodies).await?;
        scan.put(&stream.to_string(), found, Listing::after(&answer)).await?;
        scan.report("identities", &format!("{} {name}", scan.generation.count_of(label)), 0.82, None);
    }
    Ok(())
}

/// Only those that something kept refers to.
async fn referenced(scan: &Scan) -> Result<BTreeMap<String, u64>, ScanError> {
    for (label, ..) in LISTS {
        scan.receipt.unlisted(Ground::Identities(label), "only referenced identities were read");
    }
    let mut counts: BTreeMap<String, u64> = LISTS.iter().map(|(_, name, _)| ((*name).to_owned(), 0)).collect();
    let mut after = Some(PRINCIPALS.to_owned());
    loop {
        let page = scan.generation.mentioned(after.as_deref(), IDS)?;
        let ids: Vec<&str> = page.iter().filter_map(|(key, _)| key.strip_prefix(PRINCIPALS)).collect();
        let Some((last, _)) = page.last().filter(|_| !ids.is_empty()) else { return Ok(counts) };
        after = Some(last.clone());
        let wanted = json!({"ids": ids, "types": ["user", "group", "servicePrincipal", "application"]});
        let answer = scan.client.graph_post("/v1.0/directoryObjects/getByIds", &wanted).await;
        let bodies = match answer.and_then(|answer| answer.values().collect::<Result<Vec<Value>, _>>()) {
            Ok(bodies) => bodies,
            Err(error) => {
                gap(scan, Label::Principal, "graph/directoryObjects", error.into())?;
                return Ok(counts);
            }
        };
        let mut by_label: BTreeMap<Label, Vec<Value>> = BTreeMap::new();
        for body in bodies {
            by_label.entry(label_of(&body)).or_default().push(body);
        }
        for (label, bodies) in by_label {
            if let Some((_, name, _)) = LISTS.iter().find(|(known, ..)| *known == label) {
                *counts.entry((*name).to_owned()).or_default() += bodies.len() as u64;
            }
            let found = with_relations(scan, label, bodies).await?;
            scan.settle(&StreamKey::Referenced, found).await?;
        }
    }
}

/// `#microsoft.graph.user`
fn label_of(body: &Value) -> Label {
    let kind = body.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    match kind.rsplit('.').next().unwrap_or_default().to_lowercase().as_str() {
        "user" => Label::User,
        "group" => Label::Group,
        "serviceprincipal" => Label::ServicePrincipal,
        "application" => Label::Application,
        _ => Label::Principal,
    }
}

/// Collection of a kind, and the relations that are read with each of it.
fn relations(label: Label) -> (&'static str, &'static [&'static str]) {
    match label {
        Label::Group => ("groups", &["members", "owners"]),
        Label::Application => ("applications", &["owners"]),
        Label::ServicePrincipal => ("servicePrincipals", &["owners"]),
        _ => ("", &[]),
    }
}

/// Bodies with the ids of their members and owners, as they are stored.
async fn with_relations(scan: &Scan, label: Label, mut bodies: Vec<Value>) -> Result<Vec<Found>, ScanError> {
    let (collection, lists) = relations(label);
    let mut asked: Vec<(usize, String, String)> = Vec::new();
    for (at, body) in bodies.iter().enumerate() {
        for list in lists {
            if let Some(id) = body.get("id").and_then(Value::as_str) {
                asked.push((at, (*list).to_owned(), format!("/{collection}/{id}/{list}?$select=id")));
            }
        }
    }
    let batches: Vec<Vec<(usize, String, String)>> = asked.chunks(BATCH).map(<[_]>::to_vec).collect();
    let each = stream::iter(batches.into_iter().map(|batch| async move { one_batch(scan, label, batch).await }));
    let read: Vec<Vec<Related>> = each.buffer_unordered(AT_ONCE / 4).try_collect().await?;
    for (at, list, ids) in read.into_iter().flatten() {
        if let Some(fields) = bodies.get_mut(at).and_then(Value::as_object_mut) {
            fields.insert(list, Value::Array(ids));
        }
    }
    let found = bodies.into_iter().filter_map(|body| {
        Some(Found {
            label,
            id: body.get("id")?.as_str()?.to_owned(),
            type_name: label.word().to_owned(),
            api_version: "v1.0".to_owned(),
            fullness: Fullness::Listed,
            body,
        })
    });
    Ok(found.collect())
}

/// Which body, which relation, the ids in it.
type Related = (usize, String, Vec<Value>);

async fn one_batch(scan: &Scan, label: Label, asked: Vec<(usize, String, String)>) -> Result<Vec<Related>, ScanError> {
    let requests: Vec<Value> = asked
        .iter()
        .enumerate()
        .map(|(number, (_, _, url))| json!({"id": number.to_string(), "method": "GET", "url": url}))
        .collect();
    let answered = scan.client.graph_post("/v1.0/$batch", &json!({"requests": requests})).await;
    let mut responses: BTreeMap<usize, Value> = BTreeMap::new();
    if let Ok(body) = answered.and_then(|answer| answer.value()) {
        for response in body.get("responses").and_then(Value::as_array).into_iter().flatten() {
            let number = response.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            responses.extend(number.map(|number| (number, response.clone())));
        }
    }
    let mut related = Vec::new();
    for (number, (at, list, url)) in asked.into_iter().enumerate() {
        let ok = responses.get(&number).filter(|response| response["status"] == 200);
        let first = ok.map(|response| &response["body"]);
        let read = match first {
            Some(body) => {
                let mut items = body["value"].as_array().cloned().unwrap_or_default();
                match body["@odata.nextLink"].as_str().filter(|link| !link.is_empty()) {
                    Some(next) => scan.client.graph_pages(next).all().await.map(|more| {
                        items.extend(more);
                        items
                    }),
                    None => Ok(items),
                }
            }
            // Refused or throttled inside the batch, or no batch at all: asked alone, with its own patience.
            None => scan.client.graph_pages(&format!("/v1.0{url}")).all().await,
        };
        match read {
            Ok(items) => {
                let ids = items.iter().filter_map(|item| item.get("id")).map(|id| json!({"id": id})).collect();
                related.push((at, list, ids));
            }
            // Gone since it was listed.
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 404) => {}
            Err(error) => gap(scan, label, &format!("graph/{}/{list}", relations(label).0), error.into())?,
        }
    }
    Ok(related)
}
