//! `atgd create-tenant`: reads the text and its secrets, shows the plan, asks before a real run.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use serde_json::Value;
use uuid::Uuid;

use super::{
    ClientError, Screen,
    table::{Align, Table, printable},
};
use crate::{
    api::{CreateTenantRequest, OnFailure, SecretText},
    cli::{CreateTenantArgs, FailureWord},
};

/// The body of `POST /create-tenant`.
pub(super) fn request(args: &CreateTenantArgs) -> Result<CreateTenantRequest, ClientError> {
    let mut subscription_map = BTreeMap::new();
    for written in &args.subscription_map {
        let pair = written
            .rsplit_once('=')
            .and_then(|(name, id)| Some((name.trim().to_owned(), id.trim().parse::<Uuid>().ok()?)));
        let Some((name, id)) = pair else {
            return Err(ClientError::Usage(format!(
                "--subscription-map {written:?}: expected NAME=UUID, or UUID=UUID"
            )));
        };
        subscription_map.insert(name, id);
    }
    let mut secrets = BTreeMap::new();
    for written in &args.secrets {
        let Some((name, file)) = written.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty())
        else {
            return Err(ClientError::Usage("--secret: expected NAME=FILE, or NAME=- to be asked".to_owned()));
        };
        secrets.insert(name.to_owned(), SecretText(secret(name, file)?));
    }
    let tenant_id = match &args.tenant {
        None => None,
        Some(word) => Some(
            word.parse::<Uuid>()
                .map_err(|_| ClientError::Usage(format!("--tenant {word:?}: expected a tenant's UUID")))?,
        ),
    };
    Ok(CreateTenantRequest {
        spec_content: text(&args.file)?,
        tenant_id,
        dry_run: args.dry_run,
        subscription_map,
        secrets,
        plan_hash: args.plan_hash.clone(),
        on_failure: match args.on_failure {
            FailureWord::Keep => OnFailure::Keep,
            FailureWord::Rollback => OnFailure::Rollback,
        },
        timeout_seconds: None,
    })
}

fn text(file: &Path) -> Result<String, ClientError> {
    let read =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    read.map_err(|source| ClientError::File { path: file.to_owned(), source })
}

/// The content of a file less one line end, or what a person types.
fn secret(name: &str, file: &str) -> Result<String, ClientError> {
    if file != "-" {
        let path = PathBuf::from(file);
        let text = std::fs::read_to_string(&path).map_err(|source| ClientError::File { path, source })?;
        return Ok(text
            .strip_suffix('\n')
            .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text))
            .to_owned());
    }
    if !std::io::stdin().is_terminal() {
        return Err(ClientError::Usage(format!("--secret {name}=-: there is no terminal to ask on; give a file")));
    }
    typed(name)
}

/// The terminal's settings, as they were before something was typed that is not shown.
struct Hidden(Termios);

impl Hidden {
    /// What the terminal gives for Ctrl-C where that is no signal.
    const CTRL_C: u8 = 3;

    /// Shows nothing from now on. Ctrl-C and its like are no signals meanwhile: one that ends the program would leave the
    /// terminal as it is now.
    fn begin() -> std::io::Result<Self> {
        let before = termios::tcgetattr(std::io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        hidden.special_codes[SpecialCodeIndex::VEOL] = Self::CTRL_C;
        termios::tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden)?;
        Ok(Self(before))
    }

