//! `enter_pin`: pauses while the person types the PIN of the lock and presses what follows, and goes on with the next page.
//!
//! A PIN belongs to the person: Ruku never types, reads, keeps or tries one again; only the training's operator has one, which opens
//! nothing else. A field that is not empty is no reason to press. One wrong PIN ends PIN use in this run until the person says otherwise.

use schemars::JsonSchema;
use serde::Deserialize;

use super::condition::Seen;
use super::fields::labelled;
use super::fresh::Fresh;
use super::place::LongPlace;
use super::press::{entering, in_portal, press};
use super::sight::{LOOK, Sight, says_nothing, while_asked};
use super::site::Site;
use super::stage::{Asked, risk};
use super::{Action, Condition, Entered, Inspect, Place, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Ladder, Message, Secret, Until};
use crate::browser::Browser;
use crate::browser::page::{Mark, Purpose, Target};
use crate::operator::GateKind;

/// Fewer remaining tries than this, told by the page, and no PIN is used: the CA is to be asked first.
const FLOOR: u32 = 3;

/// `enter_pin: { field: CA锁密码, press: 立即登录, next: …, wrong: pin.wrong, blocked: pin.blocked }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterPin {
    /// 密码框的标签；页面上没有时，密码在 CA 驱动自己的窗口里输入 · Label of the field; without one on the page the agent's own window asks.
    pub field: Words,
    /// 输入密码后由本人点击的按钮 · What the person presses afterwards.
    pub press: Place,
    /// 出现什么即已通过 · What is seen when it went on.
    pub next: Condition,
    /// 平台配置中“密码错误”一类文字的名称 · Name of the site profile's texts that say the PIN was wrong.
    pub wrong: Words,
    /// 平台配置中“CA 锁已锁定”一类文字的名称 · Name of the texts that say the lock is blocked.
    pub blocked: Words,
    /// 平台配置中“剩余次数”一类文字的名称，后面跟数字 · Name of the texts before the number of tries left.
    #[serde(default)]
    pub tries: Option<Words>,
}

/// What the page showed after a PIN.
enum Shown {
    Next,
    Wrong(String),
    Blocked,
}

/// What to watch for, values filled in.
struct Signs<'a> {
    browser: &'a Browser,
    site: &'a Site,
    next: Fresh,
    wrong: Sight,
    blocked: Sight,
    /// Words of a wrong PIN that were there before count only after they had gone.
    stale: bool,
    /// Messages of the page count from here.
    since: Mark,
}

impl Action for EnterPin {
    const WORD: &'static str = "enter_pin";
    const DOC: (&'static str, &'static str) =
        ("等本人输入 CA 锁密码并亲自点击登录", "Wait while the person types the PIN of the lock and presses what follows");
    const RISK: Risk = Risk::Person;

    fn title(&self) -> Message {
        let (field, button) = (&self.field.value, self.press.words());
        crate::say!("本人输入「{field}」，并点击「{button}」", "the person enters “{field}” and presses “{button}”")
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.field);
        self.press.inspect(inspect);
        self.next.inspect(inspect);
        [Some(&self.wrong), Some(&self.blocked), self.tries.as_ref()]
            .into_iter()
            .flatten()
            .for_each(|name| inspect.site_text(name));
    }

    fn points_at(&self) -> Option<(LongPlace, bool)> {
        Some((self.press.0.clone(), false))
    }

    fn enters(&self) -> Vec<Entered> {
        vec![Entered::Field(Box::new(labelled(&self.field)), Purpose::See)]
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        // Nobody is asked for a PIN where a stranger's frame would get it.
        let field = stage.browser.look(&self.field(stage)?, Purpose::See, &stage.until).await?;
        field.iter().try_for_each(|found| in_portal(stage.site, found))?;
        self.enough_tries(stage).await?;
        let mut signs = Signs {
            browser: stage.browser,
            site: stage.site,
            next: Fresh::of(stage, stage.sight(&self.next)?).await?,
            wrong: stage.sight(&listed(&self.wrong))?,
            blocked: stage.sight(&listed(&self.blocked))?,
            stale: false,
            since: stage.browser.mark(),
        };
        // A page that says so beforehand is believed: the PIN is not typed into it.
        if signs.blocked.look(stage.browser, stage.site, None, &stage.until).await?.is_some() {
            return Err(blocked());
        }
        let pin = stage.operator.pin();
        // Words that stood there before anything was typed tell of an earlier try.
        signs.stale = signs.wrong.look(stage.browser, stage.site, None, &stage.until).await?.is_some();
        loop {
            if *stage.wrong_pin {
                self.still_enough(stage).await?;
                self.once_more(stage, pin.is_some()).await?;
                self.still_enough(stage).await?;
            }
            signs.since = stage.browser.mark();
            *stage.since = Some(signs.since);
            let shown = match &pin {
                Some(pin) => self.by_training(stage, pin, &mut signs).await?,
                None => self.by_person(stage, &mut signs).await?,
            };
            match shown {
                Shown::Next => return Ok(()),
                Shown::Blocked => return Err(blocked()),
                Shown::Wrong(words) => {
                    *stage.wrong_pin = true;
                    stage.warn(crate::say!(
                        "平台提示 CA 锁密码错误：{words}",
                        "the portal says that the PIN was wrong: {words}"
                    ))?;
                    self.few_are_left(stage, &words)?;
                    signs.stale = true;
                }
            }
        }
    }
}

