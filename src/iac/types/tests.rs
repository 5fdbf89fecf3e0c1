//! What the checked-in table says, and that a test sees it.

use super::{Known, find};

fn writable(type_name: &str, version: &str, name: &str) -> super::Type {
    match find(type_name, version, name) {
        Known::Writable(known) => known,
        other => panic!("{type_name}@{version}: {other:?}"),
    }
}

#[test]
fn a_version_that_the_table_has_is_exact_and_another_is_judged_by_its_neighbours() {
    let exact = writable("microsoft.network/virtualnetworks", "2020-11-01", "v");
    assert!(exact.is_exact && exact.shape.is_sure());
    assert_eq!(exact.name, "Microsoft.Network/virtualNetworks");
    let between = writable("Microsoft.Network/virtualNetworks", "2020-11-02", "v");
    assert!(!between.is_exact && between.shape.is_sure());
    let newer = writable("Microsoft.Network/virtualNetworks", "2099-01-01", "v");
    assert!(!newer.is_exact && newer.shape.is_sure());
}

#[test]
fn properties_are_read_only_required_or_spelled_as_the_type_does() {
    let network = writable("Microsoft.Network/virtualNetworks", "2020-11-01", "v");
    let properties = network.shape.prop("properties").expect("properties").shape;
    assert!(properties.prop("provisioningState").expect("known").is_read_only);
    assert_eq!(properties.prop("ADDRESSSPACE").expect("known in another case").name, "addressSpace");
    assert!(properties.prop("nonsense").is_none());
    let account = writable("Microsoft.Storage/storageAccounts", "2023-01-01", "s");
    let sku = account.shape.prop("sku").expect("sku");
    assert!(sku.is_required);
    let name = sku.shape.prop("name").expect("name").shape;
    assert_eq!(name.spelling("standard_lrs"), Some("Standard_LRS"));
    assert_eq!(name.spelling("Standard_LRS"), None);
}

#[test]
fn types_that_can_only_be_read_and_types_that_nobody_published_are_told_apart() {
    assert!(matches!(
        find("Microsoft.Compute/locations/publishers", "2024-07-01", "x"),
        Known::ReadOnly | Known::Unknown
    ));
    assert!(matches!(find("Contoso.Nothing/things", "2024-01-01", "x"), Known::Unknown));
}

#[test]
fn a_name_with_a_body_of_its_own_has_it() {
    let web = writable("Microsoft.Web/sites/config", "2022-03-01", "web");
    let settings = writable("Microsoft.Web/sites/config", "2022-03-01", "appsettings");
    assert!(web.shape.prop("properties").expect("properties").shape.prop("alwaysOn").is_some());
    assert!(settings.shape.prop("properties").expect("properties").shape.is_map());
}

#[test]
fn what_the_second_source_says_is_there() {
    let certificate = writable("Microsoft.Web/certificates", "2019-08-01", "c");
    let password = certificate.shape.prop("properties").and_then(|prop| prop.shape.prop("password"));
    assert!(password.is_some_and(|prop| prop.is_required), "flattened away by the first source");
    let replica = "Microsoft.Sql/servers/databases/replicationLinks";
    assert!(matches!(find(replica, "2014-04-01", "l"), Known::ReadOnly), "GET and DELETE, no PUT");
    assert_eq!(writable(replica, "2025-01-01", "l").name, replica);
}

#[test]
fn models_that_only_share_a_name_are_not_joined() {
    let alert = writable("Microsoft.Insights/activityLogAlerts", "2020-10-01", "a");
    let at = |shape: super::Shape, name: &str| shape.prop(name).expect("known").shape;
    let groups = at(at(at(alert.shape, "properties"), "actions"), "actionGroups").items().expect("a list");
    assert!(groups.prop("actionGroupId").is_some());
    assert!(groups.prop("enabled").is_none(), "that is an action group's own");
}

#[test]
fn a_number_out_of_its_bounds_is_none_of_its_type() {
    let door = writable("Microsoft.Network/frontDoors", "2021-06-01", "d");
    let at = |shape: super::Shape, name: &str| shape.prop(name).expect("known").shape;
    let timeout = at(at(at(door.shape, "properties"), "backendPoolsSettings"), "sendRecvTimeoutSeconds");
    assert!(timeout.takes(&serde_json::json!(30)) && !timeout.takes(&serde_json::json!(0)));
}
