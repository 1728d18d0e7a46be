//! `choose`: takes options in lists found by their labels, whatever a portal builds its lists from.
//!
//! Never touches a list that shows the option already, nor one for which the option is empty (an optional input).

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Fields, labelled};
use super::press::entering;
use super::{Action, Entered, Inspect, Risk, Stage};
use crate::base::{Fault, Message};
use crate::browser::page::Purpose;

/// `choose: { 标签: 选项, … }`; the levels of a choice stand as `内蒙古自治区 / 呼和浩特市 / 新城区`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Choose(pub Fields);

impl Action for Choose {
    const WORD: &'static str = "choose";
    const DOC: (&'static str, &'static str) = (
        "在下拉框、单选项中选择；多级写成“甲 / 乙 / 丙”",
        "Choose in lists and among radio buttons; levels are written “a / b / c”",
    );
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        Message::new(format!("选择{}", self.0.labels("、")), format!("choose {}", self.0.labels(", ")))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.inspect(inspect);
    }

    fn enters(&self) -> Vec<Entered> {
        self.0.entered(Purpose::List)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        for (label, option) in &self.0.0 {
            let (target, option) = (stage.target(&labelled(label), true)?, stage.render(option)?);
            if option.trim().is_empty() {
                continue;
            }
            let chosen = stage.browser.choose(&target, &option, &entering(stage.site, stage.once), &stage.until).await?;
            stage.matched(&chosen.found)?;
            stage.hide_as_shown(&option, &chosen.new);
            stage.changed(label, &chosen.old, &chosen.new);
        }
        Ok(())
    }
}
