//! What a scan says and keeps when Azure refuses, lies, or is somebody else.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use atgd::simulator;
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    harness::{Daemon, House, say},
    proxy::{Act, Proxy},
};

pub const SUBSCRIPTIONS: [&str; 2] = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];

/// A world that the test writes: bodies by id, served by a simulator that is started anew when it changes.
pub struct World {
    directory: tempfile::TempDir,
    pub ids: BTreeSet<String>,
    next: u32,
}

impl World {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), ids: BTreeSet::new(), next: 0 }
    }

    pub fn add(&mut self, id: &str, body: &Value) {
        self.ids.insert(id.to_owned());
        std::fs::write(self.file(id), body.to_string()).expect("written");
    }

    fn file(&self, id: &str) -> std::path::PathBuf {
        self.directory.path().join(format!("{}.json", id.trim_matches('/').replace('/', "~")))
    }

    /// Removes a thing and all below it.
    pub fn remove(&mut self, id: &str) {
        let below: Vec<String> =
            self.ids.iter().filter(|known| *known == id || known.starts_with(&format!("{id}/"))).cloned().collect();
        for id in below {
            std::fs::remove_file(self.file(&id)).expect("removed");
            self.ids.remove(&id);
        }
    }

    /// A few more resources, some with children, of types that no table of ours names.
    pub fn grow(&mut self, rng: &mut StdRng) {
        for _ in 0..rng.random_range(3..10) {
            self.next += 1;
            let subscription = SUBSCRIPTIONS[rng.random_range(0..SUBSCRIPTIONS.len())];
            let group = format!("/subscriptions/{subscription}/resourceGroups/rg-{}", rng.random_range(0..4));
            let kind =
                ["Contoso.Widgets/things", "Contoso.Widgets/boxes", "Fabrikam.Data/stores"][rng.random_range(0..3)];
            if !self.ids.contains(&group) {
                let name = group.rsplit('/').next();
                self.add(&group, &json!({"id": group, "name": name, "location": "westeurope", "properties": {}}));
            }
            let id = format!("{group}/providers/{kind}/n{}", self.next);
            self.add(&id, &body(&id));
            for child in 0..rng.random_range(0..3) {
                let id = format!("{id}/parts/p{child}");
                self.add(&id, &body(&id));
            }
        }
    }
}

pub fn body(id: &str) -> Value {
    json!({"id": id, "name": id.rsplit('/').next(), "location": "westeurope", "properties": {"state": "on"}})
}

pub async fn serve(world: &World) -> simulator::Running {
    let settings = simulator::Settings {
        sources: vec![simulator::Source::Directory(world.directory.path().to_owned())],
        page_size: 5,
        ..simulator::Settings::default()
    };
    simulator::start(settings).await.expect("the simulator starts")
}

pub async fn scan(house: &House, daemon: &Daemon, more: &Value) -> Value {
    let mut body = json!({"tenant_id": house.tenant, "include_child_types": ["*"]});
    body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    let id = daemon.submit("/api/v1/scan", &body).await;
    let job = daemon.finished(&id).await;
    assert_eq!(job["status"], "completed", "{job}\n{}", house.log());
    daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone()
}

