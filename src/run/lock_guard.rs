//! The watch over the lock in use: pulled in mid-run, the run pauses, says so, and goes on when it is back.

use tokio::sync::watch;

use crate::actions::Stage;
use crate::actions::stage::{Asked, Held};
use crate::base::Fault;
use crate::lock::{Lock, Snapshot};
use crate::operator::GateKind;
use crate::proof::LockChange;

/// Whether the lock in use is no longer there. A lock that no detector ever saw cannot be missed.
pub(super) fn missing(held: &Held, snapshot: &Snapshot) -> bool {
    held.lock.as_ref().is_some_and(|held| !snapshot.locks.iter().any(|lock| same(held, lock)))
}

/// The same lock, also after it was pulled and inserted again: by certificate where it can be read, else by its place.
fn same(held: &Lock, lock: &Lock) -> bool {
    match (&held.certificate, &lock.certificate) {
        (Some(held), Some(certificate)) => held.sha256 == certificate.sha256,
        (None, None) => held.detector == lock.detector,
        _ => false,
    }
}

/// Ends when the lock in use goes away; never when there is none.
pub(super) async fn gone(held: Option<Held>, mut changes: watch::Receiver<Snapshot>) {
    let Some(held) = held else { return std::future::pending().await };
    loop {
        if missing(&held, &changes.borrow_and_update()) {
            return;
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

async fn back(held: &Held, mut changes: watch::Receiver<Snapshot>) {
    loop {
        if !missing(held, &changes.borrow_and_update()) {
            return;
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// If the lock in use is missing: records it, asks for it, waits until the same lock is back. Says whether it was missing.
pub(super) async fn wait_for_return(stage: &mut Stage<'_>) -> Result<bool, Fault> {
    let Some(held) = stage.held.clone() else { return Ok(false) };
    if !missing(&held, &stage.locks.present()) {
        return Ok(false);
    }
    stage.record(held.event(LockChange::Removed))?;
    let message = crate::say!(
        "CA 锁已拔出，办理已暂停。请重新插入同一把锁，插好后会自动继续。",
        "the CA lock was pulled out, the run is paused; insert the same lock again and it goes on by itself"
    );
    let changes = stage.locks.changes();
    loop {
        let world = back(&held, changes.clone());
        if let Asked::World(()) = stage.gate(GateKind::ReinsertLock, message.clone(), Vec::new(), world).await? {
            break;
        }
        // The person says it is in, the detectors say it is not: the detectors have seen it before, so they are believed.
    }
    stage.record(held.event(LockChange::Inserted))?;
    if held.certificate().is_none() {
        // Another lock in the same reader cannot be told from the first: the page has to show its holder again.
        *stage.holder = None;
    }
    Ok(true)
}
