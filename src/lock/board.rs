//! Where all detectors put what they saw; out of it comes one [`Snapshot`] for everybody.
//!
//! Never keeps a lock longer than its sighting: an answer that comes late, for a card that has left, is dropped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::drivers::LockDriver;
use super::snapshot::{AgentSeen, Detector, Lock, Service, Snapshot};
use crate::base::Message;
use crate::pki::Identity;
use crate::say;

/// A card that could not be read is looked at again after this time, not sooner: whoever holds it is at work.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// One reader as the card service shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) reader: String,
    pub(super) present: bool,
    /// A card is in, but it does not answer.
    pub(super) mute: bool,
    pub(super) atr: Vec<u8>,
    /// Insertions and removals so far, as the service counts them.
    pub(super) count: u32,
}

/// A card to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) id: String,
    pub(super) reader: String,
}

struct Slot {
    lock: Lock,
    /// When the last look began; none when this card is not to be looked at.
    looked: Option<Instant>,
    looking: bool,
}

struct State {
    slots: BTreeMap<String, Slot>,
    service: Option<Service>,
    agents: Vec<(AgentSeen, Vec<Lock>)>,
}

pub(super) struct Board {
    drivers: Vec<LockDriver>,
    state: Mutex<State>,
    sender: watch::Sender<Snapshot>,
    /// For each agent, when the last question that it has answered was asked.
    asked: watch::Sender<Vec<Option<Instant>>>,
}

impl Board {
    pub(super) fn new(drivers: Vec<LockDriver>, agents: Vec<AgentSeen>) -> Board {
        let agents: Vec<_> = agents.into_iter().map(|agent| (agent, Vec::new())).collect();
        let asked = watch::Sender::new(vec![None; agents.len()]);
        let state = State { slots: BTreeMap::new(), service: None, agents };
        Board { drivers, state: Mutex::new(state), sender: watch::Sender::new(Snapshot::unseen()), asked }
    }

