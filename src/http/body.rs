//! Request bodies and query strings: strict, bounded, and with words on what is wrong where.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{FromRequestParts, Request},
    http::{header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use crate::api::{ErrorCode, FieldError};

/// Largest body of a request that is no tenant specification.
pub(super) const MAX_BODY: usize = 1 << 20;
/// Largest body with a tenant's specification.
pub(super) const MAX_SPECIFICATION: usize = 4 << 20;

/// How long a caller may take to send a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a JSON body. Called by a handler after the caller's rights were checked.
pub(super) async fn json<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    json_within(request, MAX_BODY).await
}

/// The same with a bound of its own.
pub(super) async fn json_within<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        let message = format!("content type {kind:?}: expected application/json");
        return Err(Refusal::new(ErrorCode::UnsupportedMediaType, message));
    }
    parse(&read(request.into_body(), most).await?)
}

/// The same, where an empty body means an empty object.
pub(super) async fn json_or_default<T: DeserializeOwned + Default>(request: Request) -> Result<T, Refusal> {
    let is_empty = request.headers().get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    if is_empty && request.headers().get(header::TRANSFER_ENCODING).is_none() {
        return Ok(T::default());
    }
    json(request).await
}

async fn read(body: Body, most: usize) -> Result<axum::body::Bytes, Refusal> {
    let read = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, most)).await.map_err(|_| {
        let message = format!("the body was not there within {} seconds", PATIENCE.as_secs());
        Refusal::new(ErrorCode::InvalidRequest, message)
    })?;
    read.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        if cause.contains("length limit") {
            Refusal::new(ErrorCode::PayloadTooLarge, format!("the body has more than {most} bytes"))
        } else {
            Refusal::new(ErrorCode::InvalidRequest, "the body broke off")
        }
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { Refusal::field(&path, words(&inner)) } else { malformed(&inner) }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, format!("the body is no JSON: {error}"))
}

/// serde's words without the place in the text, which the path says better.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    match words.strip_prefix("UUID parsing failed: ") {
        Some(cause) => format!("expected a UUID: {cause}"),
        None => words.to_owned(),
    }
}

/// A query string; unknown parameters and wrong values are `422`.
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        axum::extract::Query::try_from_uri(&parts.uri).map(|axum::extract::Query(query)| Self(query)).map_err(|error| {
            let text = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            let (path, message) = text.split_once(": ").unwrap_or(("query", &text));
            let field = FieldError::new(path, message);
            Refusal::fields(vec![field])
        })
    }
}

/// A number between bounds, or the field that is wrong.
pub(super) fn within(path: &str, value: Option<u64>, usual: u64, least: u64, most: u64) -> Result<u64, Refusal> {
    let value = value.unwrap_or(usual);
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Refusal::field(path, format!("{value} is out of range: expected {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ScanRequest;

    fn refused(text: &str) -> Refusal {
        parse::<ScanRequest>(text.as_bytes()).expect_err("refused")
    }

    #[test]
    fn a_wrong_field_is_named_and_broken_json_is_told_apart() {
        let wrong = refused(r#"{"tenant_id": "x"}"#);
        assert_eq!(wrong.code, ErrorCode::ValidationFailed);
        assert_eq!(wrong.details.expect("fields")["fields"][0]["path"], "tenant_id");
        let unknown = refused(r#"{"tenant_id": "c0470500-0000-4000-8000-000000000001", "filter_config": {"x": 1}}"#);
        assert!(unknown.message.starts_with("filter_config.x: unknown field `x`"), "{}", unknown.message);
        for broken in ["", "{", "{} x", "nonsense"] {
            let refused = refused(broken);
            let expected = if broken == "{} x" { ErrorCode::ValidationFailed } else { ErrorCode::InvalidRequest };
            assert_eq!(refused.code, expected, "{broken:?}");
        }
    }
}
