//! Azure's own SDKs for Python against the simulator, over https: it is not only our client that understands it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use atgd::simulator::{self, Settings};
use serde_json::{Value, json};
use uuid::uuid;

use crate::harness::{install_tls, say, skip};

const REQUIREMENTS: &str = include_str!("sdk/requirements.txt");
const CLIENT: &str = "c0470500-0000-4000-8000-00000000c11e";
const EMPTY: uuid::Uuid = uuid!("e0000000-0000-4000-8000-000000000001");

/// A virtual environment with the pinned packages, made once and kept beside other caches.
fn python() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    let cache = home.unwrap_or_else(std::env::temp_dir).join("atgd-sdk");
    let named = blake3::hash(REQUIREMENTS.as_bytes()).to_hex();
    let ready = cache.join(&named[..16]);
    let (program, complete) = (ready.join("bin/python3"), ready.join("complete"));
    if complete.exists() {
        return Some(program);
    }
    let run = |program: &Path, arguments: &[&str]| -> Result<(), String> {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(error)
    };
    if let Err(error) = run(Path::new("python3"), &["-c", "import venv, ensurepip"]) {
        skip(&format!("no python3 that can make virtual environments: {error}"));
        return None;
    }
    say("installing Azure's SDKs for Python, once");
    std::fs::create_dir_all(&cache).expect("a cache directory");
    // Made in its place, for the paths in it are absolute; what was cut off before is removed first.
    let place = ready.to_string_lossy().into_owned();
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdk/requirements.txt");
    let list = requirements.to_string_lossy().into_owned();
    let installed = run(Path::new("python3"), &["-m", "venv", "--clear", &place]).and_then(|()| {
        run(&program, &["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "-r", &list])
    });
    if let Err(error) = installed {
        let _ = std::fs::remove_dir_all(&ready);
        skip(&format!("the SDKs cannot be installed: {}", error.lines().last().unwrap_or_default()));
        return None;
    }
    std::fs::write(complete, REQUIREMENTS).expect("written");
    Some(program)
}

#[tokio::test(flavor = "multi_thread")]
async fn azures_sdks_list_get_and_write_what_the_simulator_serves() {
    install_tls();
    let Some(python) = tokio::task::spawn_blocking(python).await.expect("no panic") else { return };
    let settings = Settings {
        sources: vec![simulator::Source::Contoso],
        empty_subscriptions: vec![EMPTY],
        page_size: 7,
        ..Settings::default()
    };
    let sim = simulator::start(settings.for_foreign_programs()).await.expect("the simulator starts");
    let directory = tempfile::tempdir().expect("a directory");
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, sim.ca().expect("https")).expect("written");
    let served = sim.served();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdk/client.py");
    let (base, tenant) = (sim.url(), sim.tenant_id().to_string());
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(python);
        command
            .arg(script)
            .arg(base)
            .arg(&ca)
            .arg(tenant)
            .arg(CLIENT)
            .arg("simulated-client-secret")
            .arg(EMPTY.to_string());
        command.env_remove("HTTPS_PROXY").env_remove("https_proxy").env("NO_PROXY", "127.0.0.1").output()
    });
    let output = output.await.expect("no panic").expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let subscriptions: Vec<&str> =
        said["subscriptions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(subscriptions.len(), 3, "{subscriptions:?}");
    let of = |subscription: &str, kind: &str| -> Vec<String> {
        let prefix = format!("/subscriptions/{subscription}/");
        let ids = served.iter().map(|(id, _)| id).filter(|id| id.starts_with(&prefix));
        let mut ids: Vec<String> = ids.filter(|id| type_of(id).eq_ignore_ascii_case(kind)).cloned().collect();
        ids.sort();
        ids
    };
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<String> = match value {
            Value::Object(fields) => fields.keys().cloned().collect(),
            list => list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        };
        keys.sort();
        keys
    };
    for (subscription, read) in said["read"].as_object().expect("a map") {
        for (name, kind) in [
            ("groups", "resourceGroups"),
            ("networks", "Microsoft.Network/virtualNetworks"),
            ("security_groups", "Microsoft.Network/networkSecurityGroups"),
            ("machines", "Microsoft.Compute/virtualMachines"),
            ("disks", "Microsoft.Compute/disks"),
            ("accounts", "Microsoft.Storage/storageAccounts"),
        ] {
            assert_eq!(keys(&read[name]), of(subscription, kind), "{subscription} {name}");
        }
        let assignments = read["assignments"].as_array().map_or(0, Vec::len);
        let expected = of_any(&served, subscription, "Microsoft.Authorization/roleAssignments");
        assert_eq!(assignments, expected, "{subscription}");
        assert!(read["providers"].as_u64() > Some(5) && read["definitions"].as_u64() > Some(5));
    }
    let listed: Vec<String> =
        said["read"].as_object().expect("a map").values().flat_map(|read| keys(&read["resources"])).collect();
    assert_eq!(keys(&said["graph"]).len(), listed.len());
    assert!(listed.len() > 80, "{}", listed.len());
    assert_eq!(said["users"].as_array().map(Vec::len), Some(6));
    assert_eq!(said["members"], json!({"Platform Engineers": 2, "Data Readers": 3}));
    assert!(sim.requests()["resource_graph"] >= 3, "Resource Graph was paged");
    sim.stop().await;
}

/// Type of a top-level resource or group; empty for children and extensions.
fn type_of(id: &str) -> String {
    let parts: Vec<&str> = id.split('/').collect();
    match parts.len() {
        5 => parts[3].to_owned(),
        9 => format!("{}/{}", parts[6], parts[7]),
        _ => String::new(),
    }
}

fn of_any(served: &[(String, Value)], subscription: &str, kind: &str) -> usize {
    let (prefix, word) = (format!("/subscriptions/{subscription}/"), format!("/providers/{}/", kind.to_lowercase()));
    served.iter().filter(|(id, _)| id.starts_with(&prefix) && id.to_lowercase().contains(&word)).count()
}
