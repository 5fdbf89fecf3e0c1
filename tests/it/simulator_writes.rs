//! The simulator takes writes as ARM does: long-running operations, deployments, and what is seen of them.

use std::time::Duration;

use atgd::simulator::{self, Fault, FaultKind, Settings, Style};
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

const EMPTY: Uuid = uuid!("e0000000-0000-4000-8000-000000000001");
const NETWORK: &str = "Microsoft.Network/virtualNetworks";

/// A client of one simulator, with a token.
struct Arm {
    sim: simulator::Running,
    client: reqwest::Client,
    token: String,
}

struct Said {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Said {
    fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Arm {
    async fn start(settings: Settings) -> Self {
        let sim = simulator::start(Settings { any_version: true, ..settings }).await.expect("the simulator starts");
        let token = sim.token();
        Self {
            sim,
            client: {
                crate::harness::install_tls();
                reqwest::Client::new()
            },
            token,
        }
    }

    /// An empty subscription with a group `rg`.
    async fn empty(settings: Settings) -> Self {
        let arm = Self::start(Settings { empty_subscriptions: vec![EMPTY], ..settings }).await;
        let made = arm.ask("PUT", &group(), &json!({"location": "West Europe"})).await;
        assert_eq!((made.status, &made.body["location"]), (201, &json!("westeurope")), "{}", made.body);
        arm
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Said {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            let mark = if path.contains('?') { '&' } else { '?' };
            format!("{}{path}{mark}api-version=2024-05-01", self.sim.url())
        };
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("a body");
        Said { status, headers, body: serde_json::from_str(&text).unwrap_or_default() }
    }

    async fn get(&self, path: &str) -> Said {
        self.ask("GET", path, &Value::Null).await
    }

    /// Polls as clients do until it is over; the last answer.
    async fn follow(&self, said: &Said) -> Said {
        let url = [said.header("azure-asyncoperation"), said.header("location")];
        let url = url.into_iter().find(|url| !url.is_empty()).expect("an address to poll");
        for _ in 0..200 {
            let polled = self.get(&url).await;
            let status = polled.body["status"].as_str().unwrap_or_default().to_owned();
            if polled.status != 202 && status != "InProgress" && status != "Running" {
                return polled;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{url} does not end");
    }
}

fn group() -> String {
    format!("/subscriptions/{EMPTY}/resourceGroups/rg")
}

fn network(name: &str) -> String {
    format!("{}/providers/{NETWORK}/{name}", group())
}

fn vnet() -> Value {
    json!({"location": "westeurope", "tags": {"a": "b"}, "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "one", "properties": {"addressPrefix": "10.0.1.0/24"}}],
    }})
}

#[tokio::test]
async fn every_form_of_a_long_running_write_ends_with_the_resource() {
    for style in [Style::AtOnce, Style::AsyncOperation, Style::Location, Style::Both, Style::LocationOnly] {
        let settings = Settings { write_style: style, write_time: Duration::from_millis(60), ..Settings::default() };
        let arm = Arm::empty(settings).await;
        let put = arm.ask("PUT", &network("v"), &vnet()).await;
        assert!([200, 201, 202].contains(&put.status), "{style:?}: {} {}", put.status, put.body);
        if style != Style::AtOnce {
            assert_eq!(arm.get(&network("v")).await.body["properties"]["provisioningState"], "Creating", "{style:?}");
            let busy = arm.ask("PUT", &network("v"), &vnet()).await;
            assert_eq!((busy.status, busy.code()), (409, "AnotherOperationInProgress"), "{style:?}");
            let end = arm.follow(&put).await;
            assert_eq!(end.status, 200, "{style:?}: {}", end.body);
        }
        let read = arm.get(&network("v")).await.body;
        assert_eq!(
            (&read["properties"]["provisioningState"], &read["tags"]),
            (&json!("Succeeded"), &json!({"a": "b"}))
        );
        assert_eq!(read["id"], network("v"));
        let delete = arm.ask("DELETE", &network("v"), &Value::Null).await;
        if style != Style::AtOnce {
            assert_eq!(delete.status, 202);
            arm.follow(&delete).await;
        }
        assert_eq!(arm.get(&network("v")).await.code(), "ResourceNotFound", "{style:?}");
        assert_eq!(arm.ask("DELETE", &network("v"), &Value::Null).await.status, 204);
        arm.sim.stop().await;
    }
}

#[tokio::test]
async fn a_failed_operation_polls_as_200() {
    let settings = Settings { write_style: Style::AsyncOperation, ..Settings::default() };
    let arm = Arm::empty(settings).await;
    let fault = Fault { scope: Some("virtualnetworks".to_owned()), ..Fault::new(FaultKind::OperationFailed) };
    arm.sim.add_fault(fault).expect("a fault");
    let put = arm.ask("PUT", &network("v"), &vnet()).await;
    let end = arm.follow(&put).await;
    assert_eq!((end.status, &end.body["status"]), (200, &json!("Failed")));
    assert_eq!(end.body["error"]["code"], "OperationFailed");
    assert_eq!(arm.get(&network("v")).await.body["properties"]["provisioningState"], "Failed");
    arm.sim.stop().await;
}

#[tokio::test]
async fn children_are_seen_in_their_parent_and_by_themselves() {
    let arm = Arm::empty(Settings { write_style: Style::AtOnce, ..Settings::default() }).await;
    arm.ask("PUT", &network("v"), &vnet()).await;
    let subnet = |name: &str| format!("{}/subnets/{name}", network("v"));
    assert_eq!(arm.get(&subnet("one")).await.body["properties"]["addressPrefix"], "10.0.1.0/24");
    arm.ask("PUT", &subnet("two"), &json!({"properties": {"addressPrefix": "10.0.2.0/24"}})).await;
    let parent = arm.get(&network("v")).await.body;
    assert_eq!(parent["properties"]["subnets"][1]["id"], subnet("two"), "{parent}");
    arm.ask("DELETE", &subnet("one"), &Value::Null).await;
    let parent = arm.get(&network("v")).await.body;
    assert_eq!(parent["properties"]["subnets"].as_array().map(Vec::len), Some(1), "{parent}");
    assert_eq!(arm.get(&format!("{}/subnets", network("v"))).await.body["value"].as_array().map(Vec::len), Some(1));
    let orphan = arm.ask("PUT", &format!("{}/subnets/x", network("no")), &json!({"properties": {}})).await;
    assert_eq!((orphan.status, orphan.code()), (404, "ParentResourceNotFound"));
    let nowhere = arm.ask("PUT", &network("v").replace("/rg/", "/none/"), &vnet()).await;
    assert_eq!((nowhere.status, nowhere.code()), (404, "ResourceGroupNotFound"));
    arm.ask("DELETE", &group(), &Value::Null).await;
    assert_eq!(arm.get(&network("v")).await.status, 404);
    arm.sim.stop().await;
}

/// Parameters, variables, functions, a loop, a child in its parent, a nested deployment in another scope, outputs.
fn template() -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": {"prefix": {"type": "string", "allowedValues": ["web", "data"]}, "password": {"type": "securestring", "defaultValue": "x"}},
        "variables": {"network": "[format('{0}-net', parameters('prefix'))]"},
        "resources": [
            {
                "type": "Microsoft.Network/networkInterfaces", "apiVersion": "2024-05-01", "name": "[concat(parameters('prefix'), '-nic-', copyIndex())]",
                "location": "[resourceGroup().location]", "copy": {"name": "nics", "count": 2},
                "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', variables('network'))]"],
                "properties": {"ipConfigurations": [{"name": "ip", "properties": {"subnet": {"id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', variables('network'), 'one')]"}}}]},
            },
            {
                "type": NETWORK, "apiVersion": "2024-05-01", "name": "[variables('network')]", "location": "West Europe",
                "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
                "resources": [{"type": "subnets", "apiVersion": "2024-05-01", "name": "one", "dependsOn": ["[variables('network')]"], "properties": {"addressPrefix": "10.0.1.0/24"}}],
            },
            {
                "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner", "dependsOn": ["nics"],
                "properties": {
                    "mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
                    "parameters": {"net": {"value": "[reference(resourceId('Microsoft.Network/virtualNetworks', variables('network')), '2024-05-01', 'Full').id]"}},
                    "template": {
                        "$schema": "x", "contentVersion": "1.0.0.0", "parameters": {"net": {"type": "string"}},
                        "resources": [{
                            "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-05-01", "name": "[concat('st', uniqueString(parameters('net')))]",
                            "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {},
                        }],
                        "outputs": {"account": {"type": "string", "value": "[concat('st', uniqueString(parameters('net')))]"}},
                    },
                },
            },
            {
                "type": "Microsoft.Authorization/locks", "apiVersion": "2020-05-01", "name": "keep", "scope": "[format('Microsoft.Network/virtualNetworks/{0}', variables('network'))]",
                "dependsOn": ["[variables('network')]"], "properties": {"level": "CanNotDelete"},
            },
        ],
        "outputs": {
            "account": {"type": "string", "value": "[reference('inner').outputs.account.value]"},
            "space": {"type": "string", "value": "[reference(variables('network')).addressSpace.addressPrefixes[0]]"},
        },
    })
}

