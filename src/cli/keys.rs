//! Arguments of `atgd key`. No logic.

use clap::{Args, Subcommand, ValueEnum};

/// `atgd key …`
#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    pub action: KeyAction,
}

/// What to do with the keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyAction {
    /// Make a key; its text is printed on stdout, once and never again
    Create(KeyCreateArgs),
    /// List the keys (their texts are not kept)
    List,
    /// Revoke a key, at once and for good
    Revoke {
        /// The key's public id, the part between `atg_` and the next `_`
        kid: String,
    },
    /// Give a key a new text; its id, scopes and jobs stay
    Rotate {
        /// The key's public id
        kid: String,
        /// The old text stays valid for this long
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        grace_seconds: u64,
    },
}

/// `atgd key create`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example: atgd key create ci --scope scan --scope generate --tenant '*' --expires 90d > key\n\
                        Then: atgd scan --key-file key --tenant-id UUID")]
pub struct KeyCreateArgs {
    /// A note on what the key is for
    pub label: String,
    /// A right of the key; repeat for more. admin has all of them
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub scopes: Vec<ScopeWord>,
    /// A tenant's UUID, or '*' for all; repeat for more. Without it the key sees no tenant
    #[arg(long = "tenant", value_name = "UUID|*")]
    pub tenants: Vec<String>,
    /// When the key stops working: 90d, 12h, or an RFC 3339 time [default: never]
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeWord {
    /// Look at tenants, metrics and status
    Read,
    /// Scan tenants
    Scan,
    /// Generate code and specifications
    Generate,
    /// Create tenants
    Create,
    /// Everything, keys and audit included
    Admin,
}
