//! The stored result of scans: tenants, resources with their bodies and edges, neighbourhoods.
//!
//! Only the route of one resource says secrets; lists and neighbourhoods mask what tags hold.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use super::blocking;
use crate::{
    api::{
        At, EdgeIn, EdgeOut, EdgeView, ErrorCode, NeighboursAnswer, ResourceAnswer, ResourceEdges, ResourceList,
        ResourceRow, Scope, SnapshotList, SnapshotRow, TenantList, TenantRow, Time,
    },
    graph::{
        Search, Snapshot,
        model::{Edge, EdgeKind, Node},
        redact::{redact, redacted_key},
    },
    http::{
        App,
        body::{Query, within},
        caller::Caller,
        refusal::Refusal,
    },
};

/// Nodes of one neighbourhood.
const MOST_NEIGHBOURS: u64 = 1_000;

/// Scanned tenants that this key may see.
#[utoipa::path(get, path = "/tenants", responses((status = 200, body = TenantList)))]
pub(in crate::http) async fn tenants(State(app): State<App>, caller: Caller) -> Result<Json<TenantList>, Refusal> {
    caller.must(Scope::Read)?;
    blocking(move || {
        let mut tenants = Vec::new();
        for tenant_id in app.graphs.tenants().into_iter().filter(|tenant| caller.principal.may_tenant(*tenant)) {
            let latest =
                app.graphs.existing(tenant_id).and_then(|graph| graph.map_or(Ok(None), |graph| graph.latest()));
            // One file that can't be read takes nothing from the other tenants.
            let latest = latest.unwrap_or_else(|error| {
                tracing::error!(%tenant_id, %error, "a tenant's graph can't be read");
                None
            });
            let info = latest.as_ref().map(Snapshot::info);
            tenants.push(TenantRow {
                tenant_id,
                last_scan: info.map(|info| Time::from_millis(info.at_ms)),
                snapshot: info.map(|info| info.number),
                resources: info.map_or(0, |info| info.resources),
                relationships: info.map_or(0, |info| info.relationships),
            });
        }
        Ok(Json(TenantList { tenants }))
    })
    .await
}

/// The tenant's snapshot, after the caller's rights.
fn snapshot(app: &App, caller: &Caller, tenant: &str, at: Option<&At>) -> Result<Snapshot, Refusal> {
    caller.must(Scope::Read)?;
    let none = |message: String| Refusal::new(ErrorCode::NotFound, message);
    let tenant: Uuid = tenant.parse().map_err(|_| none(format!("{tenant:?} is no tenant: expected a UUID")))?;
    caller.must_tenant(tenant)?;
    let unscanned = || none(format!("tenant {tenant} was not scanned yet"));
    let graph = app.graphs.existing(tenant)?.ok_or_else(unscanned)?;
    let found = match at {
        None => graph.latest()?,
        Some(At::Number(number)) => graph.snapshot(*number)?,
        Some(At::Time(text)) => {
            let time: Time = text.parse().map_err(|_| {
                Refusal::field("at", format!("{text:?} is neither a snapshot's number nor an RFC 3339 time"))
            })?;
            graph.at_time(time.millis())?
        }
    };
    found.ok_or_else(|| at.map_or_else(unscanned, |_| none(format!("tenant {tenant} has no snapshot at that point"))))
}

/// A number is a snapshot, anything else a time.
fn at(text: Option<&String>) -> Option<At> {
    text.map(|text| text.parse().map_or_else(|_| At::Time(text.clone()), At::Number))
}

/// Counts by type, region, subscription, label and relationship.
#[utoipa::path(get, path = "/tenants/{tenant}/summary", params(("tenant" = Uuid, Path)),
    responses((status = 200, description = "Counts")))]
