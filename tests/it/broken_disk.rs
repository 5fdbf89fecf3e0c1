//! A disk that answers with errors for a while: below the store, and below the artifacts.

use std::time::Duration;

use atgd::{
    api::{JobStatus, Operation},
    jobs::{SCHEMA, Submission, SubmitError},
    store::StoreError,
};
use serde_json::json;

use crate::{
    disk::{Disk, made},
    harness::PATIENCE,
    sweep::open,
};

fn submission() -> Submission {
    let request = serde_json::from_value(json!({
        "tenant_id": "00000000-0000-4000-8000-000000000001", "output_format": "arm",
    }));
    let operation = Operation::GenerateIac(request.expect("a request"));
    Submission { operation, key_id: "k".into(), remote: String::new(), idempotency: None }
}

async fn ended(jobs: &atgd::jobs::Jobs, id: uuid::Uuid) -> JobStatus {
    let waiting = async {
        loop {
            let view = jobs.view(id).expect("reads").expect("there");
            if view.status.is_terminal() {
                return view.status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_output_error_of_the_store_refuses_work_and_is_over_when_the_disk_is_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let disk = Disk::new(made(&SCHEMA), u64::MAX);
    let (store, jobs) = open(&disk, directory.path()).await.expect("starts");
    let before = jobs.submit(submission()).await.expect("accepted").job_id;
    assert_eq!(ended(&jobs, before).await, JobStatus::Completed);
    let running = jobs.submit(submission()).await.expect("accepted").job_id;
    for round in 0..3 {
        disk.set_broken(true);
        for _ in 0..3 {
            let refused = jobs.submit(submission()).await;
            assert!(matches!(refused, Err(SubmitError::Store(StoreError::Io { .. }))), "{round}: {refused:?}");
            let read = jobs.view(before);
            assert!(matches!(read, Ok(Some(_)) | Err(StoreError::Io { .. })), "{read:?}");
        }
        disk.set_broken(false);
        let again = jobs.submit(submission()).await.expect("the disk is back").job_id;
        assert_eq!(ended(&jobs, again).await, JobStatus::Completed);
    }
    assert_eq!(ended(&jobs, running).await, JobStatus::Completed, "its end was kept until it could be stored");
    let counts = jobs.counts().expect("reads");
    assert_eq!((counts.pending, counts.running), (0, 0));
    assert!(jobs.check().expect("reads").findings.is_empty());
    drop((store, jobs));
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_that_cannot_be_written_fail_their_job_and_no_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let disk = Disk::new(made(&SCHEMA), u64::MAX);
    let (store, jobs) = open(&disk, directory.path()).await.expect("starts");
    let place = directory.path().join("jobs");
    std::fs::remove_dir_all(&place).expect("removed");
    std::fs::write(&place, "no directory").expect("written");
    let failed = jobs.submit(submission()).await.expect("accepted").job_id;
    assert_eq!(ended(&jobs, failed).await, JobStatus::Failed);
    let error = jobs.view(failed).expect("reads").expect("there").error.expect("a reason");
    assert_eq!((error.code.as_str(), error.retryable), ("artifacts", true));
    std::fs::remove_file(&place).expect("removed");
    std::fs::create_dir(&place).expect("made");
    let again = jobs.retry(failed, "k", "").await.expect("retried").job_id;
    assert_eq!(ended(&jobs, again).await, JobStatus::Completed);
    drop((store, jobs));
}
