//! `seal`: presses the button for the seal, then waits while the person sets it in whatever window appears.
//!
//! Never without the once gate, never acts in the seal's window, never presses again when nothing seems to open: the portal may be slow, the window behind another one.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::insert_lock::{accept, lock_of};
use super::press::press;
use super::sight::{LOOK, Sight, WATCH, says_nothing, while_asked};
use super::site::Site;
use super::stage::{Asked, Held};
use super::{Action, Condition, Inspect, LongPlace, Place, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Message, Until};
use crate::browser::Browser;
use crate::browser::page::Mark;
use crate::operator::GateKind;

/// After this long without a seal the person is told where to look.
const HINT: Duration = Duration::from_secs(8);

/// `seal: { press: { text: 签章, row: 诚信承诺书 }, done: { target: { text: 已签章, row: 诚信承诺书 } }, … }`; beside it `once`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// 签章按钮 · The button that opens the seal.
    pub press: Place,
    /// 签章后看到什么 · What is seen when the seal is set.
    pub done: Condition,
    /// 平台配置中“未读取到印章”一类文字的名称 · Texts that say the lock has no seal.
    pub none: Words,
    /// 平台配置中“请使用IE”一类文字的名称 · Texts that say the page wants another browser.
    pub elsewhere: Words,
    /// 平台配置中“须用法定代表人的锁”一类文字的名称 · Texts that ask for the legal representative's lock.
    pub legal: Words,
    /// 法定代表人 · The legal representative, whose lock may be needed.
    pub legal_holder: Words,
}

impl Action for Seal {
    const WORD: &'static str = "seal";
    const DOC: (&'static str, &'static str) =
        ("点击签章，等本人在签章窗口完成，直到显示已签章", "Press for the seal and wait until the person has set it");
    const RISK: Risk = Risk::Press;

    fn title(&self) -> Message {
        match &self.press.row {
            Some(row) => crate::say!("在「{}」处签章", "set the seal on “{}”", row.value),
            None => crate::say!("点击「{}」并签章", "press “{}” and set the seal", self.press.words()),
        }
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.press.inspect(inspect);
        self.done.inspect(inspect);
        [&self.none, &self.elsewhere, &self.legal].into_iter().for_each(|name| inspect.site_text(name));
        inspect.words(&self.legal_holder);
    }

    fn points_at(&self) -> Option<(LongPlace, bool)> {
        Some((self.press.0.clone(), false))
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        if !stage.once {
            return Err(without_once());
        }
        let own = Own::of(stage);
        let sealed = self.set(stage).await;
        // Whoever sealed instead did so this once: from here on the applicant's own lock is the one in use again.
        own.restore(stage);
        sealed
    }
}

impl Seal {
    async fn set(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let mut signs = Signs {
            done: stage.sight(&self.done)?,
            none: Fresh::of(stage, &self.none).await?,
            legal: Fresh::of(stage, &self.legal).await?,
            elsewhere: Fresh::of(stage, &self.elsewhere).await?,
            hint: true,
        };
        press(stage, &stage.target(&self.press, false)?).await?;
        let mut words = crate::say!(
            "请在签章窗口中核对文件，由您本人完成签章。完成后自动继续；Ruku 不会操作签章窗口。",
            "look at the document in the seal window and set the seal yourself; the run goes on by itself, Ruku does not touch that window"
        );
        loop {
            let until = stage.until.renewed(stage.patience);
            let world = signs.wait(stage.browser, stage.site, *stage.since, until);
            match stage.gate(GateKind::Seal, words.clone(), Vec::new(), while_asked(world)).await? {
                Asked::World(sign) => match sign? {
                    Sign::Done => return Ok(()),
                    Sign::None => return Err(no_seal(stage)),
                    Sign::Legal => {
                        signs.legal = Fresh::default();
                        self.swap(stage).await?;
                    }
                    Sign::Elsewhere => {
                        signs.elsewhere = Fresh::default();
                        words = in_ie();
                        stage.warn(words.clone())?;
                    }
                    Sign::Nothing => {
                        signs.hint = false;
                        stage.warn(where_to_look())?;
                        stage.operator.tell(&where_to_look());
                    }
                },
                // Enter only asks to look again.
                Asked::Person(_) => {
                    stage.operator.tell(&crate::say!("网页还没有显示已签章。", "the page does not show the seal yet"));
                }
            }
        }
    }

    /// The seal needs another person's lock: asked for, compared, and known to stand in for this act only.
    async fn swap(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let holder = stage.render(&self.legal_holder)?;
        stage.redactor.add(&holder);
        stage.operator.tell(&crate::say!(
            "此处须由法定代表人「{holder}」签章，请换上其 CA 锁；已完成的文件保留。",
            "the legal representative “{holder}” has to seal this: swap the lock; what is sealed already stays"
        ));
        let checked = stage.holder.clone();
        let held = lock_of(stage, &holder, GateKind::SwapLock).await?;
        accept(stage, Held { stands_in: true, ..held })?;
        *stage.holder = checked;
        Ok(())
    }
}

/// The lock in use before somebody else's may stand in for it, and what playbooks read of it.
struct Own {
    held: Option<Held>,
    facts: serde_json::Value,
}

impl Own {
    fn of(stage: &Stage<'_>) -> Own {
        Own { held: stage.held.clone(), facts: stage.values["lock"].clone() }
    }

