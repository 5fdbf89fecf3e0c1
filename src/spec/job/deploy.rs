//! The real run: every step is noted before and after it is done, in the order of the plan; what fails ends it. Then what
//! was made is read back. A cancel asks Azure to cancel the deployment that runs, and rolls nothing back.
//!
//! However an attempt ends, its result tells what all attempts have done: the ledger is opened first.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    arm_steps,
    clean_up::{self, is_transient},
    directory_steps,
    dry_run::{JobError, against, merged, report},
    exists::{Action, Existing},
    files,
    ledger::{Before, Ledger, Outcome},
    rollback,
    run::{Run, StepError},
    templates::{self, Deployment},
    told::Told,
};
use crate::{
    azure::{AzureError, Client},
    spec::plan::{Plan, StepKind},
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
    /// Before this attempt had a step to do.
    Refused {
        result: Value,
        error: JobError,
    },
    Cancelled(Value),
    /// Because the daemon stops: a later attempt goes on. With the result so far, should there be none.
    Paused(Value),
}

/// What an attempt does.
struct Prepared {
    before: Before,
    bodies: BTreeMap<usize, Map<String, Value>>,
    deployments: Vec<Deployment>,
}

/// How the steps ended.
enum End {
    Done,
    Paused,
    Failed { message: String, is_transient: bool },
}

/// Makes what the plan says. `is_rolled_back`: what this job created goes again if a step fails.
pub(crate) async fn deploy(
    client: &Client,
    mut plan: Plan,
    work: &Work,
    is_rolled_back: bool,
) -> Result<Ran, JournalError> {
    let alive = work.progress.clone();
    // However long an operation of Azure runs, while it does the job is not silent.
    let client = &client.clone().told(move || alive.alive());
    let mut told = Told::new(&plan);
    let mut ledger = Ledger::open(&*work.journal, &plan).await?;
    if let Some(foreign) = ledger.foreign() {
        let why = "an earlier attempt made it by another plan";
        let row = |(id, state): &(String, &str)| json!({"id": id, "state": state, "why": why});
        told.clean_up = foreign.left.iter().map(row).collect();
        let error = JobError::OtherPlan(foreign.hash.clone());
        return Ok(Ran::Refused { result: told.result(&plan, &ledger), error });
    }
    let kept = ledger.before().await?.unwrap_or_default();
    let (job, secrets) = (work.job_id, &*work.secrets);
    let prepared = match prepared(client, &mut plan, work, &ledger, &kept, &mut told).await {
        Ok(prepared) => prepared,
        Err(JobError::Journal(error)) => return Err(error),
        Err(error) => {
            let bodies = BTreeMap::new();
            let run = Run { client, plan: &plan, before: &kept, bodies: &bodies, secrets, job };
            if matches!(error, JobError::Cancelled) {
                return cancelled(&run, &mut ledger, work, &mut told).await;
            }
            told.clean_up = clean_up::may_come(&run, &ledger);
            return Ok(Ran::Refused { result: told.result(&plan, &ledger), error });
        }
    };
    let Prepared { before, bodies, deployments } = &prepared;
    let run = Run { client, plan: &plan, before, bodies, secrets, job };
    let ended = tokio::select! {
        ended = worked_off(&run, &mut ledger, deployments, work, is_rolled_back, &mut told) => ended?,
        () = work.cancel.cancelled() => return cancelled(&run, &mut ledger, work, &mut told).await,
    };
    let result = told.result(&plan, &ledger);
    Ok(match ended {
        End::Done => Ran::Completed(result),
        End::Paused => Ran::Paused(result),
        End::Failed { message, is_transient } => Ran::Failed { result, message, is_transient },
    })
}

/// Everything before the first step.
async fn prepared(
    client: &Client,
    plan: &mut Plan,
    work: &Work,
    ledger: &Ledger<'_>,
    kept: &Before,
    told: &mut Told,
) -> Result<Prepared, JobError> {
    let (existing, warnings) = against(client, plan, work).await?;
    (told.is_resolved, told.warnings) = (true, warnings);
    let bodies = merged(&existing);
    let deployments = templates::deployments(plan, &bodies);
    files::write(work.artifacts.clone(), plan, &deployments, &existing, &mut told.warnings).await?;
    // Kept before the first step: of steps that an earlier attempt has begun, what that attempt kept, of all others what
    // is there now.
    let before = before(&existing).or_kept(kept, |n| ledger.is_done(n) || ledger.is_begun(n));
    ledger.keep_before(&before).await.map_err(JobError::Journal)?;
    Ok(Prepared { before, bodies, deployments })
}

fn before(existing: &BTreeMap<usize, Existing>) -> Before {
    let there = existing.iter().filter(|(_, existing)| existing.action != Action::Create);
    let changed = existing.iter().filter(|(_, existing)| existing.action == Action::Update);
    Before {
        there: there.map(|(n, existing)| (*n, existing.object_id.clone())).collect(),
        changed: changed.map(|(n, _)| *n).collect(),
    }
}

/// The end of an attempt that is to end.
async fn cancelled(run: &Run<'_>, ledger: &mut Ledger<'_>, work: &Work, told: &mut Told) -> Result<Ran, JournalError> {
    told.clean_up = clean_up::may_come(run, ledger);
    // A daemon that stops has asked to pause before: its deployment goes on, and the next start follows it.
    if work.pause.is_cancelled() {
        return Ok(Ran::Paused(told.result(run.plan, ledger)));
    }
    clean_up::cancel_running(run, ledger).await?;
    Ok(Ran::Cancelled(told.result(run.plan, ledger)))
}

/// The steps, the reading back, and after a failure the rollback.
async fn worked_off(
    run: &Run<'_>,
    ledger: &mut Ledger<'_>,
    deployments: &[Deployment],
    work: &Work,
    is_rolled_back: bool,
    told: &mut Told,
) -> Result<End, JournalError> {
    let done = match steps(run, ledger, deployments, work).await {
        Ok(false) => return Ok(End::Paused),
        Ok(true) => verified(run, ledger, work).await,
        Err(failed) => Err(failed),
    };
    let (n, error) = match done {
        Ok(()) => return Ok(End::Done),
        // An attempt that can't note may have lost its job: it takes nothing back.
        Err((_, StepError::Journal(error))) => return Err(error),
        Err(failed) => failed,
    };
    let is_transient = is_transient(&error);
    let (n, code, message) = error.parts(n);
    let message = run.masked(&message);
    let name = run.plan.steps.get(n.saturating_sub(1)).map_or("", |step| step.name.as_str());
    let sentence = format!("step {n} ({name}) failed: {message} ({code})");
    told.failed = Some(json!({"step": n, "code": code, "message": message}));
    // What may pass is tried again first; then nothing is taken back.
    if is_rolled_back && !is_transient {
        report(work, "rollback", "removing what was created", 0.95);
        rollback::roll_back(run, ledger, &mut told.rollback).await?;
    }
    told.clean_up = clean_up::left(run, ledger, &error).await;
    Ok(End::Failed { message: sentence, is_transient })
}

/// Reads back what was made.
async fn verified(run: &Run<'_>, ledger: &Ledger<'_>, work: &Work) -> Result<(), (usize, StepError)> {
    report(work, "verify", "reading back what was made", 0.9);
    match missing(run, ledger).await {
        Ok(None) => Ok(()),
        Ok(Some((n, id))) => Err((n, StepError::told("not_found", format!("{id} was made and can't be read back")))),
        Err((n, error)) => Err((n, StepError::Azure(error))),
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
