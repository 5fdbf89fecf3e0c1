//! `atgd demo`: simulator, daemon and client in one process, in a temporary directory.
//!
//! It does what a user would do by hand, over the same HTTP API, and says so step by step: start the
//! simulator with Contoso, configure a daemon for it, make a key, scan, generate Terraform, unpack
//! it; then plan a small specification and create it in an empty subscription. It knows no more of the daemon than its configuration and its API.

use std::path::Path;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use uuid::{Uuid, uuid};

use crate::{
    api::{CreateKeyRequest, JobStatus, KeyAnswer, KeyRequest, Operation, Scope},
    client::{self, Api, ApiKey, Heard, Screen},
    config::{self, Sources},
    daemon::Daemon,
    simulator,
};

/// The subscription that the specification is created in: there is nothing in it.
const EMPTY: Uuid = uuid!("c0470500-0000-4000-8000-0000000000a3");
/// What is created at the end.
const SPECIFICATION: &str = "# Tenant: Contoso
## Subscription: Shop
### Resource Group: rg-shop (West Europe)
- vnet-shop (Virtual Network)
  - address space: 10.9.0.0/16
  - subnets:
    - web: 10.9.1.0/24
- stshopfiles01 (Storage Account), SKU: Standard_ZRS
## Users
- Alice (alice@simulated.example)
## Groups
- Shop admins (members: alice@simulated.example)
## Role Assignments
- Shop admins: Contributor on rg-shop
";

/// Runs it; the answer is the exit code. Without `once` it serves until Ctrl-C.
pub async fn run(once: bool, screen: &mut Screen) -> anyhow::Result<u8> {
    let home = tempfile::Builder::new().prefix("atgd-demo-").tempdir().context("a temporary directory")?;
    let simulator = simulator::start(simulator::Settings {
        sources: vec![simulator::Source::Contoso],
        empty_subscriptions: vec![EMPTY],
        ..simulator::Settings::default()
    })
    .await?;
    let tenant = simulator.tenant_id();
    screen.say(&format!("a simulated Azure with the tenant Contoso is at {}", simulator.url()));

    let snippet = simulator.snippet(&home.path().join("secret"));
    let config = format!("[server]\nlisten = \"127.0.0.1:0\"\n[metrics]\nfrom_loopback = true\n{snippet}");
    let config_file = home.path().join("config.toml");
    std::fs::write(&config_file, &config).context("the configuration")?;
    let config = config::load_text("demo", &config, &Sources::default())?;
    let state = home.path().join("state");
    let daemon = Daemon::start(&config, &state, None).await?;
    screen.say(&format!("the daemon's API is at http://{}", daemon.address));

    let key = make_key(&state).await?;
    let api = Api::new(&format!("http://{}", daemon.address), Some(ApiKey::held(&key)))?;
    let output = tempfile::Builder::new().prefix("atgd-demo-terraform-").tempdir().context("a directory")?;
    let shown = show(&api, tenant, output.path(), screen).await;
    let code = match shown {
        Ok(lines) => {
            // The code is what people want to look at: it stays; the state goes with the daemon.
            let output = output.keep();
            for line in tree(&output)? {
                screen.line(&line);
            }
            create(&api, tenant, screen).await?;
            if !once {
                serve(&daemon, &config_file, &key, &lines.zip, screen).await?;
            }
            screen.line(&format!("resources:     {}", lines.resources));
            screen.line(&format!("relationships: {}", lines.relationships));
            screen.line(&format!("files:         {} in {}", lines.files, output.display()));
            0
        }
        Err(error) => {
            screen.complain(&format!("{error:#}"));
            2
        }
    };
    let hurry = CancellationToken::new();
    hurry.cancel();
    daemon.stop(hurry).await;
    simulator.stop().await;
    Ok(code)
}

async fn make_key(state: &Path) -> anyhow::Result<String> {
    let api = client::admin_api(state).await.context("the daemon's admin socket does not answer")?;
    let request = CreateKeyRequest {
        label: "demo".to_owned(),
        scopes: vec![Scope::Read, Scope::Scan, Scope::Generate, Scope::Create],
        tenants: vec!["*".to_owned()],
        expires_at: None,
    };
    match client::keys(&api, KeyRequest::Create(request)).await? {
        KeyAnswer::Created(key) => Ok(key.key),
        _ => anyhow::bail!("the daemon made no key"),
    }
}

