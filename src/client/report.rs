//! Prints jobs and their results. Knows no HTTP.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Screen, create_tenant,
    table::{Align, Table, printable},
};
use crate::api::{ArtifactEntry, Health, JobResult, JobType, JobView};

/// Reasons that are listed of a partial scan or a generation with warnings.
const MOST_REASONS: usize = 10;

/// One line a job.
pub(super) fn jobs(screen: &mut Screen, jobs: &[JobView]) {
    let left = Align::Left;
    let mut table = Table::new([
        ("ID", left),
        ("TYPE", left),
        ("STATUS", left),
        ("PROGRESS", Align::Right),
        ("TENANT", left),
        ("CREATED", left),
        ("STEP", left),
    ]);
    for job in jobs {
        table.row([
            job.job_id.to_string(),
            job.job_type.word().to_owned(),
            job.status.word().to_owned(),
            percent(job.progress),
            job.tenant_id.to_string(),
            job.created_at.to_string(),
            job.error.as_ref().map(|error| error.code.clone()).or_else(|| job.current_step.clone()).unwrap_or_default(),
        ]);
    }
    screen.table(&table);
}

/// Everything that is known of one job.
pub(super) fn job(screen: &mut Screen, job: &JobView) {
    let mut line = |name: &str, value: String| screen.line(&format!("{name:<10} {value}"));
    line("job", job.job_id.to_string());
    line("type", job.job_type.word().to_owned());
    line("tenant", job.tenant_id.to_string());
    line("status", job.status.word().to_owned());
    line("progress", percent(job.progress));
    let optional = [
        ("step", job.current_step.clone()),
        ("queue", job.queue_position.map(|position| format!("position {position}"))),
        ("started", job.started_at.map(|time| time.to_string())),
        ("completed", job.completed_at.map(|time| time.to_string())),
        ("error", job.error.as_ref().map(|error| format!("{} ({})", error.message, error.code))),
        ("cancel", job.cancel_requested.then(|| "requested".to_owned())),
    ];
    line("created", job.created_at.to_string());
    line("attempt", job.attempt.to_string());
    line("key", job.key_id.clone());
    for (name, value) in optional {
        if let Some(value) = value {
            line(name, value);
        }
    }
}

/// What a job has brought.
pub(super) fn result(screen: &mut Screen, job_type: JobType, result: &JobResult) {
    match job_type {
        JobType::Scan => scan(screen, &result.result),
        JobType::GenerateIac => generation(screen, &result.result),
        JobType::CreateTenant => create_tenant::shown(screen, &result.result),
        JobType::GenerateSpec => description(screen, &result.result),
    }
    screen.say(&format!("took {:.1} s", result.duration_seconds));
}

fn scan(screen: &mut Screen, result: &Value) {
    let by_type = result["resources"]["by_type"].as_object();
    let mut rows: Vec<(&str, u64)> =
        by_type.into_iter().flatten().map(|(name, count)| (name.as_str(), count.as_u64().unwrap_or(0))).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut table = Table::new([("TYPE", Align::Left), ("RESOURCES", Align::Right)]);
    for (name, count) in rows {
        table.row([name.to_owned(), count.to_string()]);
    }
    if !table.is_empty() {
        screen.table(&table);
    }
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let resources = &result["resources"];
    screen.line(&format!(
        "{} resources ({} new, {} changed, {} deleted), {} relationships, snapshot {}",
        number(&resources["total"]),
        number(&resources["new"]),
        number(&resources["changed"]),
        number(&resources["deleted"]),
        number(&result["relationships"]["total"]),
        number(&result["snapshot"]),
    ));
    if result["partial"] == true {
        screen.say("the scan is partial: not everything could be read");
        for error in result["errors"].as_array().into_iter().flatten().take(MOST_REASONS) {
            let word = |key: &str| error[key].as_str().unwrap_or("-");
            screen.say(&format!("  {}: {} ({})", word("scope"), word("message"), word("code")));
        }
    }
}

fn generation(screen: &mut Screen, result: &Value) {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let files = &result["files_generated"];
    let files = files.as_array().map_or_else(|| number(files), |list| list.len() as u64);
    let resources = &result["resources"];
    screen.line(&format!(
        "{files} files; {} resources selected + {} dependencies: {} emitted, {} left out; {} secrets lifted, {} references unresolved",
        number(&resources["selected"]),
        number(&resources["dependencies"]),
        number(&resources["emitted"]),
        number(&resources["left_out"]),
        number(&result["secrets_lifted"]),
        number(&result["unresolved"]),
    ));
    for warning in result["warnings"].as_array().into_iter().flatten().take(MOST_REASONS) {
        let text = warning.as_str().map_or_else(|| warning.to_string(), str::to_owned);
        screen.say(&format!("warning: {text}"));
    }
}

