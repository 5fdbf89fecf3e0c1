//! The commands, and the flags that every command takes. No logic.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    client::{
        CreateTenantArgs, DownloadArgs, GenerateIacArgs, GenerateSpecArgs, JobArgs, JobsArgs, ScanArgs, StatusArgs,
    },
    keys::KeyArgs,
    service::{AuditAction, ConfigAction, DemoArgs, ServeArgs, SimulateArgs, StoreAction},
};

/// Scans Azure tenants into a graph and generates their infrastructure as code.
///
/// Start with `atgd demo --once`: it needs no Azure, no configuration and no network.
/// With a tenant of your own: configure it in /etc/atgd/config.toml (`atgd config default` prints a
/// documented sample), run `atgd serve`, make a key with `atgd key create`, then `atgd scan`.
#[derive(Debug, Parser)]
#[command(name = "atgd", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done or job completed, 1 local error, 2 job failed (or wrong usage), 3 job cancelled, \
4 refused or unreachable.\nResults are on stdout, everything else on stderr.";

/// Taken by every command.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Configuration file [default: /etc/atgd/config.toml if it exists]
    #[arg(long, global = true, value_name = "FILE", env = "ATGD_CONFIG", help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// Where jobs, keys and graphs are [default: /var/lib/atgd for the service, else
    /// $XDG_STATE_HOME/atgd or ~/.local/state/atgd]
    #[arg(long, global = true, value_name = "DIR", env = "ATGD_STATE_DIR", help_heading = "Everywhere")]
    pub state_dir: Option<PathBuf>,
    /// Print JSON on stdout instead of text
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon: the HTTP API and the jobs behind it
    Serve(ServeArgs),
    /// Show everything at once: a simulated Azure, a daemon, a scan, generated Terraform
    Demo(DemoArgs),
    #[command(flatten)]
    Client(ClientCommand),
    #[command(flatten)]
    Local(LocalCommand),
}

/// Commands that work without a daemon.
#[derive(Debug, Subcommand)]
pub enum LocalCommand {
    /// Run a simulated Azure to scan, and print the configuration for it
    Simulate(SimulateArgs),
    /// Make, list, revoke and rotate API keys, with or without a running daemon
    Key(KeyArgs),
    /// Look after the state directory's files: check, back up, restore, export
    #[command(subcommand)]
    Store(StoreAction),
    /// Read and verify the audit trail, with or without a running daemon
    #[command(subcommand)]
    Audit(AuditAction),
    /// Check and show the configuration
    #[command(subcommand)]
    Config(ConfigAction),
    /// Compare generated code with recorded requests: prints the share of properties that agree, by type
    Fidelity {
        /// A directory of recordings: JSON files with resources of id, type, apiVersion, putRequest, body
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Also list the properties that are missing and those that are too much
        #[arg(long)]
        details: bool,
    },
    /// Print a completion script for a shell
    Completions {
        /// Such as `atgd completions bash > /etc/bash_completion.d/atgd`
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// Commands that talk to a daemon over its API.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Scan a tenant into the graph
    Scan(Box<ScanArgs>),
    /// Generate Terraform, Bicep or ARM from the scanned graph
    GenerateIac(Box<GenerateIacArgs>),
    /// Create what a specification describes, or show its plan
    CreateTenant(Box<CreateTenantArgs>),
    /// Write a scanned tenant as a specification, with other names or its own
    GenerateSpec(Box<GenerateSpecArgs>),
    /// List jobs, newest first
    Jobs(JobsArgs),
    /// Show one job
    Job(JobArgs),
    /// Follow a job until it ends; the exit code says how
    Watch(JobArgs),
    /// Cancel a job
    Cancel(JobArgs),
    /// Download a job's artifacts as a zip
    Download(DownloadArgs),
    /// Show how the daemon is
    Status(StatusArgs),
}