struct Shown {
    resources: u64,
    relationships: u64,
    files: usize,
    zip: String,
}

/// Scan, generate, unpack.
async fn show(api: &Api, tenant: Uuid, output: &Path, screen: &mut Screen) -> anyhow::Result<Shown> {
    let request = serde_json::json!({"tenant_id": tenant});
    let scan = job(api, Operation::Scan(serde_json::from_value(request)?), "scan", screen).await?;
    let found = api.result(scan).await?.result;
    let request = serde_json::json!({"tenant_id": tenant, "output_format": "terraform", "auto_import_existing": true});
    let operation = Operation::GenerateIac(serde_json::from_value(request)?);
    let generated = job(api, operation, "generation of Terraform", screen).await?;
    let files = client::unpack(api, generated, output).await?;
    let count = |section: &str| found[section]["total"].as_u64().unwrap_or_default();
    let zip = format!("{}/api/v1/jobs/{generated}/artifacts", api.base());
    Ok(Shown { resources: count("resources"), relationships: count("relationships"), files, zip })
}

/// The specification, its plan, and what is made of it.
async fn create(api: &Api, tenant: Uuid, screen: &mut Screen) -> anyhow::Result<()> {
    screen.line("");
    for line in SPECIFICATION.lines() {
        screen.line(&format!("    {line}"));
    }
    let request = |is_dry: bool, hash: &serde_json::Value| {
        serde_json::from_value(serde_json::json!({
            "spec_content": SPECIFICATION, "tenant_id": tenant, "dry_run": is_dry, "plan_hash": hash,
            "subscription_map": {"Shop": EMPTY},
        }))
    };
    let dry = Operation::CreateTenant(request(true, &serde_json::Value::Null)?);
    let id = job(api, dry, "plan of this specification, which writes nothing", screen).await?;
    let planned = api.result(id).await?.result;
    for step in planned["plan"]["steps"].as_array().into_iter().flatten() {
        let of = |name: &str| step[name].as_str().unwrap_or_default();
        screen.line(&format!("  {:>2}  {:<16} {}", step["n"], of("kind"), of("name")));
    }
    let id = job(api, Operation::CreateTenant(request(false, &planned["plan_hash"])?), "creation", screen).await?;
    let created = api.result(id).await?.result["created"].as_array().map_or(0, Vec::len);
    screen.line(&format!(
        "created:       {created} of {} steps",
        planned["plan"]["steps"].as_array().map_or(0, Vec::len)
    ));
    Ok(())
}

async fn job(api: &Api, operation: Operation, what: &str, screen: &mut Screen) -> anyhow::Result<Uuid> {
    let id = api.submit(&operation).await?.job_id;
    screen.say(&format!("{what}: job {id}"));
    let status = client::follow(api, id, 0, |heard| match heard {
        Heard::Event(event) => screen.event(event),
        Heard::Waiting(why) => screen.say(why),
    })
    .await?;
    screen.finish();
    if status != JobStatus::Completed {
        let error = api.job(id).await?.error.map(|error| error.message).unwrap_or_default();
        anyhow::bail!("the {what} is {}: {error}", status.word());
    }
    Ok(id)
}

/// The files, with their sizes.
fn tree(directory: &Path) -> anyhow::Result<Vec<String>> {
    let mut lines = vec![format!("{}/", directory.display())];
    let mut entries = std::fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let size = entry.metadata()?.len();
        lines.push(format!("  {:<32} {size:>9} bytes", entry.file_name().to_string_lossy()));
    }
    Ok(lines)
}

async fn serve(daemon: &Daemon, config: &Path, key: &str, zip: &str, screen: &mut Screen) -> anyhow::Result<()> {
    let base = format!("http://{}", daemon.address);
    screen.line("");
    screen.line(&format!("the API:        {base}/api/v1 (document: {base}/openapi.json)"));
    screen.line(&format!("its key:        {key}"));
    screen.line(&format!("the zip:        {zip}"));
    screen.line(&format!("configuration:  {}", config.display()));
    screen.line(&format!("try:            ATGD_SERVER={base} ATGD_API_KEY={key} atgd jobs"));
    screen.say("serving until Ctrl-C");
    tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")
}
