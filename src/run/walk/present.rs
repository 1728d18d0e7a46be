//! `present` mode: the same steps, slowly, each with a caption at the foot of the page, for trainers and their audience.
//!
//! A caption says the step in words, never a value, and is taken away before a picture: proof is never drawn on.

use std::time::Duration;

use super::{Mode, Node, Walk};
use crate::base::Fault;

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
        self.caption(Some(title.get(self.options.lang))).await;
        // The caption is for people: the pause is what they read it in, not a wait for anything.
        self.until(PACE * 2).pause(PACE, &title).await
    }

    /// Puts a caption up, or takes it away. A page that is moving on, or behind a dialog, has none.
    pub(super) async fn caption(&self, words: Option<&str>) {
        if self.options.mode != Mode::Present || self.browser.dialog().is_some() || self.browser.took_away().is_some() {
            return;
        }
        if let Err(fault) = self.browser.caption(words.unwrap_or_default(), &self.until(PUT_UP)).await {
            tracing::debug!(%fault, "no caption");
        }
    }
}