pub(in crate::http) async fn summary(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let snapshot = snapshot(&app, &caller, &tenant, None)?;
    let info = snapshot.info();
    Ok(Json(json!({
        "tenant_id": snapshot.tenant_id(),
        "snapshot": info.number,
        "at": Time::from_millis(info.at_ms),
        "partial": info.partial,
        "resources": info.resources,
        "relationships": info.relationships,
        "by_type": info.by_type,
        "by_region": info.by_region,
        "by_subscription": info.by_subscription,
        "by_label": info.by_label,
        "by_relationship": info.by_kind,
    })))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ResourcesQuery {
    /// Glob.
    #[serde(rename = "type")]
    type_name: Option<String>,
    resource_group: Option<String>,
    region: Option<String>,
    /// `name` or `name=value`.
    tag: Option<String>,
    /// Glob.
    name: Option<String>,
    /// Part of the id.
    q: Option<String>,
    /// A snapshot's number or an RFC 3339 time.
    at: Option<String>,
    /// 1 to 1000, usually 100.
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Resources and resource groups, without their bodies.
#[utoipa::path(get, path = "/tenants/{tenant}/resources", params(("tenant" = Uuid, Path), ResourcesQuery),
    responses((status = 200, body = ResourceList)))]
pub(in crate::http) async fn resources(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
    Query(query): Query<ResourcesQuery>,
) -> Result<Json<ResourceList>, Refusal> {
    let limit = within("limit", query.limit, 100, 1, 1_000)? as usize;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let snapshot = snapshot(&app, &caller, &tenant, at(query.at.as_ref()).as_ref())?;
    let search = Search {
        type_name: query.type_name,
        resource_group: query.resource_group,
        region: query.region,
        tag: query.tag,
        name: query.name,
        text: query.q,
        after,
        limit,
    };
    blocking(move || {
        let (nodes, total, next) = snapshot.search(&search)?;
        let next_cursor = next.map(|key| BASE64.encode(key));
        Ok(Json(ResourceList { resources: nodes.iter().map(row).collect(), total, next_cursor }))
    })
    .await
}

fn cursor(text: &str) -> Result<String, Refusal> {
    let key = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Refusal::field("cursor", "this cursor is not one that a list gave"))
}

fn whole_row(node: &Node) -> ResourceRow {
    ResourceRow {
        id: node.id.clone(),
        type_name: node.type_name.clone(),
        name: node.name.clone(),
        location: node.location.clone(),
        resource_group: node.resource_group.clone(),
        subscription_id: node.subscription_id.clone(),
        tags: node.tags.clone(),
    }
}

/// The same without secrets.
fn row(node: &Node) -> ResourceRow {
    let mut tags = json!(node.tags);
    redact(&mut tags);
    let masked = |text: &str| redacted_key(text).into_owned();
    ResourceRow {
        id: masked(&node.id),
        name: masked(&node.name),
        tags: serde_json::from_value(tags).unwrap_or_default(),
        ..whole_row(node)
    }
}

/// One resource: its body as Azure answered it, whole, and its edges.
#[utoipa::path(get, path = "/tenants/{tenant}/resources/{*id}",
    params(("tenant" = Uuid, Path), ("id" = String, Path, description = "ARM id, percent-encoded")),
    responses((status = 200, body = ResourceAnswer)))]
