//! The short torture: 200 kills. The long one is `tests/torture`.

#[path = "../torture/rig.rs"]
mod rig;

use crate::harness::say;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_lose_double_and_resurrect_nothing() {
    let mut rig = rig::Rig::new(20_261_123).await;
    for _ in 0..200 {
        rig.cycle().await;
    }
    let tally = rig.finish().await;
    say(&format!("torture: {tally:?}"));
    assert_eq!(tally.kills, 200);
    assert!(tally.completed > 20 && tally.snapshots > 10, "{tally:?}");
}
