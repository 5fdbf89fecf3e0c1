//! The long torture: `cargo test --release --test torture -- --kills 10000 --seed 1`.
//!
//! Runs in rounds of 200 kills, each with its own seed and house, and appends a line a round to the log
//! (`--log FILE`), so that runs can be interrupted, resumed (`--from ROUND`) and added up.

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

use std::io::Write;

const ROUND: u64 = 200;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, usual: u64| value(name).map_or(usual, |text| text.parse().expect("a number"));
    let (kills, seed, from) = (number("--kills", ROUND), number("--seed", 1), number("--from", 0));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for round in from..kills.div_ceil(ROUND) {
        let tally = runtime.block_on(async {
            let mut rig = rig::Rig::new(seed.wrapping_mul(1_000_003).wrapping_add(round)).await;
            for _ in 0..ROUND.min(kills - round * ROUND) {
                rig.cycle().await;
            }
            rig.finish().await
        });
        println!("round {round}: {tally:?}");
        if let Some(path) = value("--log") {
            let mut log = std::fs::File::options().create(true).append(true).open(path).expect("the log opens");
            writeln!(log, "seed {seed} round {round}: {tally:?}").expect("written");
        }
    }
}
