//! `tick`: sets a checkbox, and leaves one that is set alone.

use schemars::JsonSchema;
use serde::Deserialize;

use super::press::entering;
use super::stage::Change;
use super::{Action, Inspect, LongPlace, Place, Risk, Stage};
use crate::base::{Fault, Message};

/// `tick: 文字`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Tick {
    /// The checkbox, by its label.
    pub on: Place,
}

impl Action for Tick {
    const WORD: &'static str = "tick";
    const DOC: (&'static str, &'static str) = ("勾选复选框（已勾选则不动）", "Tick a checkbox; a ticked one is left alone");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        crate::say!("勾选「{}」", "tick “{}”", self.on.words())
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.on.inspect(inspect);
    }

    fn points_at(&self) -> Option<(LongPlace, bool)> {
        Some((self.on.0.clone(), true))
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        let target = stage.target(&self.on, true)?;
        let (found, pressed) = stage.browser.tick(&target, true, &entering(stage.site, stage.once), &stage.until).await?;
        stage.matched(&found)?;
        if pressed {
            // What it is called on the page, without its kind: that is what the person agrees to.
            stage.changes.push(Change::Ticked { words: found.plain().to_owned() });
        }
        Ok(())
    }
}
