//! A random client, a killer, and what must hold after every restart.
//!
//! ```text
//! start ─▶ verify through the API ─▶ clients at random ─▶ kill -9 at random ─▶ verify the files ─┐
//!   ▲                                                                                            │
//!   └────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//! The ledger holds what was acknowledged. An answer that never came may have had its effect or not;
//! an answer that came must have.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use atgd::{admin, graph::Graphs, simulator};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::harness::{Daemon, House};

const CLIENTS: u64 = 4;
/// Longest life of a daemon, milliseconds.
const LONGEST_LIFE: u64 = 400;
/// Jobs that are verified in full after each restart, newest first; all of them at the end.
const VERIFIED: usize = 12;
/// Jobs that may be open before clients stop to submit: the daemon shall end some between its deaths.
const OPEN: usize = 10;

/// What happened in a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub kills: u64,
    pub jobs: u64,
    pub completed: u64,
    pub cancelled: u64,
    pub failed: u64,
    pub purged: u64,
    pub snapshots: u64,
    /// Events that viewers saw live.
    pub watched: u64,
    pub seconds: u64,
}

impl Tally {
    #[allow(dead_code, reason = "the short torture has one round")]
    pub fn add(&mut self, more: Self) {
        for ((_, sum), (_, more)) in self.fields().into_iter().zip({ more }.fields()) {
            *sum += *more;
        }
    }

    /// What `Display` wrote.
    #[allow(dead_code, reason = "the short torture has no log")]
    pub fn read(text: &str) -> Option<Self> {
        let mut tally = Self::default();
        for (name, field) in tally.fields() {
            *field = text.split(", ").find_map(|part| part.strip_prefix(name)?.trim().parse().ok())?;
        }
        Some(tally)
    }

    fn fields(&mut self) -> [(&'static str, &mut u64); 9] {
        [
            ("kills", &mut self.kills),
            ("jobs", &mut self.jobs),
            ("completed", &mut self.completed),
            ("cancelled", &mut self.cancelled),
            ("failed", &mut self.failed),
            ("purged", &mut self.purged),
            ("snapshots", &mut self.snapshots),
            ("watched", &mut self.watched),
            ("seconds", &mut self.seconds),
        ]
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut this = *self;
        let parts: Vec<String> = this.fields().into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        out.write_str(&parts.join(", "))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purge {
    No,
    /// Asked; whether it happened is not known.
    Asked,
    Done,
}

#[derive(Debug, Clone)]
struct Known {
    is_scan: bool,
    terminal: Option<String>,
    is_cancel_acknowledged: bool,
    purge: Purge,
    /// Number of the last event that a viewer saw.
    seen: u64,
}

#[derive(Default)]
struct Ledger {
    watched: u64,
    jobs: BTreeMap<String, Known>,
    /// Idempotency key to route, body and job.
    keys: BTreeMap<String, (&'static str, Value, Option<String>)>,
}

impl Ledger {
    fn accept(&mut self, id: &str, is_scan: bool) {
        let known = Known { is_scan, terminal: None, is_cancel_acknowledged: false, purge: Purge::No, seen: 0 };
        self.jobs.entry(id.to_owned()).or_insert(known);
    }

    fn terminal(&self, id: &str) -> Option<String> {
        self.jobs.get(id).and_then(|known| known.terminal.clone())
    }

    /// Terminal states never change. `before` is what was known when the answer was asked for: another
    /// client may have seen the end since then, which an earlier answer that arrives late need not show.
    fn saw(&mut self, id: &str, before: Option<&str>, status: &str) {
        let Some(known) = self.jobs.get_mut(id) else { return };
        if let Some(before) = before {
            assert_eq!(before, status, "job {id} was resurrected");
        }
        if matches!(status, "completed" | "failed" | "cancelled") {
            assert!(
                !(known.is_cancel_acknowledged && status == "failed"),
                "job {id} failed after its cancel was acknowledged"
            );
            if let Some(other) = &known.terminal {
                assert_eq!(other, status, "job {id} ended in two ways");
            }
            known.terminal = Some(status.to_owned());
        }
    }
}

type Shared = Arc<Mutex<Ledger>>;

fn with<T>(ledger: &Shared, look: impl FnOnce(&mut Ledger) -> T) -> T {
    look(&mut ledger.lock())
}

/// One client of one life of the daemon; a call that breaks off ends it.
struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
    tenant: String,
    ledger: Shared,
    rng: StdRng,
}

/// The daemon is gone.
struct Gone;

impl Client {
    async fn call(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
        idempotency: Option<&str>,
    ) -> Result<(u16, Value), Gone> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.map_err(|_| Gone)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(|_| Gone)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    async fn live(mut self) {
        while self.step().await.is_ok() {}
    }

    async fn step(&mut self) -> Result<(), Gone> {
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..8))).await;
        let open = with(&self.ledger, |ledger| ledger.jobs.values().filter(|known| known.terminal.is_none()).count());
        let least = if open < OPEN { 0 } else { 50 };
        match self.rng.random_range(least..100) {
            0..30 => self.submit(None).await,
            30..50 => {
                let key = format!("k-{:016x}", self.rng.random::<u64>());
                self.submit(Some(key)).await
            }
            50..55 => self.repeat().await,
            55..65 => self.cancel().await,
            65..70 => self.retry().await,
            70..74 => self.purge().await,
            74..78 => self.watch().await,
            78..82 => self.call(reqwest::Method::GET, "/api/v1/jobs?limit=20", None, None).await.map(drop),
            _ => self.look().await,
        }
    }

