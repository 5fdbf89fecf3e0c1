//! What is answered: a status, JSON text that is ready, headers; and pages of lists.

use std::{borrow::Cow, collections::BTreeMap, convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, StatusCode},
    response::Response,
};
use futures_util::stream;
use serde_json::{Value, json};
use uuid::Uuid;

/// An answer before it is HTTP.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub status: u16,
    pub text: String,
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// So many bytes of it are sent, then the connection is reset.
    pub cut: Option<u64>,
    /// It is sent later.
    pub delay: Duration,
    /// Instead of the text so many MiB of blanks.
    pub flood: Option<u64>,
}

impl Reply {
    pub(super) fn text(status: u16, text: String) -> Self {
        Self { status, text, headers: Vec::new(), cut: None, delay: Duration::ZERO, flood: None }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, body.to_string())
    }

    pub(super) fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    pub(super) fn empty(status: u16) -> Self {
        Self::text(status, String::new())
    }

    /// `{"error": {code, message}}`.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({"error": {"code": code, "message": message}}))
    }

    pub(super) fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let id = Uuid::new_v4().to_string();
        let mut response = Response::builder()
            .status(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK))
            .header("cache-control", "no-cache")
            .header("x-ms-request-id", &id)
            .header("x-ms-correlation-request-id", &id);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) && !self.text.is_empty() {
            let kind = if self.text.starts_with('<') { "text/html" } else { "application/json; charset=utf-8" };
            response = response.header("content-type", kind);
        }
        for (name, value) in self.headers {
            if let Ok(name) = HeaderName::try_from(name.as_ref()) {
                response = response.header(name, value);
            }
        }
        let body = self.flood.map_or_else(|| Body::from(self.text), flood);
        response.body(body).unwrap_or_default()
    }
}

/// Blanks, a MiB at a time: JSON that never begins.
fn flood(mebibytes: u64) -> Body {
    let block = Bytes::from(vec![b' '; 1 << 20]);
    Body::from_stream(stream::iter((0..mebibytes).map(move |_| Ok::<_, Infallible>(block.clone()))))
}

/// The query of a request, decoded. Names keep their spelling, and are looked up whatever it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, wanted: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The same query with another skip token, encoded.
    pub(super) fn with_token(&self, name: &str, token: &str) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in self.0.iter().filter(|(key, _)| !key.eq_ignore_ascii_case("$skiptoken")) {
            out.append_pair(key, value);
        }
        out.append_pair(name, token);
        out.finish()
    }
}

/// A decoded path as it may stand in a link.
pub(super) fn encoded(path: &str) -> String {
    const PATH: &percent_encoding::AsciiSet =
        &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');
    percent_encoding::utf8_percent_encode(path, PATH).to_string()
}
