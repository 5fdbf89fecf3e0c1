//! The real run: every step is noted before and after it is done, in the order of the plan; what fails ends it. Then what
//! was made is read back. A cancel asks Azure to cancel the deployment that runs, and rolls nothing back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    arm_steps, directory_steps,
    dry_run::{JobError, against, merged, report},
    exists::{Action, Existing, group_of},
    files,
    ledger::{Before, Ledger, Note, Outcome, row},
    rollback::{self, RolledBack},
    run::{Run, StepError},
    templates::{self, Deployment},
};
use crate::{
    arm,
    azure::{AzureError, Client},
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
    let mut ledger = Ledger::open(&*work.journal, &plan).await.map_err(JobError::Journal)?;
    let before = before(&ledger, &existing).await.map_err(JobError::Journal)?;
    let run = Run { client, plan: &plan, before: &before, bodies: &bodies, secrets: &work.secrets, job: work.job_id };
    let mut told =
        Told { plan: &plan, warnings, began, failed: None, rollback: RolledBack::default(), clean_up: Vec::new() };
    let outcome = tokio::select! {
        outcome = steps(&run, &mut ledger, &deployments, work) => outcome,
        () = work.cancel.cancelled() => {
            // A daemon that stops has asked to pause before: its deployment goes on, and the next start follows it.
            if work.pause.is_cancelled() {
                return Ok(Ran::Paused);
            }
            cancel_running(&run, &mut ledger).await.map_err(JobError::Journal)?;
            told.clean_up = unfinished(&run, &ledger);
            return Ok(Ran::Cancelled(told.result(&ledger)));
        }
    };
    match outcome {
        Ok(true) => Ok(verified(&run, &ledger, work, told).await),
        Ok(false) => Ok(Ran::Paused),
        // An attempt that can't note may have lost its job: it takes nothing back.
        Err((_, StepError::Journal(error))) => Err(JobError::Journal(error)),
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
                told.rollback = rollback::roll_back(&run, &mut ledger).await.map_err(JobError::Journal)?;
            }
            told.clean_up = unfinished(&run, &ledger);
            Ok(Ran::Failed { result: told.result(&ledger), message: sentence, is_transient })
        }
    }
}

/// What was there before each step, kept before the first of them: of steps that an earlier attempt has begun, what that
/// attempt kept, of all others what is there now.
async fn before(ledger: &Ledger<'_>, existing: &BTreeMap<usize, Existing>) -> Result<Before, JournalError> {
    let there = existing.iter().filter(|(_, existing)| existing.action != Action::Create);
    let changed = existing.iter().filter(|(_, existing)| existing.action == Action::Update);
    let mut before = Before {
        there: there.map(|(n, existing)| (*n, existing.object_id.clone())).collect(),
        changed: changed.map(|(n, _)| *n).collect(),
    };
    if let Some(kept) = ledger.before().await? {
        before = before.or_kept(&kept, |n| ledger.is_done(n) || ledger.is_begun(n));
    }
    ledger.keep_before(&before).await?;
    Ok(before)
}

