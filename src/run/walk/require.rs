//! Preconditions: what must hold before step 1 of a playbook, and the words for when it does not.
//!
//! Never takes for granted what no page tells: the person is asked.

use super::{Fact, GateKind, Message, STEP, Walk};
use crate::actions::stage::Asked;
use crate::base::{Fault, FaultKind};
use crate::operator::Answer;
use crate::playbook::inside;

impl Walk<'_> {
    /// Says the precondition that does not hold, before step 1.
    pub(super) async fn require(&mut self, fact: &Fact) -> Result<(), Fault> {
        let site = self.options.site.title(fact.site());
        let words = fact.message(&site);
        let holds = match fact {
            Fact::Entered(site) => self.is_at(site).await?,
            Fact::LoggedIn(site) => self.is_at(site).await? && self.is_inside(site).await?,
            Fact::Bound(_) if self.given.contains(fact) => true,
            // No page tells it beforehand, so the person does.
            Fact::Bound(_) => {
                let question = Message::new(
                    format!("前提条件：{}。是这样吗？", words.zh),
                    format!("precondition: {}; is that so?", words.en),
                );
                let mut stage = self.stage(STEP);
                let asked = stage.ask(GateKind::Precondition, question, Vec::new(), std::future::pending::<()>()).await?;
                !matches!(asked, Asked::Person(Answer::Stop))
            }
        };
        if holds { Ok(()) } else { Err(self.not_held(fact, &words)) }
    }

    async fn is_at(&self, site: &str) -> Result<bool, Fault> {
        let url = self.browser.current(&self.until(STEP)).await?.url;
        Ok(self.options.site.is_at(site, &url))
    }

    /// Whether the page shows one of the texts that are seen only inside the login.
    async fn is_inside(&mut self, site: &str) -> Result<bool, Fault> {
        let texts = self.options.site.texts(&inside(site))?;
        let until = self.until(STEP);
        Ok(self.browser.seen_text(texts, None, &until).await?.is_some())
    }

    fn not_held(&self, fact: &Fact, words: &Message) -> Fault {
        let givers = (self.options.givers)(fact);
        let (zh, en) = if givers.is_empty() {
            ("请先执行相应的办理流程。".to_owned(), "run the playbook that gets there first".to_owned())
        } else {
            (format!("请先执行办理流程 {}。", givers.join(" 或 ")), format!("run playbook {} first", givers.join(" or ")))
        };
        Fault::new(
            FaultKind::Precondition,
            Message::new(
                format!("前提条件不满足：须{}。{zh}", words.zh),
                format!("a precondition is not met (“{}”); {en}", words.en),
            ),
        )
    }
}
