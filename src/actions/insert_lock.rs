//! `insert_lock`: waits until the person has inserted the CA lock of the named holder.
//!
//! The lock is a person's. More than one that fits: the person picks. Never touches the PIN.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use super::stage::{Asked, Held};
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Message, until};
use crate::lock::{Lock, Snapshot};
use crate::operator::{Answer, GateKind};
use crate::pki::Identity;
use crate::proof::LockChange;

/// `insert_lock: { holder: "{{ 姓名 }}" }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsertLock {
    /// 持有人姓名 · The holder whose lock is expected.
    pub holder: Words,
}

impl Action for InsertLock {
    const WORD: &'static str = "insert_lock";
    const DOC: (&'static str, &'static str) =
        ("等待插入指定持有人的 CA 锁", "Wait until the CA lock of the named holder is inserted");
    const RISK: Risk = Risk::Person;

    fn title(&self) -> Message {
        crate::say!("插入 CA 锁（持有人：{}）", "insert the CA lock (holder: {})", self.holder.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.holder);
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let holder = stage.render(&self.holder)?;
        *stage.holder = None;
        let held = lock_of(stage, &holder, GateKind::InsertLock).await?;
        accept(stage, held)
    }
}

/// Waits until the lock of `holder` is in, asking by a gate of this kind. More than one that fits: the person picks.
pub(super) async fn lock_of(stage: &mut Stage<'_>, holder: &str, gate: GateKind) -> Result<Held, Fault> {
    stage.locks.looked(&stage.until).await?;
    let mut changes = stage.locks.changes();
    // Whether every agent has been asked since the locks last changed.
    let mut asked_again = false;
    loop {
        let reading = crate::say!("读取 CA 锁的证书", "the certificate of the CA lock to be read");
        let locks = match stage.until.run(&reading, settled(&mut changes)).await {
            Ok(locks) => locks,
            // A lock that does not let itself be read: the person and the page tell whose it is.
            Err(fault) if fault.kind == FaultKind::TimedOut => changes.borrow_and_update().locks.clone(),
            Err(fault) => return Err(fault),
        };
        let sure = std::mem::take(&mut asked_again);
        let choice = match sort(&locks, holder, gate) {
            Choice::This(lock) => Some(Held::of(Some(*lock))),
            // While locks are swapped an agent lists for a moment the one that has left: nobody is asked or told about that.
            _ if !sure && !locks.is_empty() => {
                match stage.locks.asked_again(&stage.until.within(AGENTS)).await {
                    Err(fault) if fault.kind != FaultKind::TimedOut => return Err(fault),
                    _ => asked_again = changes.has_changed().is_ok_and(|changed| !changed),
                }
                None
            }
            Choice::Ask => pick(stage, &locks, holder, gate, &mut changes).await?,
            Choice::Wait(message) => wait(stage, gate, message, FaultKind::Stopped, &mut changes).await?,
            Choice::Expired(message) => wait(stage, gate, message, FaultKind::Business, &mut changes).await?,
        };
        if let Some(held) = choice {
            return Ok(held);
        }
    }
}

/// How long agents may take to answer once more before the person is asked about the locks that they list.
const AGENTS: Duration = Duration::from_secs(5);
/// A certificate that ends within this many days is worth a warning.
const SOON: i64 = 30;

/// What the inserted locks mean for the holder that is expected.
enum Choice {
    /// The one lock that is there is the right one.
    This(Box<Lock>),
    /// More than one lock: the person picks.
    Ask,
    /// None that fits; says why.
    Wait(Message),
    /// The right person's, and no longer valid.
    Expired(Message),
}

/// Whether two names are the same person's name as people write it.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    let fold = |name: &str| name.chars().filter(|c| !c.is_whitespace() && *c != '\u{3000}').collect::<String>();
    !fold(a).is_empty() && fold(a) == fold(b)
}

/// The locks once none is being read. A lock whose certificate can't be read may be the same token as one that an agent lists, so
/// where certificates are seen only those count.
async fn settled(changes: &mut watch::Receiver<Snapshot>) -> Vec<Lock> {
    loop {
        let locks = changes.borrow_and_update().locks.clone();
        if !locks.iter().any(|lock| lock.reading) {
            let named: Vec<Lock> = locks.iter().filter(|lock| lock.certificate.is_some()).cloned().collect();
            return if named.is_empty() { locks } else { named };
        }
        changed(changes).await;
    }
}

