//! Tokens: who gets one, what stands in it, and what ARM checks of it.
//!
//! ```text
//! POST /{tenant}/oauth2/v2.0/token          client secret or assertion (a certificate's, a workload's)
//! POST /{tenant}/oauth2/token               the same, first version: `resource` instead of `scope`
//! GET  /metadata/identity/oauth2/token      a machine's managed identity (IMDS): header `metadata: true`
//! GET  /msi/token                           App Service and Container Apps: header `x-identity-header`
//! ```
//! Tokens are JWTs signed with a key of this process that `/discovery/v2.0/keys` shows. Clients look at
//! `tid`, `aud`, `exp`, `oid`, `appid`. What is checked is form, tenant and expiry, and not the signature:
//! a token of the simulator before it was started anew goes on working.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use rcgen::{KeyPair, SigningKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{error::SimulatorError, settings::Settings};

/// Tokens whose claims are kept; more are read anew each time.
const KNOWN: usize = 256;
/// Header that the App Service endpoint wants; what `IDENTITY_HEADER` has to be set to.
pub(super) const IDENTITY_HEADER: &str = "simulated-identity-header";

/// The authority.
pub(super) struct Login {
    key: KeyPair,
    known: Mutex<HashMap<String, (Arc<str>, u64)>>,
}

