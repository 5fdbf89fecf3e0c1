//! Cases about what a service makes by itself, and about what a scan reads and says.

use atgd::simulator;
use serde_json::{Value, json};

use super::outputs::{Output, in_all_formats, scanned};
use crate::harness::{House, Scanned, shared};

pub const GROUP: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001/resourceGroups/rg-made";

/// Whether a resource is in the code; `None`: the report does not know it.
fn is_in_code(output: &Output, name: &str) -> Option<bool> {
    output.row(name).map(|row| !row["emitted_as"].is_null())
}

/// Holds each row to being in the code, or left out with a reason.
pub fn hold(format: &str, output: &Output, made: &[&str], left_out: &[&str]) {
    for name in made {
        assert_eq!(is_in_code(output, name), Some(true), "{format}: {name} {:?}", output.row(name));
    }
    for name in left_out {
        assert_eq!(is_in_code(output, name), Some(false), "{format}: {name}");
        assert!(
            output.row(name).expect("a row")["reason"].as_str().is_some_and(|why| why.len() > 5),
            "{format}: {name}"
        );
    }
}

/// Bodies written for a test, not scanned yet.
pub async fn served(bodies: &Value) -> Scanned {
    let file = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
    std::fs::write(file.path(), bodies.to_string()).expect("written");
    let sources = vec![simulator::Source::Directory(file.path().to_owned())];
    let sim =
        simulator::start(simulator::Settings { sources, ..simulator::Settings::default() }).await.expect("it starts");
    let house = House::for_simulator(&sim);
    Scanned::unscanned(sim, house)
}

/// A body in the group of these tests.
pub fn body(kind: &str, name: &str, more: Value) -> Value {
    let mut body = json!({"id": format!("{GROUP}/providers/{kind}/{name}"), "name": name, "type": kind,
        "apiVersion": "2023-09-01", "location": "westeurope"});
    body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    body
}

