//! What jobs promise, with a scripted runner on a real store.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::{
    api::{EventKind, GenerateIacRequest, JobStatus, JobView, Operation, ScanRequest, Time},
    audit::Audit,
    store::{Store, StoreError},
    work::Work,
};

/// Does what the job's `names` or `regions` say, so that each test scripts its own.
pub(super) struct Script {
    pub(super) gate: Semaphore,
    abandoned: AtomicU32,
    pub(super) calls: AtomicU32,
    /// Whether the writes of an attempt that was over were taken: journal, artifacts, artifacts by file.
    pub(super) late: Mutex<Vec<bool>>,
}

impl Script {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            abandoned: AtomicU32::new(0),
            calls: AtomicU32::new(0),
            late: Mutex::default(),
        })
    }
}

pub(super) struct Scripted(pub(super) Arc<Script>);

fn failure(transient: bool) -> Failure {
    Failure { code: "network".into(), message: "no route".into(), transient, partial: None }
}

impl Runner for Scripted {
    fn run(&self, operation: Operation, work: Work) -> BoxFuture<'static, Result<Value, Failure>> {
        let script = self.0.clone();
        let word = match operation {
            Operation::GenerateIac(request) => request.names.first().cloned().unwrap_or_default(),
            Operation::Scan(_) | Operation::CreateTenant(_) | Operation::GenerateSpec(_) => "gate".to_owned(),
        };
        Box::pin(async move {
            let call = script.calls.fetch_add(1, Ordering::SeqCst);
            match word.as_str() {
                "panic" => panic!("as scripted"),
                "hang" => pending().await,
                "block" => {
                    std::thread::sleep(Duration::from_secs(3));
                    Ok(json!({}))
                }
                "stubborn" => loop {
                    // Sees no token, ends at no error.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    work.progress.report("going on", "", 0.1, serde_json::Map::new());
                },
                "transient" if call < 2 => Err(failure(true)),
                "thread" => {
                    let thread = move || {
                        std::thread::sleep(Duration::from_secs(3));
                        drop(work);
                    };
                    tokio::task::spawn_blocking(thread).await.expect("ends");
                    Ok(json!({}))
                }
                "throttled" => Err(failure(true)),
                "late" => {
                    tokio::spawn(async move {
                        script.gate.acquire().await.expect("open").forget();
                        work.progress.report("late", "", 0.9, serde_json::Map::new());
                        let journal = work.journal.record("late", "x").await.is_ok();
                        let taken = vec![
                            journal,
                            work.artifacts.write("late", b"x").is_ok(),
                            work.artifacts.create("late").is_ok(),
                        ];
                        *script.late.lock() = taken;
                    });
                    pending().await
                }
                // Reads on and on, and stops at a page when it is asked to.
                "pages" => loop {
                    work.journal.record("page", "1").await.map_err(|_| failure(false))?;
                    work.progress.report("reading", "", 0.2, serde_json::Map::new());
                    if work.pause.is_cancelled() {
                        return Err(Failure::stopped());
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                },
                "fail" => Err(failure(false)),
                "headway" => {
                    work.journal.record("page", "1").await.expect("recorded");
                    pending().await
                }
                "gate" => {
                    work.progress.report("reading", "one", 0.5, serde_json::Map::new());
                    script.gate.acquire().await.expect("open").forget();
                    work.artifacts.write("out.txt", b"out").expect("written");
                    Ok(json!({"done": true}))
                }
                _ => Ok(json!({"done": true})),
            }
        })
    }

    fn preview(&self, _: Operation) -> BoxFuture<'static, Result<Value, Failure>> {
        Box::pin(async { Ok(json!({})) })
    }

    fn abandon(&self, _: Operation, _: Uuid) -> BoxFuture<'static, ()> {
        self.0.abandoned.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {})
    }

    fn admit(&self, operation: &Operation) -> Result<(), Failure> {
        if operation.tenant_id().is_nil() { Err(failure(false)) } else { Ok(()) }
    }
}

pub(super) struct House {
    pub(super) dir: tempfile::TempDir,
    pub(super) script: Arc<Script>,
    /// What the jobs that were opened last follow.
    pub(super) settings: Mutex<Option<watch::Sender<Settings>>>,
}

