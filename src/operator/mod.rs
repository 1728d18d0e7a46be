//! Floor 2: asks a human and waits.
//!
//! Silence is never consent: a gate that times out stops the run, and an answer typed before the question does not count.
//! Never acts on a page, never sees a PIN on a real site.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::base::{Fault, Message, Secret, Until};

mod scripted;
mod terminal;

pub use scripted::{Access, Person, Scripted};
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
    /// The PIN of the lock: typed by the person, who also presses what follows.
    Pin,
    /// The seal: set by the person in the window that the portal opens.
    Seal,
    /// Another person's lock is needed for what comes next.
    SwapLock,
    /// A captcha, a code by SMS, a slider.
    Captcha,
    /// Something to read before going on.
    Read,
    /// Something on the page that only the person may do.
    Act,
    /// The address of a page that another program opened.
    Address,
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
            GateKind::Pin => crate::say!("请输入 CA 锁密码", "enter the PIN of the CA lock"),
            GateKind::Seal => crate::say!("请签章", "set the seal"),
            GateKind::SwapLock => crate::say!("请换 CA 锁", "swap the CA lock"),
            GateKind::Captcha => crate::say!("请完成验证", "solve the captcha"),
            GateKind::Read => crate::say!("请阅读", "read"),
            GateKind::Act => crate::say!("请您操作网页", "act on the page"),
            GateKind::Address => crate::say!("请粘贴网址", "paste the address"),
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Go,
    /// The option with this index.
    Pick(usize),
    /// What was typed, at a gate that asks for words.
    Text(String),
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

    /// Whether a person answers, who can be asked again; a script says the same every time.
    fn is_person(&self) -> bool {
        true
    }

    /// The PIN of the lock, from an operator that is no person: the training's alone has one. None from a person, whose PIN Ruku never holds.
    fn pin(&self) -> Option<Secret> {
        None
    }

    /// Types the PIN into the window of the training's own agent; only the training's operator can.
    fn type_pin(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Says something that needs no answer.
    fn tell(&self, message: &Message);
}