fn asked(template: &Value, parameters: &Value) -> Value {
    json!({"properties": {"mode": "Incremental", "template": template, "parameters": parameters}})
}

#[tokio::test]
async fn a_deployment_puts_what_its_template_says() {
    let arm = Arm::empty(Settings { write_time: Duration::from_millis(60), ..Settings::default() }).await;
    let deployment = format!("{}/providers/Microsoft.Resources/deployments/main", group());
    let body = asked(&template(), &json!({"prefix": {"value": "web"}}));
    let valid = arm.ask("POST", &format!("{deployment}/validate"), &body).await;
    assert_eq!(valid.status, 200, "{}", valid.body);
    assert_eq!(arm.get(&network("web-net")).await.status, 404, "validation changes nothing");
    let question = arm.ask("POST", &format!("{deployment}/whatIf"), &body).await;
    assert_eq!(question.status, 202, "{}", question.body);
    let changes = arm.follow(&question).await.body;
    let kinds: Vec<&Value> = changes["properties"]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| &change["changeType"])
        .collect();
    assert_eq!(kinds, vec!["Create"; 6], "{changes}");
    let put = arm.ask("PUT", &deployment, &body).await;
    assert_eq!((put.status, &put.body["properties"]["provisioningState"]), (201, &json!("Accepted")), "{}", put.body);
    assert_eq!(arm.follow(&put).await.body["status"], "Succeeded");
    let done = arm.get(&deployment).await.body;
    assert_eq!(done["properties"]["provisioningState"], "Succeeded", "{done}");
    assert_eq!(done["properties"]["outputs"]["space"]["value"], "10.0.0.0/16");
    assert_eq!(done["properties"]["parameters"]["password"].get("value"), None, "secrets are not shown");
    let account = done["properties"]["outputs"]["account"]["value"].as_str().expect("a name").to_owned();
    for id in [
        network("web-net"),
        format!("{}/subnets/one", network("web-net")),
        format!("{}/providers/Microsoft.Network/networkInterfaces/web-nic-1", group()),
        format!("{}/providers/Microsoft.Storage/storageAccounts/{account}", group()),
        format!("{}/providers/Microsoft.Authorization/locks/keep", network("web-net")),
    ] {
        let read = arm.get(&id).await;
        assert_eq!((read.status, &read.body["id"]), (200, &json!(id)), "{}", read.body);
    }
    let operations = arm.get(&format!("{deployment}/operations")).await.body;
    assert_eq!(operations["value"].as_array().map(Vec::len), Some(6), "{operations}");
    let again = arm.ask("POST", &format!("{deployment}/whatIf"), &body).await;
    let changes = arm.follow(&again).await.body;
    let unchanged = changes["properties"]["changes"].as_array().expect("changes");
    assert!(unchanged.iter().any(|change| change["changeType"] == "NoChange"), "{changes}");
    arm.sim.stop().await;
}

