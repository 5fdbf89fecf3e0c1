//! What the steps of a real run share: the client, the plan, what was there before, the secrets. And why one failed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ledger::{Before, Outcome},
    templates::{Deployment, unescaped},
};
use crate::{
    azure::{AzureError, Client},
    spec::{node::secret_name, plan::Plan},
    telemetry::Secret,
    work::JournalError,
};

/// A real run.
pub(super) struct Run<'r> {
    pub client: &'r Client,
    pub plan: &'r Plan,
    pub before: &'r Before,
    /// What is sent of steps whose thing is there.
    pub bodies: &'r BTreeMap<usize, Map<String, Value>>,
    pub secrets: &'r BTreeMap<String, Secret>,
    pub job: uuid::Uuid,
}

impl Run<'_> {
    /// What a step does once it is done.
    pub(super) fn outcome(&self, n: usize) -> Outcome {
        match (self.before.there.contains_key(&n), self.before.changed.contains(&n)) {
            (false, _) => Outcome::Created,
            (true, true) => Outcome::Updated,
            (true, false) => Outcome::Unchanged,
        }
    }

    /// The id of a deployment of this job: made of the job and the step, so that it is found again.
    pub(super) fn deployment_id(&self, deployment: &Deployment) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments/atgd-{}-{}",
            deployment.subscription,
            deployment.group,
            self.job.simple(),
            deployment.number + 1
        )
    }

    /// What is sent of a body that is no template: secrets as their values, texts without escapes.
    pub(super) fn plain(&self, body: &Map<String, Value>) -> Map<String, Value> {
        body.iter().map(|(name, value)| (name.clone(), self.plain_value(value))).collect()
    }

    fn plain_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let secret = secret_name(text).and_then(|name| self.secrets.get(name));
                Value::String(secret.map_or_else(|| unescaped(text), |secret| secret.expose().to_owned()))
            }
            Value::Array(items) => items.iter().map(|item| self.plain_value(item)).collect(),
            Value::Object(fields) => Value::Object(self.plain(fields)),
            other => other.clone(),
        }
    }

    /// A text from Azure, without the values of secrets.
    pub(super) fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in self.secrets.values().map(Secret::expose).filter(|value| !value.is_empty()) {
            text = text.replace(value, "***");
        }
        text
    }
}

/// Why a step is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error(transparent)]
    Azure(#[from] AzureError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{message}")]
    Told { code: &'static str, message: String },
    /// A step of a deployment.
    #[error("{message}")]
    At { n: usize, code: String, message: String },
}

impl StepError {
    pub(super) const fn told(code: &'static str, message: String) -> Self {
        Self::Told { code, message }
    }

    /// Which step, a word for programs, a sentence for people.
    pub(super) fn parts(&self, n: usize) -> (usize, String, String) {
        match self {
            Self::Azure(AzureError::Refused(refusal)) if !refusal.code.is_empty() => {
                (n, refusal.code.clone(), refusal.message.clone())
            }
            Self::Azure(error) => (n, error.word(), error.to_string()),
            Self::Journal(error) => (n, "journal".to_owned(), error.to_string()),
            Self::Told { code, message } => (n, (*code).to_owned(), message.clone()),
            Self::At { n, code, message } => (*n, code.clone(), message.clone()),
        }
    }
}
