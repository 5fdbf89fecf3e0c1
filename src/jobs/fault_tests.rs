//! Jobs under what goes wrong: operations that do not end or come late, clocks that jump, long queues,
//! older files.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    tests::{House, Scripted, assert_sound, iac, quick, scan, submit, until},
    *,
};
use crate::{
    api::{EventKind, JobStatus, JobType, JobView, Time, shift},
    store::{Order, Span, Store, StoreError, WriteError},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_reports_nothing_is_ended_and_named() {
    let house = House::new();
    let jobs = house.open(Settings { step_timeout: Duration::from_millis(300), ..quick() }).await;
    let silent = submit(&jobs, iac("hang", 1)).await;
    let error = until(&jobs, silent, JobStatus::Failed).await.error.expect("a reason");
    assert_eq!(error.code, "timed_out");
    assert!(error.message.contains("the first step reported nothing"), "{}", error.message);
    let lively = submit(&jobs, iac("stubborn", 1)).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(jobs.view(lively).expect("reads").expect("there").status, JobStatus::Running);
    jobs.cancel(lively, "k", "").await.expect("asked");
    until(&jobs, lively, JobStatus::Cancelled).await;
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_ignores_its_cancel_is_fenced_and_a_thread_that_does_not_end_keeps_its_slot() {
    let house = House::new();
    let jobs = house.open(Settings { max_concurrent: 1, ..quick() }).await;
    let stubborn = submit(&jobs, iac("stubborn", 1)).await;
    until(&jobs, stubborn, JobStatus::Running).await;
    let asked = std::time::Instant::now();
    jobs.cancel(stubborn, "k", "").await.expect("asked");
    until(&jobs, stubborn, JobStatus::Cancelled).await;
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert_eq!(jobs.lingering(), [], "it ended at its next await");

    // One blocks the task itself, the other a thread that the task waits for.
    for word in ["block", "thread"] {
        let blocked = submit(&jobs, iac(word, 1)).await;
        until(&jobs, blocked, JobStatus::Running).await;
        let asked = std::time::Instant::now();
        jobs.cancel(blocked, "k", "").await.expect("asked");
        until(&jobs, blocked, JobStatus::Cancelled).await;
        assert!(asked.elapsed() < Duration::from_secs(2), "{word}: {:?}", asked.elapsed());
        let next = submit(&jobs, iac("ok", 1)).await;
        assert_eq!(jobs.lingering().first().map(|(id, _)| *id), Some(blocked), "{word}");
        assert_eq!(jobs.view(next).expect("reads").expect("there").status, JobStatus::Pending, "{word}");
        until(&jobs, next, JobStatus::Completed).await;
        assert_eq!(jobs.lingering(), [], "{word}");
    }
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_what_can_go_on_later_at_its_next_page_and_waits_for_the_rest() {
    let house = House::new();
    let jobs = house.open(Settings { grace: Duration::from_mins(10), ..quick() }).await;
    let pages = submit(&jobs, iac("pages", 1)).await;
    let gate = submit(&jobs, scan(2, 0)).await;
    for id in [pages, gate] {
        until(&jobs, id, JobStatus::Running).await;
    }
    let asked = std::time::Instant::now();
    let draining = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.drain(CancellationToken::new()).await }
    });
    let stopped = until(&jobs, pages, JobStatus::Pending).await;
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(stopped.attempt, 1, "a stop is no attempt");
    assert_eq!(jobs.view(gate).expect("reads").expect("there").status, JobStatus::Running);
    house.script.gate.add_permits(1);
    draining.await.expect("ends");
    assert_eq!(jobs.view(gate).expect("reads").expect("there").status, JobStatus::Completed);
    assert_sound(&jobs);
    drop(jobs);
    let jobs = house.open(quick()).await;
    until(&jobs, pages, JobStatus::Running).await;
    jobs.cancel(pages, "k", "").await.expect("asked");
    until(&jobs, pages, JobStatus::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_counts_the_time_that_a_job_ran_over_stops_and_crashes_and_no_other() {
    let house = House::new();
    let settings = || Settings { other_timeout_seconds: 2, ..quick() };
    let ran = |jobs: &Jobs, id: Uuid| {
        let row = jobs.shared.store.read(|read| read.get(&record::JOBS, &id.as_u128())).expect("reads").expect("there");
        row.ran_ms
    };
    let past = async |jobs: &Jobs, id: Uuid, wanted: u64| {
        while ran(jobs, id) < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let jobs = house.open(settings()).await;
    let id = submit(&jobs, iac("pages", 1)).await;
    past(&jobs, id, 500).await;
    jobs.drain(CancellationToken::new()).await;
    let stopped = ran(&jobs, id);
    drop(jobs);
    // Far more than the deadline passes while no daemon is there.
    let jobs = house.open(Settings { other_timeout_seconds: 2, max_concurrent: 0, ..quick() }).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(ran(&jobs, id), stopped);
    house.settings.lock().as_ref().expect("open").send_modify(|settings| settings.max_concurrent = 3);
    let ended = until(&jobs, id, JobStatus::Failed).await;
    let error = ended.error.expect("a reason");
    assert_eq!((error.code.as_str(), error.message.as_str()), ("timed_out", "the job was not done within 2 seconds"));
    let whole = ran(&jobs, id);
    assert!((2_000..4_000).contains(&whole), "{whole} ms");
    let began = ended.started_at.expect("it ran").millis();
    let last = ended.completed_at.expect("it ended").millis() - began;
    assert!(last < 2_000 - stopped as i64 + 1_500, "the last attempt had what was left: {last} ms after {stopped}");
    assert_sound(&jobs);
}

/// On one thread, so that the clock that is set is the one that is read.
#[tokio::test]
async fn a_clock_that_jumps_a_day_either_way_delays_and_loses_nothing() {
    const DAY: i64 = 86_400_000;
    let house = House::new();
    let jobs = house.open(quick()).await;
    let mut made = vec![submit(&jobs, iac("ok", 1)).await];
    until(&jobs, made[0], JobStatus::Completed).await;
    // Waits two seconds for its repetition, by a clock that is then set back.
    let repeated = submit(&jobs, iac("transient", 1)).await;
    while jobs.view(repeated).expect("reads").expect("there").attempt < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for jump in [-DAY, DAY, 0] {
        shift::set(jump);
        let id = submit(&jobs, iac("ok", 1)).await;
        until(&jobs, id, JobStatus::Completed).await;
        made.push(id);
    }
    shift::set(-DAY);
    let begun = std::time::Instant::now();
    until(&jobs, repeated, JobStatus::Completed).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "not a day");
    made.insert(1, repeated);
    let list = jobs.list(&JobQuery { limit: 200, ..JobQuery::default() }).expect("reads");
    let ids: Vec<Uuid> = list.jobs.iter().rev().map(|job| job.job_id).collect();
    assert_eq!(ids, made, "the order is that of submission");
    for job in &list.jobs {
        assert!(matches!(jobs.artifacts(job.job_id), Ok(ArtifactsState::Ready(_))));
        assert!(jobs.result(job.job_id).expect("reads").expect("there").duration_seconds >= 0.0);
    }
    shift::set(0);
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_queued_jobs_wait_in_order_and_block_nobody() {
    let house = House::new();
    let jobs = house.open(Settings { max_queued: 20_000, ..quick() }).await;
    let first = submit(&jobs, scan(1, 0)).await;
    until(&jobs, first, JobStatus::Running).await;
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let jobs = jobs.clone();
        sent.spawn(async move { submit(&jobs, scan(1, 0)).await });
    }
    assert_eq!(sent.join_all().await.len(), 10_000);
    let asked = std::time::Instant::now();
    let other = submit(&jobs, iac("ok", 2)).await;
    until(&jobs, other, JobStatus::Completed).await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let query = JobQuery { status: Some(JobStatus::Pending), limit: 200, cursor, ..JobQuery::default() };
        let page = jobs.list(&query).expect("reads");
        assert_eq!((page.total, page.total_at_least), (Some(10_000), None));
        seen.extend(page.jobs.iter().map(|job| job.job_id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 10_000);
    assert!(seen.is_sorted_by(|one, next| one > next), "newest first, none twice");
    jobs.begin_drain();
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_through_every_index_and_bound() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let mut made = Vec::new();
    for number in 0..24 {
        let operation = if number % 3 == 0 { iac("fail", 7) } else { iac("ok", 1 + number % 2) };
        made.push(submit(&jobs, operation).await);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for (number, id) in made.iter().enumerate() {
        let end = if number % 3 == 0 { JobStatus::Failed } else { JobStatus::Completed };
        until(&jobs, *id, end).await;
    }
    let views: Vec<JobView> = made.iter().map(|id| jobs.view(*id).expect("reads").expect("there")).collect();
    let (early, late) = (views[4].created_at, views[19].created_at);
    let all = JobQuery { limit: 5, ..JobQuery::default() };
    let queries = [
        all.clone(),
        JobQuery { status: Some(JobStatus::Failed), ..all.clone() },
        JobQuery { tenant_id: Some(Uuid::from_u128(1)), status: Some(JobStatus::Completed), ..all.clone() },
        JobQuery { key_id: Some("k".into()), job_type: Some(JobType::GenerateIac), ..all.clone() },
        JobQuery { key_id: Some("nobody".into()), ..all.clone() },
        JobQuery { created_after: Some(early), created_before: Some(late), ..all.clone() },
        JobQuery { job_type: Some(JobType::Scan), ..all.clone() },
    ];
    for query in queries {
        let expected: Vec<Uuid> = views
            .iter()
            .rev()
            .filter(|job| {
                query.status.is_none_or(|status| job.status == status)
                    && query.tenant_id.is_none_or(|tenant| job.tenant_id == tenant)
                    && query.key_id.as_ref().is_none_or(|key| job.key_id == *key)
                    && query.job_type.is_none_or(|job_type| job.job_type == job_type)
                    && query.created_after.is_none_or(|after| job.created_at > after)
                    && query.created_before.is_none_or(|before| job.created_at < before)
            })
            .map(|job| job.job_id)
            .collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = jobs.list(&JobQuery { cursor, ..query.clone() }).expect("reads");
            assert_eq!(page.total, Some(expected.len() as u64), "{query:?}");
            assert!(page.jobs.len() <= 5);
            seen.extend(page.jobs.iter().map(|job| job.job_id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "{query:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chores_of_other_rooms_run_and_are_seen_and_a_nudge_runs_them_again() {
    let house = House::new();
    let runs = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counter = runs.clone();
    let chore = Chore::hourly("other", move |settings, _| {
        let counter = counter.clone();
        async move {
            counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            if settings.keep_snapshots == 30 { Ok(4) } else { Err("no disk".to_owned()) }
        }
    });
    let jobs = house.open_with(quick(), vec![chore]).await;
    let outcome = || jobs.chores().into_iter().find(|chore| chore.name == "other").map(|chore| chore.outcome);
    let seen = async |wanted: ChoreOutcome| {
        for _ in 0..1_000 {
            if outcome() == Some(wanted.clone()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?} instead of {wanted:?}", outcome());
    };
    seen(ChoreOutcome::Removed(4)).await;
    house.settings.lock().as_ref().expect("open").send_modify(|settings| settings.keep_snapshots = 7);
    seen(ChoreOutcome::Failed("no disk".into())).await;
    assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 2);
}

/// On one thread, so that the clock that is set is the one that is read.
#[tokio::test]
async fn a_failure_that_stays_is_repeated_three_times_and_each_is_seen() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, iac("throttled", 1)).await;
    let mut waits = Vec::new();
    for attempt in 2..=4 {
        let repeated = async {
            while jobs.view(id).expect("reads").expect("there").attempt < attempt {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), repeated).await.expect("in time");
        let row = jobs.shared.store.read(|read| read.get(&record::JOBS, &id.as_u128())).expect("reads").expect("there");
        if let state::State::Pending { not_before: Some(at), .. } = row.state {
            waits.push((at - Time::now().millis() + 500) / 1_000);
            shift::set(i64::from(attempt) * 60_000);
        }
    }
    let view = until(&jobs, id, JobStatus::Failed).await;
    shift::set(0);
    assert_eq!(waits, [2, 4, 8], "exponential");
    let error = view.error.expect("a reason");
    assert_eq!((view.attempt, error.code.as_str(), error.retryable), (4, "network", true));
    let events = jobs.events(id, 0, 100).expect("reads");
    let warned: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Log { message, .. } => Some(message.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(warned.len(), 4, "{warned:?}");
    assert!(warned[3].starts_with("attempt 4 failed: no route (network)"), "{warned:?}");
    assert_eq!(house.script.calls.load(Ordering::SeqCst), 4);
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_comes_late_changes_nothing() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let id = submit(&jobs, iac("late", 1)).await;
    until(&jobs, id, JobStatus::Running).await;
    jobs.cancel(id, "k", "").await.expect("asked");
    let ended = until(&jobs, id, JobStatus::Cancelled).await;
    let events = jobs.events(id, 0, 100).expect("reads");
    house.script.gate.add_permits(1);
    let wrote = async {
        while house.script.late.lock().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wrote).await.expect("in time");
    assert_eq!(*house.script.late.lock(), [false, false, false]);
    assert_eq!(jobs.view(id), Ok(Some(ended)));
    assert_eq!(jobs.events(id, 0, 100), Ok(events));
    assert!(!artifacts::job_directory(&jobs.shared.directory, id).join("start-1/late").exists());
    // An attempt of an earlier start, as a daemon that was taken for dead would write.
    let fence = state::Fence { epoch: jobs.shared.epoch - 1, start: 1 };
    let key = id.as_u128();
    let late = jobs.shared.store.write(move |write| persist::note(write, key, fence, "x".into(), "x".into())).await;
    assert_eq!(late, Err(WriteError::Refused(state::Denied::Fenced)));
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_the_first_format_are_read_and_run_after_a_copy_was_made() {
    const FIRST: crate::store::Schema = crate::store::Schema { name: "atgd-state", format: 1, migrations: &[] };
    let house = House::new();
    let path = house.dir.path().join("state.redb");
    let runner = || Arc::new(Scripted(house.script.clone()));
    let (_settings, settings) = watch::channel(quick());
    let store = Store::open(&path, &FIRST).expect("opens");
    let jobs = Jobs::start(store.clone(), runner(), settings, house.dir.path(), Vec::new()).await.expect("starts");
    let done = submit(&jobs, iac("ok", 1)).await;
    until(&jobs, done, JobStatus::Completed).await;
    let failed = submit(&jobs, iac("fail", 1)).await;
    until(&jobs, failed, JobStatus::Failed).await;
    let running = submit(&jobs, scan(1, 0)).await;
    until(&jobs, running, JobStatus::Running).await;
    let waiting = submit(&jobs, scan(1, 0)).await;
    let before: Vec<_> = [done, failed].map(|id| jobs.view(id).expect("reads").expect("there")).into();
    jobs.drain(CancellationToken::new()).await;
    let rewritten: Result<(), WriteError<()>> = store
        .write(|write| {
            let mut rows = Vec::new();
            write.scan(&record::JOBS, &Span::all(), Order::Rising, |id, row| {
                rows.push((id, older::tests::as_it_was(&row)));
                Ok::<_, StoreError>(true)
            })?;
            for (id, row) in &rows {
                write.put(&older::tests::JOBS1, id, row)?;
            }
            let mut lanes = Vec::new();
            write.scan(&record::LANES, &Span::all(), Order::Rising, |key, _| {
                lanes.push(key);
                Ok::<_, StoreError>(true)
            })?;
            for key in &lanes {
                write.remove(&record::LANES, key)?;
            }
            Ok(Ok(()))
        })
        .await;
    rewritten.expect("written");
    drop((jobs, store));

    let jobs = house.open(quick()).await;
    assert!(house.dir.path().join("state.redb.format-1").is_file(), "a copy of the older file");
    let after: Vec<_> = [done, failed].map(|id| jobs.view(id).expect("reads").expect("there")).into();
    assert_eq!(after, before);
    house.script.gate.add_permits(2);
    for id in [running, waiting] {
        until(&jobs, id, JobStatus::Completed).await;
    }
    assert_sound(&jobs);
    jobs.drain(CancellationToken::new()).await;
    drop(jobs);
    assert!(matches!(Store::open(&path, &FIRST), Err(StoreError::Newer { found: 4, known: 1, .. })));
}