/// Reads back what was made.
async fn verified(run: &Run<'_>, ledger: &Ledger<'_>, work: &Work, mut told: Told<'_>) -> Ran {
    report(work, "verify", "reading back what was made", 0.9);
    let (error, n) = match missing(run, ledger).await {
        Ok(None) => return Ran::Completed(told.result(ledger)),
        Ok(Some((n, id))) => (StepError::told("not_found", format!("{id} was made and can't be read back")), n),
        Err((n, error)) => (StepError::Azure(error), n),
    };
    let is_transient = matches!(&error, StepError::Azure(error) if error.is_transient());
    let (n, code, message) = error.parts(n);
    let message = run.masked(&message);
    told.failed = Some(json!({"step": n, "code": code, "message": message}));
    Ran::Failed { result: told.result(ledger), message, is_transient }
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
        if ledger.is_done(step.n) {
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

/// Asks Azure to cancel the deployment that runs. Whether it is heard, the clean-up list says what may come.
async fn cancel_running(run: &Run<'_>, ledger: &mut Ledger<'_>) -> Result<(), JournalError> {
    let running = run.plan.steps.iter().find_map(|step| match ledger.get(step.n) {
        Some(Note::Begun { deployment: Some(id), .. }) => Some((step.n, id.clone())),
        _ => None,
    });
    let Some((n, id)) = running else { return Ok(()) };
    // Only the attempt that holds the job can note: one that lost it leaves the deployment to its successor.
    if let Some(note) = ledger.get(n).cloned()
        && let Err(JournalError::Closed) = ledger.note(n, note).await
    {
        return Err(JournalError::Closed);
    }
    let (address, body) = (format!("{id}/cancel?api-version=2022-09-01"), json!({}));
    let asked = run.client.post(&address, &body);
    let _ = tokio::time::timeout(std::time::Duration::from_millis(300), asked).await;
    Ok(())
}

/// What had begun to be created and is not known to be done. Of what was there before, nothing: its owner must not remove
/// it. Nor of what was in a group that a rollback has removed.
fn unfinished(run: &Run<'_>, ledger: &Ledger<'_>) -> Vec<Value> {
    let is_removed = |step: &&Step| matches!(ledger.get(step.n), Some(Note::Removed));
    let gone: Vec<String> = run.plan.steps.iter().filter(is_removed).map(|step| arm::key(&step.id)).collect();
    let mut clean_up = Vec::new();
    for step in run.plan.steps.iter().filter(|step| run.outcome(step.n) == Outcome::Created) {
        let Some(Note::Begun { deployment, application }) = ledger.get(step.n) else { continue };
        if group_of(&step.id).is_some_and(|group| gone.contains(&group)) {
            continue;
        }
        if let Some(application) = application {
            let why = "this application was made, and its principal was being created when the job ended";
            clean_up.push(json!({"id": application, "state": "exists", "why": why}));
        }
        let why = match deployment {
            Some(_) => "its deployment had begun when the job ended",
            None => "it was being created when the job ended",
        };
        let id = if step.id.starts_with('/') { &step.id } else { &step.name };
        clean_up.push(json!({"id": id, "state": "may_come", "why": why}));
    }
    clean_up
}

/// The first step whose thing was made and can't be read back, and the thing's id; or the step at which reading failed.
async fn missing(run: &Run<'_>, ledger: &Ledger<'_>) -> Result<Option<(usize, String)>, (usize, AzureError)> {
    for (step, outcome, id) in ledger.done(run.plan) {
        let is_arm = matches!(step.kind, StepKind::Resource | StepKind::ResourceGroup | StepKind::RoleAssignment);
        if is_arm
            && outcome != Outcome::Unchanged
            && !arm_steps::is_there(run, step, id).await.map_err(|error| (step.n, error))?
        {
            return Ok(Some((step.n, id.to_owned())));
        }
    }
    Ok(None)
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
        let rolled_back = &self.rollback.rolled_back;
        let of = |wanted: Outcome| -> Vec<Value> {
            let rows = ledger.done(self.plan).filter(|(_, outcome, _)| *outcome == wanted);
            rows.map(|(step, _, id)| row(step, id)).collect()
        };
        // What was created and is removed again was created.
        let mut created = of(Outcome::Created);
        created.extend(rolled_back.iter().cloned());
        created.sort_by_key(|row| row["n"].as_u64());
        let is_failed = |step: &Step| self.failed.as_ref().is_some_and(|failed| failed["step"] == json!(step.n));
        let skipped: Vec<Value> = self
            .plan
            .steps
            .iter()
            .filter(|step| !ledger.is_done(step.n) && !is_failed(step))
            .filter(|step| !rolled_back.iter().any(|row| row["n"] == json!(step.n)))
            .map(|step| row(step, if step.id.starts_with('/') { &step.id } else { "" }))
            .collect();
        let seconds = self.began.elapsed().as_secs_f64();
        let clean_up: Vec<&Value> = self.clean_up.iter().chain(&self.rollback.clean_up).collect();
        json!({
            "plan_hash": self.plan.hash,
            "created": created,
            "updated": of(Outcome::Updated),
            "unchanged": of(Outcome::Unchanged),
            "failed": self.failed.iter().collect::<Vec<_>>(),
            "skipped": skipped,
            "rolled_back": rolled_back,
            "clean_up": clean_up,
            "warnings": self.warnings,
            "duration_seconds": (seconds * 1_000.0).round() / 1_000.0,
        })
    }
}
