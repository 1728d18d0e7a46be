//! The readers of what cards and agents answer, for `fuzz/`. Compiled for the fuzzer alone.

use std::cell::Cell;

use super::agents::rs_users;
use super::card::{Exchange, Wire};
use super::drivers::{AgentDriver, LockDriver};
use super::piv::Piv;
use crate::base::Source;

/// A card whose answers are the bytes of the fuzzer, each with its length before it.
struct Tape<'a>(Cell<&'a [u8]>);

impl Wire for Tape<'_> {
    fn transmit(&self, _: &[u8]) -> Result<Vec<u8>, pcsc::Error> {
        let (length, rest) = self.0.get().split_first().ok_or(pcsc::Error::RemovedCard)?;
        let (answer, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        self.0.set(rest);
        Ok(answer.to_vec())
    }
}

/// A card that answers so: its application is entered, certificate and tries are read.
pub fn card(bytes: &[u8]) {
    let text = include_str!("../../drivers/locks/training.yaml").to_owned();
    let Ok(driver) = LockDriver::read(&Source { name: "training.yaml".into(), text }) else { return };
    let tape = Tape(Cell::new(bytes));
    let exchange = Exchange { wire: &tape, driver: &driver };
    if let Ok(piv) = Piv::enter(&exchange) {
        let _ = (piv.certificate(), piv.tries());
    }
}

/// An agent that answers so when it is asked for its list.
pub fn agent(bytes: &[u8]) {
    let text = include_str!("../../drivers/agents/training.yaml").to_owned();
    let driver = AgentDriver::read(&Source { name: "training.yaml".into(), text });
    if let (Ok(driver), Ok(json)) = (driver, serde_json::from_slice(bytes)) {
        let _ = rs_users(&driver, &json);
    }
}
