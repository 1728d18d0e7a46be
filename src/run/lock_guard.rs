//! The watch over the lock in use: pulled in mid-run, the run pauses, says so, and goes on when it is back.

use tokio::sync::watch;

use crate::actions::Stage;
use crate::actions::stage::{Asked, Held};
use crate::base::{Fault, Message};
use crate::lock::{Detector, Lock, Service, Snapshot};
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

/// What took the place of the lock in use, where no certificate tells one lock from another: another insertion, so it may be another lock.
fn swapped(held: &Held, snapshot: &Snapshot) -> Option<Lock> {
    let held = held.lock.as_ref().filter(|held| held.certificate.is_none() && snapshot.lock(&held.id).is_none())?;
    snapshot.locks.iter().find(|lock| same(held, lock)).cloned()
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

/// If the lock in use is missing: records it, asks for it, waits until the same lock is back. Says whether it was missing, or was out
/// for a moment in which nobody looked, such as at an open gate.
pub(super) async fn wait_for_return(stage: &mut Stage<'_>) -> Result<bool, Fault> {
    let Some(mut held) = stage.held.clone() else { return Ok(false) };
    let away = missing(&held, &stage.locks.present());
    if !away && swapped(&held, &stage.locks.present()).is_none() {
        return Ok(false);
    }
    stage.record(held.event(LockChange::Removed))?;
    if away {
        ask_for(stage, &held).await?;
    }
    if let Some(lock) = swapped(&held, &stage.locks.present()) {
        held.lock = Some(lock);
        *stage.held = Some(held.clone());
    }
    stage.record(held.event(LockChange::Inserted))?;
    if held.certificate().is_none() {
        // Another lock in the same reader cannot be told from the first: the page has to show its holder again.
        *stage.holder = None;
        stage.warn(crate::say!(
            "CA 锁曾被拔出又插入，且无法读取持有人，网页须重新显示持有人并再次核对。",
            "the CA lock was out and in again and its holder cannot be read, so the page has to show the holder again to be compared"
        ))?;
    }
    Ok(true)
}

/// Whether the lock in use went with its reader; one that agents alone saw never had any.
fn reader_is_gone(held: &Held, readers: &[String]) -> bool {
    let detector = held.lock.as_ref().map(|lock| &lock.detector);
    matches!(detector, Some(Detector::PcSc { reader }) if !readers.contains(reader))
}

/// Asks for the lock in use until it is back.
async fn ask_for(stage: &mut Stage<'_>, held: &Held) -> Result<(), Fault> {
    let message = match &stage.locks.present().service {
        Service::Ready { readers } if reader_is_gone(held, readers) => crate::say!(
            "CA 锁已拔出，读卡器也看不到了，办理已暂停。请重新插好读卡器和同一把锁（直接插 USB 口的锁，插好锁即可），插好后会自动继续。",
            "the CA lock was pulled out and its reader is out of sight, the run is paused; plug in the reader and the same lock again (just the lock, where it goes straight into USB) and it goes on by itself"
        ),
        Service::Ready { .. } => crate::say!(
            "CA 锁已拔出，办理已暂停。请重新插入同一把锁，插好后会自动继续。",
            "the CA lock was pulled out, the run is paused; insert the same lock again and it goes on by itself"
        ),
        Service::Absent { why } => {
            let Message { zh, en } = why.phrase();
            crate::say!(
                "看不到 CA 锁了，办理已暂停：{zh}。恢复并看到同一把锁后会自动继续。",
                "the CA lock is out of sight, the run is paused: {en}; once the same lock is seen again, it goes on by itself"
            )
        }
    };
    let changes = stage.locks.changes();
    loop {
        let world = back(held, changes.clone());
        if let Asked::World(()) = stage.gate(GateKind::ReinsertLock, message.clone(), Vec::new(), world).await? {
            return Ok(());
        }
        // The person says it is in, the detectors say it is not: the detectors have seen it before, so they are believed.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_reader(id: &str, reader: &str) -> Lock {
        let detector = Detector::PcSc { reader: reader.to_owned() };
        let (also, trouble) = (Vec::new(), None);
        Lock { id: id.to_owned(), detector, also, atr: None, kind: None, certificate: None, reading: false, trouble }
    }

    fn seen(locks: Vec<Lock>) -> Snapshot {
        Snapshot { locks, service: Service::Ready { readers: Vec::new() }, agents: Vec::new(), generation: 1 }
    }

    #[test]
    fn a_lock_without_a_certificate_is_another_one_after_every_insertion() {
        let held = Held::of(Some(in_reader("A#1.1", "A")));
        let told = |locks: Vec<Lock>| {
            let snapshot = seen(locks);
            (missing(&held, &snapshot), swapped(&held, &snapshot).map(|lock| lock.id))
        };
        assert_eq!(told(vec![in_reader("A#1.1", "A")]), (false, None));
        assert_eq!(told(vec![in_reader("A#1.3", "A")]), (false, Some("A#1.3".to_owned())));
        assert_eq!(told(vec![in_reader("B#1.1", "B")]), (true, None));
        assert_eq!(told(Vec::new()), (true, None));
        assert!(swapped(&Held::of(None), &seen(Vec::new())).is_none());
    }

    #[test]
    fn a_reader_that_is_gone_is_told_from_a_lock_that_was_pulled() {
        let held = Held::of(Some(in_reader("A#1.1", "A")));
        assert!(reader_is_gone(&held, &[]) && reader_is_gone(&held, &["B".to_owned()]));
        assert!(!reader_is_gone(&held, &["A".to_owned(), "B".to_owned()]));
        assert!(!reader_is_gone(&Held::of(None), &[]));
    }
}