#[tokio::test]
async fn a_subscription_deployment_makes_groups_and_deploys_into_them() {
    let arm = Arm::empty(Settings::default()).await;
    let deployment = format!("/subscriptions/{EMPTY}/providers/Microsoft.Resources/deployments/all");
    let template = json!({"resources": [
        {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": "rg-new", "location": "westeurope", "properties": {}},
        {
            "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "in-group", "resourceGroup": "rg-new",
            "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'rg-new')]"],
            "properties": {"mode": "Incremental", "template": {"resources": [
                {"type": NETWORK, "apiVersion": "2024-05-01", "name": "v", "location": "westeurope", "properties": {}},
            ]}},
        },
    ]});
    let mut body = asked(&template, &json!({}));
    body["location"] = json!("westeurope");
    let put = arm.ask("PUT", &deployment, &body).await;
    assert_eq!(put.status, 201, "{}", put.body);
    assert_eq!(arm.get(&network("v").replace("/rg/", "/rg-new/")).await.status, 200);
    arm.sim.stop().await;
}

#[tokio::test]
async fn wrong_templates_are_refused_and_say_why() {
    let arm = Arm::empty(Settings::default()).await;
    let deployment = format!("{}/providers/Microsoft.Resources/deployments/bad", group());
    let resource = |more: Value| {
        let mut resource = json!({"type": NETWORK, "apiVersion": "2024-05-01", "name": "v", "location": "westeurope", "properties": {}});
        resource.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        json!({"resources": [resource]})
    };
    for (template, parameters, said) in [
        (template(), json!({}), "'prefix' is not provided"),
        (template(), json!({"prefix": {"value": "other"}}), "not part of the allowed"),
        (template(), json!({"prefix": {"value": "web"}, "more": {"value": 1}}), "'more'"),
        (resource(json!({"name": "[nothing()]"})), json!({}), "'nothing' is not valid"),
        (resource(json!({"dependsOn": ["other"]})), json!({}), "not defined in the template"),
        (resource(json!({"name": "a/b"})), json!({}), "incorrect segment lengths"),
        (resource(json!({"tags": {"a": "[variables('b')]"}})), json!({}), "variable 'b' is not found"),
    ] {
        let put = arm.ask("PUT", &deployment, &asked(&template, &parameters)).await;
        let message = put.body["error"]["message"].as_str().unwrap_or_default();
        assert_eq!((put.status, put.code()), (400, "InvalidTemplate"), "{}", put.body);
        assert!(message.contains(said), "{message}");
    }
    let nowhere = json!({"resources": [{"type": "Microsoft.Network/virtualNetworks/subnets", "apiVersion": "2024-05-01", "name": "no/one", "properties": {}}]});
    let put = arm.ask("PUT", &deployment, &asked(&nowhere, &json!({}))).await;
    let failed = arm.follow(&put).await.body;
    assert_eq!((&failed["status"], &failed["error"]["code"]), (&json!("Failed"), &json!("DeploymentFailed")));
    assert_eq!(failed["error"]["details"][0]["code"], "ParentResourceNotFound");
    arm.sim.stop().await;
}

