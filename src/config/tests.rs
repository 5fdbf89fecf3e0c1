//! Precedence, refusals with their places, the older service's names.

use super::*;

const TENANT: &str = r#"
[tenants.contoso]
tenant_id = "00000000-0000-4000-8000-000000000001"
[tenants.contoso.credential]
kind = "azure_cli"
"#;

fn environment(pairs: &[(&str, &str)]) -> Sources {
    let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { environment, ..Sources::default() }
}

fn read(text: &str) -> Result<Config, ConfigError> {
    load_text("c.toml", text, &Sources::default())
}

fn with(text: &str, pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_text("c.toml", text, &environment(pairs))
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n[jobs]\nmax_concurrent = 4\ngrace_seconds = 7\n";
    let mut sources = environment(&[("ATGD_SERVER__LISTEN", "127.0.0.1:2"), ("ATGD_JOBS__MAX_CONCURRENT", "5")]);
    let config = load_text("c", text, &sources).expect("valid");
    assert_eq!((config.server.listen.0.port(), config.jobs.max_concurrent, config.jobs.grace_seconds), (2, 5, 7));
    sources.listen = Some("localhost:3".to_owned());
    let config = load_text("c", text, &sources).expect("valid");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3");
}

#[test]
fn a_variable_that_no_reading_fits_is_told_what_its_key_wants() {
    let error = with("", &[("ATGD_SERVER__LISTEN", "nonsense")]).expect_err("refused").to_string();
    assert!(error.contains("expected IP:PORT"), "{error}");
    let error = with("", &[("ATGD_JOBS__MAX_CONCURRENT", "many")]).expect_err("refused").to_string();
    assert!(error.contains("invalid type: string"), "{error}");
}

#[test]
fn variables_are_read_as_the_key_wants_them() {
    let config = with(
        TENANT,
        &[
            ("ATGD_RETENTION__JOBS", "12h"),
            ("ATGD_RETENTION__ARTIFACTS_MAX_BYTES", "2GiB"),
            ("ATGD_METRICS__FROM_LOOPBACK", "true"),
            ("ATGD_SERVER__ALLOWED_HOSTS", "a.example, b.example"),
            ("ATGD_LOGGING__DIRECTORY", "7"),
            ("ATGD_TENANTS__CONTOSO__CLOUD", "usgov"),
            ("ATGD_STATE_DIR", "/ignored: it has no section"),
        ],
    )
    .expect("valid");
    assert_eq!(config.retention.jobs, Span::from_seconds(12 * 3_600));
    assert_eq!(config.retention.artifacts_max_bytes.bytes(), 2 << 30);
    assert!(config.metrics.from_loopback);
    assert_eq!(config.server.allowed_hosts, ["a.example", "b.example"]);
    assert_eq!(config.logging.directory, Some("7".into()));
    assert_eq!(config.tenants["contoso"].cloud, "usgov");
}

