//! Terraform with its real azurerm provider, told to take the simulator for Azure.
//!
//! The provider is found in `$ATGD_AZURERM_PROVIDER`, beside the target directory, or where Go installs;
//! [`BUILD`] makes it in eight minutes.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use atgd::simulator;

use crate::harness::say;

const BUILD: &str = "go install github.com/hashicorp/terraform-provider-azurerm@v1.44.1-0.20260824201233-fae580791926";
const PROGRAM: &str = "terraform-provider-azurerm";

/// The directory with the built provider; `None` after one line.
pub fn provider() -> Option<PathBuf> {
    if Command::new("terraform").arg("version").output().is_err() {
        say("skipped: terraform is not on the PATH");
        return None;
    }
    let named = std::env::var_os("ATGD_AZURERM_PROVIDER").map(PathBuf::from);
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let beside = target.and_then(|target| target.parent().map(|above| above.join("azurerm-provider")));
    let installed = Command::new("go").args(["env", "GOPATH"]).output().ok();
    let installed = installed.map(|go| PathBuf::from(String::from_utf8_lossy(&go.stdout).trim()).join("bin"));
    let found = [named, beside, installed].into_iter().flatten().find(|directory| directory.join(PROGRAM).exists());
    if found.is_none() {
        say(&format!("skipped: no {PROGRAM} here; {BUILD}"));
    }
    found
}

/// Makes commands for a stack; what they need beside it is written to `directory`.
pub struct Terraform {
    stack: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Terraform {
    pub fn new(provider: &Path, directory: &Path, stack: &Path, sim: &simulator::Running) -> Self {
        let ca = directory.join("authority.pem");
        std::fs::write(&ca, sim.ca().expect("https")).expect("written");
        let config = directory.join("cli.tfrc");
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"hashicorp/azurerm\" = \"{}\"\n  }}\n  direct {{}}\n}}\ndisable_checkpoint = true\n",
            provider.display()
        );
        std::fs::write(&config, overrides).expect("written");
        let environment = vec![
            ("TF_CLI_CONFIG_FILE", config.display().to_string()),
            ("SSL_CERT_FILE", ca.display().to_string()),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("ARM_METADATA_HOSTNAME", sim.url().trim_start_matches("https://").to_owned()),
            ("ARM_TENANT_ID", sim.tenant_id().to_string()),
            ("ARM_CLIENT_ID", "c0470500-0000-4000-8000-00000000c11e".to_owned()),
            ("ARM_CLIENT_SECRET", "simulated-client-secret".to_owned()),
        ];
        Self { stack: stack.to_owned(), environment }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command.arg(format!("-chdir={}", self.stack.display())).args(arguments).envs(self.environment.iter().cloned());
        command
    }
}
