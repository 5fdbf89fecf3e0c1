//! The real run: every step is noted before and after it is done, in the order of the plan; what fails ends it. Then what
//! was made is read back. A cancel asks Azure to cancel the deployment that runs, and rolls nothing back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    arm_steps, directory_steps,
    dry_run::{JobError, against, merged, report},
    exists::{Action, Existing},
    files,
    ledger::{Before, Ledger, Note, Outcome, row},
    rollback::{self, RolledBack},
    run::{Run, StepError},
    templates::{self, Deployment},
};
use crate::{
    azure::Client,
    spec::{
        finding::Warning,
        plan::{Plan, Step, StepKind},
    },
    work::{JournalError, Work},
};

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ran {
    Completed(Value),
    /// The result with `failed[]`; whether the same may succeed if it goes on.
    Failed {
        result: Value,
        message: String,
        is_transient: bool,
    },
    Cancelled(Value),
    /// At a checkpoint, because the daemon stops.
    Paused,
}

/// Makes what the plan says. `is_rolled_back`: what this job created goes again if a step fails.
pub(crate) async fn deploy(client: &Client, plan: Plan, work: &Work, is_rolled_back: bool) -> Result<Ran, JobError> {
    let began = std::time::Instant::now();
    let (plan, existing, mut warnings) = against(client, plan, work).await?;
    let bodies = merged(&existing);
    let deployments = templates::deployments(&plan, &bodies);
    files::write(&*work.artifacts, &plan, &deployments, &existing, &mut warnings)?;
    let mut ledger = Ledger::open(&*work.journal, &plan).await.map_err(of_journal)?;
    let before = if let Some(before) = ledger.before().await.map_err(of_journal)? {
        before
    } else {
        let before = before(&existing);
        ledger.keep_before(&before).await.map_err(of_journal)?;
        before
    };
    let run = Run { client, plan: &plan, before: &before, bodies: &bodies, secrets: &work.secrets, job: work.job_id };
    let mut told =
        Told { plan: &plan, warnings, began, failed: None, rollback: RolledBack::default(), clean_up: Vec::new() };
    let outcome = tokio::select! {
        outcome = steps(&run, &mut ledger, &deployments, work) => outcome,
        () = work.cancel.cancelled() => {
            told.clean_up = cancelled(&run, &ledger).await;
            return Ok(Ran::Cancelled(told.result(&ledger)));
        }
    };
    match outcome {
        Ok(true) => {}
        Ok(false) => return Ok(Ran::Paused),
        Err((n, error)) => {
            let is_transient = matches!(&error, StepError::Azure(error) if error.is_transient());
            let (n, code, message) = error.parts(n);
            let message = run.masked(&message);
            let name = plan.steps.get(n.saturating_sub(1)).map_or("", |step| step.name.as_str());
            let sentence = format!("step {n} ({name}) failed: {message} ({code})");
            told.failed = Some(json!({"step": n, "code": code, "message": message}));
            // What may pass is tried again first; then nothing is taken back.
            if is_rolled_back && !is_transient {
                report(work, "rollback", "removing what was created", 0.95);
                told.rollback = rollback::roll_back(&run, &ledger).await;
            }
            return Ok(Ran::Failed { result: told.result(&ledger), message: sentence, is_transient });
        }
    }
    report(work, "verify", "reading back what was made", 0.9);
    let missing = missing(&run, &ledger).await?;
    if let Some((step, id)) = missing.first() {
        let message = format!("{id} was made and can't be read back");
        told.failed = Some(json!({"step": step.n, "code": "not_found", "message": message}));
        return Ok(Ran::Failed { result: told.result(&ledger), message, is_transient: false });
    }
    Ok(Ran::Completed(told.result(&ledger)))
}

fn of_journal(error: JournalError) -> JobError {
    JobError::Journal(error)
}

fn before(existing: &BTreeMap<usize, Existing>) -> Before {
    let there = existing.iter().filter(|(_, existing)| existing.action != Action::Create);
    let changed = existing.iter().filter(|(_, existing)| existing.action == Action::Update);
    Before {
        there: there.map(|(n, existing)| (*n, existing.object_id.clone())).collect(),
        changed: changed.map(|(n, _)| *n).collect(),
    }
}

