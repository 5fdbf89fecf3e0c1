//! Makes the API's requests from what was typed. Pure.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::ClientError;
use crate::{
    api::{
        At, CreateKeyRequest, FilterConfig, GenerateIacRequest, GenerateSpecRequest, OutputFormat, ScanMode,
        ScanRequest, Scope, Time,
    },
    cli::{FilterArgs, Format, GenerateIacArgs, GenerateSpecArgs, KeyCreateArgs, Mode, ScanArgs, ScopeWord, Switch},
};

/// The body of `POST /scan`.
pub(crate) fn scan_request(args: &ScanArgs) -> Result<ScanRequest, ClientError> {
    let filter = FilterConfig {
        resource_types: args.filter.types.clone(),
        exclude_resource_types: args.filter.exclude_types.clone(),
        regions: args.filter.regions.clone(),
        resource_groups: args.filter.resource_groups.clone(),
        tags: tags(&args.filter)?,
        names: args.filter.names.clone(),
        include_referenced_resources: true,
    };
    let is_filtered = filter != FilterConfig { include_referenced_resources: true, ..FilterConfig::default() };
    Ok(ScanRequest {
        tenant_id: args.tenant_id,
        subscription_ids: args.filter.subscriptions.clone(),
        resource_limit: args.limit,
        filter_config: is_filtered.then_some(filter),
        include_identities: args.identities == Switch::On,
        include_diagnostics: args.diagnostics,
        include_child_types: args.child_types.clone(),
        enable_llm_descriptions: args.descriptions,
        mode: match args.mode {
            Mode::Full => ScanMode::Full,
            Mode::Delta => ScanMode::Delta,
        },
        priority: args.priority,
        timeout_seconds: args.timeout,
    })
}

/// The body of `POST /generate-iac`.
pub(crate) fn generate_request(args: &GenerateIacArgs) -> Result<GenerateIacRequest, ClientError> {
    Ok(GenerateIacRequest {
        tenant_id: args.tenant_id,
        output_format: match args.format {
            Format::Terraform => OutputFormat::Terraform,
            Format::Bicep => OutputFormat::Bicep,
            Format::Arm => OutputFormat::Arm,
        },
        resource_types: args.filter.types.clone(),
        exclude_resource_types: args.filter.exclude_types.clone(),
        resource_groups: args.filter.resource_groups.clone(),
        regions: args.filter.regions.clone(),
        names: args.filter.names.clone(),
        subscription_ids: args.filter.subscriptions.clone(),
        tags: tags(&args.filter)?,
        auto_import_existing: args.import,
        verify: args.verify,
        include_dependencies: !args.no_dependencies,
        target_tenant_id: args.target_tenant,
        target_subscription_id: args.target_subscription,
        location: args.location.clone(),
        name_suffix: args.name_suffix.clone(),
        identity_map: identity_map(&args.identity_map)?,
        at: args.at.as_deref().map(|at| at.parse().map_or_else(|_| At::Time(at.to_owned()), At::Number)),
    })
}

/// The body of `POST /generate-spec`.
pub(crate) fn generate_spec_request(args: &GenerateSpecArgs) -> GenerateSpecRequest {
    GenerateSpecRequest { tenant_id: args.tenant_id, anonymize: !args.no_anonymize, resource_limit: args.limit }
}

/// The body of `POST /keys`; a tenant is a UUID or `*`.
pub(crate) fn key_request(args: &KeyCreateArgs, expires_at: Option<Time>) -> CreateKeyRequest {
    let scope = |word: &ScopeWord| match word {
        ScopeWord::Read => Scope::Read,
        ScopeWord::Scan => Scope::Scan,
        ScopeWord::Generate => Scope::Generate,
        ScopeWord::Create => Scope::Create,
        ScopeWord::Admin => Scope::Admin,
    };
    CreateKeyRequest {
        label: args.label.clone(),
        scopes: args.scopes.iter().map(scope).collect(),
        tenants: args.tenants.clone(),
        expires_at,
    }
}

/// `K` asks for the tag, `K=V` for its value too.
fn tags(filter: &FilterArgs) -> Result<BTreeMap<String, Option<String>>, ClientError> {
    let mut tags = BTreeMap::new();
    for written in &filter.tags {
        let (key, value) = match written.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (written.as_str(), None),
        };
        if key.is_empty() {
            return Err(ClientError::Usage(format!("--tag {written:?}: expected K or K=V")));
        }
        if tags.insert(key.to_owned(), value).is_some() {
            return Err(ClientError::Usage(format!("--tag {key} stands twice: a resource has one value for a tag")));
        }
    }
    Ok(tags)
}

/// `FROM=TO`, each an object id.
fn identity_map(written: &[String]) -> Result<BTreeMap<String, String>, ClientError> {
    let mut map = BTreeMap::new();
    for written in written {
        let pair = written.split_once('=').and_then(|(from, to)| {
            Some((from.trim().parse::<Uuid>().ok()?.to_string(), to.trim().parse::<Uuid>().ok()?.to_string()))
        });
        let Some((from, to)) = pair else {
            let expected = "expected FROM=TO, each the UUID of an identity's object";
            return Err(ClientError::Usage(format!("--identity-map {written:?}: {expected}")));
        };
        if map.insert(from.clone(), to).is_some() {
            return Err(ClientError::Usage(format!("--identity-map {from} stands twice: it becomes one other")));
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, ClientCommand, Command};

    const TENANT: &str = "00000000-0000-4000-8000-000000000001";

    fn scan(more: &[&str]) -> Result<ScanRequest, ClientError> {
        let words = ["atgd", "scan", "--tenant-id", TENANT].into_iter().chain(more.iter().copied());
        match Cli::try_parse_from(words).expect("a form").command {
            Command::Client(ClientCommand::Scan(args)) => scan_request(&args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_not_typed_is_what_the_api_does_by_itself() {
        let bare: ScanRequest = serde_json::from_value(serde_json::json!({"tenant_id": TENANT})).expect("a request");
        assert_eq!(scan(&[]).expect("a request"), bare);
    }

    #[test]
    fn filters_and_tags_reach_the_request() {
        let request =
            scan(&["--tag", "a", "--tag", "b=c=d", "--type", "x/*", "--identities", "off"]).expect("a request");
        let filter = request.filter_config.expect("filtered");
        assert_eq!(filter.tags, BTreeMap::from([("a".into(), None), ("b".into(), Some("c=d".into()))]));
        assert_eq!(filter.resource_types, ["x/*"]);
        assert!(filter.include_referenced_resources && !request.include_identities);
        assert!(scan(&["--tag", "=v"]).is_err());
        assert!(scan(&["--tag", "a", "--tag", "a=b"]).is_err());
    }

    #[test]
    fn identities_are_mapped_by_pairs_of_uuids() {
        let other = TENANT.replace('1', "A");
        let asked = |written: &[&str]| identity_map(&written.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        let map = asked(&[&format!("{TENANT}={other}")]).expect("a map");
        assert_eq!(map, BTreeMap::from([(TENANT.to_owned(), other.to_lowercase())]));
        for wrong in ["", TENANT, "a=b", &format!("{TENANT}="), &format!("={TENANT}")] {
            let refused = asked(&[wrong]).expect_err("refused").to_string();
            assert!(refused.starts_with("--identity-map"), "{refused}");
        }
        assert!(asked(&[&format!("{TENANT}={other}"), &format!("{TENANT}={TENANT}")]).is_err());
    }
}
