//! The keys of this daemon: made, listed, rotated, revoked, verified.
//!
//! Verification looks up by key id, runs argon2id once (at most [`ARGON_AT_ONCE`] at a time, off the
//! async threads), then knows the text by a keyed digest in a bounded cache. An unknown id costs the
//! same argon2 as a wrong secret. Revocation, expiry and rotation empty the cache of that key.

use std::{collections::HashMap, sync::Arc};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    KeyText,
    record::{KEYS, KeyRow, Principal, StoredScope, check_records},
};
use crate::{
    api::{CreateKeyRequest, CreatedKey, KeyView, Time},
    audit::{Audit, Entry},
    store::{Order, Span, Store, StoreError, WriteError},
};

/// Argon2 runs at once: 19 MiB and some 25 ms of a core each.
const ARGON_AT_ONCE: usize = 2;
/// Verifications that may wait for one of those; beyond that the answer is [`Denied::Busy`].
const ARGON_WAITING: usize = 64;
/// Verified texts that are remembered.
const CACHE: usize = 1_024;
/// What an unknown id is verified against: the hash of nothing that is known, at the cost of a real one. Made
/// beforehand, for argon2's memory would stay with an idle daemon.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$9cQ1l/yB9DdBp479lnUQGw$JZPVQhOdCRaAKTynSSWA0KUYGLR2do4PGMbwJKp/qiE";
/// How often the last use of a key is written.
const LAST_USED_EVERY_MS: i64 = 60_000;

/// What can be set of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Longest life of a new key, milliseconds; none: no limit.
    pub longest_life_ms: Option<i64>,
}