#[tokio::test]
async fn resource_graph_pages_by_key_counts_and_tells_changes() {
    let sources = vec![simulator::Source::Generated { resources: 250, subscriptions: 2 }];
    let arm = Arm::start(Settings { sources, write_style: Style::AtOnce, ..Settings::default() }).await;
    let query = async |text: &str| {
        let body = json!({"query": text, "options": {"resultFormat": "objectArray", "$top": 60}});
        let said = arm.ask("POST", "/providers/Microsoft.ResourceGraph/resources", &body).await;
        assert!(!said.header("x-ms-user-quota-remaining").is_empty());
        said
    };
    let counts = query("resources | summarize count_ = count() by subscriptionId, type").await.body;
    let total: u64 = counts["data"].as_array().expect("rows").iter().filter_map(|row| row["count_"].as_u64()).sum();
    assert_eq!(total, 250, "{counts}");
    let (mut ids, mut last) = (Vec::<String>::new(), String::new());
    loop {
        let after = if last.is_empty() { String::new() } else { format!("where id > '{last}' | ") };
        let page =
            query(&format!("resources | {after}order by id asc | project id, name, type, properties, subscriptionId"))
                .await
                .body;
        ids.extend(
            page["data"].as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).map(str::to_lowercase),
        );
        last = ids.last().expect("a row").clone();
        if page.get("$skipToken").is_none() {
            break;
        }
    }
    assert_eq!((ids.len(), ids.is_sorted()), (250, true));
    let gone = ids[7].clone();
    arm.ask("DELETE", &format!("{gone}?x=1"), &Value::Null).await;
    let changed = query("resourcechanges | extend at = todatetime(properties.changeAttributes.timestamp), target = tolower(tostring(properties.targetResourceId)) | where at > datetime('2020-01-01T00:00:00Z') | summarize at = max(at) by target | order by target asc | project target, at").await;
    assert!(
        changed.body["data"].as_array().expect("rows").iter().any(|row| row["target"] == gone.as_str()),
        "{}",
        changed.body
    );
    let counts = query("resources | summarize count() by type").await.body;
    let total: u64 = counts["data"].as_array().expect("rows").iter().filter_map(|row| row["count_"].as_u64()).sum();
    assert_eq!(total, 249);
    let refused = query("resources | join kind=inner (resourcecontainers) on id").await;
    assert_eq!((refused.status, &refused.body["error"]["details"][1]["code"]), (400, &json!("ParserFailure")));
    arm.sim.stop().await;
}

