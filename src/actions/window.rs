//! `window`: waits until a window shows the named site, and goes on there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Inspect, Risk, Words};
use crate::base::Message;

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
}