    fn restore(self, stage: &mut Stage<'_>) {
        if stage.held.as_ref().is_some_and(|held| held.stands_in) {
            *stage.held = self.held;
            stage.values["lock"] = self.facts;
        }
    }
}

/// A list of words, of which those count that no window showed before the press, or that had gone meanwhile.
#[derive(Default)]
struct Fresh {
    words: Vec<String>,
    stale: Vec<String>,
}

impl Fresh {
    async fn of(stage: &Stage<'_>, name: &Words) -> Result<Fresh, Fault> {
        let mut fresh = Fresh { words: stage.site.texts(name)?.to_vec(), stale: Vec::new() };
        while let Some(stale) = stage.browser.seen_anywhere(&fresh.words, &stage.until).await? {
            fresh.words.retain(|known| *known != stale);
            fresh.stale.push(stale);
        }
        Ok(fresh)
    }

    /// Whether any of them shows now.
    async fn seen(&mut self, browser: &Browser, until: &Until) -> Result<bool, Fault> {
        if !self.stale.is_empty() && browser.seen_anywhere(&self.stale, until).await?.is_none() {
            self.words.append(&mut self.stale);
        }
        Ok(!self.words.is_empty() && browser.seen_anywhere(&self.words, until).await?.is_some())
    }

    /// Whether a text holds one of them.
    fn stand_in(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word.as_str()))
    }
}

/// What tells how the seal goes on.
enum Sign {
    Done,
    None,
    Legal,
    Elsewhere,
    Nothing,
}

struct Signs {
    done: Sight,
    none: Fresh,
    legal: Fresh,
    elsewhere: Fresh,
    /// Whether the person has still to be told where to look.
    hint: bool,
}

impl Signs {
    /// Watches the page for the seal, and every window for words that say why there will be none.
    async fn wait(&mut self, browser: &Browser, site: &Site, since: Option<Mark>, until: Until) -> Result<Sign, Fault> {
        let waiting_for = crate::say!("页面显示已签章", "the page to show the seal");
        let hint = until.within(HINT);
        loop {
            match self.glance(browser, site, since, &until.within(LOOK)).await {
                Ok(Some(sign)) => return Ok(sign),
                Ok(None) if self.hint && hint.expired() => return Ok(Sign::Nothing),
                Ok(None) => {}
                Err(fault) if says_nothing(browser, &fault, &until) => {}
                Err(fault) => return Err(fault),
            }
            until.pause(WATCH, &waiting_for).await?;
        }
    }

    async fn glance(
        &mut self,
        browser: &Browser,
        site: &Site,
        since: Option<Mark>,
        until: &Until,
    ) -> Result<Option<Sign>, Fault> {
        if let Some(dialog) = browser.dialog() {
            return Ok(self.said(&dialog.text));
        }
        if self.done.look(browser, site, since, until).await?.is_some() {
            return Ok(Some(Sign::Done));
        }
        for (words, sign) in self.lists() {
            if words.seen(browser, until).await? {
                return Ok(Some(sign));
            }
        }
        Ok(None)
    }

    fn lists(&mut self) -> [(&mut Fresh, Sign); 3] {
        [(&mut self.none, Sign::None), (&mut self.legal, Sign::Legal), (&mut self.elsewhere, Sign::Elsewhere)]
    }

    /// What a native box says; the page behind it cannot be asked.
    fn said(&mut self, text: &str) -> Option<Sign> {
        self.lists().into_iter().find(|(words, _)| words.stand_in(text)).map(|(_, sign)| sign)
    }
}

/// A seal cannot be taken back, whatever the button is called.
fn without_once() -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "签章后不可撤回，而本步骤没有写 once，因此没有点击。请联系支持人员修改流程。",
            "a seal cannot be taken back and the step has no `once`; nothing was pressed; ask support to correct the playbook"
        ),
    )
}

/// The portal itself says that nothing was sealed.
fn no_seal(stage: &mut Stage<'_>) -> Fault {
    stage.held_back = true;
    Fault::new(
        FaultKind::Business,
        crate::say!(
            "CA 锁里没有印章（平台提示未读取到印章），没有签章。请联系 CA 机构制章后再办理，不必重试。",
            "the CA lock holds no seal, as the portal says, so nothing was sealed; have the CA make the seal, trying again does not help"
        ),
    )
}

fn in_ie() -> Message {
    crate::say!(
        "此处签章需要 IE 浏览器（兼容模式）或签章控件。请您在 Edge 的 IE 模式中打开平台，登录后完成签章，然后在 Ruku 的窗口里刷新或重新进入本页；Ruku 会在这里等到显示已签章。",
        "sealing here needs Internet Explorer or an ActiveX control; open the portal in Edge's IE mode, log in and seal there, then reload this page in Ruku's window; Ruku waits here until it shows the seal"
    )
}

fn where_to_look() -> Message {
    crate::say!(
        "还没有看到签章结果。如果签章窗口没有出现：看看任务栏里是否有被挡住的窗口、地址栏右端是否提示“已拦截弹出式窗口”。Ruku 不会再次点击签章。",
        "no seal is seen yet; if no seal window shows, look for a window behind others and for “pop-up blocked” in the address bar; Ruku does not press again"
    )
}