#[tokio::test]
async fn faults_meet_what_they_are_meant_for_and_are_counted() {
    let arm = Arm::start(Settings::default()).await;
    let groups = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups";
    for (fault, status) in [
        ("forbidden", 403),
        ("throttle-silent", 429),
        ("502", 502),
        ("expired", 401),
        ("error=409/AnotherOperationInProgress", 409),
    ] {
        arm.sim.add_fault(format!("{fault}@/resourcegroups").parse().expect("a fault")).expect("added");
        assert_eq!(arm.get(groups).await.status, status, "{fault}");
        assert_eq!(arm.get("/subscriptions").await.status, 200);
        arm.sim.clear_faults();
    }
    for fault in ["reset", "truncated"] {
        arm.sim.add_fault(format!("{fault}@/resourcegroups").parse().expect("a fault")).expect("added");
        let sent =
            arm.client.get(format!("{}{groups}?api-version=1", arm.sim.url())).bearer_auth(&arm.token).send().await;
        let read = match sent {
            Ok(answer) => answer.bytes().await.map(drop),
            Err(error) => Err(error),
        };
        assert!(read.is_err(), "{fault}");
        arm.sim.clear_faults();
    }
    let all = arm.get(groups).await.body["value"].as_array().map_or(0, Vec::len);
    arm.sim.add_fault("stale@/resourcegroups".parse().expect("a fault")).expect("added");
    assert_eq!(arm.get(groups).await.body["value"].as_array().map(Vec::len), Some(all - 1));
    assert!(arm.sim.requests()["failed"] >= 6);
    arm.sim.stop().await;
}

#[tokio::test]
async fn quirks_change_how_things_are_said_and_not_what_there_is() {
    let arm = Arm::start(Settings { quirks: vec!["all".to_owned()], ..Settings::default() }).await;
    let mut next = Some("/subscriptions/c0470500-0000-4000-8000-0000000000a1/resources".to_owned());
    let (mut found, mut pages, mut odd) = (0, 0, 0);
    while let Some(address) = next {
        let page = arm.get(&address).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for item in page.body["value"].as_array().expect("a list") {
            found += 1;
            odd +=
                usize::from(item.get("type").is_none() || item["name"].as_str().is_none_or(|name| name.contains('/')));
        }
        pages += 1;
        next = page.body["nextLink"].as_str().filter(|link| !link.is_empty()).map(str::to_owned);
    }
    assert!(found > 10 && odd > 0 && pages >= 3, "{found} {odd} {pages}");
    arm.sim.set_quirks(&["html-error".to_owned()]).expect("known");
    assert_eq!(arm.get("/subscriptions/none/resourceGroups").await.body, Value::Null);
    assert!(arm.sim.set_quirks(&["nonsense".to_owned()]).is_err());
    arm.sim.stop().await;
}

#[tokio::test]
async fn buckets_belong_to_a_principal_a_subscription_and_a_verb() {
    let other = uuid!("c0470500-0000-4000-8000-00000000c12e");
    let arm = Arm::start(Settings { quota: true, more_clients: vec![other], ..Settings::default() }).await;
    let address = "/subscriptions/c0470500-0000-4000-8000-0000000000a1/resourceGroups";
    let mut refused = None;
    for _ in 0..600 {
        let said = arm.get(address).await;
        if said.status == 429 {
            refused = Some(said);
            break;
        }
        assert!(!said.header("x-ms-ratelimit-remaining-subscription-reads").is_empty());
    }
    let refused = refused.expect("the bucket empties");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(arm.get(&address.replace("00a1", "00a2")).await.status, 200, "another subscription");
    assert_eq!(
        arm.ask("PUT", &format!("{address}/x"), &json!({"location": "westeurope"})).await.status,
        201,
        "another verb"
    );
    let form = format!("client_id={other}&client_secret=simulated-client-secret&grant_type=client_credentials&scope=x");
    let url = format!("{}/{}/oauth2/v2.0/token", arm.sim.url(), arm.sim.tenant_id());
    let granted = arm.client.post(url).body(form).send().await.expect("an answer").json::<Value>().await.expect("JSON");
    let token = granted["access_token"].as_str().expect("a token").to_owned();
    let arm = Arm { token, ..arm };
    assert_eq!(arm.get(address).await.status, 200, "another principal");
    arm.sim.stop().await;
}

#[tokio::test]
async fn recorded_answers_are_given_one_after_the_other_then_the_real_ones() {
    let Some(recorded) = crate::harness::shared("azure-data/_protocol") else { return };
    let arm = Arm::start(Settings::default()).await;
    arm.sim.add_fault(Fault::new(FaultKind::Replay(recorded))).expect("readable");
    let (_, many) = arm.sim.replayed();
    assert!(many > 250, "{many} recorded answers");
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for _ in 0..many {
        *statuses.entry(arm.get("/subscriptions").await.status).or_default() += 1;
    }
    assert_eq!(arm.sim.replayed(), (many, many), "{statuses:?}");
    assert!(statuses.len() > 8 && statuses[&404] > 20, "{statuses:?}");
    assert_eq!(arm.get("/subscriptions").await.body["value"].as_array().map(Vec::len), Some(2));
    arm.sim.stop().await;
}
