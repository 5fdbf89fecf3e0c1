//! Failures that are asked for: each with a kind, a probability, a scope, and how often at most.
//!
//! On the command line and at `POST /_simulator/faults` a fault is `KIND[=ARGUMENT][:PROBABILITY][@SCOPE]`:
//! | kind | what happens |
//! |---|---|
//! | `throttle`, `throttle=SECONDS` | 429 with `Retry-After` (1 second) |
//! | `throttle-silent` | 429 without |
//! | `500` … `504`, `408` | that status; 503 as HTML |
//! | `error=STATUS/CODE` | that status and code in ARM's shape (409 `AnotherOperationInProgress`, 400 `PrincipalNotFound`) |
//! | `error=STATUS/CODE/SECONDS` | the same with `Retry-After` |
//! | `reset` | the connection is reset before a byte of the answer |
//! | `truncated` | reset in the middle of the body |
//! | `slow=MILLISECONDS` | answered later |
//! | `forbidden` | 403 `AuthorizationFailed` |
//! | `expired` | 401 `ExpiredAuthenticationToken` |
//! | `stale` | a list lacks its last element |
//! | `wrong-case` | ids in lower case |
//! | `replication=MILLISECONDS` | what Microsoft Graph creates is seen, and can be referred to, so much later |
//! | `operation-failed` | a long-running operation that this request starts ends as failed |
//! | `replay=PATH` | the recorded answers of a file or directory, one after the other, instead of the real one |
//! | `foreign-link`, `foreign-link=URL` | the list's `nextLink` leads to another host |
//! | `foreign-location`, `foreign-location=URL` | `Location` and `Azure-AsyncOperation` lead to another host; of a GET a 307 does |
//! | `endless` | each page has a `nextLink` with another token, and nothing new |
//! | `same-token` | each page has the same `nextLink` |
//! | `flood`, `flood=MIB` | a body of so many MiB (1,024) |
//! | `deep`, `deep=LEVELS` | JSON of so many levels (10,000) |
//! | `wrong-tenant` | tokens are for another tenant |
//!
//! The scope is a part of the path and query, in any case: `@/resourceGroups/rg-web`, `@Microsoft.Sql`,
//! `@/v1.0/`, `@$skiptoken`. One that names a resource of a deployment (`error=409/QuotaExceeded@/disks/d1`) fails that
//! resource in it. Token and metadata endpoints only fail where the scope names them (`503@/oauth2/`,
//! `slow=500@/metadata/`). A test that replays `_protocol/*` sets `replay=…/_protocol/errors.json:0.2`,
//! and knows by [`Running::replayed`](super::Running::replayed) how many answers were given of how many.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::Value;

use super::{hostile::Hostile, reply::Reply};

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    Throttle(Option<u64>),
    Status(u16),
    /// With `Retry-After`, seconds, where that is said.
    Error(u16, String, Option<u64>),
    Reset,
    Truncated,
    Slow(Duration),
    Forbidden,
    Expired,
    Stale,
    WrongCase,
    OperationFailed,
    /// Of the directory; without a scope.
    Replication(Duration),
    Replay(PathBuf),
    Hostile(Hostile),
    WrongTenant,
}

/// A failure that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// 0 to 1.
    pub probability: f64,
    /// A part of the path and query, in lower case.
    pub scope: Option<String>,
    /// How often at most.
    pub times: Option<u64>,
}

impl Fault {
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, probability: 1.0, scope: None, times: None }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, scope) =
            text.split_once('@').map_or((text, None), |(rest, scope)| (rest, Some(scope.to_lowercase())));
        let (word, probability) = match rest.rsplit_once(':') {
            Some((word, number)) if number.parse::<f64>().is_ok() => (word, number.parse::<f64>().unwrap_or(1.0)),
            _ => (rest, 1.0),
        };
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("the probability of a fault is between 0 and 1, not {probability}"));
        }
        let (name, argument) = word.split_once('=').map_or((word, None), |(name, argument)| (name, Some(argument)));
        let number = || argument.and_then(|text| text.parse::<u64>().ok());
        let kind = match name {
            "throttle" => FaultKind::Throttle(Some(number().unwrap_or(1))),
            "throttle-silent" => FaultKind::Throttle(None),
            "reset" => FaultKind::Reset,
            "truncated" => FaultKind::Truncated,
            "slow" => FaultKind::Slow(Duration::from_millis(number().ok_or("slow wants milliseconds: slow=500")?)),
            "forbidden" => FaultKind::Forbidden,
            "expired" => FaultKind::Expired,
            "stale" => FaultKind::Stale,
            "wrong-case" => FaultKind::WrongCase,
            "replication" => {
                FaultKind::Replication(Duration::from_millis(number().ok_or("replication wants milliseconds")?))
            }
            "operation-failed" => FaultKind::OperationFailed,
            "wrong-tenant" => FaultKind::WrongTenant,
            "replay" => FaultKind::Replay(argument.ok_or("replay wants a file or directory: replay=PATH")?.into()),
            "error" => {
                let wanted = "error wants a status and a code: error=409/AnotherOperationInProgress";
                let (status, code) = argument.and_then(|text| text.split_once('/')).ok_or(wanted)?;
                let (code, after) = match code.split_once('/') {
                    Some((code, seconds)) => (code, Some(seconds.parse().map_err(|_| wanted)?)),
                    None => (code, None),
                };
                FaultKind::Error(status.parse().map_err(|_| wanted)?, code.to_owned(), after)
            }
            word => match (word.parse::<u16>(), Hostile::named(word, argument)) {
                (Ok(status @ 400..=599), _) => FaultKind::Status(status),
                (_, Some(hostile)) => FaultKind::Hostile(hostile),
                _ => {
                    return Err(format!(
                        "no such fault: {word:?}; known are throttle, throttle-silent, a status from 400 to 599, error, \
                         reset, truncated, slow, forbidden, expired, stale, wrong-case, replication, operation-failed, replay, {}, wrong-tenant",
                        Hostile::NAMES.join(", ")
                    ));
                }
            },
        };
        Ok(Self { kind, probability, scope, times: None })
    }
}

