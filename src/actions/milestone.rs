//! `milestone`: says in the record that something was reached that matters beyond the run. Stands behind the step that saw it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Bilingual, Inspect, Risk, Stage, Words};
use crate::base::spanned::Form;
use crate::base::{Fault, Message};
use crate::proof::Event;

/// `milestone: { id: registry.verified, say: { zh: 主体库已入库完成, en: … } }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// 稳定的名称 · A stable name.
    pub id: Words,
    /// 给人看的话 · For people.
    pub say: Form<Bilingual>,
}

impl Action for Milestone {
    const WORD: &'static str = "milestone";
    const DOC: (&'static str, &'static str) = ("记录里程碑，如“主体库已入库完成”", "Record a milestone");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        let said = self.say.message();
        Message::new(format!("里程碑：{}", said.zh), format!("milestone: {}", said.en))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        [&self.id, &self.say.zh, &self.say.en].into_iter().for_each(|words| inspect.words(words));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let message = self.say.message();
        stage.operator.tell(&message);
        stage.record(Event::Milestone { name: self.id.value.clone(), message })
    }
}
