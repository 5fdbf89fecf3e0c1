//! The clients of all tenants: each made when it is first asked for, again when its settings changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    client::Client,
    error::AzureError,
    governor::Governor,
    settings::{Settings, TenantSettings},
};

/// Whose buckets: tenant, principal, and the share as bits.
type Principal = (Uuid, String, u64);

/// The clients of all tenants: made when first used, again when the settings changed. Clones share them.
#[derive(Clone)]
pub struct Azure {
    settings: watch::Receiver<Settings>,
    clients: Arc<Mutex<HashMap<Uuid, (TenantSettings, Client)>>>,
    /// By tenant, principal and share: a client that is made anew goes on with the same buckets.
    governors: Arc<Mutex<HashMap<Principal, Arc<Governor>>>>,
}

impl Azure {
    pub fn new(settings: watch::Receiver<Settings>) -> Self {
        Self { settings, clients: Arc::default(), governors: Arc::default() }
    }

    /// Whether a tenant is configured.
    pub fn knows(&self, tenant: Uuid) -> bool {
        self.settings.borrow().tenants.iter().any(|known| known.tenant_id == tenant)
    }

    /// The client of a tenant.
    pub fn tenant(&self, tenant: Uuid) -> Result<Client, AzureError> {
        let (wanted, share) = {
            let settings = self.settings.borrow();
            let found = settings.tenants.iter().find(|known| known.tenant_id == tenant).cloned();
            (found.ok_or(AzureError::UnknownTenant(tenant))?, settings.share)
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_of, client)) = clients.get(&tenant)
            && *made_of == wanted
        {
            return Ok(client.clone());
        }
        let principal = (tenant, wanted.credential.principal(), share.to_bits());
        let mut governors = self.governors.lock().unwrap_or_else(PoisonError::into_inner);
        let governor = governors.entry(principal).or_insert_with(|| Arc::new(Governor::new(share))).clone();
        drop(governors);
        let client = Client::new(&wanted, governor)?;
        clients.insert(tenant, (wanted, client.clone()));
        Ok(client)
    }
}
