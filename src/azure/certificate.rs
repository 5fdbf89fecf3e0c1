//! A client certificate as proof: an assertion signed with its key, as Entra ID documents it.
//!
//! azure_identity's own certificate credential needs OpenSSL; this one signs with ring, through rustls,
//! and goes through azure_identity's assertion credential. The file is PEM: the certificate, then its
//! chain, and an RSA key that is not encrypted. It is read anew for each assertion, so that it can be
//! replaced while the daemon runs.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rustls::{
    SignatureScheme,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::AzureError;

/// How long an assertion is good for.
const LIFE: Duration = Duration::from_mins(10);

/// Signs assertions for one application.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    path: PathBuf,
    client_id: String,
    /// The token endpoint that the assertion is for.
    audience: String,
}

impl Certificate {
    /// Fails where the file can't be used, so that a wrong one is seen before the first token.
    pub(super) fn open(path: PathBuf, client_id: String, audience: String) -> Result<Self, AzureError> {
        let this = Self { path, client_id, audience };
        this.assertion(SystemTime::now()).map_err(AzureError::Credential)?;
        Ok(this)
    }

    /// An assertion that is good from now on.
    pub(super) fn now(&self) -> Result<String, AzureError> {
        self.assertion(SystemTime::now()).map_err(AzureError::Credential)
    }

    fn assertion(&self, now: SystemTime) -> Result<String, String> {
        let path = self.path.display();
        let pem = std::fs::read(&self.path).map_err(|error| format!("{path} can't be read: {error}"))?;
        let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("{path}: the certificate can't be read: {error}"))?;
        let own =
            chain.first().ok_or_else(|| format!("{path} holds no certificate; expected PEM with one and its key"))?;
        let key = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|error| format!("{path}: no private key that is not encrypted: {error}"))?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|error| format!("{path}: the private key can't be used: {error}"))?;
        let signer = key
            .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
            .ok_or_else(|| format!("{path}: the private key is no RSA key, which Entra ID wants"))?;
        let at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let header = json!({
            "alg": "PS256", "typ": "JWT",
            "x5t#S256": URL_SAFE_NO_PAD.encode(Sha256::digest(own)),
            "x5c": chain.iter().map(|one| STANDARD.encode(one)).collect::<Vec<_>>(),
        });
        let claims = json!({
            "aud": self.audience, "iss": self.client_id, "sub": self.client_id, "jti": Uuid::new_v4(),
            "nbf": at, "iat": at, "exp": at + LIFE.as_secs(),
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = signer.sign(signed.as_bytes()).map_err(|error| format!("{path}: signing failed: {error}"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let kind = azure_core::error::ErrorKind::Credential;
        self.assertion(SystemTime::now()).map_err(|cause| azure_core::Error::with_message(kind, cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_or_key_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let open = |path: PathBuf| {
            let opened = Certificate::open(path, "c".to_owned(), "https://login/t".to_owned());
            opened.expect_err("refused").to_string()
        };
        assert!(open(directory.path().join("none.pem")).contains("none.pem can't be read"));
        let empty = directory.path().join("empty.pem");
        std::fs::write(&empty, "hello").expect("written");
        assert!(open(empty).contains("holds no certificate"));
    }

    /// The signature is checked by openssl, which knows nothing of our code.
    #[test]
    fn an_assertion_is_signed_by_the_key_of_the_certificate_that_it_names() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let openssl = |arguments: &[&str]| {
            std::process::Command::new("openssl").args(arguments).current_dir(directory.path()).output()
        };
        let made = openssl(&[
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=t",
        ]);
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("skipped: no openssl on this machine");
            return;
        }
        let (mut pem, key) =
            (std::fs::read(at("cert.pem")).expect("made"), std::fs::read(at("key.pem")).expect("made"));
        pem.extend(key);
        std::fs::write(at("both.pem"), &pem).expect("written");
        let certificate =
            Certificate::open(at("both.pem"), "app".to_owned(), "https://login/t/oauth2/v2.0/token".to_owned());
        let text = certificate.expect("opens").assertion(SystemTime::now()).expect("signed");
        let (signed, signature) = text.rsplit_once('.').expect("three parts");
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).expect("claims")).expect("base64");
        let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("app"), &json!("https://login/t/oauth2/v2.0/token")));
        std::fs::write(at("signed"), signed).expect("written");
        std::fs::write(at("signature"), URL_SAFE_NO_PAD.decode(signature).expect("base64")).expect("written");
        openssl(&["x509", "-in", "cert.pem", "-pubkey", "-noout", "-out", "public.pem"]).expect("runs");
        let verified = openssl(&[
            "dgst",
            "-sha256",
            "-verify",
            "public.pem",
            "-sigopt",
            "rsa_padding_mode:pss",
            "-signature",
            "signature",
            "signed",
        ]);
        let verified = verified.expect("runs");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
}
