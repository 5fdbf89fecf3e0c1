//! Tokens: the client credentials grant, the managed identity endpoint, and what ARM checks of them.
//!
//! Tokens are well-formed and unsigned: they hold what clients look at (`tid`, `aud`, `exp`, `oid`).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Settings;

const LIFE: u64 = 3_599;

/// Status and body of `POST /{tenant}/oauth2/v2.0/token`.
pub(super) fn grant(settings: &Settings, tenant: &str, form: &str) -> (u16, Value) {
    let field = |wanted: &str| {
        url::form_urlencoded::parse(form.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    if !tenant.eq_ignore_ascii_case(&settings.tenant_id.to_string()) {
        let text =
            format!("AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return (400, error("invalid_request", &text, 90_002));
    }
    if field("client_id").is_none_or(|id| !id.eq_ignore_ascii_case(&settings.client_id.to_string())) {
        let text = "AADSTS700016: Application with this identifier was not found in the directory.";
        return (400, error("unauthorized_client", text, 700_016));
    }
    let proven = match (field("client_secret"), field("client_assertion")) {
        (Some(secret), _) => secret == settings.client_secret,
        (None, Some(assertion)) => assertion.split('.').count() == 3,
        (None, None) => false,
    };
    if !proven {
        let text = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.";
        return (401, error("invalid_client", text, 7_000_215));
    }
    let audience = field("scope").unwrap_or_default();
    let token = token(settings.tenant_id, settings.client_id, audience.trim_end_matches("/.default"));
    (200, json!({"token_type": "Bearer", "expires_in": LIFE, "ext_expires_in": LIFE, "access_token": token}))
}

/// Body of the managed identity endpoint.
pub(super) fn managed(settings: &Settings, resource: &str) -> Value {
    let token = token(settings.tenant_id, settings.client_id, resource);
    json!({
        "access_token": token, "client_id": settings.client_id, "expires_in": LIFE.to_string(),
        "expires_on": (now() + LIFE).to_string(), "resource": resource, "token_type": "Bearer",
    })
}

fn error(code: &str, text: &str, number: u32) -> Value {
    json!({
        "error": code, "error_description": text, "error_codes": [number],
        "trace_id": Uuid::new_v4(), "correlation_id": Uuid::new_v4(),
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn token(tenant: Uuid, object: Uuid, audience: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims =
        json!({"tid": tenant, "oid": object, "appid": object, "aud": audience, "iat": now(), "exp": now() + LIFE});
    format!("{}.{}.{}", part(json!({"typ": "JWT", "alg": "none"})), part(claims), URL_SAFE_NO_PAD.encode("simulated"))
}

/// Whether a request may go on: a token of ours, of this tenant, not expired.
pub(super) fn check(settings: &Settings, authorization: Option<&str>) -> Result<(), (&'static str, String)> {
    let missing = "Authentication failed. The 'Authorization' header is missing.";
    let Some(text) = authorization else { return Err(("AuthenticationFailed", missing.to_owned())) };
    let claims = text
        .strip_prefix("Bearer ")
        .and_then(|token| token.split('.').nth(1))
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let Some(claims) = claims else {
        return Err(("InvalidAuthenticationToken", "The access token is invalid.".to_owned()));
    };
    if claims["tid"].as_str() != Some(&settings.tenant_id.to_string()) {
        let text =
            "The access token is from the wrong issuer. It must match the tenant associated with this subscription.";
        return Err(("InvalidAuthenticationTokenTenant", text.to_owned()));
    }
    if claims["exp"].as_u64().is_none_or(|expires| expires <= now()) {
        return Err((
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.".to_owned(),
        ));
    }
    Ok(())
}
