//! The simulator as programs see it that know only https and a CA file.

use atgd::simulator::{self, Settings};
use serde_json::{Value, json};

use crate::harness::{House, install_tls};

const CLIENT: &str = "c0470500-0000-4000-8000-00000000c11e";

fn trusting(sim: &simulator::Running) -> reqwest::Client {
    install_tls();
    let ca = reqwest::Certificate::from_pem(sim.ca().expect("https").as_bytes()).expect("a certificate");
    reqwest::Client::builder().tls_certs_only([ca]).build().expect("a client")
}

async fn get(client: &reqwest::Client, url: String) -> (u16, Value) {
    let answer = client.get(&url).send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn contoso() -> simulator::Running {
    simulator::start(Settings::default().for_foreign_programs()).await.expect("the simulator starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_a_client_finds_its_cloud_its_authority_and_a_token() {
    let sim = contoso().await;
    let (client, base, tenant) = (trusting(&sim), sim.url(), sim.tenant_id());
    assert!(base.starts_with("https://"));
    let (_, old) = get(&client, format!("{base}/metadata/endpoints?api-version=2015-01-01")).await;
    assert_eq!(old["authentication"]["loginEndpoint"], format!("{base}/"));
    let (_, list) = get(&client, format!("{base}/metadata/endpoints?api-version=2019-05-01")).await;
    assert_eq!(list[0]["name"], "AzureCloud");
    let (_, cloud) = get(&client, format!("{base}/metadata/endpoints?api-version=2022-09-01")).await;
    assert_eq!(cloud["resourceManager"], format!("{base}/"));
    let (_, found) = get(&client, format!("{base}/{tenant}/v2.0/.well-known/openid-configuration")).await;
    let form = format!(
        "client_id={CLIENT}&client_secret=simulated-client-secret&grant_type=client_credentials&scope={base}/.default"
    );
    let answer = client
        .post(found["token_endpoint"].as_str().expect("an endpoint"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .expect("an answer");
    let token: Value = answer.json().await.expect("JSON");
    let token = token["access_token"].as_str().expect("a token");
    assert_eq!(token.split('.').count(), 3);
    let (_, keys) = get(&client, found["jwks_uri"].as_str().expect("keys").to_owned()).await;
    assert_eq!(keys["keys"][0]["kty"], "EC");
    let (_, hosts) = get(&client, format!("{base}/common/discovery/instance?api-version=1.1")).await;
    assert!(hosts["tenant_discovery_endpoint"].as_str().is_some_and(|url| url.starts_with(&base)));
    let list = client.get(format!("{base}/subscriptions?api-version=2022-12-01")).bearer_auth(token);
    let list: Value = list.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(list["value"].as_array().map(Vec::len), Some(2));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_challenges_and_a_storage_account_gives_its_keys() {
    let sim = contoso().await;
    let client = trusting(&sim);
    let token = sim.token();
    let of = |kind: &str| {
        let served = sim.served();
        let found = served.into_iter().find(|(id, _)| id.to_lowercase().contains(kind) && id.split('/').count() == 9);
        found.unwrap_or_else(|| panic!("Contoso has {kind}"))
    };
    let (_, vault) = of("/microsoft.keyvault/vaults/");
    let uri = vault["properties"]["vaultUri"].as_str().expect("a URI").to_owned();
    let contacts = format!("{uri}certificates/contacts?api-version=7.4");
    let refused = client.get(&contacts).send().await.expect("an answer");
    let challenge = refused.headers()["www-authenticate"].to_str().expect("text").to_owned();
    assert_eq!((refused.status().as_u16(), challenge.contains(&sim.url())), (401, true), "{challenge}");
    let none = client.get(&contacts).bearer_auth(&token).send().await.expect("an answer");
    assert_eq!(none.status().as_u16(), 404);
    assert_eq!(none.json::<Value>().await.expect("JSON")["error"]["code"], "ContactsNotFound");
    let (account, _) = of("/microsoft.storage/storageaccounts/");
    let keys = client.post(format!("{}{account}/listKeys?api-version=2023-05-01", sim.url())).bearer_auth(&token);
    let keys: Value = keys.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(keys["keys"][0]["keyName"], "key1");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_scans_over_https_with_what_the_simulator_printed() {
    let sim = contoso().await;
    let house = House::for_simulator(&sim);
    let key = house.key(&["read", "scan"]);
    let daemon = house.start(&key);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    drop(daemon);
    sim.stop().await;
}

/// What `/_simulator` tells, and what it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_simulator_is_asked_and_told_over_http() {
    install_tls();
    let sim = simulator::start(Settings::default()).await.expect("the simulator starts");
    let (client, base, token) = (reqwest::Client::new(), sim.url(), sim.token());
    let told = async |method: reqwest::Method, path: &str, body: &str| {
        let request = client.request(method, format!("{base}/_simulator{path}")).body(body.to_owned());
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap_or_default())
    };
    let asked = async |path: &str| {
        let answer = client.get(format!("{base}{path}")).bearer_auth(&token).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap_or_default())
    };
    let (get, post, put, delete) =
        (reqwest::Method::GET, reqwest::Method::POST, reqwest::Method::PUT, reqwest::Method::DELETE);
    let (_, status) = told(get.clone(), "/status", "").await;
    assert!(status["resources"].as_u64() > Some(100), "{status}");
    let list = "/subscriptions?api-version=2022-12-01";
    let (_, all) = asked(list).await;
    let subscription = all["value"][0]["id"].as_str().expect("an id").to_owned();

    assert_eq!(told(post.clone(), "/faults", r#"{"fault": "forbidden@/subscriptions", "times": 1}"#).await.0, 204);
    assert_eq!(told(post.clone(), "/faults", "explode").await.0, 400);
    assert_eq!(told(get.clone(), "/faults", "").await.1["faults"].as_array().map(Vec::len), Some(1));
    assert_eq!((asked(list).await.0, asked(list).await.0), (403, 200), "once, as it was asked for");
    assert_eq!(told(delete.clone(), "/faults", "").await.0, 204);
    assert_eq!(told(get.clone(), "/faults", "").await.1["faults"], json!([]));

    assert_eq!(told(put.clone(), "/quirks", r#"["null-next"]"#).await.0, 204);
    assert_eq!(told(put.clone(), "/quirks", r#"["no-such"]"#).await.0, 400);
    assert_eq!(told(get.clone(), "/quirks", "").await.1, json!(["null-next"]));

    let id = format!("{subscription}/resourceGroups/rg-told/providers/Contoso.Widgets/things/one");
    let body = json!({"id": id, "name": "one", "location": "westeurope"}).to_string();
    assert_eq!(told(put.clone(), &format!("/resources{id}"), &body).await.0, 204);
    assert_eq!(told(put, "/resources/nothing", "[]").await.0, 400);
    let (status, found) = asked(&format!("{id}?api-version=2023-01-01")).await;
    assert_eq!((status, &found["name"]), (200, &json!("one")), "{found}");
    assert_eq!(told(delete.clone(), &format!("/resources{id}"), "").await.1["removed"], json!([id]));

    assert_eq!(told(delete, "/requests", "").await.0, 204);
    asked(list).await;
    assert_eq!(told(get.clone(), "/requests", "").await.1["subscriptions"], 1);
    assert_eq!(told(post.clone(), "/hold", "").await.0, 204);
    let (held, released) = tokio::join!(asked(list), async {
        // It is told all the same while others wait.
        let waiting = told(get.clone(), "/requests", "").await.1["subscriptions"].clone();
        (waiting, told(post, "/release", "").await.0)
    });
    assert_eq!((held.0, released), (200, (json!(1), 204)));
    assert_eq!(told(get, "/nothing", "").await.0, 404);
    sim.stop().await;
}
