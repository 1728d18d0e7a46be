//! What is kept of a step: a picture, and what the page said for a moment.
//!
//! A picture that cannot be had is a warning: what was done stays done. Never one while a native dialog hides the page.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{STEP, Walk};
use crate::base::{Fault, FaultKind, Ladder, Until};
use crate::browser::Commands;
use crate::browser::page::{Mark, Where};
use crate::proof::Event;

/// How long a picture may take.
const PICTURE: Duration = Duration::from_secs(15);
/// How long a picture that equals the one before is taken anew.
const FRESH: Duration = Duration::from_millis(1500);
/// Between two such pictures.
const SAME_AGAIN: Duration = Duration::from_millis(100);
/// Messages of one step that are kept.
const MESSAGES: usize = 20;
/// Characters of a message that are kept.
const LONGEST: usize = 300;

/// Says what a step cost, for `RUKU_LOG=ruku::stats=debug`; nothing of it is kept.
pub(super) fn measure(step: u32, action: &str, before: Commands, after: Commands) {
    let (classic, bidi) = (after.classic - before.classic, after.bidi - before.bidi);
    tracing::debug!(target: "ruku::stats", step, action, classic, bidi);
}

impl Walk<'_> {
    /// Keeps what the portal said for a moment during the step: toasts and dialogs are gone when the picture is taken.
    pub(super) fn messages(&mut self, step: u32, since: Mark) -> Result<(), Fault> {
        for (place, text) in self.browser.messages_since(since).into_iter().take(MESSAGES) {
            let text = text.chars().take(LONGEST).collect();
            let kind = if place == Where::Dialog { "dialog" } else { "toast" };
            self.stage(STEP).record(Event::Message { step: Some(step), text, kind: kind.to_owned() })?;
        }
        Ok(())
    }

    /// Keeps a picture of the page. One that cannot be had is a warning: what was done stays done.
    pub(super) async fn picture(&mut self, step: u32) -> Result<(), Fault> {
        if !self.options.pictures || self.browser.took_away().is_some() {
            return Ok(());
        }
        // A stopped run still shows where it stopped, so this does not listen to the run's own token.
        let until = Until::after(PICTURE, CancellationToken::new());
        let fresh = until.within(FRESH);
        let mut ladder = Ladder::default();
        loop {
            // A native dialog hides the page from every screenshot; its text is in the journal.
            if self.browser.dialog().is_some() {
                return self
                    .stage(STEP)
                    .warn(crate::say!("原生对话框打开时无法截图", "no picture can be taken while a native dialog is open"));
            }
            let shot = match self.caption("", &until).await {
                Ok(()) => self.browser.shot(&until).await,
                Err(fault) => Err(fault),
            };
            let pause = match shot {
                // The very picture of the step before says nothing about this one: the page may be late, or its clock about to tick.
                Ok(shot) if shot.picture.sha256() == self.last_picture && !fresh.expired() => SAME_AGAIN,
                Ok(shot) => {
                    shot.picture.sha256().clone_into(&mut self.last_picture);
                    return self.folder.keep_shot(Some(step), &shot.picture, &shot.url, &shot.title).map(drop);
                }
                // A page that is just being replaced or still moves: look again.
                Err(fault)
                    if matches!(fault.kind, FaultKind::NotReady | FaultKind::Gone | FaultKind::Mask)
                        && self.browser.took_away().is_none()
                        && !until.expired() =>
                {
                    ladder.rung()
                }
                Err(fault) => {
                    let (zh, en) = (fault.message.zh, fault.message.en);
                    return self.stage(STEP).warn(crate::say!("本步骤没有截图：{zh}", "no picture of this step: {en}"));
                }
            };
            // Past its limit the next look says why there is no picture.
            let _ = until.pause(pause, &crate::say!("网页可以截图", "the page to be ready for a picture")).await;
        }
    }
}
