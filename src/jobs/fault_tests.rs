//! Jobs under what goes wrong: operations that do not end, clocks that jump, long queues, many viewers.

use super::{
    tests::{House, assert_sound, iac, quick, scan, submit, until},
    *,
};
use crate::api::shift;

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

    let blocked = submit(&jobs, iac("block", 1)).await;
    until(&jobs, blocked, JobStatus::Running).await;
    jobs.cancel(blocked, "k", "").await.expect("asked");
    until(&jobs, blocked, JobStatus::Cancelled).await;
    let next = submit(&jobs, iac("ok", 1)).await;
    assert_eq!(jobs.lingering().first().map(|(id, _)| *id), Some(blocked));
    assert_eq!(jobs.view(next).expect("reads").expect("there").status, JobStatus::Pending);
    until(&jobs, next, JobStatus::Completed).await;
    assert_eq!(jobs.lingering(), []);
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
    house.settings.lock().expect("whole").as_ref().expect("open").send_modify(|settings| settings.keep_snapshots = 7);
    seen(ChoreOutcome::Failed("no disk".into())).await;
    assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 2);
}