#[track_caller]
fn refused(text: &str, line: usize, column: usize, part: &str) {
    let error = read(text).expect_err("refused");
    assert_eq!(error.position(), Some((line, column)), "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn refusals_name_line_and_column_and_what_is_allowed() {
    refused("[server]\nlisten = ", 2, 10, "");
    refused("[server]\nlisen = \"127.0.0.1:1\"", 2, 1, "did you mean `listen`?");
    refused("[sever]\n", 1, 2, "did you mean `server`?");
    refused("[server]\n\nlisten = \"nowhere\"", 3, 1, "expected IP:PORT");
    refused("[jobs]\nmax_concurrent = 0", 2, 1, "expected 1 to 256");
    refused("[jobs]\nmax_concurrent = 257", 2, 1, "expected 1 to 256");
    refused("[jobs]\nmax_concurrent = \"3\"", 2, 1, "max_concurrent");
    refused("[jobs]\n  grace_seconds = -1", 2, 3, "grace_seconds");
    refused("[retention]\njobs = \"30 days\"", 2, 1, "such as \"30d\"");
    refused("[logging]\nformat = \"xml\"", 2, 1, "`json`");
    refused("[azure]\nshare = 0.0", 2, 1, "at most 1");
    refused(
        "[azure.clouds.public]\nauthority = \"https://a\"\nresource_manager = \"https://a\"\ngraph = \"https://a\"",
        1,
        15,
        "built-in",
    );
    refused("[azure.clouds.lab]\nauthority = \"http://example.com\"", 2, 1, "loopback");
    refused("[server]\nallowed_hosts = [\"https://x\"]", 2, 1, "without scheme");
    refused("[server]\ncors = [\"https://x/\"]", 2, 1, "origin");
    refused("[neo4j]\nuri = \"http://x\"\npassword_file = \"/p\"", 2, 1, "bolt://");
    refused("[neo4j]\nuri = \"bolt://x\"", 1, 2, "password_file");
}

#[test]
fn refusals_of_tenants_name_the_key() {
    let tenant = |more: &str| format!("[tenants.a]\ntenant_id = \"00000000-0000-4000-8000-000000000001\"\n{more}");
    refused(&tenant("cloud = \"moon\"\ncredential = {kind = \"azure_cli\"}"), 3, 1, "public, usgov, china");
    refused(&tenant("credential = {kind = \"magic\"}"), 3, 15, "managed_identity");
    refused(&tenant("credential = {kind = \"client_secret\"}"), 3, 1, "needs client_id");
    refused(&tenant("credential = {kind = \"azure_cli\", token_file = \"x\"}"), 3, 1, "has no token_file");
    refused(
        &tenant("[tenants.a.credential]\nkind = \"client_secret\"\nsecret = \"hunter2\""),
        5,
        1,
        "name that in secret_file",
    );
    refused("[neo4j]\nuri = \"bolt://x\"\npassword = \"hunter2\"", 3, 1, "password_file");
    refused("[tenants.a]\ntenant_id = \"1\"", 2, 1, "UUID");
    let twice = format!("{TENANT}{}", TENANT.replace("contoso", "twin"));
    refused(&twice, 8, 1, "already configured as [tenants.contoso]");
}

#[test]
fn refusals_never_repeat_a_secret() {
    let error = read("[neo4j]\nuri = \"bolt://x\"\npassword = \"hunter2\"").expect_err("refused");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn refusals_of_variables_and_flags_name_them() {
    let error = with("", &[("ATGD_JOBS__MAX_CONCURRENT", "many")]).expect_err("refused");
    assert!(error.to_string().starts_with("ATGD_JOBS__MAX_CONCURRENT: "), "{error}");
    let error = with("", &[("ATGD_JOBS__MAX_CONCURENT", "3")]).expect_err("refused");
    assert!(error.to_string().contains("did you mean `max_concurrent`?"), "{error}");
    let sources = Sources { listen: Some("x".into()), ..Sources::default() };
    let error = load_text("c", "[server]\nlisten = \"127.0.0.1:1\"", &sources).expect_err("refused");
    assert!(error.to_string().starts_with("--listen: "), "{error}");
}

#[test]
fn the_older_services_names_are_read_where_ours_are_absent() {
    let older = [
        ("NEO4J_URI", "bolt://n:7687"),
        ("NEO4J_USER", "graph"),
        ("NEO4J_PASSWORD", "pw"),
        ("ATG_MAX_CONCURRENT_JOBS", "9"),
        ("LOG_LEVEL", "WARNING"),
        ("AZURE_TENANT_ID", "00000000-0000-4000-8000-000000000009"),
        ("AZURE_CLIENT_ID", "00000000-0000-4000-8000-000000000002"),
        ("AZURE_CLIENT_SECRET", "hunter2"),
    ];
    let config = with("", &older).expect("valid");
    let neo4j = config.neo4j.clone().expect("configured");
    assert_eq!((neo4j.uri.as_str(), neo4j.user.as_str()), ("bolt://n:7687", "graph"));
    assert_eq!(neo4j.password.map(|secret| secret.expose().to_owned()).as_deref(), Some("pw"));
    assert_eq!((config.jobs.max_concurrent, config.logging.level.as_str()), (9, "warn"));
    let Credential::ClientSecret { secret: SecretSource::Environment(secret), .. } =
        &config.tenants["default"].credential
    else {
        panic!("{:?}", config.tenants);
    };
    assert_eq!(secret.expose(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(!config.to_toml().expect("TOML").contains("hunter2"));

    let ours = "[jobs]\nmax_concurrent = 2\n[neo4j]\nuri = \"bolt://ours\"\npassword_file = \"/p\"\n";
    let same = TENANT.replace("000000000001", "000000000009");
    let config = with(&format!("{ours}{same}"), &older).expect("valid");
    assert_eq!((config.jobs.max_concurrent, config.tenants.len()), (2, 1));
    let neo4j = config.neo4j.expect("configured");
    assert_eq!((neo4j.uri.as_str(), neo4j.password), ("bolt://ours", None));
}

#[test]
fn some_azure_variables_alone_make_no_tenant() {
    let config = with("", &[("AZURE_TENANT_ID", "x"), ("AZURE_CLIENT_ID", "y")]).expect("valid");
    assert!(config.tenants.is_empty());
}

#[test]
fn a_named_file_must_be_there() {
    let sources = Sources { file: Some("/nonexistent/atgd.toml".into()), ..Sources::default() };
    let error = load(&sources).expect_err("refused");
    assert!(error.to_string().starts_with("/nonexistent/atgd.toml: cannot be read"), "{error}");
}

#[test]
fn built_in_clouds_have_endpoints() {
    for name in Cloud::BUILT_IN {
        assert!(Cloud::built_in(name).is_some(), "{name}");
    }
    let config = read(TENANT).expect("valid");
    let cloud = config.cloud(&config.tenants["contoso"]).expect("known");
    assert_eq!(cloud.resource_manager.as_str(), "https://management.azure.com");
}
