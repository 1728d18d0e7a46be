//! `check_holder`: compares the holder that the page shows with the expected one, before anything is authorised or submitted.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Inspect, Place, Risk, Words};
use crate::base::Message;

/// `check_holder: { shown: { label: 证书持有人 }, expected: "{{ 姓名 }}" }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckHolder {
    /// 页面显示持有人的位置 · Where the page shows the holder.
    pub shown: Place,
    /// 应为何人 · Who it must be.
    pub expected: Words,
}

impl Action for CheckHolder {
    const WORD: &'static str = "check_holder";
    const DOC: (&'static str, &'static str) = (
        "核对页面显示的证书持有人，不符则停止",
        "Compare the holder shown by the page with the expected one; stop if they differ",
    );
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        crate::say!("核对「{}」", "check “{}”", self.shown.words())
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.shown.inspect(inspect);
        inspect.words(&self.expected);
    }
}
