//! `window`: waits until a window shows the named site, and goes on there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, Ladder, Message};

/// `window: 平台名`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Window {
    /// The site's name in the site profile.
    pub site: Words,
}

impl Action for Window {
    const WORD: &'static str = "window";
    const DOC: (&'static str, &'static str) =
        ("等待平台的窗口打开，并转到该窗口", "Wait for a window at the named site and go on there");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        crate::say!("转到平台「{}」的窗口", "go to the window of site “{}”", self.site.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.site(&self.site);
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let (site, waiting_for) = (&self.site, stage.site.in_words(&self.title()));
        let (mut ladder, until) = (Ladder::default(), stage.until.awaiting(&waiting_for));
        loop {
            let windows = stage.browser.windows(&until).await?;
            // The newest one: an older window at the same site is a leftover.
            if let Some(window) = windows.iter().rev().find(|window| stage.site.is_at(site, &window.url)) {
                return stage.browser.switch_to(&window.handle, &stage.until).await;
            }
            until.climb(&mut ladder, &waiting_for).await?;
        }
    }
}
