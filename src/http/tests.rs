//! The document is what the contract lists, and nothing else is routed.

use std::collections::BTreeSet;

use super::openapi;
use crate::api::ErrorCode;

/// The contract's routes of this version, with the prefix left out.
const CONTRACT: &str = "\
POST /api/v1/scan
POST /api/v1/generate-iac
POST /api/v1/generate-spec
GET /api/v1/jobs
GET /api/v1/jobs/{id}
DELETE /api/v1/jobs/{id}
GET /api/v1/jobs/{id}/result
POST /api/v1/jobs/{id}/retry
POST /api/v1/create-tenant
GET /api/v1/jobs/{id}/artifacts
GET /api/v1/jobs/{id}/artifacts/list
GET /api/v1/jobs/{id}/artifacts/file/{path}
GET /api/v1/jobs/{id}/events
POST /api/v1/jobs/{id}/ws-ticket
GET /api/v1/jobs/{id}/ws
GET /api/v1/scan/{id}
GET /api/v1/generate-iac/{id}
GET /api/v1/operations
DELETE /api/v1/operations/{id}
GET /api/v1/operations/{id}/download
GET /api/v1/tenants
GET /api/v1/tenants/{tenant}/summary
GET /api/v1/tenants/{tenant}/resources
GET /api/v1/tenants/{tenant}/resources/{id}
GET /api/v1/tenants/{tenant}/neighbours
GET /api/v1/tenants/{tenant}/snapshots
GET /api/v1/health
GET /api/v1/metrics
GET /api/v1/status
GET /api/v1/auth/whoami
GET /api/v1/keys
POST /api/v1/keys
DELETE /api/v1/keys/{kid}
POST /api/v1/keys/{kid}/rotate
GET /api/v1/audit
GET /api/v1/audit/verify
GET /api/v1/store/check
POST /api/v1/store/backup
GET /readyz
GET /metrics";

#[test]
fn the_document_holds_the_routes_of_the_contract() {
    let document = serde_json::to_value(openapi()).expect("JSON");
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys().filter(|key| key.len() < 8) {
            found.insert(format!("{} {}", method.to_uppercase(), path.replace("{*", "{")));
        }
    }
    let wanted: BTreeSet<String> = CONTRACT.lines().map(str::to_owned).collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_operation_tells_its_errors_and_needs_a_key() {
    let document = serde_json::to_value(openapi()).expect("JSON");
    assert_eq!(document["security"][0]["key"], serde_json::json!([]));
    assert!(document["components"]["schemas"]["ErrorEnvelope"].is_object());
    assert_eq!(
        document["paths"]["/api/v1/jobs"]["get"]["responses"]["default"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/ErrorEnvelope"
    );
    for code in ErrorCode::ALL {
        assert!((400..=599).contains(&code.status()), "{}", code.word());
    }
}
