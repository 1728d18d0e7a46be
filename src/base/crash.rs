//! Kill points for the tests of crashes: at a write that `RUKU_CRASH_AT` names, this process ends as by `kill -9`, or as by a power cut.
//!
//! Exists in no release: only a build with `debug_assertions` has this module and its calls. Never changes a byte unless it kills.

use std::fs::File;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which write: `journal:17:cut`. Writes count from 1 over the life of the process.
const VARIABLE: &str = "RUKU_CRASH_AT";

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The journal of a run.
    Journal,
    /// The ledger of irreversible acts.
    Ledger,
}

/// How the process ends at the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Killed with nothing written.
    Before,
    /// Killed with half of it written.
    Torn,
    /// Killed with all of it written.
    After,
    /// The power fails: what was not on the disk for sure is gone.
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    what: Written,
    number: u64,
    end: End,
}

static WRITES: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
/// Bytes of the journal that are on the disk for sure.
static SYNCED: AtomicU64 = AtomicU64::new(0);

fn plan() -> Option<Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    *PLAN.get_or_init(|| read(&std::env::var(VARIABLE).ok()?))
}

fn read(text: &str) -> Option<Plan> {
    let mut parts = text.split(':');
    let what = match parts.next()? {
        "journal" => Written::Journal,
        "ledger" => Written::Ledger,
        _ => return None,
    };
    let number = parts.next()?.parse().ok()?;
    let end = match parts.next()? {
        "before" => End::Before,
        "torn" => End::Torn,
        "after" => End::After,
        "cut" => End::Cut,
        _ => return None,
    };
    Some(Plan { what, number, end })
}

/// The next write is about to be made.
pub(crate) fn before(what: Written) {
    let number = WRITES[what as usize].fetch_add(1, Ordering::Relaxed) + 1;
    if plan() == Some(Plan { what, number, end: End::Before }) {
        die();
    }
}

/// It was made, and not synced: the file went from `start` to `end` bytes.
pub(crate) fn written(what: Written, file: &File, start: u64, end: u64) {
    let number = WRITES[what as usize].load(Ordering::Relaxed);
    let Some(plan) = plan().filter(|plan| plan.what == what && plan.number == number) else { return };
    let kept = match plan.end {
        End::Before => return,
        End::Torn => start + (end - start) / 2,
        End::After => end,
        // The ledger is synced after each line.
        End::Cut if what == Written::Ledger => start,
        End::Cut => SYNCED.load(Ordering::Relaxed).min(start),
    };
    // A file that cannot be cut is killed at all the same: the test sees more bytes than it planned.
    let _ = file.set_len(kept);
    die();
}

/// The journal is on the disk up to here.
pub(crate) fn synced(length: u64) {
    SYNCED.store(length, Ordering::Relaxed);
}

/// As nobody can prevent it: no destructor runs, nothing is flushed.
fn die() {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_plan_is_one() {
        assert_eq!(read("journal:17:cut"), Some(Plan { what: Written::Journal, number: 17, end: End::Cut }));
        assert_eq!(read("ledger:2:torn"), Some(Plan { what: Written::Ledger, number: 2, end: End::Torn }));
        for text in ["", "journal", "journal:17", "journal:x:cut", "disk:1:cut", "journal:1:boom"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
