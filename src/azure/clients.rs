//! The clients of all tenants: each made when it is first asked for, again when its settings changed.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    client::Client,
    environment::{Environment, environment},
    error::AzureError,
    governor::Governor,
    settings::{Settings, TenantSettings},
};

/// Whose buckets.
type Principal = (Uuid, String);

/// The clients of all tenants: made when first used, again when the settings changed. Clones share them.
#[derive(Clone)]
pub struct Azure {
    settings: watch::Receiver<Settings>,
    clients: Arc<Mutex<HashMap<Uuid, (TenantSettings, Client)>>>,
    /// By tenant and principal: a client that is made anew goes on with the same buckets.
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

    /// The configured tenants.
    pub fn tenants(&self) -> Vec<Uuid> {
        self.settings.borrow().tenants.iter().map(|known| known.tenant_id).collect()
    }

    /// The subscriptions that the configuration keeps to, for a tenant; empty: all.
    pub fn subscriptions_of(&self, tenant: Uuid) -> Vec<Uuid> {
        let settings = self.settings.borrow();
        settings
            .tenants
            .iter()
            .find(|known| known.tenant_id == tenant)
            .map(|known| known.subscriptions.clone())
            .unwrap_or_default()
    }

    /// The tenant's credential, as the environment of another program that asks Azure by itself.
    pub fn environment(&self, tenant: Uuid) -> Result<Environment, AzureError> {
        let known = self.settings.borrow().tenants.iter().find(|known| known.tenant_id == tenant).cloned();
        environment(&known.ok_or(AzureError::UnknownTenant(tenant))?)
    }

    /// The client of a tenant.
    pub fn tenant(&self, tenant: Uuid) -> Result<Client, AzureError> {
        let wanted = self.settings.borrow().tenants.iter().find(|known| known.tenant_id == tenant).cloned();
        let wanted = wanted.ok_or(AzureError::UnknownTenant(tenant))?;
        let mut clients = self.clients.lock();
        if let Some((made_of, client)) = clients.get(&tenant)
            && *made_of == wanted
        {
            return Ok(client.clone());
        }
        let principal = (tenant, wanted.credential.principal());
        let new = || Arc::new(Governor::new(self.settings.clone()));
        let governor = self.governors.lock().entry(principal).or_insert_with(new).clone();
        let client = Client::new(&wanted, governor)?;
        clients.insert(tenant, (wanted, client.clone()));
        Ok(client)
    }
}
