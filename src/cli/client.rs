//! Arguments of the commands that talk to a daemon. No logic.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use uuid::Uuid;

/// How the daemon is reached.
#[derive(Debug, Clone, Default, Args)]
pub struct ConnectArgs {
    /// The daemon's address [default: http://127.0.0.1:8420]
    #[arg(long, value_name = "URL", env = "ATGD_SERVER", help_heading = "Connection")]
    pub server: Option<String>,
    /// A file that holds the API key; without it the key is taken from ATGD_API_KEY
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub key_file: Option<PathBuf>,
}

/// How a job is waited for.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct FollowArgs {
    /// Submit, print the job's id and do not wait
    #[arg(long)]
    pub no_wait: bool,
}

/// Which resources; all filters must match, values of one filter are alternatives, case is ignored.
#[derive(Debug, Clone, Default, Args)]
pub struct FilterArgs {
    /// Only this subscription; repeat for more
    #[arg(long = "subscription", value_name = "UUID", help_heading = "Filters")]
    pub subscriptions: Vec<Uuid>,
    /// Only resource types that match, such as 'Microsoft.Network/*'; repeat for more
    #[arg(long = "type", value_name = "GLOB", help_heading = "Filters")]
    pub types: Vec<String>,
    /// Leave out resource types that match; repeat for more
    #[arg(long = "exclude-type", value_name = "GLOB", help_heading = "Filters")]
    pub exclude_types: Vec<String>,
    /// Only resource groups whose name matches; repeat for more
    #[arg(long = "resource-group", value_name = "GLOB", help_heading = "Filters")]
    pub resource_groups: Vec<String>,
    /// Only this region, such as westeurope; repeat for more
    #[arg(long = "region", value_name = "NAME", help_heading = "Filters")]
    pub regions: Vec<String>,
    /// Only resources with this tag, or with this value of it; repeat for more (all must match)
    #[arg(long = "tag", value_name = "K[=V]", help_heading = "Filters")]
    pub tags: Vec<String>,
    /// Only resources whose name matches; repeat for more
    #[arg(long = "name", value_name = "GLOB", help_heading = "Filters")]
    pub names: Vec<String>,
}

/// `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// How a scan reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Read every resource
    Full,
    /// Read what changed since the last scan
    Delta,
}

/// `atgd scan`
#[derive(Debug, Clone, Args)]
pub struct ScanArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    #[command(flatten)]
    pub follow: FollowArgs,
    /// Id of a tenant that is configured in the daemon
    #[arg(long, value_name = "UUID")]
    pub tenant_id: Uuid,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Read at most this many resources
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Also read child types that match and are left out by default; repeat for more
    #[arg(long = "child-type", value_name = "GLOB")]
    pub child_types: Vec<String>,
    /// Also read users, groups and service principals
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    pub identities: Switch,
    /// Also read diagnostic settings
    #[arg(long)]
    pub diagnostics: bool,
    /// Also let a language model write descriptions, if one is configured
    #[arg(long)]
    pub descriptions: bool,
    /// What to read
    #[arg(long, value_name = "MODE", default_value = "full")]
    pub mode: Mode,
    /// Priority of the job, -10 to 10; higher runs first
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true,
          value_parser = clap::value_parser!(i8).range(-10..=10))]
    pub priority: i8,
    /// Fail the job if it takes longer [default: as configured in the daemon]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Only print what the scan would cost; no job is made
    #[arg(long, conflicts_with = "no_wait")]
    pub plan: bool,
}

/// The language that is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Terraform,
    Bicep,
    Arm,
}

