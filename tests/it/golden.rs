//! Golden outputs: what the binary writes for people and programs, byte for byte as checked in under `tests/golden`.
//!
//! A change of output is seen in review as a change of these files. They are renewed by
//! `ATGD_GOLDEN=renew cargo test --locked --test it golden::`, and a commit that changes one says why.
//! Contoso is scanned from the simulator and generated in three formats, with and without imports; what differs
//! from run to run (ids of jobs, times, addresses, counts of requests) is replaced by its name, nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use atgd::simulator;
use serde_json::{Value, json};

use crate::harness::{House, Scanned};

/// Compared files by their path below `tests/golden/AREA`.
type Files = BTreeMap<String, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares an area's files with those checked in, or renews them where that is asked for.
fn compare(area: &str, files: &Files) {
    let directory = root().join(area);
    if std::env::var("ATGD_GOLDEN").is_ok_and(|value| value == "renew") {
        let _ = fs::remove_dir_all(&directory);
        for (name, text) in files {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            fs::write(path, text).expect("written");
        }
        return;
    }
    let held = read(&directory);
    let mut wrong = Vec::new();
    for name in held.keys().chain(files.keys()).collect::<BTreeSet<_>>() {
        match (held.get(name), files.get(name)) {
            (Some(_), None) => wrong.push(format!("{area}/{name} is not written any more")),
            (None, Some(_)) => wrong.push(format!("{area}/{name} is new")),
            (Some(was), Some(is)) if was != is => wrong.push(format!("{area}/{name}: {}", difference(was, is))),
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nif that is meant: ATGD_GOLDEN=renew cargo test --locked --test it golden::",
        wrong.join("\n")
    );
}

/// The first lines that differ.
fn difference(was: &str, is: &str) -> String {
    let pair = was.lines().zip(is.lines()).enumerate().find(|(_, (was, is))| was != is);
    match pair {
        Some((at, (was, is))) => format!("line {}\n  - {was}\n  + {is}", at + 1),
        None => format!("{} lines instead of {}", is.lines().count(), was.lines().count()),
    }
}

/// Texts below a directory by their relative path.
fn read(directory: &Path) -> Files {
    let mut files = Files::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("below").to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    files
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON") + "\n"
}

async fn contoso() -> Scanned {
    Scanned::new(simulator::Settings::default()).await
}

/// Generates, and holds the artifacts and the result against the area.
async fn generated(scanned: &Scanned, area: &str, format: &str, more: Value) {
    let (directory, result) = scanned.generated(format, more).await;
    let mut files = read(&directory);
    files.insert("result.json".to_owned(), pretty(&result));
    let address = scanned.sim.url();
    for text in files.values_mut() {
        *text = steady(text, &address);
    }
    compare(area, &files);
}

/// A text without what differs from run to run.
fn steady(text: &str, address: &str) -> String {
    let text = text.replace(address, "http://SIMULATOR");
    text.lines().map(|line| steady_line(line) + "\n").collect()
}

/// Times of this year and durations; the times in bodies (2024) stay.
fn steady_line(line: &str) -> String {
    if ["\"duration_seconds\":", "\"seconds\":"].iter().any(|name| line.trim_start().starts_with(name)) {
        return line.split_once(':').map(|(name, _)| format!("{name}: SECONDS")).unwrap_or_default();
    }
    let year = jiff::Timestamp::now().to_string()[..4].to_owned();
    let Some(at) = line.find(&format!("{year}-")).filter(|at| line[*at..].contains('T')) else {
        return line.to_owned();
    };
    let is_part = |c: char| c.is_ascii_digit() || "-:.TZ".contains(c);
    let end = line[at..].find(|c| !is_part(c)).map_or(line.len(), |length| at + length);
    format!("{}TIME{}", &line[..at], steady_line(&line[end..]))
}

#[tokio::test(flavor = "multi_thread")]
async fn contosos_code_in_each_format() {
    let scanned = contoso().await;
    generated(&scanned, "contoso/terraform", "terraform", json!({})).await;
    generated(&scanned, "contoso/terraform-import", "terraform", json!({"auto_import_existing": true})).await;
    generated(&scanned, "contoso/bicep", "bicep", json!({})).await;
    generated(&scanned, "contoso/arm", "arm", json!({})).await;
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_terraforms_alone() {
    let scanned = contoso().await;
    for format in ["bicep", "arm"] {
        let (plain, _) = scanned.generated(format, json!({})).await;
        let (asked, _) = scanned.generated(format, json!({"auto_import_existing": true})).await;
        assert_eq!(read(&plain), read(&asked), "{format}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contosos_code_for_another_place() {
    let moved = json!({
        "target_subscription_id": "11111111-1111-4111-8111-111111111111", "location": "swedencentral", "name_suffix": "-dr",
    });
    let scanned = contoso().await;
    for format in ["terraform", "bicep", "arm"] {
        generated(&scanned, &format!("moved/{format}"), format, moved.clone()).await;
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_and_the_files_of_contosos_scan() {
    let scanned = contoso().await;
    let body = json!({"tenant_id": scanned.house.tenant, "include_child_types": ["*"]});
    let id = scanned.daemon.submit("/api/v1/scan", &body).await;
    scanned.daemon.finished(&id).await;
    let result = scanned.daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
    let text = steady(&pretty(&result), &scanned.sim.url()).replace(&id, "JOB");
    compare("scan", &Files::from([("result.json".to_owned(), text)]));
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document() {
    let scanned = contoso().await;
    let document = scanned.daemon.get("/openapi.json").await;
    compare("api", &Files::from([("openapi.json".to_owned(), pretty(&document))]));
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_configuration_and_the_help_of_each_command() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let shown = |arguments: &[&str]| {
        let output = house.command(arguments).env("COLUMNS", "100").output().expect("atgd runs");
        String::from_utf8(output.stdout).expect("text")
    };
    compare("config", &Files::from([("default.toml".to_owned(), shown(&["config", "default"]))]));
    let mut help = String::new();
    let mut open = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let text = shown(&arguments);
        let below = subcommands(&text).into_iter().rev();
        open.extend(below.map(|name| command.iter().cloned().chain([name]).collect::<Vec<String>>()));
        help += "$ atgd ";
        help += &arguments.join(" ");
        help += &["\n", &text, "\n"].concat();
    }
    compare("cli", &Files::from([("help.txt".to_owned(), help)]));
    sim.stop().await;
}

/// Names under `Commands:` in a help text.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}
