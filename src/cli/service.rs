//! Arguments of the commands that run a service or look after its files. No logic.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `atgd serve`
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address of the API, IP:PORT; port 0 takes a free one. Printed on stdout when ready
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// `atgd demo`
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Exit when the demonstration is over, instead of serving until Ctrl-C
    #[arg(long)]
    pub once: bool,
}

/// `atgd simulate`
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Directories of resource bodies or recorded scenarios to serve
    #[arg(value_name = "DIR")]
    pub directories: Vec<PathBuf>,
    /// Serve the built-in demonstration tenant (the default without directories and --resources)
    #[arg(long)]
    pub contoso: bool,
    /// Serve this many generated resources
    #[arg(long, value_name = "N")]
    pub resources: Option<u64>,
    /// Spread the generated resources over this many subscriptions
    #[arg(long, value_name = "M", default_value_t = 1, requires = "resources")]
    pub subscriptions: u32,
    /// Address to serve on, IP:PORT; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Serve https with an authority of its own, whose certificate is written to a file; take every
    /// api-version, and answer for key vaults and storage accounts: for programs that know only Azure
    #[arg(long)]
    pub tls: bool,
    /// Write the authority's certificate here [default: beside the secret]
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub ca_file: Option<PathBuf>,
    /// Wait this long before each answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Limit requests by token buckets as Azure does
    #[arg(long)]
    pub quota: bool,
    /// Items on a page of a list
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub page_size: Option<u32>,
    /// A failure, `KIND=ARGUMENT:PROBABILITY@PART-OF-PATH` where all but the kind may be left out, as in
    /// throttle:0.05, 503:0.1@/v1.0/, slow=500, forbidden@/resourceGroups/rg-web, replay=DIR. May be given again
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<String>,
    /// An irregularity of real answers, as in no-type, empty-page, all. May be given again
    #[arg(long = "quirk", value_name = "NAME")]
    pub quirks: Vec<String>,
    /// How long a write or a deployment takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub write_time: u64,
    /// How writes are answered: mixed, at-once, async-operation, location, both, location-only
    #[arg(long, value_name = "STYLE", default_value = "mixed")]
    pub write_style: String,
    /// Also serve a subscription with nothing in it. May be given again
    #[arg(long = "empty-subscription", value_name = "UUID")]
    pub empty_subscriptions: Vec<uuid::Uuid>,
    /// Generated storage accounts have blob services and containers below them
    #[arg(long, requires = "resources")]
    pub children: bool,
    /// Take any api-version, and any type of a known provider (implied by --tls)
    #[arg(long)]
    pub any_version: bool,
    /// Write the simulated client secret here [default: a file in the temporary directory]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
}

/// `atgd store …`
#[derive(Debug, Clone, Subcommand)]
pub enum StoreAction {
    /// Read every page and record, verify the audit trail, recount the indexes; with or without a
    /// running daemon. Nothing is changed
    Check,
    /// Copy the state file and the graphs to a new directory, with or without a running daemon
    Backup {
        /// A directory that is empty or does not exist [default: backups/TIME in the state directory]
        #[arg(value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Put a backup in the place of the state file and the graphs; the old files are kept beside it
    Restore {
        /// A directory that `store backup` made
        #[arg(value_name = "DIR")]
        from: PathBuf,
    },
    /// Write keys (without hashes), jobs with their events, and the audit trail as lines of JSON: all
    /// that can be read, of a damaged file too
    Export {
        /// A new file [default: standard output]
        #[arg(value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Bring the state file of an older version to this one's format; a copy is kept
    Migrate,
}

/// `atgd audit …`
#[derive(Debug, Clone, Subcommand)]
pub enum AuditAction {
    /// Print lines of the trail
    Tail {
        /// Only lines after this number
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: u64,
        /// Print at most this many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Check the chain of hashes: finds any tampering
    Verify,
}

/// `atgd config …`
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigAction {
    /// Read the configuration and say what is wrong with it
    Check,
    /// Print the configuration as the daemon would see it: file, environment and defaults
    Show,
    /// Print a documented sample with every key
    Default,
}
