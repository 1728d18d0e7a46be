//! The lock watch for people and programs at a terminal: one JSON line per change.
//!
//! Shows what a certificate says of its holder, never its bytes; ends with its standard input, so it never outlives its caller.

use std::io::Read;

use serde_json::{Value, json};

use super::snapshot::{AgentSeen, Detector, Lock, Service, Snapshot};
use super::watch::{LockOptions, LockWatch};
use crate::base::{Fault, FaultKind};
use crate::say;

/// Watches and prints until standard input ends. Makes its own runtime, so it must not be called inside one.
///
/// # Errors
/// As [`LockWatch::start`].
pub fn watch_main(options: LockOptions) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::new(FaultKind::Setup, say!("无法启动（{error}）。", "could not start ({error})")))?;
    let watch = LockWatch::start(options)?;
    let (ending, mut ended) = tokio::sync::mpsc::channel::<()>(1);
    // Not joined: at the end of the program it may still wait for input.
    std::thread::spawn(move || {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        drop(ending);
    });
    let mut changes = watch.changes();
    runtime.block_on(async {
        loop {
            let snapshot = changes.borrow_and_update().clone();
            if snapshot.generation > 0 {
                println!("{}", line(&snapshot));
            }
            tokio::select! {
                _ = ended.recv() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    });
    watch.end();
    Ok(())
}

/// One snapshot as JSON.
fn line(snapshot: &Snapshot) -> Value {
    let service = match &snapshot.service {
        Service::Ready { readers } => json!({ "ready": readers }),
        Service::Absent { why } => json!({ "absent": why }),
    };
    json!({
        "generation": snapshot.generation,
        "service": service,
        "locks": snapshot.locks.iter().map(lock).collect::<Vec<_>>(),
        "agents": snapshot.agents.iter().map(agent).collect::<Vec<_>>(),
    })
}

fn lock(lock: &Lock) -> Value {
    let certificate = lock.certificate.as_ref().map(|identity| {
        json!({
            "holder": identity.holder, "organisation": identity.organisation, "issuer": identity.issuer,
            "serial": identity.serial, "not_after": identity.not_after, "sha256": identity.sha256,
        })
    });
    json!({
        "id": lock.id, "seen_by": detector(&lock.detector), "also": lock.also.iter().map(detector).collect::<Vec<_>>(),
        "atr": lock.atr, "kind": lock.kind, "certificate": certificate, "reading": lock.reading, "trouble": lock.trouble,
    })
}

fn detector(detector: &Detector) -> Value {
    match detector {
        Detector::PcSc { reader } => json!({ "reader": reader }),
        Detector::Agent { name } => json!({ "agent": name }),
    }
}

fn agent(agent: &AgentSeen) -> Value {
    json!({ "name": agent.name, "port": agent.port, "answers": agent.answers, "trouble": agent.trouble })
}
