//! `expect`: waits until something is seen, and fails if it is not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Condition, Inspect, Risk, Stage};
use crate::base::{Fault, Message};

/// `expect: 文字`, or a condition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Expect(pub Condition);

impl Action for Expect {
    const WORD: &'static str = "expect";
    const DOC: (&'static str, &'static str) = ("等待页面出现所述内容，否则失败", "Wait until this is seen, or fail");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        let seen = self.0.title();
        Message::new(format!("等待出现{}", seen.zh), format!("wait for {}", seen.en))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.inspect(inspect);
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        // A toast that the last press caused may be gone by now; it counts all the same.
        stage.wait_seen(&self.0, *stage.since).await.map(|_| ())
    }
}
