//! What is told at the end of a run, however it ends: the result of the job.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    ledger::{Ledger, Outcome, row},
    rollback::RolledBack,
};
use crate::spec::{
    finding::Warning,
    plan::{Plan, Step},
};

/// What is told at the end.
pub(super) struct Told {
    pub began: Instant,
    /// Whether the plan has the ids of this tenant.
    pub is_resolved: bool,
    pub warnings: Vec<Warning>,
    pub failed: Option<Value>,
    pub rollback: RolledBack,
    pub clean_up: Vec<Value>,
}

impl Told {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            began: Instant::now(),
            is_resolved: false,
            warnings: plan.warnings.clone(),
            failed: None,
            rollback: RolledBack::default(),
            clean_up: Vec::new(),
        }
    }

    pub(super) fn result(&self, plan: &Plan, ledger: &Ledger<'_>) -> Value {
        let rolled_back = &self.rollback.rolled_back;
        let of = |wanted: Outcome| -> Vec<Value> {
            let rows = ledger.done(plan).filter(|(_, outcome, _)| *outcome == wanted);
            rows.map(|(step, _, id)| row(step, id)).collect()
        };
        // What was created and is removed again was created.
        let mut created = of(Outcome::Created);
        created.extend(rolled_back.iter().cloned());
        created.sort_by_key(|row| row["n"].as_u64());
        let is_failed = |step: &Step| self.failed.as_ref().is_some_and(|failed| failed["step"] == json!(step.n));
        let id_of = |step: &Step| {
            let is_known = self.is_resolved && step.id.starts_with('/');
            if is_known { step.id.clone() } else { String::new() }
        };
        let skipped: Vec<Value> = plan
            .steps
            .iter()
            .filter(|step| !ledger.is_done(step.n) && !is_failed(step))
            .filter(|step| !rolled_back.iter().any(|row| row["n"] == json!(step.n)))
            .map(|step| row(step, &id_of(step)))
            .collect();
        let seconds = self.began.elapsed().as_secs_f64();
        let clean_up: Vec<&Value> = self.clean_up.iter().chain(&self.rollback.clean_up).collect();
        json!({
            "plan_hash": plan.hash,
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
