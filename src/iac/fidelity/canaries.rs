//! Secrets in every slot of every recorded body: none is in what is generated.

use std::cell::Cell;

use serde_json::{Map, Value, json};

use super::{
    recorded::{Recorded, Resource},
    run::generated,
    tests::bodies,
};

/// Secret-shaped values, made here, and the part of each by which it is found.
fn shapes() -> [(String, &'static str); 6] {
    [
        (format!("CANARY{}==", "aB3+".repeat(20)), "CANARYaB3"),
        (
            "https://x.blob.core.windows.net/c?sv=2022-11-02&se=2030-01-01&sr=c&sp=r&sig=CANARYsig%3D".to_owned(),
            "CANARYsig",
        ),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.CANARYjwt".to_owned(), "CANARYjwt"),
        ("-----BEGIN PRIVATE KEY-----\nCANARYpem\n-----END PRIVATE KEY-----".to_owned(), "CANARYpem"),
        (
            "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=CANARYbus==".to_owned(),
            "CANARYbus",
        ),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=CANARYdep==".to_owned(), "CANARYdep"),
    ]
}

/// Names that say it, told without a look at the code's list.
fn says_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = [
        "password",
        "secret",
        "secretvalue",
        "connectionstring",
        "accountkey",
        "accesskey",
        "primarykey",
        "secondarykey",
        "sharedkey",
        "apikey",
        "sastoken",
        "accesstoken",
        "masterkey",
        "privatekey",
    ];
    ends.iter().any(|end| name.ends_with(end))
}

/// The body with every text but those that say what the resource is replaced.
fn poisoned(value: &Value, canary: &str) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let is_spared = matches!(name.as_str(), "id" | "name" | "type" | "location");
                (name.clone(), if is_spared { value.clone() } else { poisoned(value, canary) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| poisoned(item, canary)).collect(),
        Value::String(_) => json!(canary),
        other => other.clone(),
    }
}

/// The body with an opaque word in every slot whose name says secret; also in new ones beside each object's fields.
fn opaque(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let is_slot = value.is_string() && says_secret(name);
                (name.clone(), if is_slot { json!("CANARYopaque") } else { opaque(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(opaque).collect(),
        other => other.clone(),
    }
}

/// The body with every `{name, value}` called a secret, and an opaque word as its value; `pairs` counts them.
fn paired(value: &Value, pairs: &Cell<usize>) -> Value {
    let field = |fields: &Map<String, Value>, wanted: &str| {
        fields
            .iter()
            .find(|(name, value)| name.eq_ignore_ascii_case(wanted) && value.is_string())
            .map(|(name, _)| name.clone())
    };
    match value {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), paired(value, pairs))).collect();
            let name = field(&fields, "name").or_else(|| field(&fields, "key"));
            if let (Some(name), Some(value)) = (name, field(&fields, "value")) {
                pairs.set(pairs.get() + 1);
                fields.insert(name, json!("DB_PASSWORD"));
                fields.insert(value, json!("CANARYopaque"));
            }
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(|item| paired(item, pairs)).collect(),
        other => other.clone(),
    }
}

/// All bodies in few plans: an id stands once in each.
fn plans(change: impl Fn(&Value) -> Value) -> Vec<Recorded> {
    let mut plans: Vec<(std::collections::BTreeSet<String>, Recorded)> = Vec::new();
    for body in bodies() {
        let key = crate::arm::key(&body.id);
        let at = plans.iter().position(|(keys, _)| !keys.contains(&key)).unwrap_or_else(|| {
            plans.push((std::collections::BTreeSet::new(), Recorded { resources: Vec::new() }));
            plans.len() - 1
        });
        plans[at].0.insert(key);
        plans[at].1.resources.push(Resource { body: change(&body.body), put: None, ..body });
    }
    plans.into_iter().map(|(_, plan)| plan).collect()
}

fn holds_none(change: impl Fn(&Value) -> Value, needle: &str) {
    for recorded in plans(change) {
        for format in ["arm", "azapi", "bicep"] {
            let (plan, files) = generated(&recorded, format).expect("code");
            for (name, text) in &files {
                let line = text.lines().find(|line| line.contains(needle));
                assert!(line.is_none(), "{format} {name}: {line:?}");
            }
            let said = format!("{:?}{:?}{:?}{:?}", plan.parameters, plan.left_out, plan.within, plan.warnings);
            assert!(!said.contains(needle), "{format}: {needle}");
        }
    }
}

#[test]
fn no_secret_shaped_value_of_any_slot_of_any_body_reaches_the_code() {
    for (canary, needle) in shapes() {
        holds_none(|body| poisoned(body, &canary), needle);
    }
}

#[test]
fn no_opaque_value_of_a_slot_that_is_called_a_secret_reaches_the_code() {
    holds_none(opaque, "CANARYopaque");
}

#[test]
fn no_opaque_value_beside_a_name_that_says_secret_reaches_the_code() {
    let pairs = Cell::new(0);
    holds_none(|body| paired(body, &pairs), "CANARYopaque");
    assert!(pairs.get() > 20 || bodies().is_empty(), "{} pairs", pairs.get());
}

