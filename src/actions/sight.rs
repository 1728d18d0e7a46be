//! A condition of the playbook with its values filled in: what to look for, without the stage.
//!
//! Only looks. While a gate is open this is all that Ruku does with the page; a page that stands still then, because its own synchronous
//! call waits for the PIN window of a CA driver, is waited out and is no fault of the run.

use std::time::Duration;

use super::site::Site;
use crate::base::{Fault, FaultKind, Message, Until};
use crate::browser::Browser;
use crate::browser::page::{Mark, Purpose, Target};

/// Between two looks while a person is busy with the page.
pub(super) const WATCH: Duration = Duration::from_millis(400);
/// The longest single look meanwhile.
pub(super) const LOOK: Duration = Duration::from_secs(3);

/// What must be seen; all of it.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The portal that the current window must be at.
    pub(super) at: Option<String>,
    /// Lists of texts: one of each must be seen.
    pub(super) lists: Vec<Vec<String>>,
    /// Elements that must be there.
    pub(super) targets: Vec<Target>,
}

impl Sight {
    /// One look: what was seen, in words, or none. Messages count from `since`.
    pub async fn look(
        &self,
        browser: &Browser,
        site: &Site,
        since: Option<Mark>,
        until: &Until,
    ) -> Result<Option<Message>, Fault> {
        let mut evidence: Vec<Message> = Vec::new();
        if let Some(name) = &self.at {
            if !site.is_at(name, &browser.current(until).await?.url) {
                return Ok(None);
            }
            let Message { zh, en } = site.title(name);
            evidence.push(crate::say!("在「{zh}」", "at “{en}”"));
        }
        for words in &self.lists {
            match browser.seen_text(words, since, until).await? {
                Some(found) => evidence.push(Message::same(format!("「{}」", found.text))),
                None => return Ok(None),
            }
        }
        for target in &self.targets {
            match browser.look(target, Purpose::See, until).await? {
                Some(found) => evidence.push(Message::same(found.plain())),
                None => return Ok(None),
            }
        }
        let join = |each: fn(&Message) -> &str| evidence.iter().map(each).collect::<Vec<_>>().join(" ");
        Ok(Some(Message::new(join(|message| &message.zh), join(|message| &message.en))))
    }

    /// Waits until this is no longer seen: not for one look, which a page that is just moving on would pass, but for two.
    pub async fn wait_gone(&self, browser: &Browser, site: &Site, until: &Until) -> Result<(), Fault> {
        let waiting_for = crate::say!("您完成网页上的操作", "you to finish on the page");
        let mut unseen = 0;
        loop {
            match self.look(browser, site, None, &until.within(LOOK)).await {
                Ok(None) => unseen += 1,
                Ok(Some(_)) => unseen = 0,
                Err(fault) if says_nothing(browser, &fault, until) => {}
                Err(fault) => return Err(fault),
            }
            if unseen == 2 {
                return Ok(());
            }
            until.pause(WATCH, &waiting_for).await?;
        }
    }
}

/// What the world answers a gate, without an end of its own: the gate's patience ends the wait, and that stops the run.
pub(super) async fn while_asked<T>(world: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match world.await {
        Err(fault) if fault.kind == FaultKind::TimedOut => std::future::pending().await,
        answered => answered,
    }
}

/// Whether a look that failed says nothing of the page: it moves on, a dialog waits for the person, or it stands still behind a call of
/// its own. `until` is the limit of the watch, not of the look.
pub(super) fn says_nothing(browser: &Browser, fault: &Fault, until: &Until) -> bool {
    let passing = match fault.kind {
        FaultKind::Gone | FaultKind::NotReady | FaultKind::Dialog => true,
        FaultKind::TimedOut => !until.expired(),
        _ => false,
    };
    passing && browser.took_away().is_none()
}