pub(in crate::http) async fn resource(
    State(app): State<App>,
    caller: Caller,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<Json<ResourceAnswer>, Refusal> {
    let snapshot = snapshot(&app, &caller, &tenant, None)?;
    blocking(move || {
        let node = snapshot.node(&id)?.ok_or_else(|| {
            Refusal::new(ErrorCode::NotFound, format!("the last scan of the tenant knows no resource {id:?}"))
        })?;
        let edges = ResourceEdges {
            out: snapshot.edges_out(&node.key)?.into_iter().map(edge_out).collect(),
            incoming: snapshot.edges_in(&node.key)?.into_iter().map(edge_in).collect(),
        };
        Ok(Json(ResourceAnswer {
            row: whole_row(&node),
            api_version: node.api_version,
            body: node.body,
            edges,
            first_seen: Time::from_millis(node.first_seen),
            last_seen: Time::from_millis(node.last_seen),
        }))
    })
    .await
}

fn path_of(path: String) -> Option<String> {
    (!path.is_empty()).then_some(path)
}

fn edge_out(edge: Edge) -> EdgeOut {
    let Edge { kind, target, path, properties, .. } = edge;
    EdgeOut { kind: kind.word().to_owned(), target, path: path_of(path), properties }
}

fn edge_in(edge: Edge) -> EdgeIn {
    let Edge { kind, source, path, properties, .. } = edge;
    EdgeIn { kind: kind.word().to_owned(), source, path: path_of(path), properties }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct NeighboursQuery {
    id: String,
    /// 1 to 4, usually 1.
    depth: Option<u64>,
    /// Such as CONNECTED_TO; several separated by commas.
    relationship: Option<String>,
    /// 1 to 1000, usually 200.
    limit: Option<u64>,
}

/// What surrounds a node, in either direction.
#[utoipa::path(get, path = "/tenants/{tenant}/neighbours", params(("tenant" = Uuid, Path), NeighboursQuery),
    responses((status = 200, body = NeighboursAnswer)))]
pub(in crate::http) async fn neighbours(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
    Query(query): Query<NeighboursQuery>,
) -> Result<Json<NeighboursAnswer>, Refusal> {
    let depth = within("depth", query.depth, 1, 1, 4)? as usize;
    let limit = within("limit", query.limit, 200, 1, MOST_NEIGHBOURS)? as usize;
    let kinds = query.relationship.iter().flat_map(|words| words.split(',')).map(|word| {
        EdgeKind::of(&word.trim().to_uppercase())
            .ok_or_else(|| Refusal::field("relationship", format!("{word:?} is no kind of relationship")))
    });
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let snapshot = snapshot(&app, &caller, &tenant, None)?;
    blocking(move || {
        let found = snapshot.neighbours(&query.id, depth, &kinds, limit)?;
        if found.nodes.is_empty() {
            return Err(Refusal::new(ErrorCode::NotFound, format!("the graph has no node {:?}", query.id)));
        }
        let nodes = found.nodes.iter().map(|node| {
            let mut value = serde_json::to_value(row(node)).unwrap_or_default();
            value["label"] = json!(node.label.word());
            value["key"] = json!(redacted_key(&node.key));
            value
        });
        let edges = found.edges.into_iter().map(|edge| {
            let Edge { kind, source, target, path, properties } = edge;
            let [source, target] = [source, target].map(|key| redacted_key(&key).into_owned());
            EdgeView { kind: kind.word().to_owned(), source, target, path: path_of(path), properties }
        });
        Ok(Json(NeighboursAnswer { nodes: nodes.collect(), edges: edges.collect() }))
    })
    .await
}

/// Every stored snapshot of a tenant.
#[utoipa::path(get, path = "/tenants/{tenant}/snapshots", params(("tenant" = Uuid, Path)),
    responses((status = 200, body = SnapshotList)))]
pub(in crate::http) async fn snapshots(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Result<Json<SnapshotList>, Refusal> {
    let latest = snapshot(&app, &caller, &tenant, None)?;
    blocking(move || {
        let infos = app.graphs.existing(latest.tenant_id())?.map(|graph| graph.snapshots()).transpose()?;
        let rows: BTreeMap<u64, SnapshotRow> = infos
            .into_iter()
            .flatten()
            .map(|info| {
                let at = Time::from_millis(info.at_ms);
                let (resources, relationships) = (info.resources, info.relationships);
                (info.number, SnapshotRow { number: info.number, at, resources, relationships, partial: info.partial })
            })
            .collect();
        Ok(Json(SnapshotList { snapshots: rows.into_values().rev().collect() }))
    })
    .await
}
