//! One connection to one allow-listed card, which leaves the card exactly as it found it.
//!
//! Never resets: dropping a bare [`pcsc::Card`] resets the card and so ends the PIN session of the person's CA middleware; the guard
//! here leaves it, also on an error or a panic. Never talks to a card whose ATR no driver names. Never holds a transaction longer
//! than one closure.

use std::ffi::CString;

use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode, Transaction};
use zeroize::Zeroizing;

use super::drivers::LockDriver;
use super::trouble;
use crate::base::{Fault, FaultKind};
use crate::say;

/// No object of a card is larger than this, in bytes.
const LARGEST: usize = 1 << 16;
/// VERIFY and GENERAL AUTHENTICATE change the card: they are never sent a second time.
const ACTS: [u8; 2] = [0x20, 0x87];

/// A shared connection to a card that a driver knows. Dropping it leaves the card powered, selected and verified as it was.
pub struct CardSession {
    card: Option<Card>,
    driver: LockDriver,
}

impl CardSession {
    /// Connects to the card in `reader` (shared, with a context of its own), if one of `drivers` knows its ATR.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] for a card that no driver knows: nothing was sent to it. [`FaultKind::Card`] when the card is gone, busy or
    /// mute, or there is no card service.
    pub fn open(reader: &str, drivers: &[LockDriver]) -> Result<CardSession, Fault> {
        let name = CString::new(reader).map_err(|_| trouble::fault(Error::UnknownReader))?;
        let context = Context::establish(Scope::User).map_err(trouble::fault)?;
        let card = context.connect(&name, ShareMode::Shared, Protocols::ANY).map_err(trouble::fault)?;
        let mut guard = Leaving(Some(card));
        let atr = match &guard.0 {
            Some(card) => card.status2_owned().map_err(trouble::fault)?.atr().to_vec(),
            None => Vec::new(),
        };
        let driver = drivers.iter().find(|driver| driver.atr.matches(&atr)).cloned().ok_or_else(|| {
            Fault::new(
                FaultKind::Refused,
                say!(
                    "读卡器“{reader}”里的卡不在 drivers/locks 的名单中，Ruku 不会向它发送任何命令。",
                    "no driver in drivers/locks knows the card in “{reader}”, so Ruku sends nothing to it"
                ),
            )
        })?;
        Ok(CardSession { card: guard.0.take(), driver })
    }

    /// What the driver of this card allows.
    pub fn driver(&self) -> &LockDriver {
        &self.driver
    }

    /// Runs `work` in one transaction: nobody else speaks to the card meanwhile. `work` must be short and must not wait for a person.
    ///
    /// # Errors
    /// What `work` returns, or [`FaultKind::Card`] when the card is gone. A reset by another program before `work` starts is
    /// got over by reconnecting (without resetting); the PIN session is then gone, and the card says so.
    pub fn exchange<T>(&mut self, work: impl FnOnce(&Exchange<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let driver = &self.driver;
        let card = self.card.as_mut().ok_or_else(|| trouble::fault(Error::InvalidHandle))?;
        let transaction = match card.transaction2() {
            Err((card, Error::ResetCard)) => {
                card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard).map_err(trouble::fault)?;
                card.transaction().map_err(trouble::fault)?
            }
            other => other.map_err(|(_, error)| trouble::fault(error))?,
        };
        // The transaction's own drop leaves the card, so an early return or a panic in `work` ends it well.
        work(&Exchange { wire: &transaction, driver })
    }
}

impl Drop for CardSession {
    fn drop(&mut self) {
        Leaving(self.card.take());
    }
}

/// Leaves the card when dropped.
struct Leaving(Option<Card>);

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(Err((card, _))) = self.0.take().map(|card| card.disconnect(Disposition::LeaveCard)) {
            // Its drop would try once more, with a reset. A leaked handle of a broken connection is the smaller harm.
            std::mem::forget(card);
        }
    }
}

/// The wire to a card: one command, one answer.
pub(super) trait Wire {
    fn transmit(&self, command: &[u8]) -> Result<Vec<u8>, Error>;
}

impl Wire for Transaction<'_> {
    fn transmit(&self, command: &[u8]) -> Result<Vec<u8>, Error> {
        // The card's answer may hold part of a certificate, never a PIN; the command may, and is wiped by its owner.
        let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
        Card::transmit(self, command, &mut buffer).map(<[u8]>::to_vec)
    }
}

/// An open transaction with a card that a driver knows.
pub struct Exchange<'a> {
    pub(super) wire: &'a dyn Wire,
    pub(super) driver: &'a LockDriver,
}

/// What a card answered: the data of all parts, and the last status word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) status: u16,
}

