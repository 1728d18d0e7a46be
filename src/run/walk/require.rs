//! Preconditions: what must hold before step 1 of a playbook, and the words for when it does not.
//!
//! Never takes for granted what no page tells: the person is asked.

use std::path::Path;

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

    /// The playbook that this very fact stands in, as a person names it to `ruku run`.
    fn asker(&self, fact: &Fact) -> Option<String> {
        let asks = |fact: &Fact, own: &Fact| std::ptr::eq(fact, own);
        let chosen = self.options.playbooks.iter().find(|chosen| chosen.playbook.requires.iter().any(|own| asks(fact, own)))?;
        let stem = Path::new(&chosen.file).file_stem()?.to_string_lossy();
        // Files of the guide begin with their section, and that is name enough.
        let section = stem.split('-').next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        Some(section.unwrap_or(&stem).to_owned())
    }

    fn not_held(&self, fact: &Fact, words: &Message) -> Fault {
        let givers = (self.options.givers)(fact);
        let (zh, en) = match (fact, self.asker(fact)) {
            _ if givers.is_empty() => {
                ("请先执行相应的办理流程。".to_owned(), "run the playbook that gets there first".to_owned())
            }
            // Run by itself, the other playbook would take its browser with it, and this one would ask for it again.
            (Fact::Entered(_) | Fact::LoggedIn(_), Some(asker)) => {
                let commands: Vec<String> = givers.iter().map(|giver| format!("ruku run {giver} {asker}")).collect();
                (
                    format!("登录只在同一个浏览器里有效，请在同一条命令里先执行：{}（其他参数照旧）。", commands.join("，或 ")),
                    format!(
                        "a login lives in one browser, so run both in one command: {} (other options as before)",
                        commands.join(", or ")
                    ),
                )
            }
            _ => (format!("请先执行办理流程 {}。", givers.join(" 或 ")), format!("run playbook {} first", givers.join(" or "))),
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
