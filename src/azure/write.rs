//! Writing: PUT, POST and DELETE, and the polls of operations that go on behind them.
//!
//! An operation is told by `Azure-AsyncOperation` (its answers have a `status`, a failed one too is HTTP 200), by
//! `Location` (202 until it is done), or by the resource's own `provisioningState`. The bound is the caller's: a future
//! that is dropped asks no more.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{
    Answer, AzureError, Client, Refusal,
    answer::Pending,
    client::{Api, How},
};

/// The wait between polls where the service says nothing; doubled up to [`LONGEST_POLL`].
const FIRST_POLL: Duration = Duration::from_millis(500);
const LONGEST_POLL: Duration = Duration::from_secs(15);
/// Longest wait that a service may ask for: what it says is kept, but for a value that can only be a mistake.
const LONGEST_ASKED: Duration = Duration::from_mins(15);

/// Refusals that pass when it is asked again: something else goes on, or the directory is not everywhere yet.
const PASSING: [&str; 6] = [
    "AnotherOperationInProgress",
    "PrincipalNotFound",
    "RetryableError",
    "ConflictingConcurrentWriteNotAllowed",
    "Conflict_AnotherOperationInProgress",
    "DeploymentActive",
];
/// How often those are asked again, and the wait between where the service says none, which grows.
const PASSES: u32 = 8;
const PASSING_WAIT: Duration = Duration::from_millis(400);

/// Whether a refusal of Resource Manager passes.
fn passes(refusal: &Refusal) -> bool {
    matches!(refusal.status, 400 | 409) && PASSING.iter().any(|code| refusal.code.eq_ignore_ascii_case(code))
}

/// Whether the directory refuses what refers to an object that it does not show everywhere yet.
fn is_not_yet(refusal: &Refusal) -> bool {
    ["NoBackingApplicationObject", "Request_ResourceNotFound"]
        .iter()
        .any(|code| refusal.code.eq_ignore_ascii_case(code))
        || refusal.message.contains("does not reference a valid application object")
}

impl Client {
    /// PUT of a path of Resource Manager; the answer is the end of what it began.
    pub async fn put(&self, address: &str, body: &Value) -> Result<Value, AzureError> {
        let answer = self.written(Method::PUT, address, Some(body)).await?;
        self.settle(address, answer).await
    }

    /// POST of an action of Resource Manager; the answer is the end of what it began.
    pub async fn post(&self, address: &str, body: &Value) -> Result<Value, AzureError> {
        let answer = self.written(Method::POST, address, Some(body)).await?;
        self.settle(address, answer).await
    }