impl EnterPin {
    fn field(&self, stage: &Stage<'_>) -> Result<Target, Fault> {
        let place = LongPlace { label: Some(self.field.clone()), ..LongPlace::default() };
        stage.target(&place, true)
    }

    /// Refuses where the page tells that only few tries are left. Unknown is the normal case and is no number.
    async fn enough_tries(&self, stage: &Stage<'_>) -> Result<(), Fault> {
        let Some(name) = &self.tries else { return Ok(()) };
        match stage.browser.seen_text(stage.site.texts(name)?, None, &stage.until).await? {
            Some(told) => self.few_are_left(stage, &told.text),
            None => Ok(()),
        }
    }

    /// The same after a wrong PIN, where the page may be behind a box that says so.
    async fn still_enough(&self, stage: &Stage<'_>) -> Result<(), Fault> {
        match self.enough_tries(stage).await {
            Err(fault) if says_nothing(stage.browser, &fault, &stage.until) => Ok(()),
            told => told,
        }
    }

    /// Refuses where these words of the page tell a number below the floor.
    fn few_are_left(&self, stage: &Stage<'_>, words: &str) -> Result<(), Fault> {
        let Some(name) = &self.tries else { return Ok(()) };
        match tries_in(words, stage.site.texts(name)?) {
            Some(0) => Err(blocked()),
            Some(left) if left < FLOOR => Err(too_few(left)),
            _ => Ok(()),
        }
    }

    /// After a wrong PIN the person has to say so before another one is used; a script never does.
    async fn once_more(&self, stage: &mut Stage<'_>, script: bool) -> Result<(), Fault> {
        if script {
            return Err(Fault::new(
                FaultKind::Card,
                crate::say!(
                    "CA 锁密码错误，本次办理不再使用密码。请本人核对密码后重新办理；连续输错会锁死 CA 锁。",
                    "the PIN was wrong and is not used again in this run; make sure of it and start again, too many wrong ones block the lock"
                ),
            ));
        }
        let question = crate::say!(
            "CA 锁密码错误。连续输错会锁死 CA 锁，解锁须找 CA 机构。确定密码无误、由您本人再输一次吗？",
            "the PIN was wrong; too many wrong ones block the lock, and only the CA can unblock it; are you sure of it and will type it once more?"
        );
        stage.gate(GateKind::Confirm, question, Vec::new(), std::future::pending::<()>()).await?;
        *stage.wrong_pin = false;
        Ok(())
    }

    async fn by_person(&self, stage: &mut Stage<'_>, signs: &mut Signs<'_>) -> Result<Shown, Fault> {
        let (field, press) = (&self.field.value, self.press.words());
        let message = crate::say!(
            "请在网页的「{field}」中输入密码，并由您本人点击「{press}」；如果弹出 CA 驱动的窗口，请在那里输入。Ruku 不读取、不保存、不代输密码。",
            "type the PIN into “{field}” on the page and press “{press}” yourself; if the CA driver opens a window of its own, type it there; Ruku neither reads, keeps nor types it"
        );
        loop {
            let until = stage.until.renewed(stage.patience);
            let world = signs.outcome(&until);
            match stage.gate(GateKind::Pin, message.clone(), Vec::new(), while_asked(world)).await? {
                Asked::World(shown) => return shown,
                // Enter only asks to look again.
                Asked::Person(_) => stage
                    .operator
                    .tell(&crate::say!("网页还没有进入下一步，请先完成登录。", "the page has not gone on yet; log in first")),
            }
        }
    }

    /// The training's operator types its PIN: into the page, or into the window of the training's agent.
    async fn by_training(&self, stage: &mut Stage<'_>, pin: &Secret, signs: &mut Signs<'_>) -> Result<Shown, Fault> {
        stage.site.only_loopback()?;
        stage.redactor.add(pin.expose());
        let field = self.field(stage)?;
        let target = stage.target(&self.press, false)?;
        if stage.browser.look(&field, Purpose::See, &stage.until).await?.is_some() {
            stage.browser.fill_secret(&field, pin, &entering(stage.site, stage.once), &stage.until).await?;
            press(stage, &target).await?;
            return self.seen_by_training(stage, signs).await;
        }
        // The page is blocked by its own call until the window is answered, and with it the press. Where the page opens none, because the
        // lock is blocked, what it says is the answer.
        let operator = stage.operator;
        let mut typing = operator.type_pin();
        let mut typed = None;
        let going = async {
            match press(stage, &target).await {
                Err(fault) if fault.kind != FaultKind::Unsure => Err(fault),
                _ => self.seen_by_training(stage, signs).await,
            }
        };
        let mut going = std::pin::pin!(going);
        let seen = loop {
            tokio::select! {
                seen = &mut going => break seen,
                done = &mut typing, if typed.is_none() => typed = Some(done),
            }
        };
        match (seen, typed) {
            (Err(late), Some(Err(not_typed))) if late.kind == FaultKind::TimedOut => Err(not_typed),
            (seen, _) => seen,
        }
    }