    /// A line, without its end.
    fn line() -> std::io::Result<String> {
        let (mut line, mut part) = (Vec::new(), [0; 1_024]);
        loop {
            let length = std::io::stdin().lock().read(&mut part)?;
            line.extend_from_slice(&part[..length]);
            match line.last() {
                Some(&Self::CTRL_C) => return Err(std::io::Error::other("interrupted")),
                Some(b'\n') => break,
                _ if length == 0 => break,
                _ => {}
            }
        }
        let text = String::from_utf8(line).map_err(|_| std::io::Error::other("what was typed is no UTF-8 text"))?;
        Ok(text.trim_end_matches(['\n', '\r']).to_owned())
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// A line from the terminal that is not shown while it is typed.
fn typed(name: &str) -> Result<String, ClientError> {
    let failed = |source: std::io::Error| ClientError::File { path: PathBuf::from("the terminal"), source };
    let say = |text: &str| {
        let _ = std::io::stderr().write_all(text.as_bytes());
    };
    // First hidden, then asked: whoever answers at once is not seen either.
    let hidden = Hidden::begin().map_err(failed)?;
    say(&format!("value of the secret {name}: "));
    let line = Hidden::line();
    drop(hidden);
    say("\n");
    line.map_err(failed)
}

/// The plan of a dry run, or what a real run did.
pub(super) fn shown(screen: &mut Screen, result: &Value) {
    if let Some(fields) = result.pointer("/details/fields").and_then(Value::as_array) {
        for field in fields {
            let line = field["line"].as_u64().map(|line| format!("line {line}: ")).unwrap_or_default();
            screen.line(&printable(&format!("{line}{}", field["message"].as_str().unwrap_or_default())));
        }
        return;
    }
    if result["plan"].is_object() {
        plan(screen, result);
    } else {
        done(screen, result);
    }
    for warning in result["warnings"].as_array().into_iter().flatten() {
        let line = warning["line"].as_u64().unwrap_or(0);
        let place = if line > 0 { format!("line {line}: ") } else { String::new() };
        screen.line(&printable(&format!("warning: {place}{}", warning["message"].as_str().unwrap_or_default())));
    }
}

fn plan(screen: &mut Screen, result: &Value) {
    let right = Align::Right;
    let left = Align::Left;
    let mut table =
        Table::new([("N", right), ("ACTION", left), ("WHAT", left), ("NAME", left), ("WHERE", left), ("LINE", right)]);
    let actions: BTreeMap<u64, &Value> =
        result["preview"].as_array().into_iter().flatten().filter_map(|row| Some((row["n"].as_u64()?, row))).collect();
    let steps: Vec<&Value> = result["plan"]["steps"].as_array().into_iter().flatten().collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for step in &steps {
        let n = step["n"].as_u64().unwrap_or(0);
        let action = actions.get(&n).map_or("", |row| row["action"].as_str().unwrap_or_default());
        let what = if step["kind"] == "resource" { text(&step["type"]) } else { text(&step["kind"]).replace('_', " ") };
        let place = place_of(step["scope"].as_str().unwrap_or_default());
        table.row([n.to_string(), action.to_owned(), what, text(&step["name"]), place, step["line"].to_string()]);
    }
    if !table.is_empty() {
        screen.table(&table);
    }
    for step in &steps {
        let defaults: Vec<&str> = step["defaults"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !defaults.is_empty() {
            screen.line(&printable(&format!("filled in for {}: {}", text(&step["name"]), defaults.join(", "))));
        }
        let changed = step["n"].as_u64().and_then(|n| actions.get(&n)).filter(|row| row["action"] == "update");
        if let Some(row) = changed {
            let paths: Vec<&str> = row["paths"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            screen.line(&printable(&format!("changes {}: {}", text(&step["name"]), paths.join(", "))));
        }
    }
    for secret in result["plan"]["secrets"].as_array().into_iter().flatten().filter(|secret| secret["given"] != true) {
        screen.line(&printable(&format!(
            "needs a secret: {} for {} (line {})",
            text(&secret["name"]),
            text(&secret["path"]),
            secret["line"]
        )));
    }
    for told in result["deployments"].as_array().into_iter().flatten() {
        let refused = ["validate", "what_if"]
            .into_iter()
            .map(|question| &told[question])
            .find(|answer| answer["status"] == "refused");
        if let Some(answer) = refused {
            screen.line(&printable(&format!(
                "ARM refuses the deployment into {}: {} {}",
                text(&told["resource_group"]),
                text(&answer["code"]),
                text(&answer["message"])
            )));
        }
    }
    let would = &result["would"];
    screen
        .line(&format!("{} to create, {} to update, {} as they are", would["create"], would["update"], would["leave"]));
    screen.line(&format!("plan {}", text(&result["plan_hash"])));
}

/// A scope as people read it: the resource group, or the whole.
fn place_of(scope: &str) -> String {
    let parts: Vec<&str> = scope.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["subscriptions", _, "resourceGroups", group, rest @ ..] => {
            rest.last().map_or_else(|| (*group).to_owned(), |last| format!("{group}/{last}"))
        }
        ["subscriptions", id] => (*id).to_owned(),
        [""] => "tenant".to_owned(),
        _ => scope.to_owned(),
    }
}

fn done(screen: &mut Screen, result: &Value) {
    let count = |list: &str| result[list].as_array().map_or(0, Vec::len);
    for failed in result["failed"].as_array().into_iter().flatten() {
        screen.line(&printable(&format!(
            "step {} failed: {} {}",
            failed["step"],
            failed["code"].as_str().unwrap_or_default(),
            failed["message"].as_str().unwrap_or_default()
        )));
    }
    for left in result["clean_up"].as_array().into_iter().flatten() {
        screen.line(&printable(&format!(
            "to clean up: {} ({}): {}",
            left["id"].as_str().unwrap_or_default(),
            left["state"].as_str().unwrap_or_default(),
            left["why"].as_str().unwrap_or_default()
        )));
    }
    screen.line(&format!(
        "{} created, {} updated, {} as they were, {} failed, {} skipped, {} rolled back",
        count("created"),
        count("updated"),
        count("unchanged"),
        count("failed"),
        count("skipped"),
        count("rolled_back")
    ));
}
