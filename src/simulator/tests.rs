//! What the simulator promises, asked as a router.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    CONTOSO, Settings, Source, contoso, routes,
    settings::{CLIENT, SECRET},
    sources,
    state::State,
};

fn state(sources: &[Source]) -> Arc<State> {
    let settings = Settings { sources: sources.to_vec(), ..Settings::default() };
    let world = sources::fill(&settings, "http://127.0.0.1:1").expect("loads");
    Arc::new(State::new(settings, "http://127.0.0.1:1".to_owned(), world).expect("a key"))
}

async fn ask(router: &Router, uri: &str, token: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::get(uri);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("answers");
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 26).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn token(router: &Router, secret: &str) -> (StatusCode, Value) {
    let form = format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={secret}&scope=x/.default");
    let request = Request::post(format!("/{CONTOSO}/oauth2/v2.0/token")).body(Body::from(form)).expect("a request");
    let answer = router.clone().oneshot(request).await.expect("answers");
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}

#[tokio::test]
async fn a_token_is_given_for_the_secret_and_needed_for_everything() {
    let router = routes::router(state(&[Source::Contoso]));
    let (status, refusal) = token(&router, "wrong").await;
    assert_eq!((status.as_u16(), refusal["error"].as_str()), (401, Some("invalid_client")));
    let (_, granted) = token(&router, SECRET).await;
    let granted = granted["access_token"].as_str().expect("a token");
    assert_eq!(ask(&router, "/subscriptions?api-version=2022-12-01", None).await.0.as_u16(), 401);
    let (status, list) = ask(&router, "/subscriptions?api-version=2022-12-01", Some(granted)).await;
    assert_eq!((status.as_u16(), list["value"].as_array().map(Vec::len)), (200, Some(2)));
}

/// Walks as a scanner would: what can be reached by metadata, inventory, lists and children.
#[tokio::test]
async fn every_resource_of_contoso_is_reached_by_inventory_lists_and_children() {
    let state = state(&[Source::Contoso]);
    let router = routes::router(state.clone());
    let (_, granted) = token(&router, SECRET).await;
    let granted = granted["access_token"].as_str().expect("a token").to_owned();
    let mut reached = BTreeSet::new();
    let served: Vec<_> =
        state.world().all().map(|stored| (stored.id.clone(), stored.type_name(), stored.value())).collect();
    for (id, kind, value) in served {
        let version = state.world().facts(&kind).expect("known").versions.first().expect("one").clone();
        let (status, body) = ask(&router, &format!("{id}?api-version={version}"), Some(&granted)).await;
        assert_eq!((status.as_u16(), &body), (200, &value), "{id}");
        let list = id.rsplit_once('/').expect("a name").0;
        let (status, list) = ask(&router, &format!("{list}?api-version={version}"), Some(&granted)).await;
        let ids = list["value"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
        let listed = ids.map(crate::arm::key).any(|key| key == crate::arm::key(&id));
        if status.as_u16() == 200 && listed {
            reached.insert(crate::arm::key(&id));
        }
    }
    assert_eq!(reached.len(), state.world().len());
    let types: BTreeSet<String> = state.world().all().map(|stored| stored.type_name().to_lowercase()).collect();
    assert!(state.world().len() >= 150, "{} resources", state.world().len());
    assert!(types.len() >= 40, "{} types", types.len());
    assert_eq!(state.world().skipped, 0);
}

#[tokio::test]
async fn versions_that_are_not_offered_are_refused_with_those_that_are() {
    let state = state(&[Source::Contoso]);
    let router = routes::router(state);
    let (_, granted) = token(&router, SECRET).await;
    let granted = granted["access_token"].as_str().expect("a token");
    let scope = format!("/subscriptions/{}", contoso::PRODUCTION);
    let path = format!("{scope}/providers/Microsoft.Sql/servers");
    let (status, refusal) = ask(&router, &format!("{path}?api-version=1999-01-01"), Some(granted)).await;
    assert_eq!((status.as_u16(), refusal["error"]["code"].as_str()), (400, Some("NoRegisteredProviderFound")));
    assert!(refusal["error"]["message"].as_str().expect("text").contains("2023-08-01"));
    assert_eq!(ask(&router, &path, Some(granted)).await.1["error"]["code"], json!("MissingApiVersionParameter"));
}

#[tokio::test]
async fn lists_are_paged_and_every_element_comes_once() {
    let state = state(&[Source::Generated { resources: 2_500, subscriptions: 1 }]);
    let router = routes::router(state.clone());
    let (_, granted) = token(&router, SECRET).await;
    let granted = granted["access_token"].as_str().expect("a token").to_owned();
    let subscription = state.world().subscriptions().keys().next().expect("one").clone();
    let mut next = Some(format!("/subscriptions/{subscription}/resources?api-version=2021-04-01&$top=1000"));
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    while let Some(address) = next {
        let (status, page) = ask(&router, address.trim_start_matches("http://127.0.0.1:1"), Some(&granted)).await;
        assert_eq!(status.as_u16(), 200);
        for item in page["value"].as_array().expect("a list") {
            assert!(item.get("properties").is_none());
            assert!(ids.insert(item["id"].as_str().expect("an id").to_owned()));
        }
        pages += 1;
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!((ids.len(), pages), (2_500, 3));
}

/// Our own group, and the recorded ones where they are beside the project.
#[test]
fn recorded_groups_load_whole_each_into_a_subscription_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recorded = root.join("../shared/azure-data/_scenarios");
    for path in [Some(root.join("tests/fixtures/groups")), recorded.exists().then_some(recorded)].into_iter().flatten()
    {
        let state = state(&[Source::Directory(path.clone())]);
        let files = std::fs::read_dir(path).expect("readable").count();
        assert!(files > 0 && state.world().len() > 4);
        assert_eq!((state.world().subscriptions().len(), state.world().skipped), (files, 0));
    }
}
