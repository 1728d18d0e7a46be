//! What is said over the control socket: one JSON line asks, one JSON line answers.
//!
//! Never carries a PIN or a key: those are in the card files only.

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
use crate::base::Fault;

/// Slots of the virtual reader; vpcd has exactly two.
pub const SLOTS: usize = 2;

/// How the card in a slot behaves. Stays with the slot until changed, whatever card is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// As it should.
    #[default]
    Normal,
    /// Each VERIFY costs a try, one without a PIN too, and no count is told (6300).
    BurningVerify,
    /// Each command takes a second. Presence is still answered at once.
    Slow,
    /// The next command is carried out, and the connection drops in the middle of its answer: the lock is out then.
    Dies,
}

/// One slot as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// Its number, from 0.
    pub slot: usize,
    /// Name of the card in it.
    pub card: Option<String>,
    /// How that card, or the next one, behaves.
    pub mode: Mode,
    /// PIN tries left on the card, as in its file.
    pub tries: Option<u8>,
}

/// A line to the host.
#[cfg(target_os = "linux")]
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Request {
    /// Puts a card into an empty slot; answered when the card service has seen it.
    Insert { slot: usize, card: String },
    /// Takes the card out; an empty slot stays empty.
    Pull { slot: usize },
    /// Changes how the slot's card behaves.
    Mode { slot: usize, mode: Mode },
    /// Asks only.
    State {},
}

/// A line from the host.
#[cfg(target_os = "linux")]
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    /// Done; all slots as they are now.
    Slots(Vec<SlotState>),
    /// Not done.
    Fault(Fault),
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn lines_look_as_agreed() {
        let line = |request: &Request| serde_json::to_string(request).unwrap();
        assert_eq!(line(&Request::Insert { slot: 0, card: "p1".into() }), r#"{"insert":{"slot":0,"card":"p1"}}"#);
        assert_eq!(line(&Request::Pull { slot: 1 }), r#"{"pull":{"slot":1}}"#);
        assert_eq!(line(&Request::Mode { slot: 0, mode: Mode::BurningVerify }), r#"{"mode":{"slot":0,"mode":"burning-verify"}}"#);
        assert_eq!(line(&Request::State {}), r#"{"state":{}}"#);
        assert!(serde_json::from_str::<Request>(r#"{"state":{},"pull":{"slot":0}}"#).is_err());
        assert!(serde_json::from_str::<Request>(r#"{"pull":{"slot":0,"card":"p1"}}"#).is_err());
    }
}