impl House {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a directory"), script: Script::new(), settings: Mutex::default() }
    }

    pub(super) async fn open(&self, settings: Settings) -> Jobs {
        self.open_with(settings, Vec::new()).await
    }

    pub(super) async fn open_with(&self, settings: Settings, chores: Vec<Chore>) -> Jobs {
        // The thread of an attempt whose daemon is gone lets go of the file at its next await.
        let open = || Store::open(&self.dir.path().join("state.redb"), &SCHEMA);
        let mut store = open();
        while matches!(store, Err(StoreError::InUse { .. })) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            store = open();
        }
        let store = store.expect("opens");
        let (sender, settings) = watch::channel(settings);
        *self.settings.lock() = Some(sender);
        let runner = Arc::new(Scripted(self.script.clone()));
        Jobs::start(store, runner, settings, self.dir.path(), chores).await.expect("starts")
    }
}

pub(super) fn quick() -> Settings {
    Settings { grace: Duration::from_millis(50), ..Settings::default() }
}

pub(super) fn iac(word: &str, tenant: u128) -> Operation {
    let request: GenerateIacRequest = serde_json::from_value(json!({
        "tenant_id": Uuid::from_u128(tenant), "output_format": "arm", "names": [word],
    }))
    .expect("a request");
    Operation::GenerateIac(request)
}

pub(super) fn scan(tenant: u128, priority: i8) -> Operation {
    let request: ScanRequest =
        serde_json::from_value(json!({"tenant_id": Uuid::from_u128(tenant), "priority": priority})).expect("a request");
    Operation::Scan(request)
}

pub(super) async fn submit(jobs: &Jobs, operation: Operation) -> Uuid {
    submit_as(jobs, "k", operation).await
}

pub(super) async fn submit_as(jobs: &Jobs, key: &str, operation: Operation) -> Uuid {
    let submission = Submission { operation, key_id: key.into(), remote: String::new(), idempotency: None };
    jobs.submit(submission).await.expect("accepted").job_id
}