    /// DELETE of a path of Resource Manager, to its end. What is not there is gone.
    pub async fn delete(&self, address: &str) -> Result<(), AzureError> {
        match self.written(Method::DELETE, address, None).await {
            Ok(answer) => self.settle(address, answer).await.map(drop),
            Err(AzureError::Refused(refusal)) if refusal.status == 404 => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// GET of a path of Microsoft Graph.
    pub async fn directory(&self, address: &str) -> Result<Value, AzureError> {
        self.get(Api::Graph, address).await?.value()
    }

    /// How Microsoft Graph names an object in a reference to it.
    pub fn directory_address(&self, id: &str) -> String {
        format!("{}/v1.0/directoryObjects/{id}", self.graph_base())
    }

    /// POST to Microsoft Graph of what creates: never sent twice unless the service says that it did not take it. What
    /// refers to an object that is not everywhere yet is asked again.
    pub async fn directory_create(&self, address: &str, body: &Value) -> Result<Value, AzureError> {
        let how = How { takes_accepted: true, is_repeatable: false };
        let request = (Api::Graph, Method::POST, how);
        self.patiently(request, address, Some(body), is_not_yet).await?.value()
    }

    /// PATCH of an object of Microsoft Graph.
    pub async fn directory_update(&self, address: &str, body: &Value) -> Result<(), AzureError> {
        let how = How { takes_accepted: true, is_repeatable: true };
        self.call_so(Api::Graph, Method::PATCH, address, Some(body), how).await.map(drop)
    }

    /// DELETE of an object of Microsoft Graph. What is not there is gone.
    pub async fn directory_delete(&self, address: &str) -> Result<(), AzureError> {
        let how = How { takes_accepted: true, is_repeatable: true };
        match self.call_so(Api::Graph, Method::DELETE, address, None, how).await {
            Err(AzureError::Refused(refusal)) if refusal.status == 404 => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// What goes on at an address of Resource Manager, followed to its end: why it failed, if it did. An error says
    /// nothing of the end.
    pub async fn follow(&self, address: &str) -> Result<Option<AzureError>, AzureError> {
        let first = self.get(Api::Arm, address).await?;
        Ok(self.followed(address, first).await?.err())
    }

    async fn written(&self, method: Method, address: &str, body: Option<&Value>) -> Result<Answer, AzureError> {
        let how = How { takes_accepted: true, is_repeatable: true };
        self.patiently((Api::Arm, method, how), address, body, passes).await
    }

    /// Asks again where a refusal passes, as late as the service wants it.
    async fn patiently(
        &self,
        (api, method, how): (Api, Method, How),
        address: &str,
        body: Option<&Value>,
        passes: impl Fn(&Refusal) -> bool,
    ) -> Result<Answer, AzureError> {
        let mut tries = 0;
        loop {
            let outcome = self.call_so(api, method.clone(), address, body, how).await;
            let asked = match &outcome {
                Err(AzureError::Refused(refusal)) if tries < PASSES && passes(refusal) => refusal.retry_after,
                _ => return outcome,
            };
            let wait = asked.map_or(PASSING_WAIT * 2_u32.pow(tries.min(6)), |asked| asked.min(LONGEST_ASKED));
            tokio::time::sleep(wait).await;
            tries += 1;
        }
    }

    async fn settle(&self, address: &str, first: Answer) -> Result<Value, AzureError> {
        self.followed(address, first).await?
    }

    /// Follows an operation to its end, and tells that. The outer error: the end is not known.
    async fn followed(&self, address: &str, first: Answer) -> Result<Result<Value, AzureError>, AzureError> {
        let mut pending = first.pending.clone();
        let mut body = first.value()?;
        let mut wait = FIRST_POLL;
        loop {
            let Some((poll, kind)) = next_poll(&pending, &body, address) else { return Ok(ended(address, body)) };
            let asked = pending.retry_after.map(|asked| asked.min(LONGEST_ASKED));
            tokio::time::sleep(asked.unwrap_or(wait)).await;
            wait = (wait * 2).min(LONGEST_POLL);
            let how = How { takes_accepted: true, is_repeatable: true };
            let answer = self.call_so(Api::Arm, Method::GET, &poll, None, how).await?;
            let found = answer.value()?;
            if let Some(goes_on) = &self.goes_on {
                goes_on();
            }
            let mut next = answer.pending.clone();
            match kind {
                Poll::Operation => {
                    let status = found["status"].as_str().unwrap_or_default().to_owned();
                    if is_failed(&status) {
                        return Ok(Err(failure(address, &found)));
                    }
                    if status.eq_ignore_ascii_case("Succeeded") {
                        // A what-if answers with what it found.
                        let body = if found.get("properties").is_some() { found } else { Value::Null };
                        return Ok(ended(address, body));
                    }
                    next.operation = next.operation.or_else(|| pending.operation.clone());
                }
                Poll::Location => {
                    if answer.pending.status != 202 {
                        return Ok(ended(address, found));
                    }
                    next.location = next.location.or_else(|| pending.location.clone());
                }
                Poll::Resource => body = found,
            }
            pending = next;
        }
    }
}

/// What is asked next.
enum Poll {
    Operation,
    Location,
    Resource,
}

fn next_poll(pending: &Pending, body: &Value, address: &str) -> Option<(String, Poll)> {
    if let Some(operation) = &pending.operation {
        return Some((operation.clone(), Poll::Operation));
    }
    if pending.status == 202
        && let Some(location) = &pending.location
    {
        return Some((location.clone(), Poll::Location));
    }
    let state = body.pointer("/properties/provisioningState").and_then(Value::as_str).unwrap_or_default();
    let is_open = !state.is_empty() && !state.eq_ignore_ascii_case("Succeeded") && !is_failed(state);
    (is_open && pending.status != 204).then(|| (address.to_owned(), Poll::Resource))
}

fn ended(address: &str, body: Value) -> Result<Value, AzureError> {
    let state = body.pointer("/properties/provisioningState").and_then(Value::as_str).unwrap_or_default();
    if is_failed(state) || body["status"].as_str().is_some_and(is_failed) {
        return Err(failure(address, &body));
    }
    Ok(body)
}

fn is_failed(status: &str) -> bool {
    ["Failed", "Canceled", "Cancelled"].iter().any(|word| status.eq_ignore_ascii_case(word))
}

/// An operation that failed, as if its request had been refused.
fn failure(address: &str, body: &Value) -> AzureError {
    let error = body.get("error").or_else(|| body.pointer("/properties/error")).unwrap_or(body);
    let text = serde_json::json!({ "error": error }).to_string();
    let path = address.split('?').next().unwrap_or(address);
    let mut refusal = Refusal::read(409, path, text.as_bytes());
    if let Some(inner) = innermost(error) {
        refusal.message = format!("{} {inner}", refusal.message);
    }
    if refusal.code.is_empty() {
        body["status"].as_str().unwrap_or("OperationFailed").clone_into(&mut refusal.code);
    }
    AzureError::Refused(refusal)
}

/// The causes below an error, which often say more than it does.
fn innermost(error: &Value) -> Option<String> {
    let details = error["details"].as_array()?;
    let told = details.iter().filter_map(|detail| {
        let own = detail["message"].as_str().unwrap_or_default();
        let code = detail["code"].as_str().unwrap_or_default();
        let below = innermost(detail).unwrap_or_default();
        let told = format!("{code}: {own} {below}");
        (told.trim().len() > 1).then(|| told.trim().to_owned())
    });
    let told: Vec<String> = told.take(5).collect();
    (!told.is_empty()).then(|| told.join("; "))
}
