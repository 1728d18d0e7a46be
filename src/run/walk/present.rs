//! `present` mode: the same steps, slowly, each with a caption at the foot of the page, for trainers and their audience.
//!
//! A caption says the step in words, never a value, and is taken away before a picture; where it cannot be, there is none: proof
//! is never drawn on.

use std::time::Duration;

use super::{Mode, Node, Walk};
use crate::base::{Fault, Until};

/// How long a caption stands before its step is done.
const PACE: Duration = Duration::from_millis(1800);
/// How long putting it up may take.
const PUT_UP: Duration = Duration::from_secs(3);

impl Walk<'_> {
    /// Shows what comes next and gives people the time to read it.
    pub(super) async fn present(&mut self, node: &Node) -> Result<(), Fault> {
        if self.options.mode != Mode::Present {
            return Ok(());
        }
        let title = self.title(node);
        if self.browser.dialog().is_none()
            && let Err(fault) = self.caption(title.get(self.options.lang), &self.until(PUT_UP)).await
        {
            // A page that is moving on has none.
            tracing::debug!(%fault, "no caption");
        }
        // The caption is for people: the pause is what they read it in, not a wait for anything.
        self.until(PACE * 2).pause(PACE, &title).await
    }

    /// Puts a caption up; empty words take it away.
    pub(super) async fn caption(&self, words: &str, until: &Until) -> Result<(), Fault> {
        if self.options.mode != Mode::Present {
            return Ok(());
        }
        self.browser.caption(words, &until.within(PUT_UP)).await
    }
}
