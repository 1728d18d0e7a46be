//! `insert_lock`: waits until the person has inserted the CA lock of the named holder.
//!
//! The lock is a person's. More than one that fits: the person picks. Never touches the PIN.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Inspect, Risk, Words};
use crate::base::Message;

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
        crate::say!("插入 CA 锁（{}）", "insert the CA lock ({})", self.holder.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.holder);
    }
}
