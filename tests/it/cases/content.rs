//! What people wrote comes out whole, what is secret or never returned is asked for.

use serde_json::{Value, json};

use super::outputs::{Output, in_all_formats, scanned};

/// Whether a value is asked for at a path of a resource: as a secret in the code, and by a line of the README.
fn asks(format: &str, output: &Output, resource: &str, path: &str) {
    let rows = output.report["parameters"].as_array().expect("parameters");
    let is_it = |row: &&Value| row["resource"].as_str().is_some_and(|id| id.ends_with(resource)) && row["path"] == path;
    let row = rows.iter().find(is_it).unwrap_or_else(|| panic!("{format}: no {path} of {resource} in {rows:#?}"));
    let name = row["name"].as_str().expect("a name");
    let code = output.code();
    let is_secret = match format {
        "bicep" => code.contains(&format!("@secure()\nparam {name} ")),
        "arm" => {
            let text = std::fs::read(output.directory.join("azuredeploy.json")).expect("a template");
            let template: Value = serde_json::from_slice(&text).expect("JSON");
            template["parameters"][name]["type"].as_str().is_some_and(|kind| kind.starts_with("secure"))
        }
        _ => {
            let start = code.find(&format!("variable \"{name}\"")).expect("a variable");
            let block = &code[start..];
            block[..block.find("\n}").expect("an end")].contains("sensitive   = true")
        }
    };
    assert!(is_secret, "{format}: {name} is no secret");
    let said = match format {
        "bicep" => {
            let own = code.split_once(&format!("\nparam {name} =")).expect("it is given").1;
            let read = own.split_once("readEnvironmentVariable('").expect("it is read").1;
            read.split('\'').next().unwrap_or_default().to_owned()
        }
        _ => name.to_owned(),
    };
    assert!(output.text(&["md"]).contains(&format!("| `{said}` |")), "{format}: README says nothing of {name}");
    let used = code.matches(name).count();
    assert!(used >= 2, "{format}: {name} is used nowhere");
}