/// Ids of everything that the graph has, groups included.
pub async fn stored(daemon: &Daemon, tenant: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = daemon.get(&format!("/api/v1/tenants/{tenant}/resources?limit=200{cursor}")).await;
        ids.extend(
            page["resources"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|row| row["id"].as_str())
                .map(str::to_owned),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

pub fn house(directory: tempfile::TempDir, sim: &simulator::Running, proxy: &Proxy) -> House {
    let snippet = proxy.snippet(&sim.snippet(&directory.path().join("secret")));
    House::in_directory(directory, &snippet, sim.tenant_id().to_string())
}

fn forbidden() -> Act {
    let text = json!({"error": {"code": "AuthorizationFailed", "message": "The client does not have authorization."}});
    Act::Answer(403, text.to_string())
}

/// Random worlds, random real deletions, random faults: what the scan lets go was truly deleted, and after
/// a clean scan the graph is the world.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_that_was_not_seen_absent() {
    let mut rng = StdRng::seed_from_u64(20_261_124);
    let mut world = World::new();
    world.grow(&mut rng);
    world.grow(&mut rng);
    let mut sim = serve(&world).await;
    let proxy = Proxy::before(&sim.url()).await;
    let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
    let daemon = house.start(&house.key(&["read", "scan"]));
    scan(&house, &daemon, &json!({})).await;
    let mut before = stored(&daemon, &house.tenant).await;
    let (mut deleted, mut stale) = (0, 0);
    for round in 0..12 {
        sim.stop().await;
        for _ in 0..rng.random_range(0..4) {
            let ids: Vec<String> = world.ids.iter().cloned().collect();
            world.remove(&ids[rng.random_range(0..ids.len())]);
        }
        world.grow(&mut rng);
        sim = serve(&world).await;
        proxy.lead_to(&sim.url());
        let fault = rng.random_range(0..8);
        let victim: Vec<String> = world.ids.iter().cloned().collect();
        let victim = victim[rng.random_range(0..victim.len())].to_lowercase();
        let group: String = victim.split('/').take(5).collect::<Vec<_>>().join("/");
        let subscription = SUBSCRIPTIONS[rng.random_range(0..2)];
        let dice = Arc::new(Mutex::new(StdRng::seed_from_u64(round)));
        proxy.set(move |_, path| {
            let lower = path.to_lowercase();
            let roll = || dice.lock().random_range(0..100);
            match fault {
                0 if lower.contains(&format!("{group}/")) => forbidden(),
                1 if lower.contains("/contoso.widgets/things") => forbidden(),
                2 if lower.contains(&format!("/subscriptions/{subscription}/")) => forbidden(),
                3 if lower.contains("/resources?") || lower.contains("/resourcegroups?") => forbidden(),
                // A list that lies: it is empty, and the thing is there.
                4 if lower.contains("/resources?") && lower.contains(subscription) => {
                    Act::Answer(200, r#"{"value":[]}"#.into())
                }
                5 if lower.contains("/parts?") => forbidden(),
                6 if roll() < 5 => Act::CutOff,
                7 if lower.starts_with("/v1.0/") => forbidden(),
                _ => Act::Pass,
            }
        });
        let result = scan(&house, &daemon, &json!({})).await;
        let after = stored(&daemon, &house.tenant).await;
        for id in before.difference(&after) {
            assert!(!world.ids.contains(id), "round {round}, fault {fault}: {id} is there, and was let go");
        }
        deleted += before.difference(&after).count();
        stale += result["resources"]["stale"].as_u64().unwrap_or(0);
        if fault == 7 {
            assert_eq!(result["partial"], true, "round {round}: Microsoft Graph was forbidden: {result}");
        }
        let lacking: Vec<&String> = world.ids.difference(&after).collect();
        if !lacking.is_empty() {
            assert!(matches!(fault, 0..=5), "round {round}, fault {fault}: lost {lacking:?}");
            if fault != 4 {
                assert_eq!(result["partial"], true, "round {round}, fault {fault}: {result}");
            }
        }
        proxy.pass_all();
        let clean = scan(&house, &daemon, &json!({})).await;
        before = stored(&daemon, &house.tenant).await;
        assert_eq!(before, world.ids, "round {round}: after a clean scan the graph is the world");
        assert_eq!(clean["resources"]["stale"], 0, "round {round}: {clean}");
        assert_eq!(clean["partial"], false, "round {round}: {clean}");
    }
    say(&format!("random faults: {deleted} deletions seen through them, {stale} kept as stale"));
    assert!(deleted > 3 && stale > 10, "{deleted} deleted, {stale} stale");
    drop(daemon);
    sim.stop().await;
}

/// What one hostile answer leads to: the words of the job's errors, and the peak of the daemon's memory.
async fn hostile(rule: impl Fn(&str, &str) -> Act + Send + Sync + 'static) -> (String, f64) {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let proxy = Proxy::before(&sim.url()).await;
    let house = house(tempfile::tempdir().expect("a directory"), &sim, &proxy);
    let daemon = house.start(&house.key(&["read", "scan"]));
    proxy.set(rule);
    let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant})).await;
    let job = daemon.finished(&id).await;
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].clone();
    let peak = peak(daemon.pid());
    drop(daemon);
    sim.stop().await;
    (format!("{} {} {}", job["error"], result["errors"], result["coverage"]), peak)
}