pub(super) async fn until(jobs: &Jobs, id: Uuid, status: JobStatus) -> JobView {
    let waiting = async {
        loop {
            let view = jobs.view(id).expect("reads").expect("there");
            if view.status == status {
                return view;
            }
            assert!(!view.status.is_terminal(), "{view:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("in time")
}

pub(super) fn assert_sound(jobs: &Jobs) {
    let checked = jobs.shared.store.read(check_records).expect("reads");
    assert_eq!(checked.findings, Vec::<String>::new());
    Audit::new(jobs.shared.store.clone()).verify().expect("the trail verifies");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_from_submit_to_its_zip_and_viewers_see_all_of_it_once() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, scan(1, 0)).await;
    let mut live = jobs.follow(id, 0);
    let first = live.next().await.expect("no error").expect("an event");
    assert_eq!(first.seq, 1);
    until(&jobs, id, JobStatus::Running).await;
    assert_eq!(jobs.artifacts(id), Ok(ArtifactsState::NotFinished(JobStatus::Running)));
    house.script.gate.add_permits(1);
    let mut numbers = vec![first.seq];
    let mut last = None;
    while let Some(event) = live.next().await.expect("no error") {
        numbers.push(event.seq);
        last = Some(event);
    }
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(matches!(last.expect("one").kind, EventKind::Complete { status: JobStatus::Completed, .. }));
    let result = jobs.result(id).expect("reads").expect("there");
    assert_eq!(result.result["done"], true);
    let ArtifactsState::Ready(zip) = jobs.artifacts(id).expect("reads") else { panic!("no zip") };
    let names: Vec<&str> = zip.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(names, ["out.txt", "result.json"]);
    let mut late = jobs.follow(id, numbers.len() as u64);
    assert_eq!(late.next().await, Ok(None));
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_pending_hanging_and_blocked_jobs_within_two_seconds() {
    let house = House::new();
    let jobs = house.open(Settings { max_concurrent: 2, ..quick() }).await;
    let hanging = submit(&jobs, iac("hang", 1)).await;
    let blocked = submit(&jobs, iac("block", 2)).await;
    until(&jobs, hanging, JobStatus::Running).await;
    until(&jobs, blocked, JobStatus::Running).await;
    let waiting = submit(&jobs, iac("ok", 3)).await;
    let asked = tokio::time::Instant::now();
    assert_eq!(jobs.cancel(waiting, "k", "").await.expect("cancelled").status, JobStatus::Cancelled);
    for id in [hanging, blocked] {
        jobs.cancel(id, "k", "").await.expect("asked");
        until(&jobs, id, JobStatus::Cancelled).await;
        jobs.cancel(id, "k", "").await.expect("again is the same");
    }
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(jobs.cancel(Uuid::nil(), "k", "").await, Err(CancelError::NotFound));
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failed_job_and_a_deadline_is_kept() {
    let house = House::new();
    let jobs = house.open(Settings { other_timeout_seconds: 0, ..quick() }).await;
    let late = submit(&jobs, iac("hang", 1)).await;
    let view = until(&jobs, late, JobStatus::Failed).await;
    assert_eq!(view.error.expect("a reason").code, "timed_out");
    drop(jobs);
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, iac("panic", 1)).await;
    let view = until(&jobs, id, JobStatus::Failed).await;
    assert_eq!(view.error.expect("a reason").code, "panicked");
    assert_eq!(jobs.artifacts(id), Ok(ArtifactsState::Nothing));
    let again = jobs.retry(id, "k", "").await.expect("retried");
    assert_ne!(again.job_id, id);
    jobs.purge(id, "k", "").await.expect("purged");
    assert_eq!(jobs.view(id), Ok(None));
    until(&jobs, again.job_id, JobStatus::Failed).await;
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_writer_a_tenant_and_higher_priority_first() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let first = submit(&jobs, scan(1, 0)).await;
    until(&jobs, first, JobStatus::Running).await;
    let low = submit(&jobs, scan(1, -5)).await;
    let high = submit(&jobs, scan(1, 5)).await;
    let other = submit(&jobs, scan(2, -10)).await;
    until(&jobs, other, JobStatus::Running).await;
    assert_eq!(jobs.view(high).expect("reads").expect("there").queue_position, Some(1));
    assert_eq!(jobs.view(low).expect("reads").expect("there").queue_position, Some(2));
    house.script.gate.add_permits(2);
    until(&jobs, high, JobStatus::Running).await;
    assert_eq!(jobs.view(low).expect("reads").expect("there").status, JobStatus::Pending);
    house.script.gate.add_permits(2);
    until(&jobs, low, JobStatus::Completed).await;
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_failure_is_repeated_and_seen() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, iac("transient", 1)).await;
    let view = until(&jobs, id, JobStatus::Completed).await;
    assert_eq!(view.attempt, 3);
    let events = jobs.events(id, 0, 100).expect("reads");
    let warned = events.iter().filter(|event| matches!(event.kind, EventKind::Log { .. })).count();
    assert_eq!(warned, 2, "{events:?}");
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_means_one_job_and_one_body() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let submission = |hash| Submission {
        operation: scan(1, 0),
        key_id: "k".into(),
        remote: String::new(),
        idempotency: Some(Idempotency { key: "a".into(), route: "/scan", body_hash: [hash; 32] }),
    };
    let first = jobs.submit(submission(1)).await.expect("accepted");
    let again = jobs.submit(submission(1)).await.expect("accepted");
    assert_eq!(first.job_id, again.job_id);
    assert_eq!(jobs.submit(submission(2)).await, Err(SubmitError::IdempotencyConflict));
    assert_eq!(jobs.list(&JobQuery { limit: 10, ..JobQuery::default() }).expect("reads").jobs.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_and_an_unknown_tenant_are_refused() {
    let house = House::new();
    let jobs = house.open(Settings { max_queued: 1, max_concurrent: 1, ..quick() }).await;
    let running = submit(&jobs, scan(1, 0)).await;
    until(&jobs, running, JobStatus::Running).await;
    submit(&jobs, scan(1, 0)).await;
    let submission = Submission { operation: scan(1, 0), key_id: "k".into(), remote: String::new(), idempotency: None };
    assert!(matches!(jobs.submit(submission.clone()).await, Err(SubmitError::QueueFull { .. })));
    let unknown = Submission { operation: scan(0, 0), ..submission };
    assert!(matches!(jobs.submit(unknown).await, Err(SubmitError::Refused(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_returns_what_runs_and_the_next_start_takes_it_up() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, scan(1, 0)).await;
    until(&jobs, id, JobStatus::Running).await;
    jobs.drain(CancellationToken::new()).await;
    let view = jobs.view(id).expect("reads").expect("there");
    assert_eq!((view.status, view.attempt), (JobStatus::Pending, 1));
    drop(jobs);
    house.script.gate.add_permits(1);
    let jobs = house.open(quick()).await;
    until(&jobs, id, JobStatus::Completed).await;
    assert_sound(&jobs);
}

#[test]
fn a_crash_counts_only_without_headway_and_a_cancel_survives_it() {
    let house = House::new();
    let fruitful_and_not = [("headway", 6, JobStatus::Pending), ("hang", 3, JobStatus::Failed)];
    for (tenant, (word, crashes, expected)) in fruitful_and_not.into_iter().enumerate() {
        let mut id = None;
        for _ in 0..crashes {
            crash_after(&house, async |jobs| {
                let id = match id {
                    Some(id) => id,
                    None => *id.insert(submit(jobs, iac(word, tenant as u128 + 1)).await),
                };
                until(jobs, id, JobStatus::Running).await;
                if word == "headway" {
                    let recorded = async {
                        while jobs
                            .shared
                            .store
                            .read(|read| read.get(&record::JOBS, &id.as_u128()))
                            .expect("reads")
                            .is_none_or(|row| !row.headway)
                        {
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    };
                    tokio::time::timeout(Duration::from_secs(10), recorded).await.expect("in time");
                }
            });
        }
        crash_after(&house, async |jobs| {
            let view = jobs.view(id.expect("submitted")).expect("reads").expect("there");
            let ended = view.status.is_terminal();
            assert_eq!(ended, expected.is_terminal(), "{word}: {view:?}");
            assert_sound(jobs);
            if !ended {
                jobs.cancel(view.job_id, "k", "").await.expect("cancelled");
                until(jobs, view.job_id, JobStatus::Cancelled).await;
            }
        });
    }
}

/// Opens, does something and dies: the runtime goes without a drain, as in a crash.
fn crash_after(house: &House, doing: impl AsyncFnOnce(&Jobs)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let jobs = runtime.block_on(async {
        let jobs = house.open(quick()).await;
        doing(&jobs).await;
        jobs
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    drop(jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_filter_count_and_page_newest_first() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let mut made = Vec::new();
    for tenant in [1, 2, 1, 1] {
        let id = submit(&jobs, iac("ok", tenant)).await;
        until(&jobs, id, JobStatus::Completed).await;
        made.push(id);
    }
    let query = JobQuery { tenant_id: Some(Uuid::from_u128(1)), limit: 2, ..JobQuery::default() };
    let page = jobs.list(&query).expect("reads");
    let ids: Vec<Uuid> = page.jobs.iter().map(|job| job.job_id).collect();
    assert_eq!((ids, page.total), (vec![made[3], made[2]], Some(3)));
    let rest = jobs.list(&JobQuery { cursor: page.next_cursor, ..query }).expect("reads");
    assert_eq!((rest.jobs[0].job_id, rest.next_cursor), (made[0], None));
    let wrong = JobQuery { cursor: Some("x".into()), limit: 1, ..JobQuery::default() };
    assert_eq!(jobs.list(&wrong), Err(ListError::BadCursor));
    assert_eq!(jobs.counts().expect("reads").pending, 0);
}

pub(super) async fn run_chores(jobs: &Jobs, now: i64) {
    for chore in janitor::chores(&jobs.shared.janitor, Vec::new()) {
        janitor::run(&jobs.shared.janitor, &chore, now).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_janitor_removes_what_is_old_and_only_that() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, iac("ok", 1)).await;
    until(&jobs, id, JobStatus::Completed).await;
    let now = Time::now().millis();
    run_chores(&jobs, now).await;
    assert!(matches!(jobs.artifacts(id), Ok(ArtifactsState::Ready(_))));
    run_chores(&jobs, now + 8 * 86_400_000).await;
    assert_eq!(jobs.artifacts(id), Ok(ArtifactsState::Expired));
    run_chores(&jobs, now + 31 * 86_400_000).await;
    assert_eq!(jobs.view(id), Ok(None));
    assert!(jobs.chores().iter().all(|chore| matches!(chore.outcome, ChoreOutcome::Removed(_))));
    assert_sound(&jobs);
}
