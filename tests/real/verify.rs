//! `verify: true` with the real programs: the daemon lets Terraform plan with its real azurerm provider what it
//! generated, and the result says that nothing would change.

use atgd::simulator::{self, Settings, Source};
use serde_json::json;

use crate::{
    harness::{House, Scanned, say, shared},
    terraform::provider,
};

/// Where Terraform finds providers without a download. azapi is asked for its schema alone: nothing that is planned here
/// is of it.
fn plugins(azurerm: &std::path::Path, at: &std::path::Path) -> Option<()> {
    let machine = if cfg!(target_arch = "aarch64") { "linux_arm64" } else { "linux_amd64" };
    let place = |name: &str, version: &str| {
        let directory = at.join(format!("registry.terraform.io/{name}/{version}/{machine}"));
        std::fs::create_dir_all(&directory).expect("a directory");
        directory
    };
    let link = |from: &std::path::Path, to: std::path::PathBuf| std::os::unix::fs::symlink(from, to).expect("linked");
    link(
        &azurerm.join("terraform-provider-azurerm"),
        place("hashicorp/azurerm", "5.2.0").join("terraform-provider-azurerm_v5.2.0"),
    );
    shared("tools/terraform-check")?;
    let home = std::path::PathBuf::from(std::env::var_os("HOME")?);
    let stub = home.join(".cache/atgd-terraform-check/mirror/registry.terraform.io/azure/azapi/2.13.0").join(machine);
    let stub = stub.join("terraform-provider-azapi_v2.13.0");
    if !stub.exists() {
        say("skipped: tools/terraform-check has not run here, whose azapi answers with its schema");
        return None;
    }
    link(&stub, place("azure/azapi", "2.13.0").join("terraform-provider-azapi_v2.13.0"));
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_with_verify_proves_that_nothing_would_change() {
    let Some(azurerm) = provider() else { return };
    let settings = Settings { sources: vec![Source::Contoso], ..Settings::default() }.for_foreign_programs();
    let sim = simulator::start(settings).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let mirror = house.path().join("plugins");
    if plugins(&azurerm, &mirror).is_none() {
        return;
    }
    let found = std::env::var_os("PATH").expect("a path");
    let terraform = std::env::split_paths(&found).map(|path| path.join("terraform")).find(|path| path.exists());
    let terraform = terraform.expect("terraform is on the path");
    let (named, plugins) = (terraform.display(), mirror.display());
    let house = house.with(&format!("[iac]\nterraform = \"{named}\"\nterraform_plugin_dir = \"{plugins}\"\n"));
    let scanned = Scanned::in_house(sim, house).await;
    let more = json!({
        "auto_import_existing": true, "verify": true, "include_dependencies": false,
        "resource_types": ["Microsoft.Network/networkSecurityGroups*", "Microsoft.Network/publicIPAddresses", "Microsoft.Network/routeTables*"],
    });
    let (_, result) = scanned.generated("terraform", more).await;
    let plan = &result["checks"]["plan"];
    say(&format!("verify: {plan}, {}", result["resources"]));
    assert_eq!((&plan["add"], &plan["change"], &plan["destroy"]), (&json!(0), &json!(0), &json!(0)), "{result}");
    assert_eq!(plan["import"], result["imports"], "{result}");
    assert!(plan.get("error").is_none(), "{plan}");
    scanned.stop().await;
}
