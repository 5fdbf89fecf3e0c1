//! Single-use tickets for a job's WebSocket, for browsers, which can't set a header. In memory, bounded.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use super::caller::Caller;

pub(super) const TICKET_LIFE: Duration = Duration::from_secs(30);
/// Tickets that wait to be used; the oldest goes.
const TICKETS: usize = 10_000;

#[derive(Default)]
pub(super) struct Tickets {
    issued: Mutex<HashMap<String, (Caller, Uuid, Instant)>>,
}

impl Tickets {
    pub(super) fn issue(&self, caller: Caller, job: Uuid) -> String {
        let ticket = Uuid::new_v4().simple().to_string() + &Uuid::new_v4().simple().to_string();
        let mut issued = self.issued.lock();
        issued.retain(|_, (_, _, at)| at.elapsed() < TICKET_LIFE);
        if issued.len() >= TICKETS
            && let Some(oldest) = issued.iter().min_by_key(|(_, (_, _, at))| *at).map(|(ticket, _)| ticket.clone())
        {
            issued.remove(&oldest);
        }
        issued.insert(ticket.clone(), (caller, job, Instant::now()));
        ticket
    }

    pub(super) fn redeem(&self, ticket: &str, job: &str) -> Option<Caller> {
        let mut issued = self.issued.lock();
        let (caller, of, at) = issued.remove(ticket)?;
        (at.elapsed() < TICKET_LIFE && job.parse() == Ok(of)).then_some(caller)
    }
}
