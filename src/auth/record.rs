//! An API key as it is stored, and the rights of a caller who presented one. Knows no HTTP.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    api::{KeyView, Scope, Time},
    store::{Read, Span, StoreError, Table, record},
};

/// Key id → its record.
pub(super) const KEYS: Table<String, KeyRow> = Table::new("keys.v1");

/// What is kept of a key: all but its text. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyRow {
    pub kid: String,
    pub label: String,
    /// PHC string of argon2id.
    pub hash: String,
    /// The hash before the last rotation, and until when it still verifies.
    pub previous: Option<(String, i64)>,
    pub scopes: Vec<StoredScope>,
    /// UUIDs or `*`.
    pub tenants: Vec<String>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
}
record!(KeyRow = 1);

/// A scope on disk: the order of the variants is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StoredScope {
    Read,
    Scan,
    Generate,
    Create,
    Admin,
}

impl From<Scope> for StoredScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Scan => Self::Scan,
            Scope::Generate => Self::Generate,
            Scope::Create => Self::Create,
            Scope::Admin => Self::Admin,
        }
    }
}

impl From<StoredScope> for Scope {
    fn from(scope: StoredScope) -> Self {
        match scope {
            StoredScope::Read => Self::Read,
            StoredScope::Scan => Self::Scan,
            StoredScope::Generate => Self::Generate,
            StoredScope::Create => Self::Create,
            StoredScope::Admin => Self::Admin,
        }
    }
}

impl KeyRow {
    /// When it stopped, or will stop, to be taken.
    pub(crate) fn ended_at(&self) -> Option<i64> {
        [self.revoked_at, self.expires_at].into_iter().flatten().min()
    }

    pub(crate) fn view(&self) -> KeyView {
        KeyView {
            kid: self.kid.clone(),
            label: self.label.clone(),
            scopes: self.scopes.iter().copied().map(Scope::from).collect(),
            tenants: self.tenants.clone(),
            created_at: Time::from_millis(self.created_at),
            expires_at: self.expires_at.map(Time::from_millis),
            last_used_at: self.last_used_at.map(Time::from_millis),
            revoked_at: self.revoked_at.map(Time::from_millis),
        }
    }

    pub(crate) fn principal(&self) -> Principal {
        let tenants = if self.tenants.iter().any(|tenant| tenant == "*") {
            Tenants::All
        } else {
            Tenants::Some(self.tenants.iter().filter_map(|tenant| tenant.parse().ok()).collect())
        };
        Principal {
            kid: self.kid.clone(),
            label: self.label.clone(),
            scopes: self.scopes.iter().copied().map(Scope::from).collect(),
            tenants,
            expires_at: self.expires_at.map(Time::from_millis),
        }
    }
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub kid: String,
    pub label: String,
    pub scopes: Vec<Scope>,
    pub tenants: Tenants,
    pub expires_at: Option<Time>,
}

/// Which tenants a key may act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    All,
    Some(BTreeSet<Uuid>),
}

impl Principal {
    /// Whoever may open the admin socket: the file's mode decided.
    pub(crate) fn admin_socket() -> Self {
        Self {
            kid: "admin-socket".to_owned(),
            label: "admin socket".to_owned(),
            scopes: vec![Scope::Admin],
            tenants: Tenants::All,
            expires_at: None,
        }
    }

    /// Whether it has a scope; `admin` has all.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    pub(crate) fn may_tenant(&self, tenant: Uuid) -> bool {
        match &self.tenants {
            Tenants::All => true,
            Tenants::Some(some) => some.contains(&tenant),
        }
    }
}

/// Decodes every key: how many there are.
pub fn check_records(read: &Read) -> Result<u64, StoreError> {
    read.check(&KEYS)
}

/// Every key without its hash; the answer is how many records could not be read.
pub fn export<E: From<StoreError>>(read: &Read, mut key: impl FnMut(KeyView) -> Result<(), E>) -> Result<u64, E> {
    read.salvage(&KEYS, &Span::all(), |_, row| key(row.view()))
}
