//! Printing file by file, on all cores: each file is read back where it was printed, and is let go once it
//! is written. Of a plan of a hundred thousand resources only a few files are in memory at once.

use std::{
    convert::Infallible,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
};

/// A plan in a language.
pub trait Print: Sync {
    /// How many files.
    fn count(&self) -> usize;
    /// Name and text of one of them.
    fn print(&self, file: usize) -> (String, String);
}

/// Printed files that wait to be taken, at most.
const WAITING: usize = 2;
/// Items that are worked on at once by one core.
const CHUNK: usize = 256;

/// Makes each of `count` things on all cores, and takes them here as they come, in no order. The first
/// that is not taken ends it.
pub fn each<T: Send, E>(
    count: usize,
    make: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(count.max(1));
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            let (sender, make, next, is_over) = (sender.clone(), &make, &next, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count || sender.send(make(at)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let taken = receiver.iter().try_for_each(&mut take);
        is_over.store(true, Ordering::Relaxed);
        drop(receiver);
        taken
    })
}

/// What is made of each item, in their order, on all cores. An item is gone once something is made of it.
pub fn map<T: Send, R: Send>(items: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut chunks: Vec<Mutex<Vec<T>>> = Vec::new();
    let mut items = items.into_iter();
    loop {
        let chunk: Vec<T> = items.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        chunks.push(Mutex::new(chunk));
    }
    let mut made: Vec<Vec<R>> = chunks.iter().map(|_| Vec::new()).collect();
    let one = |at: usize| {
        let chunk = std::mem::take(&mut *chunks[at].lock().unwrap_or_else(PoisonError::into_inner));
        (at, chunk.into_iter().map(&make).collect::<Vec<R>>())
    };
    let ended: Result<(), Infallible> = each(chunks.len(), one, |(at, part)| {
        made[at] = part;
        Ok(())
    });
    match ended {
        Ok(()) => made.into_iter().flatten().collect(),
    }
}

/// All files of a plan at once.
pub fn all(printer: &dyn Print) -> crate::iac::Files {
    (0..printer.count()).map(|file| printer.print(file)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::{each, map};

    #[test]
    fn what_is_made_is_in_the_order_of_what_it_is_made_of() {
        assert_eq!(map((0..1_000).collect(), |item| item * 2), (0..1_000).map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(map(Vec::<u8>::new(), |item| item), Vec::<u8>::new());
    }

    #[test]
    fn everything_is_made_once_and_taken_until_something_is_not() {
        let mut taken = Vec::new();
        let ended: Result<(), ()> = each(
            100,
            |at| at,
            |at| {
                taken.push(at);
                Ok(())
            },
        );
        taken.sort_unstable();
        assert_eq!((ended, taken), (Ok(()), (0..100).collect()));
        let made = Mutex::new(0);
        let ended = each(10_000, |_| *made.lock().expect("sound") += 1, |()| Err("enough"));
        assert_eq!(ended, Err("enough"));
        assert!(*made.lock().expect("sound") < 1_000);
    }
}