/// MiB.
fn peak(pid: u32) -> f64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("the field");
    line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok()).expect("a number") / 1024.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_link_to_another_host_is_not_followed_and_named() {
    let elsewhere = simulator::start(simulator::Settings::default()).await.expect("another server");
    let link = format!("{}/subscriptions/x/steal", elsewhere.url());
    let (errors, _) = hostile(move |_, path| {
        if path.contains("/resources?") {
            return Act::Answer(200, json!({"value": [], "nextLink": link}).to_string());
        }
        Act::Pass
    })
    .await;
    assert!(errors.contains("foreign_host"), "{errors}");
    assert!(elsewhere.requests().is_empty(), "{:?}", elsewhere.requests());
    elsewhere.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_an_end_are_named() {
    let (errors, _) = hostile(|_, path| {
        let base = path.split('?').next().unwrap_or_default();
        if path.contains("/resources?") {
            // The same token again and again.
            return Act::Answer(200, json!({"value": [], "nextLink": format!("{base}?api-version=2021-04-01&$skiptoken=same&x=/resources?")}).to_string());
        }
        if path.contains("/roleAssignments") {
            // Always another token, never anything new.
            let token = uuid::Uuid::new_v4();
            return Act::Answer(200, json!({"value": [], "nextLink": format!("{base}?api-version=2022-04-01&$skiptoken={token}")}).to_string());
        }
        Act::Pass
    })
    .await;
    assert!(errors.matches("endless_list").count() >= 2, "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_a_gigabyte_or_of_any_depth_does_no_harm() {
    let (errors, peak) = hostile(|_, path| match path {
        path if path.contains("/locks?") => Act::Flood(1 << 30),
        path if path.contains("/policyAssignments?") => {
            Act::Answer(200, format!("{{\"value\":[{}{}]}}", "{\"a\":".repeat(10_000), "}".repeat(10_000)))
        }
        _ => Act::Pass,
    })
    .await;
    assert!(errors.contains("larger than"), "{errors}");
    assert!(errors.matches("unreadable").count() >= 2, "{errors}");
    assert!(peak < 400.0, "{peak} MiB");
    say(&format!("hostile bodies: peak {peak:.0} MiB"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (errors, _) = hostile(|_, path| {
        if path.contains("/locks?") {
            return Act::Answer(307, String::new());
        }
        Act::Pass
    })
    .await;
    assert!(errors.contains("foreign_host"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_tenant_ends_the_scan_before_it_begins() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
    let part = |value: Value| BASE64.encode(value.to_string());
    let token =
        format!("{}.{}.x", part(json!({"alg": "none"})), part(json!({"tid": "11111111-0000-4000-8000-000000000000"})));
    let (errors, _) = hostile(move |_, path| {
        if path.contains("/oauth2/") {
            let body = json!({"token_type": "Bearer", "expires_in": 3600, "access_token": token});
            return Act::Answer(200, body.to_string());
        }
        Act::Pass
    })
    .await;
    assert!(errors.contains("wrong_tenant"), "{errors}");
}

/// The same by faults of the simulator, all in one scan: what a user can try with `--fault`.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_faults_do_no_harm_and_are_named() {
    let elsewhere = simulator::start(simulator::Settings::default()).await.expect("another server");
    let steal = format!("{}/subscriptions/x/steal", elsewhere.url());
    let faults = [
        format!("foreign-link={steal}@/resources?"),
        format!("foreign-location={steal}@/managementgroups"),
        "same-token@/roleassignments".to_owned(),
        "endless@/roledefinitions".to_owned(),
        "flood=1024@/locks".to_owned(),
        "deep=10000@/policyassignments".to_owned(),
        format!("foreign-link={steal}@/v1.0/users"),
    ];
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    let settings = simulator::Settings { faults, ..simulator::Settings::default() };
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let daemon = house.start(&house.key(&["read", "scan"]));
    let result = scan(&house, &daemon, &json!({})).await;
    let errors = result["errors"].as_array().expect("a list");
    let named = |scope: &str, code: &str| {
        let wanted = |error: &Value| {
            let is_there = error["scope"].as_str().is_some_and(|text| text.to_lowercase().contains(scope));
            is_there && error["code"] == code
        };
        assert!(errors.iter().any(wanted), "{scope} {code}: {errors:#?}");
    };
    for (scope, code) in [
        ("/resources", "foreign_host"),
        ("/managementgroups", "foreign_host"),
        ("/roleassignments", "endless_list"),
        ("/roledefinitions", "endless_list"),
        ("/locks", "unreadable"),
        ("/policyassignments", "unreadable"),
    ] {
        named(scope, code);
    }
    assert!(elsewhere.requests().is_empty(), "{:?}", elsewhere.requests());
    assert!(peak(daemon.pid()) < 400.0, "{} MiB", peak(daemon.pid()));
    drop(daemon);
    sim.stop().await;
    elsewhere.stop().await;
}

/// What fails at the token endpoint and may pass is asked for again; a token of another tenant is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_fails_for_a_while_fails_no_scan() {
    for (fault, times, status, code) in [
        ("503@/oauth2/", Some(2), "completed", ""),
        ("throttle=1@/oauth2/", Some(1), "completed", ""),
        ("reset@/oauth2/", Some(2), "completed", ""),
        ("wrong-tenant", None, "failed", "wrong_tenant"),
        ("flood=64@/oauth2/", None, "failed", "credentials"),
    ] {
        let fault: simulator::Fault = fault.parse().expect("a fault");
        let faults = vec![simulator::Fault { times, ..fault.clone() }];
        let settings = simulator::Settings { faults, ..simulator::Settings::default() };
        let sim = simulator::start(settings).await.expect("the simulator starts");
        let house = House::for_simulator(&sim);
        let daemon = house.start(&house.key(&["read", "scan"]));
        let id = daemon.submit("/api/v1/scan", &json!({"tenant_id": house.tenant, "include_identities": false})).await;
        let job = daemon.finished(&id).await;
        assert_eq!(job["status"], status, "{fault:?}: {job}");
        assert!(job["error"].to_string().contains(code), "{fault:?}: {job}");
        drop(daemon);
        sim.stop().await;
    }
}