    pub(super) fn drivers(&self) -> &[LockDriver] {
        &self.drivers
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Snapshot> {
        self.sender.subscribe()
    }

    /// When each agent was asked what it has answered last.
    pub(super) fn asked(&self) -> watch::Receiver<Vec<Option<Instant>>> {
        self.asked.subscribe()
    }

    pub(super) fn present(&self) -> Snapshot {
        self.sender.borrow().clone()
    }

    /// What the card service shows now; `epoch` counts the connections to it, whose event counts begin anew. Answers with the cards
    /// that are to be looked at.
    pub(super) fn readers(&self, epoch: u32, seen: &[Seen]) -> Vec<Look> {
        let mut state = self.lock();
        let mut slots = std::mem::take(&mut state.slots);
        let mut looks = Vec::new();
        for seen in seen.iter().filter(|seen| seen.present) {
            let id = format!("pcsc:{}#{epoch}.{}", seen.reader, seen.count);
            let mut slot = match slots.remove(&seen.reader) {
                // A card that was mute and now answers is a new sighting.
                Some(slot) if slot.lock.id == id && slot.lock.atr == atr(seen) => slot,
                _ => self.slot(id, seen),
            };
            let due = slot.looked.is_none_or(|at| slot.lock.trouble.is_some() && at.elapsed() >= LOOK_AGAIN);
            if self.readable(&slot.lock) && !slot.looking && due {
                slot.looking = true;
                slot.looked = Some(Instant::now());
                looks.push(Look { id: slot.lock.id.clone(), reader: seen.reader.clone() });
            }
            state.slots.insert(seen.reader.clone(), slot);
        }
        let mut readers: Vec<String> = seen.iter().map(|seen| seen.reader.clone()).collect();
        readers.sort();
        state.service = Some(Service::Ready { readers });
        self.publish(&state);
        looks
    }

    /// The answer of one look.
    pub(super) fn looked(&self, look: &Look, answer: Result<Identity, Message>) {
        let mut state = self.lock();
        if let Some(slot) = state.slots.get_mut(&look.reader).filter(|slot| slot.lock.id == look.id) {
            slot.looking = false;
            slot.lock.reading = false;
            match answer {
                Ok(identity) => {
                    slot.lock.certificate = Some(identity);
                    slot.lock.trouble = None;
                }
                Err(why) => slot.lock.trouble = Some(why),
            }
        }
        self.publish(&state);
    }

    /// The card service is gone, and with it every card that it showed.
    pub(super) fn service_gone(&self, why: Message) {
        let mut state = self.lock();
        state.slots.clear();
        state.service = Some(Service::Absent { why });
        self.publish(&state);
    }

    /// What the agent at `index` answered to what it was asked then.
    pub(super) fn agent(&self, index: usize, asked: Instant, answers: bool, trouble: Option<Message>, locks: Vec<Lock>) {
        let mut state = self.lock();
        if let Some((seen, known)) = state.agents.get_mut(index) {
            (seen.answers, seen.trouble, *known) = (answers, trouble, locks);
        }
        self.publish(&state);
        self.asked.send_modify(|all| all.get_mut(index).into_iter().for_each(|at| *at = Some(asked)));
    }

    fn readable(&self, lock: &Lock) -> bool {
        self.drivers.iter().any(|driver| Some(&driver.name) == lock.kind.as_ref() && driver.reads_certificate())
    }

    fn slot(&self, id: String, seen: &Seen) -> Slot {
        let kind = self.drivers.iter().find(|driver| driver.atr.matches(&seen.atr)).map(|driver| driver.name.clone());
        let trouble = seen.mute.then(|| {
            say!(
                "读卡器里的 CA 锁没有反应。请拔出后重新插入，注意方向。",
                "the CA lock in the reader does not respond; pull it out and insert it again, the right way round"
            )
        });
        let mut lock = Lock {
            id,
            detector: Detector::PcSc { reader: seen.reader.clone() },
            also: Vec::new(),
            atr: atr(seen),
            kind,
            certificate: None,
            reading: false,
            trouble,
        };
        lock.reading = self.readable(&lock);
        Slot { lock, looked: None, looking: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody, if anything is new. Called with the state locked, so that snapshots never go backwards.
    fn publish(&self, state: &State) {
        let Some(service) = state.service.clone() else {
            // Before the first answer of the card service a snapshot would say "no lock" without having looked.
            return;
        };
        let from_readers = state.slots.values().map(|slot| slot.lock.clone()).collect();
        let from_agents = state.agents.iter().flat_map(|(_, locks)| locks.clone()).collect();
        let locks = Snapshot::merge(from_readers, from_agents);
        let agents = state.agents.iter().map(|(seen, _)| seen.clone()).collect();
        self.sender.send_if_modified(|old| {
            let new = Snapshot { locks, service, agents, generation: old.generation };
            let changed = new != *old || old.generation == 0;
            if changed {
                *old = Snapshot { generation: old.generation + 1, ..new };
            }
            changed
        });
    }
}

fn atr(seen: &Seen) -> Option<String> {
    (!seen.atr.is_empty()).then(|| hex::encode_upper(&seen.atr))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::drivers::tests::training;
    use super::super::snapshot::tests::identity;
    use super::*;

    const KNOWN: &[u8] = &[0x3B, 0x95, 0x13, 0x81];

    fn board() -> Board {
        Board::new(vec![training()], Vec::new())
    }

    fn seen(reader: &str, count: u32, atr: &[u8]) -> Seen {
        Seen { reader: reader.into(), present: !atr.is_empty(), mute: false, atr: atr.to_vec(), count }
    }

    #[test]
    fn an_unknown_card_is_present_but_never_looked_at() {
        let board = board();
        assert!(board.readers(1, &[seen("R", 1, &[0x3B, 0x00])]).is_empty());
        let snapshot = board.present();
        assert_eq!(snapshot.locks[0].atr.as_deref(), Some("3B00"));
        assert!(snapshot.locks[0].kind.is_none() && !snapshot.locks[0].reading);
    }

    #[test]
    fn a_known_card_is_looked_at_once_and_shows_its_holder() {
        let board = board();
        let looks = board.readers(1, &[seen("R", 1, KNOWN)]);
        assert_eq!(looks.len(), 1);
        assert!(board.present().locks[0].reading);
        assert!(board.readers(1, &[seen("R", 1, KNOWN)]).is_empty());
        board.looked(&looks[0], Ok(identity("张三")));
        let lock = board.present().locks[0].clone();
        assert_eq!(lock.certificate.unwrap().holder, "张三");
        assert!(!lock.reading && board.readers(1, &[seen("R", 1, KNOWN)]).is_empty());
    }

    #[test]
    fn a_flicker_and_a_restarted_service_give_a_new_lock() {
        let board = board();
        let first = board.readers(1, &[seen("R", 1, KNOWN)]);
        let again = board.readers(1, &[seen("R", 3, KNOWN)]);
        assert_ne!(first[0].id, again[0].id);
        board.looked(&first[0], Ok(identity("张三")));
        assert!(board.present().locks[0].certificate.is_none(), "a late answer for a card that left is dropped");
        board.service_gone(Message::same("gone"));
        assert!(board.present().locks.is_empty());
        assert_ne!(board.readers(2, &[seen("R", 3, KNOWN)])[0].id, again[0].id);
    }

    #[test]
    fn a_busy_card_is_not_asked_again_at_once() {
        let board = board();
        let looks = board.readers(1, &[seen("R", 1, KNOWN)]);
        board.looked(&looks[0], Err(Message::same("busy")));
        assert!(board.present().locks[0].trouble.is_some());
        assert!(board.readers(1, &[seen("R", 1, KNOWN)]).is_empty());
    }

    #[test]
    fn nothing_new_is_not_told() {
        let board = board();
        board.readers(1, &[]);
        board.readers(1, &[]);
        assert_eq!(board.present().generation, 1);
        board.agent(7, Instant::now(), true, None, Vec::new());
        assert_eq!(board.present().generation, 1);
    }

    fn readers() -> impl Strategy<Value = Vec<Seen>> {
        let one = |name: &'static str| {
            (any::<bool>(), 0u32..4, any::<bool>()).prop_map(move |(known, count, present)| {
                seen(
                    name,
                    count,
                    if !present {
                        &[]
                    } else if known {
                        KNOWN
                    } else {
                        &[0x3B, 0x00]
                    },
                )
            })
        };
        (one("A"), one("B"), 0usize..=2).prop_map(|(a, b, n)| [a, b].into_iter().take(n).collect())
    }

    proptest! {
        #[test]
        fn the_snapshot_always_shows_exactly_what_the_service_shows(steps in proptest::collection::vec((0u32..3, readers()), 1..30)) {
            let board = board();
            let mut last: Option<(u32, Vec<Seen>, Vec<Lock>)> = None;
            for (epoch, seen) in steps {
                let looks = board.readers(epoch, &seen);
                let locks = board.present().locks;
                let present: Vec<_> = seen.iter().filter(|s| s.present).collect();
                prop_assert_eq!(locks.len(), present.len());
                for (lock, seen) in locks.iter().zip(&present) {
                    prop_assert_eq!(&lock.detector, &Detector::PcSc { reader: seen.reader.clone() });
                    prop_assert_eq!(lock.kind.is_some(), seen.atr == KNOWN);
                }
                prop_assert!(looks.iter().all(|look| locks.iter().any(|l| l.id == look.id && l.kind.is_some())));
                if let Some((before, then, old)) = &last {
                    let same = *before == epoch && *then == seen;
                    prop_assert!(!same || (*old == locks && looks.is_empty()), "the same sight is the same locks, looked at once");
                    prop_assert!(*before == epoch || old.iter().all(|o| locks.iter().all(|l| l.id != o.id)));
                }
                last = Some((epoch, seen, locks));
            }
        }
    }
}