/// Why a request is refused: code and message of the 401.
pub(super) type Refusal = (&'static str, String);

impl Login {
    pub(super) fn new() -> Result<Self, SimulatorError> {
        let key = KeyPair::generate().map_err(|error| SimulatorError::Tls(error.to_string()))?;
        Ok(Self { key, known: Mutex::default() })
    }

    /// Status and body of the token endpoints.
    pub(super) fn grant(&self, settings: &Settings, base: &str, tenant: &str, form: &[u8]) -> (u16, Value) {
        let fields: HashMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
        if !tenant.eq_ignore_ascii_case(&settings.tenant_id.to_string()) {
            let text =
                format!("AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
            return (400, error("invalid_request", &text, 90_002));
        }
        let client = fields.get("client_id").and_then(|id| id.parse::<Uuid>().ok());
        let Some(client) = client.filter(|id| *id == settings.client_id || settings.more_clients.contains(id)) else {
            let text = "AADSTS700016: Application with this identifier was not found in the directory.";
            return (400, error("unauthorized_client", text, 700_016));
        };
        let proven = match (fields.get("client_secret"), fields.get("client_assertion")) {
            (Some(secret), _) => *secret == settings.client_secret,
            (None, Some(assertion)) => assertion.split('.').count() == 3,
            (None, None) => false,
        };
        if !proven {
            let text = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.";
            return (401, error("invalid_client", text, 7_000_215));
        }
        if fields.get("grant_type").is_some_and(|kind| kind != "client_credentials") {
            let text = "AADSTS70003: The app requested an unsupported grant type; client_credentials was expected.";
            return (400, error("unsupported_grant_type", text, 70_003));
        }
        let audience = fields.get("scope").or(fields.get("resource")).map_or("", String::as_str);
        let audience = audience.split(' ').next().unwrap_or_default().trim_end_matches("/.default");
        let life = settings.token_life.as_secs();
        let token = self.token(settings, base, client, audience);
        (200, json!({"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}))
    }

    /// Body of the managed identity endpoints.
    pub(super) fn managed(&self, settings: &Settings, base: &str, resource: &str, client: Option<&str>) -> Value {
        let client = client.and_then(|id| id.parse().ok()).unwrap_or(settings.client_id);
        let life = settings.token_life.as_secs();
        json!({
            "access_token": self.token(settings, base, client, resource), "client_id": client, "expires_in": life.to_string(),
            "ext_expires_in": life.to_string(), "expires_on": (now() + life).to_string(), "not_before": now().to_string(),
            "resource": resource, "token_type": "Bearer",
        })
    }

    /// A token for a tenant that nobody asked for.
    pub(super) fn foreign(&self, settings: &Settings, base: &str) -> String {
        let tenant_id = Uuid::from_u128(settings.tenant_id.as_u128() ^ 1);
        self.token(&Settings { tenant_id, ..settings.clone() }, base, settings.client_id, base)
    }

    pub(super) fn token(&self, settings: &Settings, base: &str, client: Uuid, audience: &str) -> String {
        let tenant = settings.tenant_id;
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let issued = now();
        let claims = json!({
            "aud": audience, "iss": format!("{base}/{tenant}/v2.0"), "idp": format!("{base}/{tenant}/"),
            "iat": issued, "nbf": issued, "exp": issued + settings.token_life.as_secs(),
            "appid": client, "azp": client, "appidacr": "1", "idtyp": "app", "oid": client, "sub": client,
            "tid": tenant, "ver": "1.0", "uti": Uuid::new_v4().simple().to_string(),
        });
        let head = part(json!({"typ": "JWT", "alg": "ES256", "kid": self.key_id()}));
        let signed = format!("{head}.{}", part(claims));
        let signature = self.key.sign(signed.as_bytes()).ok().and_then(|der| fixed(&der)).unwrap_or_default();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn key_id(&self) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, self.key.public_key_raw()).simple().to_string()
    }

    /// The key set that tokens are signed with.
    pub(super) fn keys(&self) -> Value {
        let point = self.key.public_key_raw();
        let (x, y) = point.get(1..).unwrap_or_default().split_at(32.min(point.len().saturating_sub(1)));
        json!({"keys": [{
            "kty": "EC", "use": "sig", "crv": "P-256", "alg": "ES256", "kid": self.key_id(),
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }]})
    }

    /// Whether a request may go on: a token of this tenant that is not expired. Answers whose it is.
    pub(super) fn check(&self, settings: &Settings, authorization: Option<&str>) -> Result<Arc<str>, Refusal> {
        let missing = "Authentication failed. The 'Authorization' header is missing.";
        let Some(text) = authorization else { return Err(("AuthenticationFailed", missing.to_owned())) };
        let known = self.known.lock().get(text).cloned();
        let (principal, expires) = match known {
            Some(known) => known,
            None => self.learn(settings, text)?,
        };
        if expires <= now() {
            let text = "The access token expiry UTC time is earlier than current UTC time.";
            return Err(("ExpiredAuthenticationToken", text.to_owned()));
        }
        Ok(principal)
    }

    fn learn(&self, settings: &Settings, text: &str) -> Result<(Arc<str>, u64), Refusal> {
        let claims = text
            .get(..7)
            .filter(|scheme| scheme.eq_ignore_ascii_case("bearer "))
            .and_then(|_| text[7..].split('.').nth(1))
            .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let Some(claims) = claims else {
            return Err(("InvalidAuthenticationToken", "The access token is invalid.".to_owned()));
        };
        if claims["tid"].as_str() != Some(&settings.tenant_id.to_string()) {
            let text = "The access token is from the wrong issuer. It must match the tenant associated with this subscription.";
            return Err(("InvalidAuthenticationTokenTenant", text.to_owned()));
        }
        let principal = claims["appid"].as_str().unwrap_or("unknown").into();
        let learnt = (principal, claims["exp"].as_u64().unwrap_or(0));
        let mut known = self.known.lock();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(text.to_owned(), learnt.clone());
        Ok(learnt)
    }
}

/// An ECDSA signature as JWTs hold it: both numbers in 32 bytes, from DER's two integers.
fn fixed(der: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(64);
    let mut rest = der.get(2..)?;
    for _ in 0..2 {
        let length = usize::from(*rest.get(1)?);
        let number = rest.get(2..2 + length)?;
        let number = &number[number.len().saturating_sub(32)..];
        out.resize(out.len() + 32 - number.len(), 0);
        out.extend_from_slice(number);
        rest = rest.get(2 + length..)?;
    }
    Some(out)
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

#[cfg(test)]
mod tests {
    use super::fixed;

    #[test]
    fn a_signature_has_64_bytes_whatever_the_numbers_are() {
        let der = [&[0x30, 7, 2, 1, 5, 2, 2, 0, 0x81][..]].concat();
        let fixed = fixed(&der).expect("two integers");
        assert_eq!((fixed.len(), fixed[31], fixed[63]), (64, 5, 0x81));
    }
}