/// A recorded answer.
#[derive(Debug, Clone)]
struct Recorded {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

struct Armed {
    fault: Fault,
    left: Option<AtomicU64>,
    recorded: Vec<Recorded>,
    next: AtomicUsize,
}

/// All that are in force.
#[derive(Default)]
pub(super) struct Faults {
    armed: Mutex<Vec<Arc<Armed>>>,
    /// So that nothing is locked where there are none.
    many: AtomicUsize,
    replayed: AtomicUsize,
    recorded: AtomicUsize,
}

/// What the faults make of one request.
#[derive(Default)]
pub(super) struct Fate {
    pub reply: Option<Reply>,
    pub delay: Duration,
    pub truncated: bool,
    pub stale: bool,
    pub wrong_case: bool,
    pub operation_failed: bool,
    pub hostile: Vec<Hostile>,
    pub wrong_tenant: bool,
}

impl Faults {
    /// Puts a fault in force; an error where its recordings cannot be read.
    pub(super) fn add(&self, fault: Fault, base: &str) -> Result<(), String> {
        let recorded = match &fault.kind {
            FaultKind::Replay(path) => recordings(path, base)?,
            _ => Vec::new(),
        };
        self.recorded.fetch_add(recorded.len(), Ordering::SeqCst);
        let armed = Armed { left: fault.times.map(AtomicU64::new), fault, recorded, next: AtomicUsize::new(0) };
        let mut all = self.armed.lock();
        all.push(Arc::new(armed));
        self.many.store(all.len(), Ordering::SeqCst);
        Ok(())
    }

    pub(super) fn clear(&self) {
        self.armed.lock().clear();
        self.many.store(0, Ordering::SeqCst);
    }

    pub(super) fn shown(&self) -> Vec<String> {
        let all = self.armed.lock();
        all.iter().map(|armed| format!("{:?}", armed.fault)).collect()
    }

    /// Recorded answers that were given, and how many there are.
    pub(super) fn replayed(&self) -> (usize, usize) {
        (self.replayed.load(Ordering::SeqCst), self.recorded.load(Ordering::SeqCst))
    }

    /// How long the directory takes to show everywhere what it creates.
    pub(super) fn replication(&self) -> Duration {
        let all = self.armed.lock();
        let longest = all.iter().filter_map(|armed| match armed.fault.kind {
            FaultKind::Replication(delay) => Some(delay),
            _ => None,
        });
        longest.max().unwrap_or_default()
    }

    /// What becomes of a request for `address` (path and query, in lower case). `is_open`: it needs no token.
    pub(super) fn fate(&self, address: &str, is_open: bool) -> Fate {
        let mut fate = Fate::default();
        if self.many.load(Ordering::Relaxed) == 0 {
            return fate;
        }
        let all = self.armed.lock().clone();
        for armed in all {
            let fault = &armed.fault;
            let is_of_tokens = fault.kind == FaultKind::WrongTenant;
            let meant = match &fault.scope {
                Some(scope) => address.contains(scope.as_str()),
                None => is_open == is_of_tokens,
            };
            if !meant || fault.probability < 1.0 && rand::random_range(0.0..1.0) >= fault.probability {
                continue;
            }
            let spent = armed.left.as_ref().is_some_and(|left| {
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
            });
            if !spent {
                self.befall(&armed, &mut fate);
            }
        }
        fate
    }