/// `atgd generate-iac`
#[derive(Debug, Clone, Args)]
pub struct GenerateIacArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    #[command(flatten)]
    pub follow: FollowArgs,
    /// Id of a tenant that was scanned
    #[arg(long, value_name = "UUID")]
    pub tenant_id: Uuid,
    /// Language of the code
    #[arg(long)]
    pub format: Format,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Take over the existing resources (import blocks) instead of creating them again
    #[arg(long)]
    pub import: bool,
    /// Also let Terraform plan the code, which changes nothing, and print again what it would change; needs --import
    #[arg(long, requires = "import")]
    pub verify: bool,
    /// Do not add the resources that the selected ones refer to
    #[arg(long)]
    pub no_dependencies: bool,
    /// Generate for another tenant
    #[arg(long, value_name = "UUID")]
    pub target_tenant: Option<Uuid>,
    /// Generate for another subscription
    #[arg(long, value_name = "UUID")]
    pub target_subscription: Option<Uuid>,
    /// Put every resource in this region
    #[arg(long, value_name = "REGION")]
    pub location: Option<String>,
    /// Append this to the names of resources, such as -dr
    #[arg(long, value_name = "SUFFIX", allow_hyphen_values = true)]
    pub name_suffix: Option<String>,
    /// Put another identity's object id in place of one; repeat for more
    #[arg(long = "identity-map", value_name = "FROM=TO")]
    pub identity_map: Vec<String>,
    /// A snapshot's number, or the newest at an RFC 3339 time [default: the latest]
    #[arg(long, value_name = "SNAPSHOT")]
    pub at: Option<String>,
    /// Wait, then unpack the files here; must be empty or absent
    #[arg(long, value_name = "DIR", conflicts_with = "no_wait")]
    pub output: Option<PathBuf>,
    /// Print the tree of the generated files, and how many resources of each type are in them or left out
    #[arg(long, conflicts_with = "no_wait")]
    pub open: bool,
}

/// What becomes of what was created when a later step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailureWord {
    /// Leave it
    Keep,
    /// Delete what this job created
    Rollback,
}

/// `atgd create-tenant`
#[derive(Debug, Clone, Args)]
pub struct CreateTenantArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    #[command(flatten)]
    pub follow: FollowArgs,
    /// The specification: markdown, see `packaging/doc/specification.md`; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The tenant [default: that of the text, else the only configured one]
    #[arg(long, value_name = "UUID")]
    pub tenant: Option<String>,
    /// Only show the plan: nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// The plan that is meant; another one is refused
    #[arg(long, value_name = "HASH")]
    pub plan_hash: Option<String>,
    /// Put a subscription in the place of one of the text, by its name or id; repeat for more
    #[arg(long = "subscription-map", value_name = "A=UUID")]
    pub subscription_map: Vec<String>,
    /// The value of a secret that the text names, from a file (-: asked for); repeat for more
    #[arg(long = "secret", value_name = "NAME=FILE")]
    pub secrets: Vec<String>,
    /// What becomes of what was created when a later step fails
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub on_failure: FailureWord,
    /// Create without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// `atgd generate-spec`
#[derive(Debug, Clone, Args)]
pub struct GenerateSpecArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    #[command(flatten)]
    pub follow: FollowArgs,
    /// Id of a tenant that was scanned
    #[arg(long, value_name = "UUID")]
    pub tenant_id: Uuid,
    /// Keep the tenant's own names, ids, addresses and texts
    #[arg(long)]
    pub no_anonymize: bool,
    /// Describe at most this many resources
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Wait, then write the text here
    #[arg(long, value_name = "FILE", conflicts_with = "no_wait")]
    pub output: Option<PathBuf>,
}

/// `atgd jobs`
#[derive(Debug, Clone, Args)]
pub struct JobsArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// Only in this state: pending, running, completed, failed, cancelled
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only of this type: scan, generate-iac, create-tenant, generate-spec
    #[arg(long = "type", value_name = "TYPE")]
    pub job_type: Option<String>,
    /// Only of this tenant
    #[arg(long, value_name = "UUID")]
    pub tenant_id: Option<Uuid>,
    /// List at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
}

/// `atgd job`, `watch`, `cancel`
#[derive(Debug, Clone, Args)]
pub struct JobArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// The job's id, or the beginning of it
    pub id: String,
}

/// `atgd download`
#[derive(Debug, Clone, Args)]
pub struct DownloadArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// The job's id, or the beginning of it
    pub id: String,
    /// Where the zip goes [default: TYPE-ID.zip here]
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `atgd status`
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
}
