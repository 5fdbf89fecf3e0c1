//! Another program, run within bounds: in a process group of its own, with nothing in its environment but what it is
//! given, ended with the job, after a time, or when it takes too much memory.
//!
//! What it says goes into files, so that it never waits for a reader. No secret is in its arguments.

use std::{
    fs::File,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio_util::sync::CancellationToken;

use crate::{iac::error::IacError, telemetry::Secret};

const POLL: Duration = Duration::from_millis(50);
/// How often it is looked how much memory the group takes.
const LOOK: Duration = Duration::from_secs(1);
/// Most that all processes of the group may take together.
const MEMORY: u64 = 4 << 30;
const PAGE: u64 = 4 << 10;

/// A program to run.
pub struct Run<'r> {
    pub program: &'r Path,
    pub directory: &'r Path,
    pub arguments: &'r [&'r str],
    pub environment: &'r [(String, Secret)],
    /// Where its two streams go.
    pub out: PathBuf,
    pub err: PathBuf,
    pub patience: Duration,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Well,
    Badly,
    /// It was ended, or it never ran: why.
    Stopped(String),
}

/// The whole group is ended when this is dropped.
struct Group(Child);

impl Group {
    fn end(&mut self) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

impl Run<'_> {
    /// Runs it to its end. Blocking.
    pub fn run(self, cancel: &CancellationToken) -> Result<Ended, IacError> {
        let (out, err) = (File::create(&self.out)?, File::create(&self.err)?);
        let started = Command::new(self.program)
            .args(self.arguments)
            .current_dir(self.directory)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value.expose())))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn();
        let mut group = match started {
            Ok(child) => Group(child),
            Err(error) => return Ok(Ended::Stopped(format!("not run: {}: {error}", self.program.display()))),
        };
        let (begun, mut looked) = (Instant::now(), Instant::now());
        loop {
            match group.0.try_wait()? {
                Some(status) if status.success() => return Ok(Ended::Well),
                Some(_) => return Ok(Ended::Badly),
                None if cancel.is_cancelled() => return Err(IacError::Cancelled),
                None if begun.elapsed() > self.patience => {
                    return Ok(Ended::Stopped(format!("not ended within {} s", self.patience.as_secs())));
                }
                None => std::thread::sleep(POLL),
            }
            if looked.elapsed() > LOOK {
                looked = Instant::now();
                if memory_of(group.0.id()) > MEMORY {
                    return Ok(Ended::Stopped(format!("it took more than {} GiB of memory", MEMORY >> 30)));
                }
            }
        }
    }
}

/// Bytes that a process group holds in memory.
fn memory_of(group: u32) -> u64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pages = processes.filter_map(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        // The name may hold anything; the numbers stand behind its parenthesis: state, parent, group, …
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        (fields.get(2)?.parse() == Ok(group)).then(|| fields.get(21)?.parse::<u64>().ok()).flatten()
    });
    pages.sum::<u64>() * PAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, patience: Duration, cancel: &CancellationToken) -> (Result<Ended, IacError>, String) {
        let scratch = tempfile::tempdir().expect("a directory");
        let environment = vec![("GIVEN".to_owned(), Secret::new("s3cret"))];
        let out = scratch.path().join("out");
        let ended = Run {
            program: Path::new("/bin/sh"),
            directory: scratch.path(),
            arguments: &["-c", script],
            environment: &environment,
            out: out.clone(),
            err: scratch.path().join("err"),
            patience,
        }
        .run(cancel);
        (ended, std::fs::read_to_string(out).expect("text"))
    }

    #[test]
    fn a_program_sees_what_it_is_given_and_nothing_else() {
        let cancel = CancellationToken::new();
        let (ended, said) = run("echo $GIVEN $HOME$CARGO_MANIFEST_DIR; exit 0", Duration::from_mins(1), &cancel);
        assert_eq!((ended.expect("run"), said.trim()), (Ended::Well, "s3cret"));
        assert_eq!(run("exit 3", Duration::from_mins(1), &cancel).0.expect("run"), Ended::Badly);
    }

    #[test]
    fn a_program_ends_with_its_job_and_after_its_time_with_all_its_children() {
        let cancel = CancellationToken::new();
        let begun = Instant::now();
        let (ended, _) = run("sleep 600 & sleep 600", Duration::from_millis(200), &cancel);
        assert!(matches!(ended, Ok(Ended::Stopped(why)) if why.contains("not ended")));
        cancel.cancel();
        let (ended, _) = run("sleep 600", Duration::from_mins(1), &cancel);
        assert!(matches!(ended, Err(IacError::Cancelled)) && begun.elapsed() < Duration::from_secs(30));
    }
}
