//! Crash sweep: the disk stops being durable at sync N, for every N of a job's life. What was
//! acknowledged before is there after a reopen, and nothing is half written.

use std::sync::Arc;

use atgd::{
    api::{GenerateIacRequest, JobStatus, Operation, ScanRequest},
    arm::key,
    audit,
    graph::{
        Cursor, Facts, Page, TenantGraph,
        model::{Found, Fullness, Label},
    },
    jobs::{Failure, Idempotency, Jobs, Runner, SCHEMA, Settings, Submission, check_records},
    store::{Bytes, Migration, Schema, Store, StoreError, Table, Write},
    work::Work,
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::disk::{Disk, made};

pub struct Short;

impl Runner for Short {
    fn run(&self, operation: Operation, work: Work) -> BoxFuture<'static, Result<Value, Failure>> {
        Box::pin(async move {
            work.progress.report("half", "way", 0.5, serde_json::Map::new());
            if let Operation::Scan(_) = operation {
                work.cancel.cancelled().await;
            }
            let noted = work.journal.record("step", "done").await;
            noted.map_err(|error| Failure {
                code: "x".into(),
                message: error.to_string(),
                transient: true,
                partial: None,
            })?;
            Ok(json!({"ok": true}))
        })
    }

    fn preview(&self, _: Operation) -> BoxFuture<'static, Result<Value, Failure>> {
        Box::pin(async { Ok(Value::Null) })
    }

    fn abandon(&self, _: Operation, _: Uuid) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn admit(&self, _: &Operation) -> Result<(), Failure> {
        Ok(())
    }
}

pub async fn open(disk: &Disk, directory: &std::path::Path) -> Option<(Store, Jobs)> {
    let disk = disk.clone();
    let store = Store::with_backend(move || disk.clone(), &SCHEMA).ok()?;
    let (sender, settings) = watch::channel(Settings { max_concurrent: 1, ..Settings::default() });
    let jobs = Jobs::start(store.clone(), Arc::new(Short), settings, directory, Vec::new()).await.ok()?;
    drop(sender);
    Some((store, jobs))
}

fn submission(operation: Operation, idempotency: Option<&str>) -> Submission {
    let idempotency =
        idempotency.map(|key| Idempotency { key: key.to_owned(), route: "/generate-iac", body_hash: [0; 32] });
    Submission { operation, key_id: "k".to_owned(), remote: String::new(), idempotency }
}

/// What was acknowledged while the disk was sound.
#[derive(Default)]
struct Told {
    jobs: Vec<Uuid>,
    ended: Vec<(Uuid, JobStatus)>,
    cancelled: Vec<Uuid>,
    purged: Vec<Uuid>,
    keyed: Option<Uuid>,
}

