//! Work on all cores whose results are taken in order, with a bounded number of them in flight: neither
//! the number of cores nor their speed shows in what comes out.

use std::{
    collections::VecDeque,
    sync::{
        LazyLock,
        mpsc::{Receiver, SyncSender, channel, sync_channel},
    },
};

use parking_lot::Mutex;

/// Things that are made or wait to be taken for each core, at most.
const IN_FLIGHT: usize = 2;

/// Read once: the system reads files to tell it.
static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(2, std::num::NonZero::get));

/// Makes each of `count` things on all cores and takes them here in their order. Stops at the first
/// thing that `take` refuses.
pub fn in_order<T: Send, E>(
    count: usize,
    make: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = CORES.min(count);
    if cores < 2 {
        return (0..count).try_for_each(|at| take(make(at)));
    }
    // Whichever core is free makes the next thing: large ones may be every second one.
    let (jobs, waiting) = channel::<(usize, SyncSender<T>)>();
    let waiting = Mutex::new(waiting);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let job = waiting.lock().recv();
                    let Ok((at, answer)) = job else { return };
                    // Nobody waits any more where something before was refused.
                    let _ = answer.send(make(at));
                }
            });
        }
        // Owned here, so that it is gone, and the cores end, before they are waited for.
        let jobs = jobs;
        let ask = |at: usize| -> Receiver<T> {
            let (sender, receiver) = sync_channel(1);
            // There is somebody who takes it: `waiting` outlives this.
            let _ = jobs.send((at, sender));
            receiver
        };
        let mut asked = 0..count;
        let mut answers: VecDeque<Receiver<T>> = asked.by_ref().take(cores * IN_FLIGHT).map(ask).collect();
        while let Some(answer) = answers.pop_front() {
            // A core that panicked answers nothing; the panic goes on when the cores are waited for.
            let Ok(made) = answer.recv() else { break };
            answers.extend(asked.next().map(ask));
            take(made)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::in_order;

    #[test]
    fn everything_is_made_once_and_taken_in_order() {
        let mut taken = Vec::new();
        let ended: Result<(), ()> = in_order(
            1_000,
            |at| at * 2,
            |made| {
                taken.push(made);
                Ok(())
            },
        );
        assert_eq!((ended, taken), (Ok(()), (0..1_000).map(|at| at * 2).collect()));
    }

    #[test]
    fn large_things_that_are_every_second_one_are_made_on_all_cores() {
        let (threads, mut taken) = (parking_lot::Mutex::new(std::collections::HashSet::new()), 0);
        let make = |at: usize| {
            if at % 2 == 1 {
                threads.lock().insert(std::thread::current().id());
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        };
        let ended = in_order(40, make, |()| {
            taken += 1;
            Ok::<_, ()>(())
        });
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        assert_eq!((ended, taken), (Ok(()), 40));
        assert!(cores < 2 || threads.lock().len() > 1);
    }

    #[test]
    #[should_panic(expected = "scoped thread panicked")]
    fn a_panic_of_a_core_ends_the_work() {
        let _ = in_order(100, |at| assert_ne!(at, 50), |()| Ok::<_, ()>(()));
    }

    #[test]
    fn little_is_made_after_a_refusal() {
        let made = AtomicUsize::new(0);
        let ended = in_order(10_000, |_| made.fetch_add(1, Ordering::Relaxed), |_| Err("enough"));
        assert_eq!(ended, Err("enough"));
        assert!(made.load(Ordering::Relaxed) < 1_000);
    }
}