    /// What the page shows after the training's operator has pressed.
    async fn seen_by_training(&self, stage: &mut Stage<'_>, signs: &mut Signs<'_>) -> Result<Shown, Fault> {
        let until = stage.until.renewed(stage.until.allowed());
        let seen = signs.outcome(&until).await;
        match (seen, stage.browser.dialog()) {
            // Nobody is there to answer what the page asks.
            (Err(fault), Some(dialog)) if fault.kind == FaultKind::TimedOut => Err(unanswered(&dialog.text)),
            (seen, _) => seen,
        }
    }
}

fn listed(name: &Words) -> Seen {
    Seen { site_text: Some(name.clone()), ..Seen::default() }
}

impl Signs<'_> {
    /// Looks until the page has gone on, or says that the PIN was wrong.
    async fn outcome(&mut self, until: &Until) -> Result<Shown, Fault> {
        let waiting_for = crate::say!("密码通过后的下一页", "the page that follows the PIN");
        let mut ladder = Ladder::default();
        loop {
            match self.glance(&until.within(LOOK)).await {
                Ok(Some(shown)) => return Ok(shown),
                Ok(None) => {}
                Err(fault) if says_nothing(self.browser, &fault, until) => {}
                Err(fault) => return Err(fault),
            }
            until.climb(&mut ladder, &waiting_for).await?;
        }
    }

    async fn glance(&mut self, until: &Until) -> Result<Option<Shown>, Fault> {
        let (browser, site, since) = (self.browser, self.site, self.since);
        if !site.stop_words.is_empty()
            && let Some(seen) = browser.seen_text(&site.stop_words, Some(since), until).await?
        {
            return Err(risk(&seen.text));
        }
        if self.blocked.look(browser, site, Some(since), until).await?.is_some() {
            return Ok(Some(Shown::Blocked));
        }
        let wrong = self.wrong.look(browser, site, Some(since), until).await?.map(|evidence| evidence.zh);
        match wrong {
            // What stood there before counts once it had gone; a message that popped up since is new whatever it says.
            Some(words) if !self.stale || said_since(browser, since, &words) => return Ok(Some(Shown::Wrong(words))),
            Some(_) => {}
            None => self.stale = false,
        }
        Ok(self.next.look(browser, site, since, until).await?.map(|_| Shown::Next))
    }
}

/// Whether a message with these words popped up after `since`.
fn said_since(browser: &Browser, since: Mark, words: &str) -> bool {
    browser.messages_since(since).iter().any(|(_, text)| words == format!("「{text}」"))
}

/// The number that follows one of the site's words for the tries left; none where none is told.
fn tries_in(words: &str, names: &[String]) -> Option<u32> {
    names.iter().find_map(|name| {
        let (_, after) = words.split_once(name.as_str())?;
        let digits: String = after.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

fn unanswered(text: &str) -> Fault {
    Fault::new(
        FaultKind::Dialog,
        crate::say!(
            "输入密码后，浏览器弹出对话框「{text}」，页面没有进入下一步。",
            "after the PIN the browser shows “{text}”, and the page did not go on"
        ),
    )
}

fn too_few(left: u32) -> Fault {
    Fault::new(
        FaultKind::Card,
        crate::say!(
            "CA 锁密码只剩 {left} 次机会，已停止，不再使用密码。请本人确认密码，必要时联系 CA 机构重置后再办理。",
            "only {left} PIN tries are left; stopped, no PIN is used; make sure of the PIN, or have the CA reset it, before you go on"
        ),
    )
}

/// The platform's telephone cannot help here: only the CA unblocks its locks.
fn blocked() -> Fault {
    Fault::new(
        FaultKind::Card,
        crate::say!(
            "CA 锁已锁定。请联系签发这把锁的 CA 机构解锁（平台客服电话不能解锁）；请勿再试密码。",
            "the CA lock is blocked; ask the CA that issued it to unblock it (the portal's telephone cannot); do not try the PIN again"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::tries_in;

    #[test]
    fn only_a_number_that_is_told_is_a_number() {
        let names = ["剩余次数".to_owned(), "还有".to_owned()];
        assert_eq!(tries_in("错误码：63，密码错误，剩余次数：5", &names), Some(5));
        assert_eq!(tries_in("您还有 2 次机会", &names), Some(2));
        assert_eq!((tries_in("密码错误（9011）", &names), tries_in("剩余次数未知", &names)), (None, None));
    }
}
