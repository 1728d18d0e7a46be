//! What masks and syncs cost, told to `RUKU_LOG=ruku::stats=debug` and kept nowhere: `cargo bench --bench guide` adds it up.

use std::time::Instant;

/// Covering personal data in pictures: placing, checking, painting, lifting; not the picture itself. Placing waits until the page stands
/// still, which is counted here too.
pub const MASKS: &str = "masks";
/// Waiting for the disk.
pub const SYNCS: &str = "syncs";

/// Does `work` and tells how long it took, as a cost of this kind.
pub fn timed<T>(cost: &'static str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    spent(cost, begun);
    done
}

/// The same of what is waited for.
pub async fn timed_async<T>(cost: &'static str, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    spent(cost, begun);
    done
}

fn spent(cost: &'static str, begun: Instant) {
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(target: "ruku::stats", cost, micros);
}
