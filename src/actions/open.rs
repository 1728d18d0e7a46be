//! `open`: goes to the start address of a site of the site profile, or to the address of it that another program opened.
//!
//! Never opens an address outside the named site, whoever gave it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::stage::Asked;
use super::{Action, Bilingual, Inspect, Risk, Stage, Words};
use crate::base::spanned::{Form, FromShort};
use crate::base::{Fault, FaultKind, Message};
use crate::operator::{Answer, GateKind};

/// `open: 平台名`, or with `ask`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Open(pub Form<LongOpen>);

/// The long form of `open`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongOpen {
    /// 平台配置中的平台名 · The site's name in the site profile.
    pub site: Words,
    /// 网址由本人粘贴时，怎么对本人说 · Asks the person for the address that another program opened.
    #[serde(default)]
    pub ask: Option<Form<Bilingual>>,
}

impl FromShort for LongOpen {
    fn from_short(short: Words) -> LongOpen {
        LongOpen { site: short, ask: None }
    }
}

impl Action for Open {
    const WORD: &'static str = "open";
    const DOC: (&'static str, &'static str) = (
        "打开平台配置中的一个平台，或本人粘贴的该平台网址",
        "Open a site of the site profile, or its address as the person pastes it",
    );
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        crate::say!("打开平台「{}」", "open site “{}”", self.0.site.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.site(&self.0.site);
        self.0.ask.iter().for_each(|ask| {
            inspect.words(&ask.zh);
            inspect.words(&ask.en);
        });
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let address = match &self.0.ask {
            None => stage.site.address(&self.0.site)?,
            Some(ask) => pasted(stage, &self.0.site, ask.message()).await?,
        };
        stage.browser.goto(&address, &stage.until).await
    }
}

/// The address that the person pastes; asked again where it is not one of the site.
async fn pasted(stage: &mut Stage<'_>, site: &str, question: Message) -> Result<String, Fault> {
    loop {
        let asked = stage.gate(GateKind::Address, question.clone(), Vec::new(), std::future::pending::<()>()).await?;
        let Asked::Person(Answer::Text(address)) = asked else { continue };
        let address = address.trim();
        if stage.site.is_at(site, address) {
            // It may carry a ticket that lets the bearer in.
            stage.redactor.add(address);
            return Ok(address.to_owned());
        }
        let title = stage.site.title(site);
        let refused = Message::new(
            format!("这不是「{}」的网址，没有打开。请核对后重新粘贴。", title.zh),
            format!("that is no address of “{}”, and was not opened; check it and paste it again", title.en),
        );
        if !stage.operator.is_person() {
            return Err(Fault::new(FaultKind::Refused, refused));
        }
        stage.operator.tell(&refused);
    }
}
