//! A disk that is really full: a small file system of its own. Needs the right to mount one.

use std::{path::Path, process::Command};

use atgd::simulator;
use reqwest::Method;
use serde_json::json;

use crate::harness::{House, say};

/// A mounted file system; gone when dropped.
struct Mount<'a>(&'a Path);

impl Mount<'_> {
    fn new<'a>(at: &'a Path, size: &str) -> Option<Mount<'a>> {
        std::fs::create_dir_all(at).expect("a directory");
        let size = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Mount(at));
        }
        say("skipped: a small file system can't be mounted here");
        None
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_new_jobs_takes_cancels_and_loses_nothing() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    sim.hold();
    let house = House::for_simulator(&sim);
    let state = house.state();
    let Some(mount) = Mount::new(&state, "24m") else { return };
    let key = house.key(&["admin"]);
    let daemon = house.start(&key);
    let body = json!({"tenant_id": house.tenant});
    let mut accepted = vec![daemon.submit("/api/v1/scan", &body).await];
    daemon.until(&accepted[0], "running", |job| job["status"] == "running").await;
    accepted.push(daemon.submit("/api/v1/scan", &body).await);
    // Somebody else fills the disk.
    let ballast = state.join("ballast");
    let filled = Command::new("dd").args(["if=/dev/zero", "bs=64k"]).arg(format!("of={}", ballast.display())).output();
    assert!(!filled.expect("dd runs").status.success(), "the disk took everything");
    let mut refused = 0;
    for _ in 0..20_000 {
        let (status, answer) = daemon.call(Method::POST, "/api/v1/scan", Some(&body)).await;
        match status {
            202 => accepted.push(answer["job_id"].as_str().expect("an id").to_owned()),
            507 => refused += 1,
            _ => panic!("{status} {answer}\n{}", house.log()),
        }
        if refused == 5 {
            break;
        }
    }
    assert_eq!(refused, 5, "the disk never was full: {} jobs", accepted.len());
    let mut cancelled = 0;
    for id in accepted.iter().rev().take(50) {
        let (status, answer) = daemon.call(Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await;
        // A running scan may have failed on the full disk by itself; what it must not do is refuse the wish.
        let has_failed = status == 409 && answer["error"]["message"] == "the job has already failed";
        assert!(status == 200 || has_failed, "{status} {answer}\n{}", house.log());
        cancelled += u32::from(status == 200);
    }
    assert!(cancelled > 0, "no cancel got through");
    let last = &accepted[accepted.len() - 1];
    // It may have been running: then the cancel is a wish first.
    daemon.finished(last).await;
    let (status, answer) = daemon.call(Method::DELETE, &format!("/api/v1/jobs/{last}?purge=true"), None).await;
    assert_eq!(status, 204, "{answer}");
    accepted.pop();
    // Room again: jobs are taken again, without a restart.
    std::fs::remove_file(&ballast).expect("removed");
    let begun = std::time::Instant::now();
    loop {
        let (status, answer) = daemon.call(Method::POST, "/api/v1/scan", Some(&body)).await;
        if status == 202 {
            break;
        }
        assert!(status == 507 && begun.elapsed() < crate::harness::PATIENCE, "{status} {answer}\n{}", house.log());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    daemon.kill();
    let daemon = house.start(&key);
    for id in &accepted {
        let (status, _) = daemon.call(Method::GET, &format!("/api/v1/jobs/{id}"), None).await;
        assert_eq!(status, 200, "job {id} is lost");
    }
    drop(daemon);
    let check = house.command(&["store", "check"]).output().expect("runs");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    drop(mount);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_that_find_no_room_fail_their_job_with_words_and_leave_nothing() {
    let sim = simulator::start(simulator::Settings::default()).await.expect("the simulator starts");
    let house = House::for_simulator(&sim);
    let key = house.key(&["admin"]);
    let place = house.state().join("jobs");
    let Some(mount) = Mount::new(&place, "64k") else { return };
    let daemon = house.start(&key);
    let body = json!({"tenant_id": house.tenant});
    let failed = daemon.submit("/api/v1/scan", &body).await;
    let job = daemon.finished(&failed).await;
    assert_eq!((job["status"].as_str(), job["error"]["code"].as_str()), (Some("failed"), Some("artifacts")), "{job}");
    assert!(job["error"]["message"].as_str().is_some_and(|words| words.contains("No space left")), "{job}");
    let begun = std::time::Instant::now();
    while std::fs::read_dir(&place).expect("readable").next().is_some() {
        assert!(begun.elapsed() < crate::harness::PATIENCE, "partial output is left");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // The store has room: what needs no artifacts goes on, and so does this job once there is room again.
    assert_eq!(daemon.get("/api/v1/jobs").await["total"], 1);
    drop(mount);
    let (status, again) = daemon.call(Method::POST, &format!("/api/v1/jobs/{failed}/retry"), None).await;
    assert_eq!(status, 202, "{again}");
    let job = daemon.finished(again["job_id"].as_str().expect("an id")).await;
    assert_eq!(job["status"], "completed", "{job}");
    drop(daemon);
    sim.stop().await;
}
