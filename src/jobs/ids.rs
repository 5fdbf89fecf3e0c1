//! Makes the ids of new jobs: UUIDs of version 7, each greater than all before it, whatever the clock does.
//!
//! Queue, lists and cursors rest on the order of ids being the order of submission. When the clock was set back,
//! ids go on from the highest there is, and so does the time of creation, which is the id's.

use parking_lot::Mutex;
use uuid::Uuid;

pub(super) struct Ids(Mutex<u128>);

impl Ids {
    /// Goes on after the highest id there is.
    pub(super) fn after(highest: Option<u128>) -> Self {
        Self(Mutex::new(highest.unwrap_or(0)))
    }

    /// An id, and the time of creation in it.
    pub(super) fn next(&self, now_ms: i64) -> (u128, i64) {
        let millis = u64::try_from(now_ms).unwrap_or(0);
        let fresh = uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid().as_u128();
        let mut last = self.0.lock();
        *last = fresh.max(*last + 1);
        (*last, created_at(*last))
    }
}

/// The time in an id, Unix milliseconds.
pub(super) fn created_at(id: u128) -> i64 {
    let (seconds, nanos) = Uuid::from_u128(id).get_timestamp().map_or((0, 0), |time| time.to_unix());
    i64::try_from(seconds * 1_000 + u64::from(nanos / 1_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_through_clock_jumps_and_bear_their_time() {
        let day = 86_400_000;
        let ids = Ids::after(None);
        let mut last = 0;
        for now in [5 * day, 5 * day, 4 * day, 4 * day + 1, 6 * day, 5 * day] {
            let (id, created) = ids.next(now);
            assert!(id > last, "{now}");
            assert!(created >= now, "{created} {now}");
            assert_eq!(Uuid::from_u128(id).get_version_num(), 7);
            last = id;
        }
        let (id, created) = Ids::after(Some(last)).next(1);
        assert!(id > last && created == 6 * day);
    }
}
