//! What jobs are bounded by: shares of keys, how far a list looks, how many are kept.

use std::time::Duration;

use uuid::Uuid;

use super::{
    tests::{House, assert_sound, iac, quick, run_chores, scan, submit, submit_as, until},
    *,
};
use crate::{
    api::{CreateTenantRequest, JobStatus, JobType, Operation, Time},
    store::WriteError,
};

#[tokio::test(flavor = "multi_thread")]
async fn one_key_can_not_fill_all_slots_where_another_may_submit() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    jobs.share_slots(|| true);
    let mut first = Vec::new();
    for tenant in 1..=5 {
        first.push(submit_as(&jobs, "a", iac("hang", tenant)).await);
    }
    for id in &first[..2] {
        until(&jobs, *id, JobStatus::Running).await;
    }
    let other = submit_as(&jobs, "b", iac("hang", 9)).await;
    until(&jobs, other, JobStatus::Running).await;
    assert_eq!(jobs.counts().expect("reads").running, 3);
    jobs.cancel(other, "b", "").await.expect("asked");
    until(&jobs, other, JobStatus::Cancelled).await;
    // A slot is free, and stays so for others: a job that comes later runs before what waits of the first.
    let again = submit_as(&jobs, "b", iac("ok", 9)).await;
    until(&jobs, again, JobStatus::Completed).await;
    assert_eq!(jobs.view(first[2]).expect("reads").expect("there").status, JobStatus::Pending);
    assert_sound(&jobs);
    drop(jobs);

    let house = House::new();
    let jobs = house.open(quick()).await;
    let mut alone = Vec::new();
    for tenant in 1..=3 {
        alone.push(submit(&jobs, iac("hang", tenant)).await);
    }
    for id in alone {
        until(&jobs, id, JobStatus::Running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_nothing_stands_before_is_claimed_by_its_own_submit() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let offered = async || {
        for _ in 0..2_000 {
            if jobs.shared.slots.is_offered() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no slot was offered");
    };
    // The scheduler takes its offer back for a moment when it looks at the queue: another try then.
    let claimed_at_once = async |tenant| {
        for _ in 0..10 {
            offered().await;
            let id = submit(&jobs, scan(tenant, 0)).await;
            let view = jobs.view(id).expect("reads").expect("there");
            if (view.status, view.started_at) == (JobStatus::Running, Some(view.created_at)) {
                return id;
            }
            jobs.cancel(id, "k", "").await.expect("cancelled");
            until(&jobs, id, JobStatus::Cancelled).await;
        }
        panic!("no submit claimed its job");
    };
    let mut running = Vec::new();
    for tenant in 1..=3 {
        running.push(claimed_at_once(tenant).await);
    }
    // Every slot is taken; and where one is free, a tenant's second writer and a key with its share wait.
    let fourth = submit(&jobs, scan(4, 0)).await;
    assert_eq!(jobs.view(fourth).expect("reads").expect("there").status, JobStatus::Pending);
    jobs.cancel(fourth, "k", "").await.expect("cancelled");
    jobs.cancel(running[2], "k", "").await.expect("asked");
    until(&jobs, running[2], JobStatus::Cancelled).await;
    offered().await;
    let second = submit(&jobs, scan(1, 0)).await;
    assert_eq!(jobs.view(second).expect("reads").expect("there").status, JobStatus::Pending);
    jobs.cancel(second, "k", "").await.expect("cancelled");
    jobs.share_slots(|| true);
    offered().await;
    let beyond = submit(&jobs, scan(5, 0)).await;
    assert_eq!(jobs.view(beyond).expect("reads").expect("there").status, JobStatus::Pending);
    let other = submit_as(&jobs, "b", scan(6, 0)).await;
    until(&jobs, other, JobStatus::Running).await;
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_nobody_counted_to_its_end_is_told_as_a_lower_bound() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let rare = submit_as(&jobs, "k", scan(1, 0)).await;
    house.script.gate.add_permits(1);
    until(&jobs, rare, JobStatus::Completed).await;
    let first = submit_as(&jobs, "rare", iac("hang", 2)).await;
    jobs.cancel(first, "rare", "").await.expect("cancelled");
    until(&jobs, first, JobStatus::Cancelled).await;
    for _ in 0..3 {
        let ids: Vec<_> = (0..7_000).map(|_| jobs.shared.ids.next(Time::now().millis())).collect();
        let filled: Result<(), WriteError<()>> = jobs
            .shared
            .store
            .write(move |write| {
                for at in ids {
                    let submission = Submission {
                        operation: iac("ok", 2),
                        key_id: "k".into(),
                        remote: String::new(),
                        idempotency: None,
                    };
                    let row = submit::new_row(&submission, at).expect("a row");
                    let entry = |action| submit::entry(at.1, "k", "", action, row.uuid());
                    persist::submit(write, row.clone(), None, entry("job.submit"))?;
                    let cancelled = persist::cancel(write, at.0, entry("job.cancel"), at.1)?;
                    assert!(cancelled.is_ok());
                }
                Ok(Ok(()))
            })
            .await;
        filled.expect("written");
    }
    let all = JobQuery { limit: 3, ..JobQuery::default() };
    let told = |query: JobQuery| {
        let page = jobs.list(&query).expect("reads");
        (page.jobs.len(), page.total, page.total_at_least)
    };
    assert_eq!(told(all.clone()), (3, None, Some(10_000)));
    let of_key = JobQuery { key_id: Some("k".into()), ..all.clone() };
    assert_eq!(told(of_key.clone()), (3, None, Some(10_000)));
    assert_eq!(told(JobQuery { tenant_id: Some(Uuid::from_u128(1)), ..all.clone() }), (1, Some(1), None));
    assert_eq!(told(JobQuery { job_type: Some(JobType::Scan), ..all }), (1, Some(1), None));
    assert_eq!(told(JobQuery { job_type: Some(JobType::Scan), ..of_key.clone() }), (1, Some(1), None));
    // Of two filters with many jobs each the only match is further back than one request looks: nobody
    // claims thousands, and the cursor leads to it.
    let elsewhere = JobQuery { tenant_id: Some(Uuid::from_u128(2)), status: Some(JobStatus::Cancelled), ..of_key };
    let other = JobQuery { key_id: Some("rare".into()), ..elsewhere };
    assert_eq!(told(other.clone()), (0, None, Some(0)));
    let next = jobs.list(&other).expect("reads").next_cursor;
    let page = jobs.list(&JobQuery { cursor: next, ..other }).expect("reads");
    assert_eq!((page.jobs.first().map(|job| job.job_id), page.next_cursor), (Some(first), None));
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_each_status_the_newest_are_kept() {
    let house = House::new();
    let jobs = house.open(Settings { keep_per_status: 2, ..quick() }).await;
    let mut made = Vec::new();
    for word in ["ok", "fail", "ok", "ok", "ok"] {
        let id = submit(&jobs, iac(word, 1)).await;
        until(&jobs, id, if word == "ok" { JobStatus::Completed } else { JobStatus::Failed }).await;
        made.push(id);
    }
    run_chores(&jobs, Time::now().millis()).await;
    let left: Vec<bool> = made.iter().map(|id| jobs.view(*id).expect("reads").is_some()).collect();
    assert_eq!(left, [false, true, false, true, true]);
    assert!(!artifacts::job_directory(&jobs.shared.directory, made[0]).exists());
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_with_many_events_is_purged_at_once_and_its_events_go_bit_by_bit() {
    const MANY: u64 = 3 * persist::EVENTS_AT_ONCE;
    let house = House::new();
    let jobs = house.open(quick()).await;
    let left = |jobs: &Jobs| jobs.shared.store.read(|read| read.len(&record::EVENTS)).expect("reads");
    let mut made = Vec::new();
    for _ in 0..2 {
        let id = submit(&jobs, scan(1, 0)).await;
        until(&jobs, id, JobStatus::Running).await;
        let (key, epoch) = (id.as_u128(), jobs.shared.epoch);
        let lines = (0..MANY).map(|number| crate::api::EventKind::Log {
            level: crate::api::LogLevel::Info,
            message: format!("line {number}"),
        });
        let told = (lines.collect(), 1);
        let fence = state::Fence { epoch, start: 1 };
        let appended = jobs.shared.store.write(move |write| persist::append(write, key, fence, told, 1)).await;
        appended.expect("appended");
        house.script.gate.add_permits(1);
        until(&jobs, id, JobStatus::Completed).await;
        made.push(id);
    }
    assert!(left(&jobs) > 2 * MANY);
    jobs.purge(made[0], "k", "").await.expect("purged");
    assert_eq!(jobs.view(made[0]), Ok(None));
    let gone = async {
        while left(&jobs) > MANY + 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("in time");
    assert_sound(&jobs);
    // Of a daemon that died in between, the janitor of the next one removes the rest.
    let key = made[1].as_u128();
    let purged = jobs.shared.store.write(move |write| persist::purge(write, key)).await;
    purged.expect("purged");
    assert!(left(&jobs) > MANY);
    assert_sound(&jobs);
    run_chores(&jobs, Time::now().millis()).await;
    assert_eq!(left(&jobs), 0);
    assert_sound(&jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_is_stored_once_and_goes_with_its_job() {
    let house = House::new();
    let jobs = house.open(quick()).await;
    let text = "# Tenant: a long one\n".repeat(10_000);
    let request = CreateTenantRequest {
        spec_content: text.clone(),
        tenant_id: Some(Uuid::from_u128(1)),
        ..CreateTenantRequest::default()
    };
    let operation = Operation::CreateTenant(request);
    let id = submit(&jobs, operation.clone()).await;
    until(&jobs, id, JobStatus::Running).await;
    let stored = |read: &crate::store::Read| {
        let row = read.get(&record::JOBS, &id.as_u128())?.expect("the job");
        Ok::<_, crate::store::StoreError>((row.operation.len(), texts::whole(read, &row)?))
    };
    let (length, whole) = jobs.shared.store.read(stored).expect("reads");
    assert!(length < 500, "what is written at each flush: {length} bytes");
    assert_eq!(whole, operation);
    jobs.cancel(id, "a", "").await.expect("asked");
    until(&jobs, id, JobStatus::Cancelled).await;
    let retried = jobs.retry(id, "a", "").await.expect("retried").job_id;
    let row = jobs.shared.store.read(|read| read.get(&record::TEXTS, &retried.as_u128())).expect("reads");
    assert_eq!(row, Some(record::Text(text)));
    jobs.purge(id, "a", "").await.expect("removed");
    assert_eq!(jobs.shared.store.read(|read| read.len(&record::TEXTS)).expect("reads"), 1);
    assert_sound(&jobs);
}
