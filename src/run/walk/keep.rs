//! What is kept of a step: a picture, and what the page said for a moment.
//!
//! A picture that cannot be had is a warning: what was done stays done. Never one while a native dialog hides the page.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{STEP, Walk};
use crate::base::{Fault, FaultKind, Ladder, Until};
use crate::browser::Commands;
use crate::browser::page::{Mark, Rect, Where};
use crate::proof::{Event, Spot};

/// How long a picture may take.
const PICTURE: Duration = Duration::from_secs(15);
/// How long a page that looks as in the picture before may take to change: it may be late, or its clock about to tick.
const FRESH: Duration = Duration::from_millis(1500);
/// Between two looks whether it has.
const SAME_AGAIN: Duration = Duration::from_millis(100);
/// Messages of one step that are kept.
const MESSAGES: usize = 20;
/// Characters of a message that are kept.
const LONGEST: usize = 300;

/// The picture that was kept last.
#[derive(Debug, Default)]
pub(super) struct LastPicture {
    sha256: String,
    /// When it was begun, and of which window; none before the first one.
    taken: Option<(Instant, String)>,
}

/// When a picture is taken: it says what it may have to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Before the step acts.
    Before,
    /// After it acted on the page.
    Acted,
    /// After it only looked.
    Looked,
}

/// Says what a step cost, for `RUKU_LOG=ruku::stats=debug`; nothing of it is kept.
pub(super) fn measure(step: u32, action: &str, before: Commands, after: Commands) {
    let (classic, bidi) = (after.classic - before.classic, after.bidi - before.bidi);
    tracing::debug!(target: "ruku::stats", step, action, classic, bidi);
}

/// Places of the page in a picture of it, which has `scale` device pixels for each of CSS.
fn spots(marks: &[Rect], scale: f64) -> Vec<Spot> {
    let pixels = |length: f64| (length * scale).round();
    let spot = |&(x, y, width, height): &Rect| Spot {
        x: pixels(x) as i32,
        y: pixels(y) as i32,
        width: pixels(width) as u32,
        height: pixels(height) as u32,
    };
    marks.iter().map(spot).collect()
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

    /// Keeps a picture of the page, with the places that the step presses or has entered something in. One that cannot be had is a warning:
    /// what was done stays done.
    pub(super) async fn picture(&mut self, step: u32, when: When, marks: &[Rect]) -> Result<(), Fault> {
        let acted = when == When::Acted;
        if !self.options.pictures || self.browser.took_away().is_some() {
            return Ok(());
        }
        // A stopped run still shows where it stopped, so this does not listen to the run's own token.
        let until = Until::after(PICTURE, CancellationToken::new());
        let fresh = until.within(FRESH);
        // A step that only looked at a page that has not changed since the picture before: another one would be the same, so news come first.
        if let Some((taken, window)) = &self.last_picture.taken
            && when == When::Looked
            && *window == self.browser.current_context()
            && self.browser.dialog().is_none()
        {
            self.changes(*taken, acted, &fresh).await;
        }
        let mut ladder = Ladder::default();
        loop {
            // A native dialog hides the page from every screenshot; its text is in the journal.
            if self.browser.dialog().is_some() {
                return self
                    .stage(STEP)
                    .warn(crate::say!("原生对话框打开时无法截图", "no picture can be taken while a native dialog is open"));
            }
            let cleared = self.caption("", &until).await;
            let (taken, window) = (Instant::now(), self.browser.current_context());
            let shot = match cleared {
                Ok(()) => self.browser.shot(&until).await,
                Err(fault) => Err(fault),
            };
            let pause = match shot {
                // The very picture of the step before says nothing about this one.
                Ok(shot)
                    if when != When::Before
                        && shot.picture.sha256() == self.last_picture.sha256
                        && self.changes(taken, acted, &fresh).await =>
                {
                    Duration::ZERO
                }
                Ok(shot) => {
                    self.last_picture = LastPicture { sha256: shot.picture.sha256().to_owned(), taken: Some((taken, window)) };
                    let spots = spots(marks, f64::from(shot.picture.width()) / f64::from(self.options.viewport.0));
                    let (picture, before) = (&shot.picture, when == When::Before);
                    return self.folder.keep_shot(Some(step), picture, &shot.url, &shot.title, before, spots).map(drop);
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

    /// Waits until the page may look otherwise than in a picture that was begun at `taken`; no when it stands still. After a step that only
    /// looked, a page that has stood still for long enough already will not change now; after one that acted there is a last picture at the
    /// end, as what is drawn or entered changes unseen.
    async fn changes(&self, taken: Instant, acted: bool, fresh: &Until) -> bool {
        let waiting = crate::say!("网页变化", "the page to change");
        let late = fresh.expired();
        while !fresh.expired() {
            match self.browser.still_for(fresh).await {
                Ok(still) if still < taken.elapsed() => return true,
                Ok(still) if !acted && still >= FRESH => return false,
                Ok(_) => {}
                // The next picture says why.
                Err(_) => return true,
            }
            if fresh.pause(SAME_AGAIN, &waiting).await.is_err() {
                break;
            }
        }
        acted && !late
    }
}