impl Exchange<'_> {
    /// Sends one command and fetches every part of its answer (`61xx` → GET RESPONSE; `6Cxx` → once more with the length told,
    /// but never for a command that changes the card).
    pub(super) fn send(&self, command: Zeroizing<Vec<u8>>) -> Result<Answer, Fault> {
        let acts = command.get(1).is_some_and(|instruction| ACTS.contains(instruction));
        let mut command = command;
        let mut data = Vec::new();
        let mut corrected = false;
        loop {
            let mut part = self.wire.transmit(&command).map_err(trouble::fault)?;
            let (Some(low), Some(high)) = (part.pop(), part.pop()) else {
                return Err(trouble::fault(Error::CommDataLost));
            };
            let came = !part.is_empty();
            data.append(&mut part);
            let status = u16::from(high) << 8 | u16::from(low);
            if data.len() > LARGEST {
                return Err(trouble::fault(Error::CommDataLost));
            }
            match high {
                // A card that promises more but gives nothing would be asked for ever.
                0x61 if data.len() < LARGEST && (came || command.get(1) != Some(&0xC0)) => {
                    command = Zeroizing::new(vec![0x00, 0xC0, 0x00, 0x00, low]);
                }
                0x6C if !acts && !corrected => {
                    corrected = true;
                    if let Some(length) = command.last_mut() {
                        *length = low;
                    }
                }
                _ => return Ok(Answer { data, status }),
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use super::*;

    /// A card that answers from a list and remembers what it was asked.
    pub(in crate::lock) struct Script {
        answers: RefCell<VecDeque<Vec<u8>>>,
        pub(in crate::lock) asked: RefCell<Vec<Vec<u8>>>,
    }

    impl Script {
        pub(in crate::lock) fn new(answers: &[&[u8]]) -> Script {
            Script { answers: RefCell::new(answers.iter().map(|a| a.to_vec()).collect()), asked: RefCell::default() }
        }
    }

    impl Wire for Script {
        fn transmit(&self, command: &[u8]) -> Result<Vec<u8>, Error> {
            self.asked.borrow_mut().push(command.to_vec());
            self.answers.borrow_mut().pop_front().ok_or(Error::RemovedCard)
        }
    }

    fn send(script: &Script, command: &[u8]) -> Result<Answer, Fault> {
        let driver = crate::lock::drivers::tests::training();
        Exchange { wire: script, driver: &driver }.send(Zeroizing::new(command.to_vec()))
    }

    #[test]
    fn parts_are_fetched_and_joined() {
        let script = Script::new(&[&[1, 2, 0x61, 0x02], &[3, 4, 0x61, 0x01], &[5, 0x90, 0x00]]);
        let answer = send(&script, &[0x00, 0xCB, 0x3F, 0xFF, 0x00]).unwrap();
        assert_eq!(answer, Answer { data: vec![1, 2, 3, 4, 5], status: 0x9000 });
        assert_eq!(script.asked.borrow()[1..], [vec![0, 0xC0, 0, 0, 2], vec![0, 0xC0, 0, 0, 1]]);
    }

    #[test]
    fn a_wrong_length_is_corrected_once_but_never_for_verify() {
        let script = Script::new(&[&[0x6C, 0x05], &[9, 0x90, 0x00]]);
        assert_eq!(send(&script, &[0x00, 0xCB, 0x3F, 0xFF, 0x00]).unwrap().data, [9]);
        let script = Script::new(&[&[0x6C, 0x05], &[0x90, 0x00]]);
        assert_eq!(send(&script, &[0x00, 0x20, 0x00, 0x80]).unwrap().status, 0x6C05);
        assert_eq!(script.asked.borrow().len(), 1);
    }

    #[test]
    fn a_card_that_lies_or_leaves_is_a_fault() {
        assert_eq!(send(&Script::new(&[&[0x90]]), &[0, 0xA4]).unwrap_err().kind, FaultKind::Card);
        assert_eq!(send(&Script::new(&[]), &[0, 0xA4]).unwrap_err().kind, FaultKind::Card);
        let empty: Vec<&[u8]> = vec![&[0x61, 0x10]; 100];
        let script = Script::new(&empty);
        assert_eq!(send(&script, &[0, 0xA4]).unwrap().status, 0x6110);
        assert_eq!(script.asked.borrow().len(), 2, "endless promises end");
    }

    /// A card that answers the same things again and again, whatever it is asked.
    struct Circle(Vec<Vec<u8>>, std::cell::Cell<usize>);

    impl Wire for Circle {
        fn transmit(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
            let at = self.1.get();
            self.1.set(at + 1);
            Ok(self.0[at % self.0.len()].clone())
        }
    }

    fn answers() -> impl proptest::strategy::Strategy<Value = Vec<Vec<u8>>> {
        use proptest::prelude::*;
        let status = prop_oneof![Just(0x61), Just(0x6C), Just(0x90), any::<u8>()];
        let answer = (proptest::collection::vec(any::<u8>(), 0..3), status, any::<u8>());
        proptest::collection::vec(answer.prop_map(|(data, high, low)| [data, vec![high, low]].concat()), 1..5)
    }

    proptest::proptest! {
        /// No card can keep Ruku asking for ever, nor make it panic.
        #[test]
        fn every_exchange_ends(answers in answers(), instruction in proptest::num::u8::ANY) {
            let (driver, card) = (crate::lock::drivers::tests::training(), Circle(answers, Default::default()));
            let _ = Exchange { wire: &card, driver: &driver }.send(Zeroizing::new(vec![0, instruction, 0, 0, 0]));
            proptest::prop_assert!(card.1.get() <= LARGEST + 2, "{} answers", card.1.get());
        }
    }
}