/// The slots that neither the name of a field nor the shape of its value tells: a type, a version, a body.
fn slots() -> Vec<(&'static str, &'static str, Value)> {
    let request = json!({"method": "POST", "uri": "https://x.example.org/run?code=CANARYcode&page=1",
        "headers": {"Authorization": "CANARYheader", "x-functions-key": "CANARYkey", "Accept": "text/plain"},
        "queries": {"sig": "CANARYsig"}, "authentication": {"type": "Raw", "value": "CANARYraw"}});
    let workflow = json!({"definition": {"actions": {"a": {"type": "Http", "inputs": request}},
        "parameters": {"p": {"type": "securestring", "defaultValue": "CANARYdefault"}}}});
    vec![
        ("Microsoft.Logic/workflows", "2019-05-01", workflow),
        (
            "Microsoft.Logic/workflows",
            "2019-05-01",
            json!({"parameters": {"p": {"type": "SecureString", "value": "CANARYsecure"},
            "o": {"type": "SecureObject", "value": {"a": ["CANARYobject"]}}}}),
        ),
        (
            "Microsoft.ApiManagement/service/namedValues",
            "2023-05-01-preview",
            json!({"displayName": "a", "secret": true,
            "value": "CANARYnamed"}),
        ),
        (
            "Microsoft.ApiManagement/service/backends",
            "2023-05-01-preview",
            json!({"url": "https://x", "protocol": "http",
            "credentials": {"header": {"x-own": ["CANARYown"]}, "query": {"code": ["CANARYquery"]},
                "authorization": {"scheme": "Bearer", "parameter": "CANARYparameter"}}}),
        ),
        (
            "Microsoft.ApiManagement/service/policies",
            "2023-05-01-preview",
            json!({"format": "xml",
            "value": "<policies><set-header name=\"Authorization\"><value>CANARYxml</value></set-header>\
                <authentication-basic username=\"u\" password=\"CANARYbasic\" /></policies>"}),
        ),
        (
            "Microsoft.Automation/automationAccounts/variables",
            "2022-08-08",
            json!({"isEncrypted": true, "value": "\"CANARYencrypted\""}),
        ),
    ]
}

/// The same of lists, of variants and of what the type marks.
fn marked_slots() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "Microsoft.ContainerRegistry/registries/tasks",
            "2019-04-01",
            json!({"step": {"type": "FileTask", "taskFilePath": "t.yaml",
            "values": [{"name": "a", "isSecret": true, "value": "CANARYtask"}]}}),
        ),
        (
            "Microsoft.Resources/deploymentScripts",
            "2020-10-01",
            json!({"environmentVariables": [{"name": "a", "secureValue": "CANARYscript"}]}),
        ),
        (
            "Microsoft.Compute/virtualMachineScaleSets",
            "2023-09-01",
            json!({"virtualMachineProfile": {"extensionProfile": {"extensions": [
            {"name": "e", "properties": {"publisher": "p", "type": "t", "protectedSettings": {"name": "CANARYsettings"}}}]}}}),
        ),
        (
            "Microsoft.EventGrid/eventSubscriptions",
            "2022-06-15",
            json!({"destination": {"endpointType": "WebHook",
            "properties": {"endpointUrl": "https://x.example.org/CANARYmarked"}}}),
        ),
        (
            "Microsoft.DataFactory/factories/linkedservices",
            "2018-06-01",
            json!({"type": "AzureBlobStorage", "typeProperties": {
            "sasUri": {"type": "SecureString", "value": "CANARYlinked"}, "accountName": "a"}}),
        ),
        (
            "Contoso.Made/things",
            "2020-01-01",
            json!({"settings": "{\"user\": \"u\", \"apiKey\": \"CANARYjson\"}",
            "item": {"secure": true, "values": ["CANARYlist"]}}),
        ),
    ]
}

#[test]
fn no_value_that_a_flag_a_header_a_type_or_a_document_calls_a_secret_reaches_the_code() {
    let resources =
        slots().into_iter().chain(marked_slots()).enumerate().map(|(number, (kind, version, properties))| {
            let (space, rest) = kind.split_once('/').expect("a type");
            let path: Vec<String> = rest.split('/').map(|segment| format!("{segment}/n{number}")).collect();
            let path = path.join("/");
            let id = format!(
                "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/{space}/{path}"
            );
            let body = json!({"id": id, "name": format!("n{number}"), "type": kind, "location": "westeurope",
            "kind": "AzurePowerShell", "properties": properties});
            Resource { id, type_name: kind.to_owned(), api_version: version.to_owned(), put: None, body }
        });
    let recorded = Recorded { resources: resources.collect() };
    for format in ["arm", "azapi", "bicep"] {
        let (plan, files) = generated(&recorded, format).expect("code");
        for (name, text) in &files {
            let line = text.lines().find(|line| line.contains("CANARY"));
            assert!(line.is_none(), "{format} {name}: {line:?}");
        }
        assert!(plan.parameters.len() >= 22, "{}: {:?}", plan.parameters.len(), plan.parameters);
        let all: String = files.values().map(String::as_str).collect();
        for kept in ["text/plain", "Bearer", "page=1", "taskFilePath", "authentication-basic", "AzureBlobStorage"] {
            assert!(all.contains(kept), "{format}: {kept}");
        }
    }
}
