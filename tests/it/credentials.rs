//! Every kind of credential through azure_identity's own code, against the simulator's endpoints.

use std::{path::Path, process::Command, time::Duration};

use atgd::{
    azure::{Azure, AzureError, CloudSettings, CredentialSettings, Settings, TenantSettings},
    simulator,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::harness::{House, skip};

const CLIENT: &str = "c0470500-0000-4000-8000-00000000c11e";

/// Whether a credential gives a token of the right tenant with which ARM answers.
async fn works(sim: &simulator::Running, credential: CredentialSettings) -> Result<(), AzureError> {
    crate::harness::install_tls();
    let base = sim.url();
    let cloud = CloudSettings { authority: base.clone(), resource_manager: base.clone(), graph: base, ca_file: None };
    let tenant = TenantSettings {
        strategy: atgd::azure::Strategy::List,
        name: "sim".to_owned(),
        tenant_id: sim.tenant_id(),
        cloud,
        subscriptions: Vec::new(),
        credential,
    };
    let (_keep, settings) = watch::channel(Settings { tenants: vec![tenant], share: 0.95 });
    let client = Azure::new(settings).tenant(sim.tenant_id())?;
    client.check().await?;
    client.arm("/subscriptions?api-version=2022-12-01").await.map(drop)
}

async fn contoso() -> simulator::Running {
    simulator::start(simulator::Settings::default()).await.expect("the simulator starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_identity_proves_itself_with_the_pods_token() {
    let (sim, directory) = (contoso().await, tempfile::tempdir().expect("a directory"));
    let file = directory.path().join("token");
    std::fs::write(&file, "header.claims.signature").expect("written");
    let credential =
        CredentialSettings::WorkloadIdentity { client_id: Some(CLIENT.to_owned()), token_file: Some(file.clone()) };
    works(&sim, credential.clone()).await.expect("a token");
    std::fs::write(&file, "no token").expect("written");
    let refused = works(&sim, credential).await.expect_err("refused");
    assert!(matches!(refused, AzureError::Credential(_)), "{refused}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_managed_identity_asks_the_machine() {
    let sim = contoso().await;
    works(&sim, CredentialSettings::ManagedIdentity { client_id: None }).await.expect("the machine's own");
    works(&sim, CredentialSettings::ManagedIdentity { client_id: Some(CLIENT.to_owned()) })
        .await
        .expect("an assigned one");
    assert!(sim.requests()["token"] >= 2);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_signs_an_assertion() {
    let (sim, directory) = (contoso().await, tempfile::tempdir().expect("a directory"));
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=t",
        ])
        .current_dir(directory.path())
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return skip("no openssl on this machine");
    }
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("made");
    let file = directory.path().join("both.pem");
    std::fs::write(&file, format!("{}{}", read("cert.pem"), read("key.pem"))).expect("written");
    let credential = CredentialSettings::ClientCertificate { client_id: CLIENT.to_owned(), file };
    works(&sim, credential).await.expect("a token");
    sim.stop().await;
}

/// A token as the simulator gives it.
async fn token(sim: &simulator::Running) -> String {
    let form =
        format!("client_id={CLIENT}&client_secret=simulated-client-secret&grant_type=client_credentials&scope=x");
    let url = format!("{}/{}/oauth2/v2.0/token", sim.url(), sim.tenant_id());
    let answer = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .expect("an answer");
    let body: Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}

/// There is no `az` here: a script stands in its place and prints what it prints.
fn az(directory: &Path, token: &str) {
    use std::os::unix::fs::PermissionsExt;
    let later = jiff::Timestamp::now() + Duration::from_mins(50);
    let printed = json!({
        "accessToken": token, "expires_on": later.as_second(), "tokenType": "Bearer",
        "expiresOn": later.strftime("%Y-%m-%d %H:%M:%S.000000").to_string(),
    });
    let path = directory.join("az");
    std::fs::write(&path, format!("#!/bin/sh\ncat <<'END'\n{printed}\nEND\n")).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("set");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_azure_cli_is_asked_for_a_token() {
    let sim = contoso().await;
    let directory = tempfile::tempdir().expect("a directory");
    let bin = directory.path().to_owned();
    az(&bin, &token(&sim).await);
    let base = sim.url();
    let snippet = format!(
        "[azure.clouds.sim]\nauthority = \"{base}\"\nresource_manager = \"{base}\"\ngraph = \"{base}\"\n\
         [tenants.sim]\ntenant_id = \"{}\"\ncloud = \"sim\"\n[tenants.sim.credential]\nkind = \"azure_cli\"\n",
        sim.tenant_id()
    );
    let house = House::in_directory(tempfile::tempdir().expect("a directory"), &snippet, sim.tenant_id().to_string());
    let key = house.key(&["read", "scan"]);
    // The program is found where the PATH says.
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let daemon = house.start_with(&key, &[("PATH", &path)]);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    drop(daemon);
    sim.stop().await;
}

/// App Service and Container Apps tell a process of their endpoint by its environment.
#[tokio::test(flavor = "multi_thread")]
async fn a_managed_identity_of_app_service_is_asked_where_the_environment_says() {
    let sim = contoso().await;
    let base = sim.url();
    let snippet = format!(
        "[azure.clouds.sim]\nauthority = \"{base}\"\nresource_manager = \"{base}\"\ngraph = \"{base}\"\n\
         [tenants.sim]\ntenant_id = \"{}\"\ncloud = \"sim\"\n[tenants.sim.credential]\nkind = \"managed_identity\"\n",
        sim.tenant_id()
    );
    let endpoint = format!("{base}/msi/token");
    for (header, status) in [("simulated-identity-header", "completed"), ("another", "failed")] {
        let directory = tempfile::tempdir().expect("a directory");
        let house = House::in_directory(directory, &snippet, sim.tenant_id().to_string());
        let key = house.key(&["read", "scan"]);
        let daemon = house.start_with(&key, &[("IDENTITY_ENDPOINT", &endpoint), ("IDENTITY_HEADER", header)]);
        let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
        let job = daemon.finished(&id).await;
        assert_eq!(job["status"], status, "{job}\n{}", house.log());
        drop(daemon);
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_is_proof_and_a_wrong_one_is_refused() {
    let sim = contoso().await;
    let of = |secret: &str| CredentialSettings::ClientSecret {
        client_id: CLIENT.to_owned(),
        secret: atgd::azure::SecretSource::Given(atgd::telemetry::Secret::new(secret)),
    };
    works(&sim, of("simulated-client-secret")).await.expect("a token");
    let refused = works(&sim, of("another")).await.expect_err("refused");
    assert!(matches!(refused, AzureError::Credential(_)), "{refused}");
    sim.stop().await;
}
