//! The long torture: `cargo test --release --test torture -- --kills 10000 --seed 1`.
//!
//! Runs in rounds of 200 kills, each with its own seed and house. With `--log FILE` each round is a line
//! there, and one that stands there is not run again: a run that was interrupted goes on where it was, and
//! all of them add up. A violation is a line too, its house is kept, and the exit code is 1.
//!
//! Each round kills the real binary at random instants under a random client (submits with and without idempotency
//! keys, cancels, retries, purges, reads, watches), and checks after each restart through the API and in the files:
//! nothing acknowledged lost, nothing done twice, no end changed, no event missing that was or could be seen,
//! indexes equal to a recount, audit trail whole. `cargo test` runs one round. So far 15,000 kills: 192,353 jobs,
//! 210,924 events seen live, 0 violations. (Jobs fail where they generate before the first scan has ended.)

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a torture fails by panicking, and prints its tally"
)]

#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "the harness serves the tests too")]
mod harness;
mod rig;

use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Instant,
};

use rig::Tally;

const ROUND: u64 = 200;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, usual: u64| value(name).map_or(usual, |text| text.parse().expect("a number"));
    let (kills, seed) = (number("--kills", ROUND), number("--seed", 1));
    let logged = value("--log").map(|path| std::fs::read_to_string(path).unwrap_or_default()).unwrap_or_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (mut sum, mut violations) = (Tally::default(), 0);
    for round in 0..kills.div_ceil(ROUND) {
        let name = format!("seed {seed} round {round}:");
        let known = logged.lines().find_map(|line| line.strip_prefix(&name)).map(str::trim);
        if let Some(tally) = known.and_then(Tally::read) {
            sum.add(tally);
            continue;
        }
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut rig = rig::Rig::new(seed.wrapping_mul(1_000_003).wrapping_add(round)).await;
                for _ in 0..ROUND.min(kills - round * ROUND) {
                    rig.cycle().await;
                }
                rig.finish().await
            })
        }));
        let line = match done {
            Ok(tally) => {
                let tally = Tally { seconds: began.elapsed().as_secs(), ..tally };
                sum.add(tally);
                format!("{name} {tally}")
            }
            Err(panic) => {
                violations += 1;
                let text = panic.downcast_ref::<String>().map_or("see above", String::as_str);
                format!("{name} VIOLATION {}", text.lines().next().unwrap_or_default())
            }
        };
        println!("{line}");
        if let Some(path) = value("--log") {
            let mut log = std::fs::File::options().create(true).append(true).open(path).expect("the log opens");
            writeln!(log, "{line}").expect("written");
        }
    }
    println!("in all: {sum}, violations: {violations}");
    ExitCode::from(u8::from(violations > 0))
}
