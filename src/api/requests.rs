//! What can be asked for: the parameters of each operation. Unknown fields are refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The four operations. Hyphens are accepted where the word is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobType {
    Scan,
    #[serde(alias = "generate-iac")]
    GenerateIac,
    #[serde(alias = "create-tenant")]
    CreateTenant,
    #[serde(alias = "generate-spec")]
    GenerateSpec,
}

impl JobType {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::GenerateIac => "generate_iac",
            Self::CreateTenant => "create_tenant",
            Self::GenerateSpec => "generate_spec",
        }
    }
}

/// An operation with its parameters, as jobs store it (JSON text) and the runner gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", content = "parameters", rename_all = "snake_case")]
pub enum Operation {
    Scan(ScanRequest),
    GenerateIac(GenerateIacRequest),
    CreateTenant(CreateTenantRequest),
    GenerateSpec(GenerateSpecRequest),
}

impl Operation {
    pub const fn job_type(&self) -> JobType {
        match self {
            Self::Scan(_) => JobType::Scan,
            Self::GenerateIac(_) => JobType::GenerateIac,
            Self::CreateTenant(_) => JobType::CreateTenant,
            Self::GenerateSpec(_) => JobType::GenerateSpec,
        }
    }

    /// The tenant; of a creation that of its request, which is filled in before it becomes a job.
    pub const fn tenant_id(&self) -> Uuid {
        match self {
            Self::Scan(scan) => scan.tenant_id,
            Self::GenerateIac(generate) => generate.tenant_id,
            Self::CreateTenant(create) => match create.tenant_id {
                Some(tenant) => tenant,
                None => Uuid::nil(),
            },
            Self::GenerateSpec(generate) => generate.tenant_id,
        }
    }

    /// Higher runs first.
    pub fn priority(&self) -> i8 {
        match self {
            Self::Scan(scan) => scan.priority,
            Self::GenerateIac(_) | Self::CreateTenant(_) | Self::GenerateSpec(_) => 0,
        }
    }

    /// The deadline asked for, seconds.
    pub(crate) fn timeout_seconds(&self) -> Option<u64> {
        match self {
            Self::Scan(scan) => scan.timeout_seconds,
            Self::GenerateIac(_) | Self::GenerateSpec(_) => None,
            Self::CreateTenant(create) => Some(create.timeout_seconds.unwrap_or(LONGEST_CREATION)),
        }
    }
}

/// How long a creation may take where its request says nothing, seconds.
const LONGEST_CREATION: u64 = 4 * 3_600;

const fn yes() -> bool {
    true
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Uuid>, D::Error> {
    struct Ids;
    impl<'de> serde::de::Visitor<'de> for Ids {
        type Value = Vec<Uuid>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a UUID or a list of UUIDs")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            let id = text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))?;
            Ok(vec![id])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut ids = Vec::new();
            while let Some(id) = list.next_element()? {
                ids.push(id);
            }
            Ok(ids)
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
    }
    deserializer.deserialize_any(Ids)
}

/// How a scan reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScanMode {
    #[default]
    Full,
    Delta,
}

/// `POST /scan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {
    pub tenant_id: Uuid,
    /// Empty: all that the credential sees. `subscription_id` is accepted as a list of one.
    #[serde(default, alias = "subscription_id", deserialize_with = "one_or_many")]
    pub subscription_ids: Vec<Uuid>,
    /// More than zero; none: no limit.
    #[serde(default)]
    pub resource_limit: Option<u64>,
    #[serde(default)]
    pub filter_config: Option<FilterConfig>,
    #[serde(default = "yes")]
    pub include_identities: bool,
    #[serde(default)]
    pub include_diagnostics: bool,
    /// Globs of child types that are left out by default.
    #[serde(default)]
    pub include_child_types: Vec<String>,
    #[serde(default)]
    pub enable_llm_descriptions: bool,
    #[serde(default)]
    pub mode: ScanMode,
    /// -10 to 10.
    #[serde(default)]
    pub priority: i8,
    #[serde(default)]
    pub timeout_seconds: Option<u64>,
}

/// What a scan keeps. Fields are case-insensitive and combined with AND, lists inside one with OR.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterConfig {
    #[serde(default)]
    pub resource_types: Vec<String>,
    #[serde(default)]
    pub exclude_resource_types: Vec<String>,
    #[serde(default)]
    pub regions: Vec<String>,
    #[serde(default)]
    pub resource_groups: Vec<String>,
    /// Value null: the tag must be there, whatever its value.
    #[serde(default)]
    pub tags: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default = "yes")]
    pub include_referenced_resources: bool,
}

/// The language that is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    Terraform,
    Bicep,
    Arm,
}

/// `POST /generate-iac`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateIacRequest {
    pub tenant_id: Uuid,
    #[serde(alias = "format")]
    pub output_format: OutputFormat,
    #[serde(default)]
    pub resource_types: Vec<String>,
    #[serde(default)]
    pub exclude_resource_types: Vec<String>,
    #[serde(default)]
    pub resource_groups: Vec<String>,
    #[serde(default)]
    pub regions: Vec<String>,
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default, alias = "subscription_id", deserialize_with = "one_or_many")]
    pub subscription_ids: Vec<Uuid>,
    #[serde(default)]
    pub tags: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub auto_import_existing: bool,
    /// Plan what was generated with imports by Terraform itself, as a proof.
    #[serde(default)]
    pub verify: bool,
    #[serde(default = "yes")]
    pub include_dependencies: bool,
    #[serde(default)]
    pub target_tenant_id: Option<Uuid>,
    #[serde(default)]
    pub target_subscription_id: Option<Uuid>,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub name_suffix: Option<String>,
    /// Old object id to new, both UUIDs.
    #[serde(default)]
    pub identity_map: BTreeMap<String, String>,
    /// A snapshot's number or an RFC 3339 time; none: the latest.
    #[serde(default)]
    pub at: Option<At>,
}

/// Which snapshot: its number, or the newest at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum At {
    Number(u64),
    Time(String),
}

/// `POST /create-tenant`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTenantRequest {
    /// The specification: markdown with headings, or with one fenced json or yaml block.
    #[serde(alias = "markdown_spec")]
    pub spec_content: String,
    /// That of the text, else the only configured one.
    #[serde(default)]
    pub tenant_id: Option<Uuid>,
    /// Plans and checks; writes nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Subscriptions of the text, by name or id, to those that are meant.
    #[serde(default)]
    pub subscription_map: BTreeMap<String, Uuid>,
    /// Values for the text's `secret:NAME`; kept apart from the job, and no longer than it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub secrets: BTreeMap<String, SecretText>,
    /// The plan that is meant: another one is refused.
    #[serde(default)]
    pub plan_hash: Option<String>,
    #[serde(default)]
    pub on_failure: OnFailure,
    #[serde(default)]
    pub timeout_seconds: Option<u64>,
}

/// `POST /generate-spec`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateSpecRequest {
    pub tenant_id: Uuid,
    /// Puts other names, ids, addresses and texts in the places of the tenant's own, the same ones at each run.
    #[serde(default = "yes")]
    pub anonymize: bool,
    /// More than zero; none: no limit.
    #[serde(default)]
    pub resource_limit: Option<u64>,
}

/// What becomes of what was created when a later step fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    #[default]
    Keep,
    Rollback,
}

/// The body of a retry.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// Of a creation: values of its secrets, which were not kept.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub secrets: BTreeMap<String, SecretText>,
}

/// A secret on the wire; never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(pub String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