/// The rows of a coverage that are of a type.
fn rows<'r>(result: &'r Value, type_name: &str) -> Vec<&'r Value> {
    let rows = result["coverage"].as_array().expect("rows");
    rows.iter().filter(|row| row["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(type_name))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_azure_makes_with_a_zone_is_left_out_and_records_come_back() {
    let Some(scanned) = scanned("03-dns-records").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &["/A/@", "/A/*", "/A/alias", "/MX/@", "/TXT/@", "/CNAME/_x.y"], &["/SOA/@", "/NS/@"]);
        let code = output.code();
        for text in ["second chunk", "v=spf1 include:spf.example.net -all", "mx.example.org", "192.0.2.2"] {
            assert!(code.contains(text), "{format}: {text}");
        }
        assert!(!code.contains("azuredns-hostmaster"), "{format}");
        assert_eq!(output.row("/A/alias").expect("a row")["unresolved"], json!([]), "{format}");
        let reference = match format {
            "terraform" | "imports" => "target_resource_id  = azurerm_public_ip.",
            "bicep" => "id: pip1.id",
            _ => "resourceId('Microsoft.Network/publicIPAddresses', 'pip1')",
        };
        assert!(code.contains(reference), "{format}: {code}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_services_make_is_left_out_and_what_people_made_beside_it_stays() {
    let Some(scanned) = scanned("04-made-by-the-service").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        let made = [
            "/scopeMaps/team-a",
            "/consumerGroups/mine",
            "/groups/team",
            "/containers/data",
            "/containers/$web",
            "/sites/webauto01",
            "/servers/sqlauto01",
            "/encryptionProtector/current",
            "/authorizationRules/RootManageSharedAccessKey",
        ];
        let own = [
            "/scopeMaps/_repositories_pull",
            "/consumerGroups/$Default",
            "/rules/$Default",
            "/subscriptions/master",
            "/groups/administrators",
            "/users/1",
            "/containers/$logs",
            "/hostNameBindings/webauto01.azurewebsites.net",
            "/keys/ServiceManaged",
            "/advisors/CreateIndex",
        ];
        hold(format, &output, &made, &own);
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_a_resource_manages_are_left_out_with_all_that_is_in_them() {
    let Some(scanned) = scanned("12-managed-groups").await else { return };
    let managed = ["MC_rg-k8s_aks1_westeurope", "databricks-rg-dbx1", "ME_env1_rg-k8s_westeurope"];
    let inside = [
        "/publicIPAddresses/ip-1",
        "/userAssignedIdentities/aks1-agentpool",
        "/storageAccounts/dbstorage01",
        "/loadBalancers/capp-svc-lb",
    ];
    let made = [
        "/managedClusters/aks1",
        "/workspaces/dbx1",
        "/managedEnvironments/env1",
        "/workspaces/DefaultWorkspace-x-WEU",
        "/resourceGroups/rg-k8s",
    ];
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &made, &[&managed[..], &inside[..]].concat());
        let code = output.code();
        for name in ["aks1-agentpool", "ip-1", "dbstorage01", "aaaaaaaa-bbbb-4000-8000-000000000002"] {
            assert!(!code.contains(name), "{format}: {name}");
        }
        assert!(
            code.contains("MC_rg-k8s_aks1_westeurope"),
            "{format}: the cluster still says what its group is called"
        );
    }
    // Its manager need not be selected.
    let output = super::outputs::generated(&scanned, "arm", json!({"names": ["dbstorage01"]})).await;
    hold("arm", &output, &[], &["/storageAccounts/dbstorage01", "databricks-rg-dbx1"]);
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_of_a_private_link_and_a_misspelled_subnet_are_no_plan_that_fails() {
    let network = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-x");
    let subnet = |name: &str, prefix: &str| {
        json!({"id": format!("{network}/subnets/{name}"), "name": name, "type": "Microsoft.Network/virtualNetworks/subnets",
            "apiVersion": "2023-09-01", "properties": {"addressPrefix": prefix, "provisioningState": "Succeeded"}})
    };
    let alias = "pls.11111111-2222-4333-8444-555555555555.westeurope.azure.privatelinkservice";
    let bodies = json!([
        {"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}},
        body("Microsoft.Network/virtualNetworks", "vnet-x", json!({"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}})),
        subnet("azureBastionsubnet", "10.0.1.0/26"),
        subnet("AzureFirewallSubnet", "10.0.2.0/26"),
        subnet("endpoints", "10.0.3.0/26"),
        body("Microsoft.Network/bastionHosts", "bas-x", json!({"sku": {"name": "Basic"}, "properties": {"disableCopyPaste": false, "scaleUnits": 2, "ipConfigurations": [
            {"name": "ip", "properties": {"subnet": {"id": format!("{network}/subnets/azureBastionsubnet")},
                "publicIPAddress": {"id": format!("{GROUP}/providers/Microsoft.Network/publicIPAddresses/pip-x")}, "privateIPAllocationMethod": "Dynamic"}}]}})),
        body("Microsoft.Network/publicIPAddresses", "pip-x", json!({"sku": {"name": "Standard", "tier": "Regional"},
            "properties": {"publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 4}})),
        body("Microsoft.Network/privateEndpoints", "pe-x", json!({"properties": {
            "subnet": {"id": format!("{network}/subnets/endpoints")}, "privateLinkServiceConnections": [],
            "manualPrivateLinkServiceConnections": [{"name": "to-alias", "properties": {
                "privateLinkServiceId": alias, "requestMessage": "please", "groupIds": []}}]}})),
    ]);
    let scanned = served(&bodies).await;
    scanned.again().await;
    for more in [json!({}), json!({"auto_import_existing": true})] {
        let output = super::outputs::generated(&scanned, "terraform", more).await;
        let code = output.code();
        assert!(code.contains(&format!("private_connection_resource_alias = \"{alias}\"")), "{code}");
        assert!(!code.contains("private_connection_resource_id"), "{code}");
        let bastion = output.row("/bastionHosts/bas-x").expect("a row");
        assert!(bastion["emitted_as"].as_str().is_some_and(|kind| kind.starts_with("azapi_resource")), "{bastion}");
        assert!(bastion["generic_because"].as_str().is_some_and(|why| why.contains("AzureBastionSubnet")), "{bastion}");
    }
    scanned.stop().await;
}

const PARAMETERS: &str = "Microsoft.DBforPostgreSQL/flexibleServers/configurations";

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_somebody_set_come_back_whatever_was_asked_for() {
    let Some(directory) = shared("cases/16-server-parameters") else { return };
    let sources = vec![simulator::Source::Directory(directory)];
    let sim =
        simulator::start(simulator::Settings { sources, ..simulator::Settings::default() }).await.expect("it starts");
    let house = House::for_simulator(&sim);
    let scanned = Scanned::unscanned(sim, house);
    let defaults = ["/max_connections", "/block_size", "/pgms_wait_sampling.query_capture_mode", "/DateStyle"];
    let own = ["/databases/azure_maintenance", "/databases/postgres"];
    let result = scanned.scanned_with(json!({})).await;
    let told = rows(&result, PARAMETERS);
    assert_eq!(
        (told.len(), told[0]["read"].as_u64(), told[0]["cause"].as_str()),
        (1, Some(1), Some("defaults")),
        "{told:?}"
    );
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &["/work_mem", "/databases/app"], &own);
        assert!(defaults.iter().all(|name| output.row(name).is_none()), "{format}");
    }
    scanned.scanned_with(json!({"include_child_types": [PARAMETERS]})).await;
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &["/work_mem", "/databases/app"], &[&own[..], &defaults[..]].concat());
    }
    // A parameter that got its default again since is not sent any more.
    let group = GROUP.replace("rg-made", "rg-pg");
    let id = format!("{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg16/configurations/work_mem");
    let properties = json!({"value": "4096", "defaultValue": "4096", "source": "system-default", "isReadOnly": false});
    scanned.sim.put(&id, &json!({"id": id, "name": "work_mem", "type": PARAMETERS, "properties": properties}));
    scanned.scanned_with(json!({})).await;
    let output = super::outputs::generated(&scanned, "arm", json!({})).await;
    hold("arm", &output, &["/databases/app"], &["/work_mem"]);
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_in_a_cluster_and_what_is_exempt_are_read_and_the_rest_is_told() {
    let cluster = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-x");
    let at = |scope: &str, kind: &str, name: &str| json!({"id": format!("{scope}/providers/{kind}/{name}"), "name": name, "type": kind, "apiVersion": "2023-05-01", "properties": {}});
    let bodies = json!([
        {"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}},
        body("Microsoft.ContainerService/managedClusters", "aks-x", json!({"properties": {"dnsPrefix": "x"}})),
        at(&cluster, "Microsoft.KubernetesConfiguration/extensions", "flux"),
        at(&cluster, "Microsoft.KubernetesConfiguration/fluxConfigurations", "apps"),
        at(GROUP, "Microsoft.Authorization/policyExemptions", "later"),
        at(&cluster, "Contoso.X/notes", "one"),
        body("Microsoft.Storage/storageAccounts", "stmade", json!({"properties": {}})),
        at(&format!("{GROUP}/providers/Microsoft.Storage/storageAccounts/stmade"), "Contoso.X/notes", "two"),
    ]);
    let scanned = served(&bodies).await;
    let result = scanned.scanned_with(json!({})).await;
    for name in ["extensions", "fluxConfigurations"].map(|name| format!("Microsoft.KubernetesConfiguration/{name}")) {
        let told = rows(&result, &name);
        assert_eq!((told.len(), told[0]["read"].as_u64()), (1, Some(1)), "{told:?}");
    }
    assert_eq!(rows(&result, "Microsoft.Authorization/policyExemptions")[0]["read"], 1);
    for name in ["Contoso.X/notes", "Microsoft.Insights/diagnosticSettings"] {
        let told = rows(&result, name);
        assert_eq!((told.len(), told[0]["status"].as_str()), (1, Some("skipped")), "{name}: {told:?}");
        assert_eq!(told[0]["cause"], "not_asked", "{name}");
    }
    let output = super::outputs::generated(&scanned, "arm", json!({})).await;
    let warnings = output.result["warnings"].to_string();
    assert!(warnings.contains("contoso.x/notes") && warnings.contains("report.md"), "{warnings}");
    assert!(
        output.text(&["md"]).contains("| contoso.x/notes | stands at other resources; name it in include_child_types")
    );
    hold("arm", &output, &["/extensions/flux", "/fluxConfigurations/apps", "/policyExemptions/later"], &[]);
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_inventory_without_an_id_are_told_and_cost_only_themselves() {
    let bodies = json!([
        {"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}},
        body("Microsoft.Storage/storageAccounts", "stmade", json!({"properties": {}})),
    ]);
    let scanned = served(&bodies).await;
    scanned.sim.set_quirks(&["null-row".to_owned(), "nameless-row".to_owned()]).expect("known");
    let result = scanned.scanned_with(json!({})).await;
    assert_eq!(
        (&result["partial"], &rows(&result, "Microsoft.Storage/storageAccounts")[0]["read"]),
        (&json!(true), &json!(1))
    );
    for name in ["Contoso.X/things", "unknown"] {
        let told = rows(&result, name);
        assert_eq!(told.len(), 1, "{name}: {}", result["coverage"]);
        let counted = (told[0]["expected"].as_u64(), told[0]["read"].as_u64(), told[0]["cause"].as_str());
        assert_eq!(counted, (Some(1), Some(0), Some("no_usable_id")), "{name}");
    }
    scanned.stop().await;
}

/// A daemon whose configuration names a stand-in for Terraform; what that was given lies in the directory.
async fn with_stand_in(bodies: &Value) -> (Scanned, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt;

    let file = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
    std::fs::write(file.path(), bodies.to_string()).expect("written");
    let sources = vec![simulator::Source::Directory(file.path().to_owned())];
    let sim =
        simulator::start(simulator::Settings { sources, ..simulator::Settings::default() }).await.expect("it starts");
    let house = House::for_simulator(&sim);
    let directory = house.path().join("stand-in");
    std::fs::create_dir(&directory).expect("made");
    let program = directory.join("terraform");
    std::fs::write(&program, include_str!("standin.sh")).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let (named, plugins) = (program.display(), directory.display());
    let more = format!("[iac]\nterraform = \"{named}\"\nterraform_plugin_dir = \"{plugins}\"\n");
    let house = house.with(&more);
    let key = house.key(&["read", "scan", "generate"]);
    let daemon = house.start_with(&key, &[("TF_LOG", "TRACE"), ("ARM_CLIENT_ID", "of-nobody")]);
    let scanned = Scanned { sim, house, daemon };
    scanned.again().await;
    (scanned, directory)
}

fn address(name: &str) -> Value {
    body(
        "Microsoft.Network/publicIPAddresses",
        name,
        json!({"sku": {"name": "Standard", "tier": "Regional"}, "properties": {"publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 4}}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_terraform_refuses_or_would_change_is_printed_again_and_planned_again() {
    let bodies = json!([
        {"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}},
        address("pip-typed"),
        address("pip-broken"),
        body("Microsoft.Network/networkSecurityGroups", "nsg", json!({"properties": {"securityRules": []}})),
    ]);
    let (scanned, directory) = with_stand_in(&bodies).await;
    let more = json!({"auto_import_existing": true, "verify": true});
    let output = super::outputs::generated(&scanned, "terraform", more).await;
    let mut check = output.result["checks"]["plan"].clone();
    assert!(check["seconds"].take().is_number(), "{check}");
    assert_eq!(check, json!({"import": 4, "add": 0, "change": 0, "destroy": 0, "rounds": 3, "seconds": null}));
    for (name, why) in
        [("pip-typed", "would change sku"), ("pip-broken", "refused it in a plan: bad: *** is not shown")]
    {
        let row = output.row(name).expect("a row");
        assert!(row["emitted_as"].as_str().is_some_and(|kind| kind.starts_with("azapi_resource")), "{row}");
        assert!(row["generic_because"].as_str().is_some_and(|reason| reason.contains(why)), "{row}");
    }
    assert!(output.row("/nsg").expect("a row")["emitted_as"].as_str().is_some_and(|kind| kind.starts_with("azurerm_")));
    let files = output.result["files"].to_string();
    let lies = |name: &str| output.directory.join(name).exists();
    assert!(!lies("plan") && !lies(".terraform.lock.hcl") && !lies("terraform.tfstate"), "{files}");
    let said = |name: &str| std::fs::read_to_string(directory.join(name)).expect("text");
    let (arguments, environment) = (said("arguments"), said("environment"));
    assert!(!arguments.contains("simulated-client-secret"), "{arguments}");
    assert!(environment.contains("ARM_CLIENT_SECRET=simulated-client-secret"), "{environment}");
    for line in ["TF_LOG=", "ARM_CLIENT_ID=of-nobody", "CARGO_"] {
        assert!(!environment.lines().any(|own| own.starts_with(line)), "{line}: {environment}");
    }
    for work in said("directories").lines() {
        assert!(!std::path::Path::new(work).exists(), "{work} is still there");
    }
    assert!(!scanned.house.log().contains("simulated-client-secret"));
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_can_not_be_made_says_why_and_what_still_differs_is_listed() {
    let bodies = json!([
        {"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}},
        address("pip-other"),
    ]);
    let (scanned, _) = with_stand_in(&bodies).await;
    let output = super::outputs::generated(&scanned, "terraform", json!({"verify": true})).await;
    assert_eq!(output.result["checks"]["plan"], "not run: only Terraform with auto_import_existing is planned");
    let output = super::outputs::generated(&scanned, "terraform", json!({})).await;
    assert_eq!(output.result["checks"].get("plan"), None);
    // The stand-in names a resource that is not there: no other form helps.
    let more = json!({"auto_import_existing": true, "verify": true});
    let output = super::outputs::generated(&scanned, "terraform", more).await;
    assert_eq!(
        (&output.result["checks"]["plan"]["change"], &output.result["checks"]["plan"]["rounds"]),
        (&json!(1), &json!(1))
    );
    let differ = &output.report["plan_differences"];
    assert_eq!(differ[0]["attributes"], json!(["sku"]), "{differ}");
    assert!(output.text(&["md"]).contains("| azurerm_public_ip.pip_typed | sku |"));
    scanned.stop().await;
}
