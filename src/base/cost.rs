//! What safety costs, told to `RUKU_LOG=ruku::stats=debug` and kept nowhere: `cargo bench --bench guide` adds it up.

use std::time::{Duration, Instant};

/// Covering personal data in pictures: looking for it, placing, looking again after the capture, painting, lifting.
pub const MASKS: &str = "masks";
/// Asking and waiting until a page stands still, fonts there and two frames equal, as every picture wants it, with masks or without.
pub const STILL: &str = "stillness";
/// Waiting for the disk.
pub const SYNCS: &str = "syncs";

/// Does `work` and tells how long it took, as a cost of this kind.
pub fn timed<T>(cost: &'static str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    spent(cost, begun.elapsed());
    done
}

/// The same of what is waited for.
pub async fn timed_async<T>(cost: &'static str, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    spent(cost, begun.elapsed());
    done
}

/// Tells what took so long.
pub fn spent(cost: &'static str, long: Duration) {
    let micros = u64::try_from(long.as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(target: "ruku::stats", cost, micros);
}
