//! Routes of API keys and of the audit trail, for the scope `admin`.

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::blocking;
use crate::{
    api::{CreateKeyRequest, CreatedKey, KeyList, KeyView, RotateKeyRequest, Scope, Time},
    auth::By,
    http::{
        App,
        body::{self, Query, within},
        caller::Caller,
        refusal::Refusal,
    },
};

fn by(caller: &Caller) -> By {
    By { actor: caller.kid().to_owned(), remote: caller.remote.clone(), at: Time::now() }
}

/// Every key, without its text.
#[utoipa::path(get, path = "/keys", responses((status = 200, body = KeyList)))]
pub(in crate::http) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<KeyList>, Refusal> {
    caller.must(Scope::Admin)?;
    let keys = blocking(move || app.keyring.list().map_err(Refusal::internal)).await?;
    Ok(Json(KeyList { keys }))
}

/// Make a key; its text is in the answer and never again.
#[utoipa::path(post, path = "/keys", request_body = CreateKeyRequest, responses((status = 201, body = CreatedKey)))]
pub(in crate::http) async fn create(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<CreatedKey>), Refusal> {
    caller.must(Scope::Admin)?;
    let wanted: CreateKeyRequest = body::json(request).await?;
    let made = app.keyring.create(wanted, by(&caller)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke a key, at once and for good.
#[utoipa::path(delete, path = "/keys/{kid}", params(("kid" = String, Path)), responses((status = 200, body = KeyView)))]
pub(in crate::http) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(kid): Path<String>,
) -> Result<Json<KeyView>, Refusal> {
    caller.must(Scope::Admin)?;
    Ok(Json(app.keyring.revoke(&kid, by(&caller)).await?))
}

/// Give a key a new text; the old one stays valid for the grace.
#[utoipa::path(post, path = "/keys/{kid}/rotate", params(("kid" = String, Path)), request_body = RotateKeyRequest,
    responses((status = 200, body = CreatedKey)))]
pub(in crate::http) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(kid): Path<String>,
    request: Request,
) -> Result<Json<CreatedKey>, Refusal> {
    caller.must(Scope::Admin)?;
    let wanted: RotateKeyRequest = body::json_or_default(request).await?;
    Ok(Json(app.keyring.rotate(&kid, wanted.grace_seconds, by(&caller)).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct AuditQuery {
    /// Only lines after this number.
    after: Option<u64>,
    /// 1 to 1000, usually 100.
    limit: Option<u64>,
}

/// Lines of the audit trail.
#[utoipa::path(get, path = "/audit", params(AuditQuery), responses((status = 200, description = "{lines: []}")))]
pub(in crate::http) async fn audit_tail(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Value>, Refusal> {
    caller.must(Scope::Admin)?;
    let limit = within("limit", query.limit, 100, 1, 1_000)? as usize;
    let lines = blocking(move || app.audit.tail(query.after.unwrap_or(0), limit).map_err(Refusal::internal)).await?;
    Ok(Json(json!({ "lines": lines })))
}

/// Whether the trail's chain of hashes is whole.
#[utoipa::path(get, path = "/audit/verify", responses((status = 200, description = "{valid, lines, finding}")))]
pub(in crate::http) async fn audit_verify(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.must(Scope::Admin)?;
    blocking(move || {
        Ok(Json(match app.audit.verify() {
            Ok(lines) => json!({"valid": true, "lines": lines, "finding": null}),
            Err(error) => json!({"valid": false, "lines": null, "finding": error.to_string()}),
        }))
    })
    .await
}
