//! Floor 2: asks a human and waits.
//!
//! Silence is never consent: a gate that times out stops the run, and an answer typed before the question does not count.
//! Never acts on a page, never sees a PIN on a real site.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::base::{Fault, Message, Until};

mod scripted;
mod terminal;

pub use scripted::{Access, Scripted};
pub use terminal::Terminal;

/// Why the run pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// The CA lock of a named holder has to be inserted.
    InsertLock,
    /// The lock was pulled in mid-run and has to come back.
    ReinsertLock,
    /// More than one lock is inserted: the person picks.
    PickLock,
    /// Something irreversible is about to be done: the person confirms.
    Confirm,
    /// Something must hold that no page tells: the person says whether it does.
    Precondition,
    /// Something irreversible may have been done: the person says what the portal shows.
    Unsure,
}

impl GateKind {
    /// The kind in words.
    pub fn words(self) -> Message {
        match self {
            GateKind::InsertLock => crate::say!("请插入 CA 锁", "insert the CA lock"),
            GateKind::ReinsertLock => crate::say!("请重新插入 CA 锁", "insert the CA lock again"),
            GateKind::PickLock => crate::say!("请选择 CA 锁", "pick the CA lock"),
            GateKind::Confirm => crate::say!("请确认", "confirm"),
            GateKind::Precondition => crate::say!("请确认前提条件", "confirm the precondition"),
            GateKind::Unsure => crate::say!("请核实结果", "check the result"),
        }
    }
}

/// One pause for the operator.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Number within the run, from 1.
    pub number: u32,
    /// Why.
    pub kind: GateKind,
    /// What to do, for the person. May show names: it is never kept as it stands.
    pub message: Message,
    /// What to pick from; empty when the answer is only "go on" or "stop".
    pub options: Vec<Message>,
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Go,
    /// The option with this index.
    Pick(usize),
    /// Stop the run.
    Stop,
}

/// Someone who can be asked.
pub trait Operator: Send + Sync {
    /// Who it is, for the record: `terminal` or `scripted`.
    fn name(&self) -> &'static str;

    /// Forgets what was said so far: called before a question is put, because what was typed before it is no answer to it.
    fn forget(&self);

    /// Asks and waits for the answer. The future is dropped when the world answers first (the lock was seen).
    fn ask<'a>(&'a self, gate: &'a Gate, until: &'a Until) -> BoxFuture<'a, Result<Answer, Fault>>;

    /// Says something that needs no answer.
    fn tell(&self, message: &Message);
}
