//! Work on all cores whose results are taken in order, with a bounded number of them in flight: neither
//! the number of cores nor their speed shows in what comes out.

use std::sync::mpsc::{Receiver, sync_channel};

/// Results of one core that wait to be taken, at most.
const WAITING: usize = 2;

/// Makes each of `count` things on all cores and takes them here in their order. Stops at the first
/// thing that `take` refuses.
pub fn in_order<T: Send, E>(
    count: usize,
    make: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(count);
    if cores < 2 {
        return (0..count).try_for_each(|at| take(make(at)));
    }
    std::thread::scope(|scope| {
        let start = |first: usize| -> Receiver<T> {
            let (sender, receiver) = sync_channel(WAITING);
            let make = &make;
            scope.spawn(move || {
                // A receiver that is gone ends the work.
                let _ = (first..count).step_by(cores).try_for_each(|at| sender.send(make(at)));
            });
            receiver
        };
        // Each core makes every so-manyth thing: the next one is always the turn of a known core.
        let receivers: Vec<Receiver<T>> = (0..cores).map(start).collect();
        let results = (0..count).map_while(|at| receivers[at % cores].recv().ok());
        results.into_iter().try_for_each(&mut take)
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
    fn little_is_made_after_a_refusal() {
        let made = AtomicUsize::new(0);
        let ended = in_order(10_000, |_| made.fetch_add(1, Ordering::Relaxed), |_| Err("enough"));
        assert_eq!(ended, Err("enough"));
        assert!(made.load(Ordering::Relaxed) < 1_000);
    }
}
