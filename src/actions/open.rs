//! `open`: goes to the start address of a site of the site profile.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, Message};

/// `open: 平台名`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Open {
    /// The site's name in the site profile.
    pub site: Words,
}

impl Action for Open {
    const WORD: &'static str = "open";
    const DOC: (&'static str, &'static str) = ("打开平台配置中的一个平台", "Open a site of the site profile");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        crate::say!("打开平台「{}」", "open site “{}”", self.site.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.site(&self.site);
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let address = stage.site.address(&self.site)?;
        stage.browser.goto(&address, &stage.until).await
    }
}