    fn befall(&self, armed: &Armed, fate: &mut Fate) {
        let reply = match &armed.fault.kind {
            FaultKind::Throttle(after) => {
                let reply = Reply::error(429, "TooManyRequests", "Too many requests. Please retry later.");
                match after {
                    Some(seconds) => reply.with("retry-after", seconds.to_string()),
                    None => reply,
                }
            }
            FaultKind::Status(503) => Reply::text(503, "<html><body>Service Unavailable</body></html>".to_owned()),
            FaultKind::Status(status) => {
                Reply::error(*status, "InternalServerError", "Encountered internal server error.")
            }
            FaultKind::Error(status, code, after) => {
                let reply = Reply::error(*status, code, "A fault that was asked for.");
                match after {
                    Some(seconds) => reply.with("retry-after", seconds.to_string()),
                    None => reply,
                }
            }
            FaultKind::Reset => Reply { cut: Some(0), ..Reply::empty(500) },
            FaultKind::Truncated => return fate.truncated = true,
            FaultKind::Slow(delay) => return fate.delay += *delay,
            FaultKind::Forbidden => {
                let text = "The client does not have authorization to perform the action over the scope, or the scope is invalid.";
                Reply::error(403, "AuthorizationFailed", text).with("x-ms-failure-cause", "gateway")
            }
            FaultKind::Expired => Reply::error(401, "ExpiredAuthenticationToken", "The access token has expired.")
                .with("www-authenticate", "Bearer error=\"invalid_token\""),
            FaultKind::Stale => return fate.stale = true,
            FaultKind::WrongCase => return fate.wrong_case = true,
            FaultKind::OperationFailed => return fate.operation_failed = true,
            FaultKind::Replication(_) => return,
            FaultKind::Hostile(hostile) => return fate.hostile.push(hostile.clone()),
            FaultKind::WrongTenant => return fate.wrong_tenant = true,
            FaultKind::Replay(_) => {
                let at = armed.next.fetch_add(1, Ordering::SeqCst);
                let Some(recorded) = armed.recorded.get(at) else { return };
                self.replayed.fetch_add(1, Ordering::SeqCst);
                let mut reply = Reply::text(recorded.status, recorded.body.clone());
                for (name, value) in &recorded.headers {
                    reply = reply.with(name.clone(), value.clone());
                }
                reply
            }
        };
        fate.reply.get_or_insert(reply);
    }
}

/// Headers that a client may act on. What the recorders' transport added is left out.
const REPLAYED: [&str; 8] = [
    "retry-after",
    "location",
    "azure-asyncoperation",
    "content-type",
    "www-authenticate",
    "x-ms-failure-cause",
    "x-ms-user-quota-remaining",
    "x-ms-user-quota-resets-after",
];

/// Every recorded answer in a file or directory: whatever has a `status` and a `body`, however deep.
fn recordings(path: &Path, base: &str) -> Result<Vec<Recorded>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|error| failed(&error))?;
        files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
        files.sort();
    }
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
        let text = text.replace("https://management.azure.com", base);
        let value: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
        gather(&value, &mut found);
    }
    if found.is_empty() { Err(failed(&"no recorded answer with a status and a body")) } else { Ok(found) }
}

fn gather(value: &Value, found: &mut Vec<Recorded>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => {
            let status = fields.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
            match (status, fields.get("body")) {
                (Some(status @ 100..=599), Some(body)) => {
                    let headers = fields.get("headers").and_then(Value::as_object);
                    let headers = headers.into_iter().flatten().filter_map(|(name, value)| {
                        let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
                        let text = first.as_str().map_or_else(|| first.to_string(), str::to_owned);
                        REPLAYED.contains(&name.to_lowercase().as_str()).then(|| (name.to_lowercase(), text))
                    });
                    let body = match body {
                        Value::String(text) => text.clone(),
                        Value::Null => String::new(),
                        body => body.to_string(),
                    };
                    found.push(Recorded { status, headers: headers.collect(), body });
                }
                _ => fields.values().for_each(|value| gather(value, found)),
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_written_as_kind_argument_probability_and_scope() {
        let fault: Fault = "slow=500:0.25@/resourceGroups/RG-web".parse().expect("a fault");
        let expected = FaultKind::Slow(Duration::from_millis(500));
        assert_eq!((fault.kind, fault.probability), (expected, 0.25));
        assert_eq!(fault.scope.as_deref(), Some("/resourcegroups/rg-web"));
        let conflict: Fault = "error=409/AnotherOperationInProgress".parse().expect("a fault");
        assert_eq!(conflict.kind, FaultKind::Error(409, "AnotherOperationInProgress".to_owned(), None));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_those_that_are() {
        for text in ["explode", "slow", "503:1.5", "error=409", "replay", "flood=much", "foreign-link=nowhere"] {
            let refusal = text.parse::<Fault>().expect_err(text);
            assert!(!refusal.is_empty());
        }
    }
}