fn sort(locks: &[Lock], holder: &str, gate: GateKind) -> Choice {
    match locks {
        [] => Choice::Wait(crate::say!(
            "请插入「{holder}」的 CA 锁。插好后会自动继续。",
            "insert the CA lock of “{holder}”; the run goes on by itself"
        )),
        [lock] => match &lock.certificate {
            Some(certificate) if same_name(&certificate.holder, holder) => match expired(lock) {
                Some(message) => Choice::Expired(message),
                None => Choice::This(Box::new(lock.clone())),
            },
            Some(certificate) => {
                let other = &certificate.holder;
                Choice::Wait(crate::say!(
                    "插入的是「{other}」的 CA 锁，本次需要「{holder}」的。请拔出并换上正确的锁。",
                    "the inserted CA lock belongs to “{other}”, but “{holder}”'s is needed; please swap it"
                ))
            }
            // No page shows whose lock stands in for a seal.
            None if gate == GateKind::SwapLock => Choice::Wait(crate::say!(
                "已检测到 CA 锁，但无法读取持有人，Ruku 之后也无从核对。请确认它是「{holder}」的锁，然后按回车。",
                "a CA lock is there but its holder cannot be read, and nothing compares it later; make sure it is “{holder}”'s and press Enter"
            )),
            None => Choice::Wait(crate::say!(
                "已检测到 CA 锁，但无法读取持有人。请确认它是「{holder}」的锁，然后按回车；页面读取证书后会再次核对。",
                "a CA lock is there but its holder cannot be read; make sure it is “{holder}”'s and press Enter; the page's certificate is checked again"
            )),
        },
        _ => Choice::Ask,
    }
}

/// Why a lock can't be used although it is the right person's.
fn expired(lock: &Lock) -> Option<Message> {
    let certificate = lock.certificate.as_ref()?;
    let end = certificate.not_after.strftime("%Y-%m-%d").to_string();
    (certificate.not_after < jiff::Timestamp::now()).then(|| {
        crate::say!(
            "这把 CA 锁的证书已于 {end} 过期。请联系 CA 机构办理延期，或换上有效的锁。",
            "the certificate of this CA lock expired on {end}; ask the CA to renew it, or insert a valid lock"
        )
    })
}

/// How one lock is shown to a person who picks.
fn line(lock: &Lock) -> Message {
    match &lock.certificate {
        Some(certificate) => {
            let (holder, serial) = (&certificate.holder, &certificate.serial);
            let organisation = certificate.organisation.as_deref().unwrap_or("-");
            let end = certificate.not_after.strftime("%Y-%m-%d").to_string();
            crate::say!(
                "{holder}（{organisation}），有效期至 {end}，序列号 {serial}",
                "{holder} ({organisation}), valid until {end}, serial {serial}"
            )
        }
        None => crate::say!("无法读取持有人的锁", "a lock whose holder cannot be read"),
    }
}

/// Lets the person pick among several locks. None when the locks changed meanwhile or the choice does not fit.
async fn pick(
    stage: &mut Stage<'_>,
    locks: &[Lock],
    holder: &str,
    gate: GateKind,
    changes: &mut watch::Receiver<Snapshot>,
) -> Result<Option<Held>, Fault> {
    hide(stage, locks);
    let message = crate::say!(
        "插着不止一把 CA 锁，请选择「{holder}」的那一把：",
        "more than one CA lock is inserted; pick the one of “{holder}”:"
    );
    let options = locks.iter().map(line).collect();
    let asked = stage.gate(GateKind::PickLock, message, options, changed(changes)).await?;
    let Asked::Person(Answer::Pick(index)) = asked else { return Ok(None) };
    let Some(lock) = locks.get(index) else { return Ok(None) };
    match sort(std::slice::from_ref(lock), holder, gate) {
        Choice::This(lock) => Ok(Some(Held::of(Some(*lock)))),
        // The person chose it knowingly and its holder can't be read.
        Choice::Wait(_) if lock.certificate.is_none() => Ok(Some(Held::of(Some(lock.clone())))),
        Choice::Wait(message) => {
            stage.operator.tell(&message);
            Ok(None)
        }
        Choice::Expired(message) => wait(stage, gate, message, FaultKind::Business, changes).await,
        Choice::Ask => Ok(None),
    }
}