    fn any_job(&mut self, wanted: impl Fn(&Known) -> bool) -> Option<String> {
        let ids: Vec<String> = with(&self.ledger, |ledger| {
            let found = ledger.jobs.iter().rev().filter(|(_, known)| known.purge == Purge::No && wanted(known));
            found.take(20).map(|(id, _)| id.clone()).collect()
        });
        (!ids.is_empty()).then(|| ids[self.rng.random_range(0..ids.len())].clone())
    }

    async fn submit(&mut self, idempotency: Option<String>) -> Result<(), Gone> {
        let (route, body) = match self.rng.random_range(0..4) {
            0 => ("/api/v1/generate-iac", json!({"tenant_id": self.tenant, "output_format": "arm"})),
            _ => ("/api/v1/scan", json!({"tenant_id": self.tenant, "priority": self.rng.random_range(-3..=3)})),
        };
        if let Some(key) = &idempotency {
            with(&self.ledger, |ledger| ledger.keys.insert(key.clone(), (route, body.clone(), None)));
        }
        let (status, answer) = self.call(reqwest::Method::POST, route, Some(&body), idempotency.as_deref()).await?;
        assert_eq!(status, 202, "{answer}");
        let id = answer["job_id"].as_str().expect("an id").to_owned();
        with(&self.ledger, |ledger| {
            ledger.accept(&id, route == "/api/v1/scan");
            if let Some(entry) = idempotency.and_then(|key| ledger.keys.get_mut(&key)) {
                entry.2 = Some(id);
            }
        });
        Ok(())
    }

    /// The same key again is the same job, also where the first answer never came.
    async fn repeat(&mut self) -> Result<(), Gone> {
        let entries: Vec<(String, &'static str, Value, Option<String>)> = with(&self.ledger, |ledger| {
            let all =
                ledger.keys.iter().map(|(key, (route, body, id))| (key.clone(), *route, body.clone(), id.clone()));
            all.collect()
        });
        if entries.is_empty() {
            return Ok(());
        }
        let (key, route, body, known) = entries[self.rng.random_range(0..entries.len())].clone();
        let (status, answer) = self.call(reqwest::Method::POST, route, Some(&body), Some(&key)).await?;
        assert_eq!(status, 202, "{answer}");
        let id = answer["job_id"].as_str().expect("an id").to_owned();
        with(&self.ledger, |ledger| {
            let was_purged =
                known.as_ref().and_then(|id| ledger.jobs.get(id)).is_some_and(|job| job.purge != Purge::No);
            if let (Some(known), false) = (&known, was_purged) {
                assert_eq!(*known, id, "key {key} made two jobs");
            }
            ledger.accept(&id, route == "/api/v1/scan");
            if let Some(entry) = ledger.keys.get_mut(&key) {
                entry.2 = Some(id);
            }
        });
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Gone> {
        let is_any = self.rng.random_bool(0.2);
        let Some(id) = self.any_job(|known| is_any || known.terminal.is_none()) else { return Ok(()) };
        let before = with(&self.ledger, |ledger| ledger.terminal(&id));
        let (status, job) = self.call(reqwest::Method::GET, &format!("/api/v1/jobs/{id}"), None, None).await?;
        with(&self.ledger, |ledger| {
            let is_purged = ledger.jobs.get(&id).is_some_and(|known| known.purge != Purge::No);
            assert!(status == 200 || is_purged, "job {id} is lost: {status} {job}");
            if status == 200 {
                ledger.saw(&id, before.as_deref(), job["status"].as_str().unwrap_or_default());
            }
        });
        Ok(())
    }