/// Every step that is not done yet; false: the daemon stops.
async fn steps(
    run: &Run<'_>,
    ledger: &mut Ledger<'_>,
    deployments: &[Deployment],
    work: &Work,
) -> Result<bool, (usize, StepError)> {
    let count = run.plan.steps.len().max(1) as f64;
    for step in &run.plan.steps {
        if matches!(ledger.get(step.n), Some(Note::Done { .. })) {
            continue;
        }
        if work.pause.is_cancelled() {
            return Ok(false);
        }
        report(work, "deploy", &format!("step {}: {}", step.n, step.name), 0.2 + 0.7 * step.n as f64 / count);
        let done = match step.kind {
            StepKind::ResourceGroup => arm_steps::group(run, ledger, step).await,
            StepKind::User | StepKind::Group | StepKind::ServicePrincipal => {
                directory_steps::object(run, ledger, step).await
            }
            StepKind::Membership => directory_steps::membership(run, ledger, step).await,
            StepKind::RoleAssignment => arm_steps::role(run, ledger, step).await,
            StepKind::Resource => match deployments.iter().find(|deployment| deployment.steps.contains(&step.n)) {
                Some(deployment) => arm_steps::deployment(run, ledger, deployment).await,
                None => Ok(()),
            },
        };
        done.map_err(|error| (step.n, error))?;
    }
    Ok(true)
}

/// Asks Azure to cancel the deployment that runs, and tells what it may still make.
async fn cancelled(run: &Run<'_>, ledger: &Ledger<'_>) -> Vec<Value> {
    let mut clean_up = Vec::new();
    for step in &run.plan.steps {
        let Some(Note::Begun { deployment }) = ledger.get(step.n) else { continue };
        let why = match deployment {
            Some(_) => "its deployment was running when the job was cancelled",
            None => "it was being created when the job was cancelled",
        };
        let id = if step.id.starts_with('/') { step.id.clone() } else { step.name.clone() };
        clean_up.push(json!({"id": id, "state": "may_come", "why": why}));
    }
    let running = run.plan.steps.iter().find_map(|step| match ledger.get(step.n) {
        Some(Note::Begun { deployment: Some(id) }) => Some(id.clone()),
        _ => None,
    });
    if let Some(id) = running {
        let (address, body) = (format!("{id}/cancel?api-version=2022-09-01"), json!({}));
        let asked = run.client.post(&address, &body);
        // Whether it is heard, the clean-up list says what may come.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(300), asked).await;
    }
    clean_up
}

/// What was made and can't be read back.
async fn missing<'r>(run: &Run<'r>, ledger: &Ledger<'_>) -> Result<Vec<(&'r Step, String)>, JobError> {
    let mut missing = Vec::new();
    let made: Vec<(usize, String)> = ledger
        .done(run.plan)
        .filter(|(step, outcome, _)| {
            *outcome != Outcome::Unchanged
                && matches!(step.kind, StepKind::Resource | StepKind::ResourceGroup | StepKind::RoleAssignment)
        })
        .map(|(step, _, id)| (step.n, id.to_owned()))
        .collect();
    for (n, id) in made {
        let Some(step) = run.plan.steps.get(n - 1) else { continue };
        if !arm_steps::is_there(run, step, &id).await? {
            missing.push((step, id));
        }
    }
    Ok(missing)
}

/// What is told at the end.
struct Told<'t> {
    plan: &'t Plan,
    warnings: Vec<Warning>,
    began: std::time::Instant,
    failed: Option<Value>,
    rollback: RolledBack,
    clean_up: Vec<Value>,
}

impl Told<'_> {
    fn result(&self, ledger: &Ledger<'_>) -> Value {
        let gone: Vec<u64> = self.rollback.rolled_back.iter().filter_map(|row| row["n"].as_u64()).collect();
        let of = |wanted: Outcome| -> Vec<Value> {
            let rows = ledger.done(self.plan).filter(|(_, outcome, _)| *outcome == wanted);
            rows.map(|(step, _, id)| row(step, id)).collect()
        };
        let is_failed = |step: &Step| self.failed.as_ref().is_some_and(|failed| failed["step"] == json!(step.n));
        let skipped: Vec<Value> = self
            .plan
            .steps
            .iter()
            .filter(|step| !matches!(ledger.get(step.n), Some(Note::Done { .. })) && !is_failed(step))
            .map(|step| row(step, if step.id.starts_with('/') { &step.id } else { "" }))
            .collect();
        let seconds = self.began.elapsed().as_secs_f64();
        let clean_up: Vec<&Value> = self.clean_up.iter().chain(&self.rollback.clean_up).collect();
        json!({
            "plan_hash": self.plan.hash,
            "created": of(Outcome::Created),
            "updated": of(Outcome::Updated),
            "unchanged": of(Outcome::Unchanged),
            "failed": self.failed.iter().collect::<Vec<_>>(),
            "skipped": skipped,
            "rolled_back": self.rollback.rolled_back.iter().filter(|row| row["n"].as_u64().is_some_and(|n| gone.contains(&n))).collect::<Vec<_>>(),
            "clean_up": clean_up,
            "warnings": self.warnings,
            "duration_seconds": (seconds * 1_000.0).round() / 1_000.0,
        })
    }
}
