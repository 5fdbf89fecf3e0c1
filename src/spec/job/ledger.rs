//! What a run has done, step by step: noted before and after, so that a later attempt goes on and repeats nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    spec::plan::{Plan, Step},
    work::{Journal, JournalError},
};

/// Where a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Note {
    /// Sent, perhaps; the outcome is not known.
    Begun {
        /// Of what is made, where it is known before; else empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        id: String,
        /// Of a deployment: its id in Azure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deployment: Option<String>,
        /// The object id of the application that this step made for its principal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        application: Option<String>,
    },
    Done {
        outcome: Outcome,
        /// In Azure; for those that a role can be given to, the object's.
        id: String,
        /// As in [`Note::Begun`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        application: Option<String>,
    },
    /// Made, and removed by a rollback: to be made again by a later attempt.
    Removed,
}

impl Note {
    /// Begun, without more to say.
    pub(super) const fn begun(id: String) -> Self {
        Self::Begun { id, deployment: None, application: None }
    }

    pub(super) const fn done(outcome: Outcome, id: String) -> Self {
        Self::Done { outcome, id, application: None }
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// What was there before the first write: which steps create, and whose objects are whose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    /// `n` of steps whose thing was there.
    pub there: BTreeMap<usize, Option<String>>,
    /// Of those: `n` of the steps that change it.
    pub changed: Vec<usize>,
}

impl Before {
    /// What an earlier attempt kept of the steps that it has begun or done; of all others, what was found now.
    #[must_use]
    pub(super) fn or_kept(mut self, kept: &Self, is_touched: impl Fn(usize) -> bool) -> Self {
        self.there.retain(|n, _| !is_touched(*n));
        self.changed.retain(|n| !is_touched(*n));
        self.there.extend(kept.there.iter().filter(|(n, _)| is_touched(**n)).map(|(n, id)| (*n, id.clone())));
        self.changed.extend(kept.changed.iter().copied().filter(|n| is_touched(*n)));
        self
    }
}

/// Whose steps the numbers of the notes are.
#[derive(Serialize, Deserialize)]
struct Noted {
    hash: String,
    steps: usize,
}

/// Notes that are of another plan, as after an update of atgd: their numbers mean other steps.
pub(super) struct Foreign {
    pub hash: String,
    /// What was made by it or may still come, and is to be told: its id, and the state on the clean-up list.
    pub left: Vec<(String, &'static str)>,
}

/// The notes of one job.
pub(super) struct Ledger<'l> {
    journal: &'l dyn Journal,
    notes: BTreeMap<usize, Note>,
    plan: Noted,
    foreign: Option<Foreign>,
}

const PLAN: &str = "plan";
const BEFORE: &str = "before";

fn key(n: usize) -> String {
    format!("step:{n}")
}

const fn there(application: String) -> (String, &'static str) {
    (application, "exists")
}

impl<'l> Ledger<'l> {
    /// Reads the notes of earlier attempts.
    pub(super) async fn open(journal: &'l dyn Journal, plan: &Plan) -> Result<Self, JournalError> {
        let own = Noted { hash: plan.hash.clone(), steps: plan.steps.len() };
        let noted: Option<Noted> = read(journal, PLAN).await?;
        let noted = noted.unwrap_or(Noted { hash: own.hash.clone(), steps: own.steps });
        let mut notes = BTreeMap::new();
        for n in 1..=noted.steps {
            if let Some(note) = read(journal, &key(n)).await? {
                notes.insert(n, note);
            }
        }
        if noted.hash == own.hash {
            return Ok(Self { journal, notes, plan: own, foreign: None });
        }
        // What stood there before is nobody's to clean up.
        let kept: Before = read(journal, BEFORE).await?.unwrap_or_default();
        let left = |(n, note)| match note {
            Note::Done { outcome: Outcome::Created, id, application } => [Some((id, "exists")), application.map(there)],
            Note::Begun { id, deployment, application } => {
                let own = Some(id).filter(|id| !id.is_empty() && !kept.there.contains_key(&n));
                [deployment.or(own).map(|id| (id, "may_come")), application.map(there)]
            }
            Note::Done { .. } | Note::Removed => [None, None],
        };
        let left = notes.into_iter().flat_map(left).flatten().collect();
        let foreign = Some(Foreign { hash: noted.hash, left });
        Ok(Self { journal, notes: BTreeMap::new(), plan: own, foreign })
    }

    pub(super) const fn foreign(&self) -> Option<&Foreign> {
        self.foreign.as_ref()
    }

    pub(super) async fn before(&self) -> Result<Option<Before>, JournalError> {
        read(self.journal, BEFORE).await
    }

    /// Keeps what was there, and first of which plan the notes are that follow.
    pub(super) async fn keep_before(&self, before: &Before) -> Result<(), JournalError> {
        self.journal.record(PLAN, &text(&self.plan)?).await?;
        self.journal.record(BEFORE, &text(before)?).await
    }

    pub(super) async fn note(&mut self, n: usize, note: Note) -> Result<(), JournalError> {
        self.journal.record(&key(n), &text(&note)?).await?;
        self.notes.insert(n, note);
        Ok(())
    }

    pub(super) fn get(&self, n: usize) -> Option<&Note> {
        self.notes.get(&n)
    }

    pub(super) fn is_done(&self, n: usize) -> bool {
        matches!(self.notes.get(&n), Some(Note::Done { .. }))
    }

    /// Whether an attempt has begun a step and does not know its outcome.
    pub(super) fn is_begun(&self, n: usize) -> bool {
        matches!(self.notes.get(&n), Some(Note::Begun { .. }))
    }

    /// The object id of the application that a step made for its principal.
    pub(super) fn application_of(&self, n: usize) -> Option<&str> {
        match self.notes.get(&n) {
            Some(Note::Begun { application, .. } | Note::Done { application, .. }) => application.as_deref(),
            _ => None,
        }
    }

    /// The id that a done step's thing has in Azure.
    pub(super) fn id_of(&self, n: usize) -> Option<&str> {
        match self.notes.get(&n) {
            Some(Note::Done { id, .. }) => Some(id),
            _ => None,
        }
    }

    /// Steps that are done, with what they did.
    pub(super) fn done<'s>(&'s self, plan: &'s Plan) -> impl Iterator<Item = (&'s Step, Outcome, &'s str)> {
        plan.steps.iter().filter_map(|step| match self.notes.get(&step.n) {
            Some(Note::Done { outcome, id, .. }) => Some((step, *outcome, id.as_str())),
            _ => None,
        })
    }
}

async fn read<T: serde::de::DeserializeOwned>(journal: &dyn Journal, step: &str) -> Result<Option<T>, JournalError> {
    let Some(text) = journal.get(step).await? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| JournalError::Store(error.to_string()))
}

fn text<T: Serialize>(note: &T) -> Result<String, JournalError> {
    serde_json::to_string(note).map_err(|error| JournalError::Store(error.to_string()))
}

/// A row of the result.
pub(super) fn row(step: &Step, id: &str) -> Value {
    serde_json::json!({"n": step.n, "kind": step.kind, "id": id, "name": step.name})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_kept_for_steps_that_were_begun_and_looked_up_anew_for_others() {
        let kept = Before { there: BTreeMap::from([(1, None), (2, None)]), changed: vec![1, 2] };
        let found = Before { there: BTreeMap::from([(3, None), (4, None)]), changed: vec![4] };
        let before = found.or_kept(&kept, |n| n == 1 || n == 3);
        assert_eq!(before.there.keys().copied().collect::<Vec<_>>(), [1, 4], "step 3 is this job's own");
        assert_eq!(before.changed, [4, 1]);
    }
}