    /// Follows a job for a moment, from the last event that any viewer saw: none is missing between.
    async fn watch(&mut self) -> Result<(), Gone> {
        let Some(id) = self.any_job(|_| true) else { return Ok(()) };
        let mut seen = with(&self.ledger, |ledger| ledger.jobs[&id].seen);
        let url = format!("{}/api/v1/jobs/{id}/events?after={seen}", self.base);
        let request = self.http.get(url).bearer_auth(&self.key).header("accept", "text/event-stream");
        let mut response = request.send().await.map_err(|_| Gone)?;
        if !response.status().is_success() {
            return Ok(());
        }
        let until = tokio::time::Instant::now() + Duration::from_millis(self.rng.random_range(20..200));
        let mut text = String::new();
        while let Ok(chunk) = tokio::time::timeout_at(until, response.chunk()).await {
            let Some(chunk) = chunk.map_err(|_| Gone)? else { break };
            text.push_str(&String::from_utf8_lossy(&chunk));
            while let Some((frame, rest)) = text.split_once("\n\n") {
                if let Some(data) = frame.lines().find_map(|line| line.strip_prefix("data:")) {
                    let event: Value = serde_json::from_str(data.trim()).expect("an event");
                    assert_eq!(event["seq"].as_u64(), Some(seen + 1), "a viewer of {id} missed an event: {event}");
                    seen += 1;
                }
                text = rest.to_owned();
            }
            with(&self.ledger, |ledger| {
                if let Some(known) = ledger.jobs.get_mut(&id) {
                    ledger.watched += seen.saturating_sub(known.seen);
                    known.seen = known.seen.max(seen);
                }
            });
        }
        Ok(())
    }

    async fn cancel(&mut self) -> Result<(), Gone> {
        let Some(id) = self.any_job(|known| known.terminal.is_none()) else { return Ok(()) };
        let (status, _) = self.call(reqwest::Method::DELETE, &format!("/api/v1/jobs/{id}"), None, None).await?;
        with(&self.ledger, |ledger| {
            if let (200, Some(known)) = (status, ledger.jobs.get_mut(&id)) {
                known.is_cancel_acknowledged = true;
            }
        });
        Ok(())
    }

    async fn retry(&mut self) -> Result<(), Gone> {
        let wanted = |known: &Known| matches!(known.terminal.as_deref(), Some("failed" | "cancelled"));
        let Some(id) = self.any_job(wanted) else { return Ok(()) };
        let (status, answer) =
            self.call(reqwest::Method::POST, &format!("/api/v1/jobs/{id}/retry"), None, None).await?;
        if status == 202 {
            let new = answer["job_id"].as_str().expect("an id");
            with(&self.ledger, |ledger| {
                let is_scan = ledger.jobs[&id].is_scan;
                ledger.accept(new, is_scan);
            });
        }
        Ok(())
    }

    async fn purge(&mut self) -> Result<(), Gone> {
        let Some(id) = self.any_job(|known| known.terminal.is_some()) else { return Ok(()) };
        let mark = |purge: Purge| {
            with(&self.ledger, |ledger| {
                if let Some(known) = ledger.jobs.get_mut(&id)
                    && known.purge != Purge::Done
                {
                    known.purge = purge;
                }
            });
        };
        mark(Purge::Asked);
        let path = format!("/api/v1/jobs/{id}?purge=true");
        let (status, answer) = self.call(reqwest::Method::DELETE, &path, None, None).await?;
        assert!(matches!(status, 204 | 404), "{status} {answer}");
        mark(Purge::Done);
        Ok(())
    }
}

/// The house of a violation is what it is understood from.
impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the house is kept: {}", self.house.keep().display());
        }
    }
}

/// A daemon, a simulator, and all that was acknowledged.
pub struct Rig {
    /// Taken at the end.
    sim: Option<simulator::Running>,
    house: House,
    key: String,
    ledger: Shared,
    rng: StdRng,
    kills: u64,
}

impl Rig {
    pub async fn new(seed: u64) -> Self {
        let settings = simulator::Settings {
            sources: vec![simulator::Source::Generated { resources: 40, subscriptions: 1 }],
            latency: Duration::from_millis(2),
            ..simulator::Settings::default()
        };
        let sim = simulator::start(settings).await.expect("the simulator starts");
        let house = House::for_simulator(&sim).with("[retention]\nsnapshots = 100000\n[logging]\nlevel = \"warn\"\n");
        let key = house.key(&["admin"]);
        Self { sim: Some(sim), house, key, ledger: Shared::default(), rng: StdRng::seed_from_u64(seed), kills: 0 }
    }

