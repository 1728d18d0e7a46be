//! `confirm`: asks the person a question, with values of the page beside it; no or silence ends the run.
//!
//! Never keeps a value in the record: a short one (性别) is hidden nowhere else.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::labelled;
use super::stage::Asked;
use super::{Action, Bilingual, Inspect, Risk, Stage, Words};
use crate::base::spanned::Form;
use crate::base::{Fault, Message, until};
use crate::operator::{Answer, GateKind};

/// `confirm: { question: { zh: …, en: … }, values: [单位名称, 法定代表人] }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// 要本人确认的话 · What the person confirms.
    pub question: Form<Bilingual>,
    /// 一并显示其当前值的标签 · Labels whose present values are shown beside it.
    #[serde(default)]
    pub values: Vec<Words>,
}

impl Action for Confirm {
    const WORD: &'static str = "confirm";
    const DOC: (&'static str, &'static str) =
        ("请本人确认，可一并显示页面上的值", "Ask the person to confirm, with values of the page beside it");
    const RISK: Risk = Risk::Person;

    fn title(&self) -> Message {
        let question = self.question.message();
        Message::new(format!("请本人确认：{}", question.zh), format!("the person confirms: {}", question.en))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.question.zh);
        inspect.words(&self.question.en);
        self.values.iter().for_each(|label| inspect.words(label));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let mut shown = Message::new(stage.render(&self.question.zh)?, stage.render(&self.question.en)?);
        let mut kept = shown.clone();
        for label in &self.values {
            let value = stage.browser.read(&stage.target(&labelled(label), true)?, &stage.until).await?;
            // Whatever the page shows of the applicant is nobody else's.
            stage.redactor.add(&value);
            add(&mut shown, &format!("{}：{value}", label.value));
            add(&mut kept, &label.value);
        }
        match stage.ask_keeping(GateKind::Confirm, shown, kept, Vec::new(), std::future::pending::<()>()).await? {
            Asked::Person(Answer::Stop) => Err(until::stopped()),
            _ => Ok(()),
        }
    }
}

/// Adds a line below the question.
fn add(message: &mut Message, line: &str) {
    for text in [&mut message.zh, &mut message.en] {
        text.push_str("\n  ");
        text.push_str(line);
    }
}
