//! `fill`: types values into fields found by their labels.
//!
//! Never touches a field that holds the value already, never reads a password.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Fields, labelled};
use super::press::entering;
use super::{Action, Entered, Inspect, Risk, Stage};
use crate::base::{Fault, Message};
use crate::browser::page::Purpose;

/// `fill: { 标签: 值, … }`. An empty value clears its field.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fill(pub Fields);

impl Action for Fill {
    const WORD: &'static str = "fill";
    const DOC: (&'static str, &'static str) =
        ("按标签填写输入框（已相同则不动）", "Type values into fields, found by their labels; equal ones are left alone");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        Message::new(format!("填写{}", self.0.labels("、")), format!("fill in {}", self.0.labels(", ")))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.inspect(inspect);
    }

    fn enters(&self) -> Vec<Entered> {
        self.0.entered(Purpose::Fill)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        for (label, value) in &self.0.0 {
            let (target, value) = (stage.target(&labelled(label), true)?, stage.render(value)?);
            let filled = stage.browser.fill(&target, &value, &entering(stage.site, stage.once), &stage.until).await?;
            stage.matched(&filled.found)?;
            stage.redactor.add(&filled.old);
            stage.hide_as_shown(&value, &filled.new);
            stage.changed(label, &filled.old, &filled.new);
        }
        Ok(())
    }
}