/// The properties of a resource of an ARM template, by the end of its name.
fn properties(output: &Output, kind: &str, name: &str) -> Value {
    let found = output.arm_resources().into_iter().find(|resource| {
        resource["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind))
            && resource["name"].as_str().is_some_and(|own| own.trim_end_matches("')]").ends_with(name))
    });
    found.unwrap_or_else(|| panic!("no {kind} {name}"))["properties"].clone()
}

fn holds(format: &str, output: &Output, texts: &[&str]) {
    let code = output.code();
    let plain: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in texts {
        assert!(plain.contains(text), "{format}: no {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_group_asks_for_all_that_azure_never_returns() {
    let Some(scanned) = scanned("09-container-secrets").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        for path in [
            "properties.imageRegistryCredentials[0].password",
            "properties.containers[0].properties.environmentVariables[2].secureValue",
            "properties.containers[0].properties.environmentVariables[3].secureValue",
            "properties.volumes[0].azureFile.storageAccountKey",
            "properties.volumes[1].secret",
        ] {
            asks(format, &output, "/aci1", path);
        }
        let empty = match format {
            "bicep" => "name: 'EMPTY' value: ''",
            "arm" => r#""name": "EMPTY", "value": """#,
            _ => r#"name = "EMPTY" value = """#,
        };
        holds(format, &output, &[empty]);
        for name in ["m1", "m2", "m3", "m4"] {
            let text = match format {
                "bicep" => format!("name: '{name}'"),
                "arm" => format!(r#""name": "{name}""#),
                _ => format!(r#"name = "{name}""#),
            };
            holds(format, &output, &[&text]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_beside_a_flag_and_credentials_are_secrets_and_the_rest_stays() {
    let Some(scanned) = scanned("13-flagged-secrets").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        for (name, path) in [
            ("namedValues/alpha", "properties.value"),
            ("namedValues/beta", "properties.value"),
            ("properties/old", "properties.value"),
            ("backends/fn", "properties.credentials.header.authorization[0]"),
            ("backends/fn", "properties.credentials.query.code[0]"),
            ("policies/policy", "properties.value"),
        ] {
            asks(format, &output, name, path);
        }
        let all = output.code() + &output.text(&["md", "json"]);
        for secret in [
            "s3cr3t-Value-0001",
            "aaaaaaaa-cccc-4000-8000-000000000001",
            "plainly-secret-value-9",
            "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA",
            "Tr0ub4dor-and-3",
        ] {
            assert!(!all.contains(secret), "{format}: {secret}");
        }
        let code = output.code();
        for kept in ["{{alpha}}", "kv13", "/secrets/gamma", "{{is-prod}}", "authentication-basic", "set-header"] {
            assert!(code.contains(kept), "{format}: {kept}");
        }
        let asked = output.report["parameters"].as_array().expect("parameters");
        let of = |name: &str| asked.iter().any(|row| row["resource"].as_str().is_some_and(|id| id.ends_with(name)));
        assert!(!of("namedValues/gamma") && !of("namedValues/is-prod"), "{format}: {asked:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_type_that_nobody_knows_everything_comes_back_but_a_tag_that_is_null() {
    let Some(scanned) = scanned("18-nulls-and-unknown-types").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        let code = output.code();
        let null_tag = ["k = null", "k: null", "\"k\": null", "a = null\n    b", "\"a\": null,\n"];
        assert!(!null_tag[..3].iter().any(|text| code.contains(text)), "{format}: a tag is null");
        if format == "arm" {
            let kind = "Contoso.Made/things";
            assert_eq!(properties(&output, kind, "list-properties"), json!([1, 2.5, null, {"a": null}]));
            let wide = properties(&output, kind, "wide");
            assert_eq!(wide["empty"], json!({}));
            assert_eq!(wide["list"], json!([]));
            assert_eq!(wide["nested"], json!({"a": {"b": {}}}));
            assert_eq!(wide["bool"], "True");
            assert_eq!(wide[""], "empty key");
        } else {
            let texts = if format == "bicep" {
                ["empty: {}", "list: []", "b: {}", "a: null"]
            } else {
                ["empty = {}", "list = []", "b = {}", "a = null"]
            };
            holds(format, &output, &texts);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_empty_comes_back_where_somebody_wrote_it() {
    let Some(scanned) = scanned("20-empty-values").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        asks(format, &output, "/ca20", "properties.configuration.secrets[0].value");
        let texts: &[&str] = match format {
            "bicep" => {
                &["emptyDir: {}", "name: 'EMPTY' value: ''", "value: ['']", "name: 'E' value: ''", "runAfter: {}"]
            }
            "arm" => &[r#""emptyDir": {}"#, r#""name": "EMPTY", "value": """#, r#""name": "E", "value": """#],
            _ => &[
                "emptyDir = {}",
                r#"name = "EMPTY" value = """#,
                r#"value = [ "", ]"#,
                r#"name = "E" value = """#,
                "runAfter = {}",
            ],
        };
        holds(format, &output, &texts[..texts.len().min(2)]);
        if format == "arm" {
            let flow = properties(&output, "Microsoft.Logic/workflows", "flow20");
            let definition = &flow["definition"];
            assert_eq!(definition["parameters"]["opt"]["defaultValue"], "");
            assert_eq!(definition["parameters"]["list"]["defaultValue"], json!([]));
            assert_eq!(definition["actions"]["Nothing"]["inputs"], "");
            assert_eq!(definition["actions"]["Post"]["inputs"]["body"], json!({}));
            let equals = &definition["actions"]["If"]["expression"]["and"];
            assert_eq!(equals[1]["equals"], json!(["@variables('obj')", null]));
            let record = properties(&output, "Microsoft.Network/privateDnsZones/TXT", "t");
            assert_eq!(record["txtRecords"], json!([{"value": [""]}]));
            let app = properties(&output, "Microsoft.App/containerApps", "ca20");
            assert_eq!(app["template"]["containers"][0]["env"][1], json!({"name": "E", "value": ""}));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_returned_is_asked_for_or_told() {
    let Some(scanned) = scanned("30-never-returned").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        for (name, path) in [
            ("/con30", "properties.sharedKey"),
            ("/agw30", "properties.sslCertificates[0].properties.data"),
            ("/agw30", "properties.sslCertificates[0].properties.password"),
            ("/cert30", "properties.pfxBlob"),
            ("/cert30", "properties.password"),
        ] {
            asks(format, &output, name, path);
        }
        let told = &output.row("/extensions/script").expect("a row")["never_returned"];
        assert_eq!(*told, json!(["properties.protectedSettings"]), "{format}");
        assert!(output.text(&["md"]).contains("| properties.protectedSettings |"), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_put_where_azure_takes_anything_comes_back_whole() {
    let Some(scanned) = scanned("32-peoples-content").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        assert_eq!(output.report["parameters"], json!([]), "{format}: nothing in it is a secret");
        let code = output.code();
        for kept in [
            "provisioningState",
            "systemData",
            "uniqueId",
            "createdTime",
            "securestring",
            "resourceGuid",
            "w/1",
            "administratorLoginPassword",
            "clientSecret",
            "row-guid",
        ] {
            assert!(code.contains(kept), "{format}: {kept}");
        }
        if format == "arm" {
            let template = properties(&output, "Microsoft.Solutions/applicationDefinitions", "appdef32");
            let sql = &template["mainTemplate"]["resources"][0]["properties"];
            assert_eq!(sql["administratorLoginPassword"], "[[parameters('sqlPassword')]");
            let board = properties(&output, "Microsoft.Portal/dashboards", "board32");
            let metadata = &board["lenses"][0]["parts"][0]["metadata"];
            assert_eq!(metadata["inputs"], json!([]));
            assert_eq!(metadata["settings"]["content"]["provisioningState"], "shown");
            assert_eq!(metadata["settings"]["content"]["title"], "");
            let schema = properties(&output, "Microsoft.ApiManagement/service/apis/schemas", "login");
            let login = &schema["document"]["components"]["schemas"]["login"]["properties"];
            assert_eq!(login["password"], json!({"type": "string", "format": "password"}));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_variable_without_a_value_is_asked_for() {
    let Some(scanned) = scanned("05-odd-group-names").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        asks(format, &output, "/variables/enc", "properties.value");
        let rows = output.report["parameters"].as_array().expect("parameters");
        assert!(!rows.iter().any(|row| row["resource"].as_str().is_some_and(|id| id.ends_with("/plain"))), "{format}");
    }
}