/// Why a presented key was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the API key is not valid")]
    Invalid,
    #[error("too many keys are being verified at once; try again")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a key could not be made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("{path}: {message}")]
    Invalid { path: &'static str, message: String },
    #[error("there is no key {0}")]
    NotFound(String),
    #[error("key {0} is revoked")]
    Revoked(String),
    #[error("hashing the key: {0}")]
    Hash(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A handle on the keys; clones share the cache.
#[derive(Clone)]
pub struct Keyring {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    settings: Mutex<Settings>,
    /// Random in each process: digests of texts mean nothing outside of it.
    cache_key: [u8; 32],
    cache: Mutex<HashMap<[u8; 32], Cached>>,
    permits: Semaphore,
    waiting: Semaphore,
}

#[derive(Clone)]
struct Cached {
    principal: Arc<Principal>,
    /// After this the text has to be verified anew: expiry, or the end of a rotation's grace.
    until_ms: i64,
    used_ms: i64,
}

impl Keyring {
    pub fn open(store: Store, settings: Settings) -> Self {
        let inner = Inner {
            store,
            settings: Mutex::new(settings),
            cache_key: rand::random(),
            cache: Mutex::new(HashMap::new()),
            permits: Semaphore::new(ARGON_AT_ONCE),
            waiting: Semaphore::new(ARGON_WAITING),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What new keys have to keep to, from now on.
    pub fn set(&self, settings: Settings) {
        *self.inner.settings.lock() = settings;
    }

    /// The caller that a key's text belongs to.
    pub async fn verify(&self, text: &str, now: Time) -> Result<Arc<Principal>, Denied> {
        let key = KeyText::parse(text).ok_or(Denied::Invalid)?;
        let digest = *blake3::keyed_hash(&self.inner.cache_key, text.as_bytes()).as_bytes();
        if let Some((principal, stale)) = self.remembered(&digest, now) {
            if stale {
                self.touch(principal.kid.clone(), now);
            }
            return Ok(principal);
        }
        let _waiting = self.inner.waiting.try_acquire().map_err(|_| Denied::Busy)?;
        let _permit = self.inner.permits.acquire().await.map_err(|_| Denied::Busy)?;
        let row = self.inner.store.read(|read| read.get(&KEYS, &key.kid))?;
        let live = row.filter(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now.millis()));
        let mut candidates: Vec<(String, i64)> = Vec::new();
        if let Some(row) = &live {
            candidates.push((row.hash.clone(), row.expires_at.unwrap_or(i64::MAX)));
            candidates.extend(row.previous.clone().filter(|(_, until)| *until > now.millis()));
        } else {
            candidates.push((DECOY.to_owned(), 0));
        }
        let matched = tokio::task::spawn_blocking(move || {
            candidates.into_iter().find(|(hash, _)| matches(key.expose(), hash)).map(|(_, until)| until)
        })
        .await
        .unwrap_or_default();
        let (Some(until_ms), Some(row)) = (matched, live) else { return Err(Denied::Invalid) };
        let principal = Arc::new(row.principal());
        let until_ms = until_ms.min(row.expires_at.unwrap_or(i64::MAX));
        // A revocation or rotation that came while argon2 ran has already emptied the cache: look again.
        let unchanged = self
            .inner
            .store
            .read(|read| read.get(&KEYS, &row.kid))?
            .is_some_and(|now| now.revoked_at.is_none() && now.hash == row.hash && now.previous == row.previous);
        if !unchanged {
            return Err(Denied::Invalid);
        }
        self.remember(digest, Cached { principal: principal.clone(), until_ms, used_ms: now.millis() });
        self.touch(row.kid, now);
        Ok(principal)
    }

    /// Makes a key; its text is in the answer and nowhere else.
    pub async fn create(&self, request: CreateKeyRequest, by: By) -> Result<CreatedKey, KeyError> {
        let now = by.at.millis();
        let settings = self.inner.settings.lock().clone();
        check(&request, &settings, now)?;
        let text = KeyText::generate();
        let row = KeyRow {
            kid: text.kid.clone(),
            label: request.label,
            hash: hash_off_thread(&text).await?,
            previous: None,
            scopes: request.scopes.into_iter().map(Into::into).collect(),
            tenants: request.tenants,
            created_at: now,
            expires_at: request.expires_at.map(Time::millis),
            last_used_at: None,
            revoked_at: None,
        };
        let view = row.view();
        self.change(by.entry("key.create", &row.kid), move |_| Ok(row)).await?;
        Ok(CreatedKey { view, key: text.expose().to_owned() })
    }

    /// Whether more than one valid key may submit jobs.
    pub(crate) fn have_rivals(&self, now_ms: i64) -> Result<bool, StoreError> {
        let mut submitters = 0;
        self.inner.store.read(|read| {
            read.scan(&KEYS, &Span::all(), Order::Rising, |_, row| {
                let is_valid = row.ended_at().is_none_or(|at| at > now_ms);
                submitters += u32::from(is_valid && row.scopes.iter().any(|scope| *scope != StoredScope::Read));
                Ok::<_, StoreError>(submitters < 2)
            })
        })?;
        Ok(submitters > 1)
    }

    /// Removes keys that were revoked or expired before a time; how many went. The audit trail keeps
    /// what they did.
    pub async fn sweep(&self, before_ms: i64) -> Result<u64, StoreError> {
        let mut gone = Vec::new();
        self.inner.store.read(|read| {
            read.scan(&KEYS, &Span::all(), Order::Rising, |kid, row| {
                if row.ended_at().is_some_and(|at| at <= before_ms) {
                    gone.push(kid);
                }
                Ok::<_, StoreError>(true)
            })
        })?;
        let count = gone.len() as u64;
        if count == 0 {
            return Ok(0);
        }
        let removed: Result<(), WriteError<std::convert::Infallible>> = self
            .inner
            .store
            .write(move |write| {
                for kid in gone {
                    // A rotation may have changed it since.
                    if write.get(&KEYS, &kid)?.and_then(|row| row.ended_at()).is_some_and(|at| at <= before_ms) {
                        write.remove(&KEYS, &kid)?;
                    }
                }
                Ok(Ok(()))
            })
            .await;
        removed.map_err(WriteError::into_store)?;
        Ok(count)
    }

    /// Decodes every key: how many there are.
    pub fn check(&self) -> Result<u64, StoreError> {
        self.inner.store.read(check_records)
    }

    /// Every key, oldest first.
    pub fn list(&self) -> Result<Vec<KeyView>, StoreError> {
        let mut rows = Vec::new();
        self.inner.store.read(|read| {
            read.scan(&KEYS, &Span::all(), Order::Rising, |_, row| {
                rows.push(row.view());
                Ok::<_, StoreError>(true)
            })
        })?;
        rows.sort_by_key(|view| view.created_at);
        Ok(rows)
    }

    /// Ends a key at once; revoking it again changes nothing.
    pub async fn revoke(&self, kid: &str, by: By) -> Result<KeyView, KeyError> {
        let now = by.at.millis();
        let row = self
            .change(
                by.entry("key.revoke", kid),
                change_of(kid.to_owned(), move |mut row: KeyRow| {
                    row.revoked_at.get_or_insert(now);
                    Ok(row)
                }),
            )
            .await?;
        self.forget(kid);
        Ok(row.view())
    }

    /// A new secret under the same id; the old one verifies for `grace_seconds` more.
    pub(crate) async fn rotate(&self, kid: &str, grace_seconds: u64, by: By) -> Result<CreatedKey, KeyError> {
        let text = KeyText::generate_for(kid.to_owned());
        let hash = hash_off_thread(&text).await?;
        let until = by.at.millis().saturating_add_unsigned(grace_seconds.saturating_mul(1_000));
        let row = self
            .change(
                by.entry("key.rotate", kid),
                change_of(kid.to_owned(), move |mut row: KeyRow| {
                    if row.revoked_at.is_some() {
                        return Err(KeyError::Revoked(row.kid));
                    }
                    row.previous = Some((std::mem::replace(&mut row.hash, hash), until));
                    Ok(row)
                }),
            )
            .await?;
        self.forget(kid);
        Ok(CreatedKey { view: row.view(), key: text.expose().to_owned() })
    }

    async fn change(
        &self,
        entry: Entry,
        change: impl FnOnce(&mut crate::store::Write<'_>) -> Result<KeyRow, KeyError> + Send + 'static,
    ) -> Result<KeyRow, KeyError> {
        let written = self
            .inner
            .store
            .write(move |write| {
                let row = match change(write) {
                    Ok(row) => row,
                    Err(KeyError::Store(error)) => return Err(error),
                    Err(refusal) => return Ok(Err(refusal)),
                };
                write.put(&KEYS, &row.kid, &row)?;
                Audit::append_in(write, entry)?;
                Ok(Ok(row))
            })
            .await;
        written.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Store(error) => error.into(),
        })
    }

    fn remembered(&self, digest: &[u8; 32], now: Time) -> Option<(Arc<Principal>, bool)> {
        let mut cache = self.inner.cache.lock();
        let cached = cache.get_mut(digest)?;
        if cached.until_ms <= now.millis() {
            cache.remove(digest);
            return None;
        }
        let stale = now.millis() - cached.used_ms >= LAST_USED_EVERY_MS;
        if stale {
            cached.used_ms = now.millis();
        }
        Some((cached.principal.clone(), stale))
    }

    fn remember(&self, digest: [u8; 32], cached: Cached) {
        let mut cache = self.inner.cache.lock();
        if cache.len() >= CACHE
            && let Some(oldest) = cache.iter().min_by_key(|(_, cached)| cached.used_ms).map(|(digest, _)| *digest)
        {
            cache.remove(&oldest);
        }
        cache.insert(digest, cached);
    }

    fn forget(&self, kid: &str) {
        let mut cache = self.inner.cache.lock();
        cache.retain(|_, cached| cached.principal.kid != kid);
    }

    /// Notes the last use in the background; a failure is the store's to log.
    fn touch(&self, kid: String, now: Time) {
        let store = self.inner.store.clone();
        tokio::spawn(async move {
            let _: Result<(), WriteError<()>> = store
                .write(move |write| {
                    if let Some(mut row) = write.get(&KEYS, &kid)? {
                        row.last_used_at = Some(now.millis());
                        write.put(&KEYS, &kid, &row)?;
                    }
                    Ok(Ok(()))
                })
                .await;
        });
    }
}

/// Who changes a key, from where, when.
#[derive(Debug, Clone)]
pub struct By {
    pub actor: String,
    pub remote: String,
    pub at: Time,
}

impl By {
    fn entry(&self, action: &str, kid: &str) -> Entry {
        Entry {
            at_ms: self.at.millis(),
            actor: self.actor.clone(),
            remote: self.remote.clone(),
            action: action.to_owned(),
            target: kid.to_owned(),
            outcome: "ok".to_owned(),
        }
    }
}

fn change_of(
    kid: String,
    change: impl FnOnce(KeyRow) -> Result<KeyRow, KeyError>,
) -> impl FnOnce(&mut crate::store::Write<'_>) -> Result<KeyRow, KeyError> {
    move |write| match write.get(&KEYS, &kid)? {
        Some(row) => change(row),
        None => Err(KeyError::NotFound(kid)),
    }
}

fn check(request: &CreateKeyRequest, settings: &Settings, now_ms: i64) -> Result<(), KeyError> {
    let invalid = |path, message: &str| Err(KeyError::Invalid { path, message: message.to_owned() });
    let label = request.label.chars().count();
    if !(1..=64).contains(&label) || request.label.chars().any(char::is_control) {
        return invalid("label", "expected 1 to 64 printable characters");
    }
    if request.scopes.is_empty() {
        return invalid("scopes", "expected at least one of read, scan, generate, create, admin");
    }
    if !request.tenants.iter().all(|tenant| tenant == "*" || tenant.parse::<Uuid>().is_ok()) {
        return invalid("tenants", "expected UUIDs of tenants, or * for all");
    }
    match (request.expires_at.map(Time::millis), settings.longest_life_ms) {
        (Some(at), _) if at <= now_ms => invalid("expires_at", "expected a time that is still to come"),
        (Some(at), Some(longest)) if at - now_ms > longest => invalid("expires_at", "keys may not live so long here"),
        (None, Some(_)) => invalid("expires_at", "keys must expire here"),
        _ => Ok(()),
    }
}

async fn hash_off_thread(text: &KeyText) -> Result<String, KeyError> {
    let text = text.clone();
    let hashed = tokio::task::spawn_blocking(move || hash(text.expose())).await;
    hashed.map_err(|error| KeyError::Hash(error.to_string()))?
}

fn hash(text: &str) -> Result<String, KeyError> {
    let hashed = Argon2::default().hash_password(text.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| KeyError::Hash(error.to_string()))
}

fn matches(text: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(text.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests;
