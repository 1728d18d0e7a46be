//! `person`: the person does something on the page, or reads something; Ruku says what and waits for what is seen then.
//!
//! Never presses, types or closes anything itself.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fresh::Fresh;
use super::sight::while_asked;
use super::stage::Asked;
use super::{Action, Bilingual, Condition, Inspect, Risk, Stage};
use crate::base::spanned::Form;
use crate::base::{Fault, Message};
use crate::operator::GateKind;

/// `person: { to: { zh: …, en: … }, kind: act, until: … }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// 请本人做什么 · What the person is asked to do.
    pub to: Form<Bilingual>,
    /// 是阅读、验证码还是网页操作 · Whether it is to read, to solve a captcha or to act on the page.
    #[serde(default)]
    pub kind: Kind,
    /// 看到什么即已完成，开始时就有的不算；不写则等本人按回车 · What is seen when it is done, what stood there before not counted; without
    /// it the person says so.
    #[serde(default)]
    pub until: Option<Condition>,
    /// 只要还看得到就没有完成 · As long as this is seen it is not done.
    #[serde(default)]
    pub gone: Option<Condition>,
}

/// What is asked of the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 在网页上操作 · To act on the page.
    #[default]
    Act,
    /// 阅读 · To read.
    Read,
    /// 验证码、短信码、滑块 · To solve a captcha, to enter a code.
    Captcha,
}

impl Action for Person {
    const WORD: &'static str = "person";
    const DOC: (&'static str, &'static str) =
        ("请本人操作或阅读，Ruku 只等待和核对", "The person acts or reads; Ruku only waits and looks");
    const RISK: Risk = Risk::Person;

    fn title(&self) -> Message {
        let to = self.to.message();
        Message::new(format!("请本人：{}", to.zh), format!("the person: {}", to.en))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.to.zh);
        inspect.words(&self.to.en);
        self.until.iter().chain(&self.gone).for_each(|seen| seen.inspect(inspect));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let message = Message::new(stage.render(&self.to.zh)?, stage.render(&self.to.en)?);
        let kind = match self.kind {
            Kind::Act => GateKind::Act,
            Kind::Read => GateKind::Read,
            Kind::Captcha => GateKind::Captcha,
        };
        let mut until = match &self.until {
            Some(seen) => Some(Fresh::of(stage, stage.sight(seen)?).await?),
            None => None,
        };
        let gone = self.gone.as_ref().map(|seen| stage.sight(seen)).transpose()?;
        let (browser, site, since) = (stage.browser, stage.site, stage.browser.mark());
        loop {
            let patience = stage.until.renewed(stage.patience);
            let world = async {
                match (&mut until, &gone) {
                    (Some(seen), _) => seen.wait(browser, site, since, &patience).await,
                    (None, Some(gone)) => gone.wait_gone(browser, site, &patience).await,
                    (None, None) => std::future::pending().await,
                }
            };
            match stage.gate(kind, message.clone(), Vec::new(), while_asked(world)).await? {
                Asked::World(seen) => return seen,
                Asked::Person(_) if until.is_none() && gone.is_none() => return Ok(()),
                Asked::Person(_) => {
                    stage
                        .operator
                        .tell(&crate::say!("网页上还没有看到完成的样子。", "the page does not show yet that it is done"));
                }
            }
        }
    }
}
