//! The forms that scripts depend on.

use clap::{CommandFactory, Parser};

use super::*;

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_fixed_forms_are_accepted() {
    let tenant = "00000000-0000-4000-8000-000000000001";
    let scan = format!(
        "scan --tenant-id {tenant} --subscription {tenant} --type Microsoft.Web/* --exclude-type x/* --resource-group rg* \
         --region westeurope --tag a --tag b=c --name n* --limit 5 --child-type * --identities off --diagnostics \
         --descriptions --mode delta --priority -3 --plan"
    );
    let generate = format!(
        "generate-iac --tenant-id {tenant} --format terraform --type x/* --import --no-dependencies --target-tenant {tenant} \
         --target-subscription {tenant} --location l --name-suffix -dr --identity-map {tenant}={tenant} --at 3 --output d"
    );
    let forms = [
        "serve --listen 127.0.0.1:0 --config c --state-dir s",
        "--config c serve",
        "demo --once",
        "simulate a b --listen 127.0.0.1:0 --latency 5 --quota --page-size 7",
        "simulate --resources 20000 --subscriptions 10",
        "simulate --contoso",
        &scan,
        &generate,
        "jobs --json",
        "job 0192 --server http://127.0.0.1:1 --key-file k",
        "watch 0192",
        "cancel 0192",
        "download 0192 --output x.zip",
        "status",
        "key create ci --scope read --scope scan --tenant * --expires 90d",
        "key list",
        "key revoke abc",
        "key rotate abc --grace-seconds 5",
        "store check",
        "audit tail",
        "audit verify",
        "config check",
        "config show",
        "config default",
        "completions bash",
        "man",
    ];
    for form in forms {
        let words = std::iter::once("atgd").chain(form.split_whitespace());
        assert!(Cli::try_parse_from(words).is_ok(), "{form}: {:?}", Cli::try_parse_from(["atgd"]).err());
    }
}

#[test]
fn wrong_forms_are_refused() {
    for form in ["scan", "generate-iac --tenant-id x --format arm", "key create l", "simulate --subscriptions 3", "job"]
    {
        assert!(Cli::try_parse_from(std::iter::once("atgd").chain(form.split(' '))).is_err(), "{form}");
    }
}

#[test]
fn completions_and_the_man_page_name_the_commands() {
    let bash = String::from_utf8(completions(clap_complete::Shell::Bash)).expect("text");
    let man = String::from_utf8(man_page().expect("rendered")).expect("text");
    assert!(bash.contains("generate-iac") && man.contains("generate\\-iac"));
}