fn description(screen: &mut Screen, result: &Value) {
    let count = |name: &str| result[name].as_array().map_or(0, Vec::len);
    screen.line(&format!(
        "{} resources described, {} left out, {} secrets to give, {} warnings",
        result["resources"].as_u64().unwrap_or(0),
        count("left_out"),
        count("secrets"),
        count("warnings"),
    ));
    for warning in result["warnings"].as_array().into_iter().flatten().take(MOST_REASONS) {
        screen.say(&format!("warning: {}", printable(warning.as_str().unwrap_or_default())));
    }
}

/// What a scan would cost.
pub(super) fn plan(screen: &mut Screen, plan: &Value) {
    let mut table = Table::new([("BUCKET", Align::Left), ("REQUESTS", Align::Right)]);
    for (bucket, count) in plan["requests"].as_object().into_iter().flatten() {
        table.row([bucket.clone(), count.to_string()]);
    }
    screen.table(&table);
    let seconds = plan["seconds"].as_f64().unwrap_or_default();
    screen.line(&match plan["binding"].as_str() {
        Some(binding) => format!("about {seconds:.0} s, bound by {binding}"),
        None => format!("about {seconds:.0} s; no bucket is a limit"),
    });
    let children = &plan["children"];
    let types = |value: &Value| value.as_array().map_or_else(|| value.as_u64().unwrap_or(0), |list| list.len() as u64);
    screen.line(&format!(
        "child types: {} are listed, {} are left out (--child-type GLOB adds them)",
        types(&children["listed"]),
        types(&children["skipped"]),
    ));
    let uncounted = types(&children["uncounted"]);
    if uncounted > 0 {
        screen.line(&format!("{uncounted} types below these are read too, and not counted before the first scan"));
    }
}

/// The files of a zip as a tree, with their sizes.
pub(super) fn files(screen: &mut Screen, entries: &[ArtifactEntry]) {
    let mut above: Vec<&str> = Vec::new();
    for entry in entries {
        let mut parts: Vec<&str> = entry.path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        let shared = above.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        for (depth, directory) in parts.iter().enumerate().skip(shared) {
            screen.line(&format!("{}{}/", "  ".repeat(depth), printable(directory)));
        }
        let indent = "  ".repeat(parts.len());
        let width = 48_usize.saturating_sub(indent.len());
        screen.line(&format!("{indent}{:<width$} {:>9} bytes", printable(name), entry.size));
        above = parts;
    }
}

/// What became of each type, from a generation's `report.json`. Only Terraform has typed and generic resources.
pub(super) fn made(screen: &mut Screen, report: &Value) {
    let is_terraform = report["format"] == "terraform";
    let mut types: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for row in report["resources"].as_array().into_iter().flatten() {
        let counts = types.entry(row["type"].as_str().unwrap_or("-")).or_default();
        let column = match row["emitted_as"].as_str() {
            None => 2,
            Some(address) if is_terraform && !address.starts_with("azurerm_") => 1,
            Some(_) => 0,
        };
        counts[column] += 1;
    }
    let right = Align::Right;
    let heads = [("TYPE", Align::Left), ("TYPED", right), ("GENERIC", right), ("LEFT OUT", right)];
    let plain = [("TYPE", Align::Left), ("EMITTED", right), ("LEFT OUT", right)];
    let mut table = if is_terraform { Table::new(heads) } else { Table::new(plain) };
    for (name, [typed, generic, left_out]) in types {
        let (name, typed, left_out) = (name.to_owned(), typed.to_string(), left_out.to_string());
        if is_terraform {
            table.row([name, typed, generic.to_string(), left_out]);
        } else {
            table.row([name, typed, left_out]);
        }
    }
    screen.table(&table);
}

/// How a daemon is.
pub(super) fn health(screen: &mut Screen, server: &str, health: &Health) {
    let mut line = |name: &str, value: String| screen.line(&format!("{name:<10} {value}"));
    line("server", server.to_owned());
    line("status", health.status.clone());
    line("version", health.version.clone());
    line("uptime", format!("{} s", health.uptime_seconds));
    line("store", health.store.clone());
    line("neo4j", health.neo4j.clone());
    line("queued", health.queue_depth.to_string());
    line("running", health.running.to_string());
}

fn percent(progress: f64) -> String {
    format!("{:.0}%", progress * 100.0)
}