/// Submit, run, finish, cancel a running and a waiting one, purge; stops when the disk has failed.
async fn life(jobs: &Jobs, disk: &Disk) -> Told {
    let generate: GenerateIacRequest =
        serde_json::from_value(json!({"tenant_id": Uuid::from_u128(1), "output_format": "arm"})).expect("a request");
    let scan: ScanRequest = serde_json::from_value(json!({"tenant_id": Uuid::from_u128(1)})).expect("a request");
    let (generate, scan) = (Operation::GenerateIac(generate), Operation::Scan(scan));
    let mut told = Told::default();
    let Ok(first) = jobs.submit(submission(generate.clone(), Some("one"))).await else { return told };
    if disk.is_sound() {
        told.jobs.push(first.job_id);
        told.keyed = Some(first.job_id);
    }
    let mut follow = jobs.follow(first.job_id, 0);
    while let Ok(Some(_)) = follow.next().await {}
    if let (Ok(Some(view)), true) = (jobs.view(first.job_id), disk.is_sound()) {
        told.ended.push((first.job_id, view.status));
    }
    let Ok(running) = jobs.submit(submission(scan, None)).await else { return told };
    let Ok(waiting) = jobs.submit(submission(generate, None)).await else { return told };
    if disk.is_sound() {
        told.jobs.extend([running.job_id, waiting.job_id]);
    }
    for id in [waiting.job_id, running.job_id] {
        if jobs.cancel(id, "k", "").await.is_ok() && disk.is_sound() {
            told.cancelled.push(id);
        }
    }
    let mut follow = jobs.follow(running.job_id, 0);
    while let Ok(Some(_)) = follow.next().await {}
    if jobs.purge(first.job_id, "k", "").await.is_ok() && disk.is_sound() {
        told.purged.push(first.job_id);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_sync_the_disk_dies_at_what_was_acknowledged_is_there() {
    let mut until = 1;
    loop {
        let directory = tempfile::tempdir().expect("a directory");
        let disk = Disk::new(made(&SCHEMA), until);
        let told = match open(&disk, directory.path()).await {
            Some((store, jobs)) => {
                let told = life(&jobs, &disk).await;
                let hurry = CancellationToken::new();
                hurry.cancel();
                jobs.drain(hurry).await;
                drop((jobs, store));
                told
            }
            None => Told::default(),
        };
        let is_whole = disk.is_sound();
        let again = Disk::new(disk.after_power_loss(), u64::MAX);
        let (store, jobs) = open(&again, directory.path()).await.unwrap_or_else(|| panic!("sync {until}: no reopen"));
        let purged = |id: &Uuid| told.purged.contains(id);
        for id in told.jobs.iter().filter(|id| !purged(id)) {
            // A purge that was not acknowledged may have happened all the same.
            let is_there = jobs.view(*id).expect("reads").is_some();
            assert!(is_there || Some(*id) == told.keyed, "sync {until}: job {id} is lost");
        }
        for (id, status) in told.ended.iter().filter(|(id, _)| !purged(id)) {
            if let Some(view) = jobs.view(*id).expect("reads") {
                assert_eq!(view.status, *status, "sync {until}: job {id} changed after its end");
            }
        }
        for id in &told.cancelled {
            let view = jobs.view(*id).expect("reads").expect("there");
            assert!(
                view.cancel_requested || view.status.is_terminal(),
                "sync {until}: a cancel is forgotten: {view:?}"
            );
        }
        for id in &told.purged {
            assert!(jobs.view(*id).expect("reads").is_none(), "sync {until}: job {id} is back");
        }
        store
            .read(|read| {
                let checked = check_records(read).expect("decodes");
                assert!(checked.findings.is_empty(), "sync {until}: {:?}", checked.findings);
                audit::verify(read).unwrap_or_else(|error| panic!("sync {until}: {error}"));
                Ok::<_, atgd::store::StoreError>(())
            })
            .expect("reads");
        let hurry = CancellationToken::new();
        hurry.cancel();
        jobs.drain(hurry).await;
        if is_whole {
            break;
        }
        until += 1;
    }
    assert!(until > 10, "only {until} syncs were swept");
    crate::harness::say(&format!("crash sweep of jobs: {until} syncs"));
}

const GRAPH: Schema = Schema { name: "atgd-graph", format: 1, migrations: &[] };

fn page(number: u32) -> Page {
    let found = (0..5).map(|at| {
        let id = format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d{number}-{at}");
        Found {
            label: Label::Resource,
            type_name: "Microsoft.Compute/disks".to_owned(),
            api_version: "2024-03-02".to_owned(),
            fullness: Fullness::Listed,
            body: json!({"id": id, "location": "eastus"}),
            id,
        }
    });
    Page { stream: "disks".to_owned(), found: found.collect(), cursor: Cursor::Next(format!("page {}", number + 1)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_is_published_whole_or_not_at_all_whatever_sync_the_disk_dies_at() {
    let (tenant, scan) = (Uuid::from_u128(1), Uuid::from_u128(7));
    let mut until = 1;
    loop {
        let disk = Disk::new(made(&GRAPH), until);
        let mut pages = 0;
        let mut is_told = false;
        let used = disk.clone();
        if let Ok(store) = Store::with_backend(move || used.clone(), &GRAPH) {
            let graph = TenantGraph::on(store, tenant);
            let generation = graph.begin(scan, 1).await.expect("begins");
            for number in 0..4 {
                generation.put(page(number)).await.expect("written");
                pages += u32::from(disk.is_sound());
            }
            let facts = Facts { at_ms: 5, partial: false, coverage: json!([]), cancel: CancellationToken::new() };
            let draft = generation.prepare(facts).await.expect("prepared");
            generation.publish(draft).await.expect("published");
            is_told = disk.is_sound();
        }
        let again = Disk::new(disk.after_power_loss(), u64::MAX);
        let graph = TenantGraph::on(Store::with_backend(move || again.clone(), &GRAPH).expect("reopens"), tenant);
        if let Some(snapshot) = graph.latest().expect("reads") {
            assert_eq!(snapshot.info().resources, 20, "sync {until}: half a snapshot");
            let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d3-4";
            assert!(snapshot.node(&key(id)).expect("reads").is_some());
        } else {
            assert!(!is_told, "sync {until}: a published snapshot is lost");
            let generation = graph.begin(scan, 2).await.expect("begins again");
            let known = generation.count();
            assert!(known >= u64::from(pages) * 5 && known % 5 == 0, "sync {until}: {known} rows of {pages} pages");
        }
        if disk.is_sound() {
            break;
        }
        until += 1;
    }
    crate::harness::say(&format!("crash sweep of a generation: {until} syncs"));
}

const NOTES: Table<u64, Bytes> = Table::new("notes.v1");
const OLD: Schema = Schema { name: "sweep", format: 1, migrations: &[] };
const NEW: Schema = Schema {
    name: "sweep",
    format: 3,
    migrations: &[Migration { to: 2, run: add::<1> }, Migration { to: 3, run: add::<2> }],
};

/// Each migration doubles the rows, so that one done twice or by half is seen.
fn add<const STEP: u64>(write: &mut Write<'_>) -> Result<(), StoreError> {
    let rows = write.len(&NOTES)?;
    (rows..rows * 2).try_for_each(|number| write.put(&NOTES, &number, &Bytes(vec![STEP as u8; 500])))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_is_done_once_or_not_at_all_whatever_sync_the_disk_dies_at() {
    let old = Disk::new(made(&OLD), u64::MAX);
    let used = old.clone();
    let store = Store::with_backend(move || used.clone(), &OLD).expect("opens");
    for number in 0..40 {
        let put = store.write(move |write| write.put(&NOTES, &number, &Bytes(vec![0; 500])).map(Ok::<_, ()>)).await;
        put.expect("written");
    }
    drop(store);
    let mut until = 1;
    loop {
        let disk = Disk::new(old.after_power_loss(), until);
        let used = disk.clone();
        drop(Store::with_backend(move || used.clone(), &NEW));
        let again = Disk::new(disk.after_power_loss(), u64::MAX);
        let store = Store::with_backend(move || again.clone(), &NEW).expect("goes on where it was");
        let rows = store.read(|read| read.len(&NOTES)).expect("reads");
        assert_eq!(rows, 160, "sync {until}");
        if disk.is_sound() {
            break;
        }
        until += 1;
    }
    assert!(until > 3, "only {until} syncs were swept");
    crate::harness::say(&format!("crash sweep of a migration: {until} syncs"));
}
