//! `date`: enters dates in fields found by their labels, however the page wants them.
//!
//! Never touches a field that shows the date already, nor one for which the date is empty (an optional input).

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Fields, labelled};
use super::press::entering;
use super::{Action, Entered, Inspect, Risk, Stage};
use crate::base::{Fault, Message};
use crate::browser::page::Purpose;

/// `date: { 标签: 2020-01-31, … }`; `长期` where the field takes words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Date(pub Fields);

impl Action for Date {
    const WORD: &'static str = "date";
    const DOC: (&'static str, &'static str) =
        ("输入日期，或在页面的日历中点选", "Enter dates: typed, or picked in the calendar of the page");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        Message::new(format!("填写{}", self.0.labels("、")), format!("enter {}", self.0.labels(", ")))
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
            if value.trim().is_empty() {
                continue;
            }
            let filled = stage.browser.enter_date(&target, &value, &entering(stage.site, stage.once), &stage.until).await?;
            stage.matched(&filled.found)?;
            stage.redactor.add(&filled.old);
            stage.hide_as_shown(&value, &filled.new);
            stage.changed(label, &filled.old, &filled.new);
        }
        Ok(())
    }
}