/// Waits for another lock, or for the person who says that a lock is in which no detector sees. `stopped`: what it is when the person stops
/// there. Who stops with the wrong lock in has stopped, and comes back with the right one.
async fn wait(
    stage: &mut Stage<'_>,
    gate: GateKind,
    message: Message,
    stopped: FaultKind,
    changes: &mut watch::Receiver<Snapshot>,
) -> Result<Option<Held>, Fault> {
    let before = changes.borrow().locks.clone();
    hide(stage, &before);
    // The likeliest reason why a lock that is in is not seen; the gate stays open, and no PIN is asked.
    if let Some(remote) = crate::doctor::remote_session().filter(|_| before.is_empty()) {
        stage.operator.tell(&remote.message());
    }
    match stage.ask(gate, message.clone(), Vec::new(), changed(changes)).await? {
        // An expired certificate stays expired: starting again helps nothing.
        Asked::Person(Answer::Stop) if stopped == FaultKind::Business => Err(Fault::new(stopped, message)),
        Asked::Person(Answer::Stop) => Err(until::stopped()),
        Asked::World(()) => Ok(None),
        Asked::Person(_) => match stage.locks.present().locks.as_slice() {
            [] => {
                stage.warn(unseen(gate))?;
                Ok(Some(Held::of(None)))
            }
            [lock] if lock.certificate.is_none() => Ok(Some(Held::of(Some(lock.clone())))),
            _ => Ok(None),
        },
    }
}

/// Going on with a lock that nobody saw.
fn unseen(gate: GateKind) -> Message {
    if gate == GateKind::SwapLock {
        return crate::say!(
            "没有检测到 CA 锁，按操作人的话继续；签章所用的锁，Ruku 无从核对持有人。",
            "no CA lock was detected; going on at the person's word, nothing compares the holder of the lock that seals"
        );
    }
    crate::say!(
        "没有检测到 CA 锁，按操作人的话继续；页面读取证书后再核对持有人。",
        "no CA lock was detected; going on at the person's word, the page's certificate is checked later"
    )
}

async fn changed(changes: &mut watch::Receiver<Snapshot>) {
    // A watch that has ended reports nothing any more; then only the person can answer.
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Names and serial numbers of certificates are personal data of whoever owns the lock.
fn hide(stage: &Stage<'_>, locks: &[Lock]) {
    for certificate in locks.iter().filter_map(|lock| lock.certificate.as_ref()) {
        stage.redactor.add(&certificate.holder);
        stage.redactor.add(&certificate.serial);
        if let Some(organisation) = &certificate.organisation {
            stage.redactor.add(organisation);
        }
    }
}

pub(super) fn accept(stage: &mut Stage<'_>, held: Held) -> Result<(), Fault> {
    hide(stage, held.lock.as_slice());
    let certificate = held.certificate();
    let text = |get: fn(&Identity) -> &String| certificate.map(get).cloned().unwrap_or_default();
    if let Some(values) = stage.values.as_object_mut() {
        let facts = serde_json::json!({ "holder": text(|c| &c.holder), "serial": text(|c| &c.serial) });
        values.insert("lock".to_owned(), facts);
    }
    if let Some(certificate) = certificate {
        let days = certificate.not_after.duration_since(jiff::Timestamp::now()).as_hours() / 24;
        if days < SOON {
            stage.warn(crate::say!(
                "CA 证书将在 {days} 天后过期，请尽快办理延期。",
                "the CA certificate expires in {days} days; renew it soon"
            ))?;
        }
    }
    // What no detector saw is not recorded as seen: the warning says that the person vouches for it.
    if held.lock.is_some() {
        stage.record(held.event(LockChange::Present))?;
    }
    *stage.held = Some(held);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Detector;

    #[test]
    fn nothing_is_promised_that_nobody_compares() {
        let detector = Detector::PcSc { reader: "R".to_owned() };
        let (id, also, trouble) = ("1".to_owned(), Vec::new(), None);
        let lock = Lock { id, detector, also, atr: None, kind: None, certificate: None, reading: false, trouble };
        let told = |gate| match sort(std::slice::from_ref(&lock), "张三", gate) {
            Choice::Wait(message) => (message.zh.contains("再次核对"), unseen(gate).zh.contains("再核对")),
            _ => panic!("a lock that cannot be read is asked for"),
        };
        assert_eq!(told(GateKind::InsertLock), (true, true));
        assert_eq!(told(GateKind::SwapLock), (false, false));
    }
}