    /// One life of the daemon, ended by `kill -9`.
    pub async fn cycle(&mut self) {
        let daemon = tokio::task::block_in_place(|| self.house.start(&self.key));
        self.verify(&daemon, VERIFIED).await;
        let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(self.client(&daemon).live())).collect();
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(5..LONGEST_LIFE))).await;
        daemon.kill();
        self.kills += 1;
        for client in clients {
            client.await.unwrap_or_else(|error| panic!("{error}\n{}", self.house.log()));
        }
        self.verify_files();
    }

    fn client(&mut self, daemon: &Daemon) -> Client {
        Client {
            http: reqwest::Client::new(),
            base: daemon.base.clone(),
            key: self.key.clone(),
            tenant: self.house.tenant.clone(),
            ledger: self.ledger.clone(),
            rng: StdRng::seed_from_u64(self.rng.random()),
        }
    }

    /// Every record decodes, the indexes equal a recount, the audit trail is whole.
    fn verify_files(&self) {
        let report = admin::check(&self.house.state()).expect("the state opens");
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }

    async fn verify(&self, daemon: &Daemon, most: usize) {
        let jobs: Vec<(String, Known)> = with(&self.ledger, |ledger| {
            ledger.jobs.iter().rev().take(most).map(|(id, known)| (id.clone(), known.clone())).collect()
        });
        for (id, known) in jobs {
            self.verify_job(daemon, &id, &known).await;
        }
    }

    async fn verify_job(&self, daemon: &Daemon, id: &str, known: &Known) {
        let (status, job) = daemon.call(reqwest::Method::GET, &format!("/api/v1/jobs/{id}"), None).await;
        match known.purge {
            Purge::Done => return assert_eq!(status, 404, "job {id} was purged, and is back"),
            Purge::Asked if status == 404 => return,
            _ => assert_eq!(status, 200, "job {id} is lost"),
        }
        let word = job["status"].as_str().unwrap_or_default().to_owned();
        with(&self.ledger, |ledger| ledger.saw(id, known.terminal.as_deref(), &word));
        let is_terminal = job["completed_at"] != Value::Null;
        if known.is_cancel_acknowledged && !is_terminal {
            assert_eq!(job["cancel_requested"], true, "the cancel of job {id} is forgotten: {job}");
        }
        let events = daemon.get(&format!("/api/v1/jobs/{id}/events?limit=1000")).await;
        let events = events.as_array().expect("a list");
        let numbers: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
        assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>(), "events of {id} have a gap");
        assert!(
            events.len() as u64 >= known.seen,
            "events of {id} that a viewer saw are gone: {} < {}",
            events.len(),
            known.seen
        );
        let ends = events.iter().filter(|event| event["type"] == "complete").count();
        // The job may have ended between the two answers.
        if is_terminal {
            assert_eq!(ends, 1, "job {id} ended {ends} times");
            assert_eq!(events.last().expect("one")["type"], "complete");
            assert_eq!(daemon.get(&format!("/api/v1/jobs/{id}/result")).await["status"], word.as_str());
        }
        if word == "completed" {
            let zip = daemon.bytes(&format!("/api/v1/jobs/{id}/artifacts")).await;
            zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("a whole zip");
        }
    }

    /// Lets everything end, and counts: what was acknowledged, what is there, what was published.
    pub async fn finish(mut self) -> Tally {
        let daemon = tokio::task::block_in_place(|| self.house.start(&self.key));
        let started = std::time::Instant::now();
        loop {
            let health = daemon.get("/health").await;
            if health["queue_depth"] == 0 && health["running"] == 0 {
                break;
            }
            assert!(started.elapsed() < Duration::from_mins(15), "jobs never ended: {health}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Also what was taken and never acknowledged.
        let mut cursor = String::new();
        loop {
            let page = daemon.get(&format!("/api/v1/jobs?limit=200{cursor}")).await;
            with(&self.ledger, |ledger| {
                for job in page["jobs"].as_array().into_iter().flatten() {
                    ledger.accept(job["job_id"].as_str().expect("an id"), job["job_type"] == "scan");
                }
            });
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        self.verify(&daemon, usize::MAX).await;
        drop(daemon);
        self.verify_files();
        let tenant = self.house.tenant.parse().expect("a UUID");
        let graph = Graphs::open(self.house.state().join("graph")).tenant(tenant).expect("the graph opens");
        let snapshots = graph.snapshots().expect("snapshots").len() as u64;
        let mut tally = Tally { kills: self.kills, snapshots, ..Tally::default() };
        let mut scans = 0;
        let mut unknown = 0;
        with(&self.ledger, |ledger| {
            tally.watched = ledger.watched;
            for known in ledger.jobs.values() {
                tally.jobs += 1;
                tally.purged += u64::from(known.purge != Purge::No);
                match known.terminal.as_deref() {
                    Some("completed") => {
                        tally.completed += 1;
                        scans += u64::from(known.is_scan);
                    }
                    Some("cancelled") => tally.cancelled += 1,
                    Some(_) => tally.failed += 1,
                    None => unknown += 1,
                }
            }
        });
        assert_eq!(unknown, 0, "jobs that neither ended nor were purged");
        assert_eq!(snapshots, scans, "completed scans and generations differ");
        if let Some(sim) = self.sim.take() {
            sim.stop().await;
        }
        tally
    }
}
