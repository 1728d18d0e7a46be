//! `read`: takes values from the page for later steps: `{{ read.名称 }}`.
//!
//! Every value is hidden from then on: what a portal shows about an applicant is personal until somebody says otherwise.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::Fields;
use super::{Action, Inspect, Place, Risk, Stage};
use crate::base::{Fault, Ladder, Message};

/// The name under which templates find the values.
pub(crate) const READ: &str = "read";

/// `read: { 名称: 标签, … }`; a value is a place, in short form the label beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Read(pub Fields<Place>);

impl Action for Read {
    const WORD: &'static str = "read";
    const DOC: (&'static str, &'static str) =
        ("读取页面上的值，后面的步骤写 {{ read.名称 }} 引用", "Read values of the page; later steps write {{ read.name }}");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        Message::new(format!("读取{}", self.0.labels("、")), format!("read {}", self.0.labels(", ")))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.0.iter().for_each(|(_, place)| place.inspect(inspect));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        for (name, place) in &self.0.0 {
            let target = stage.target(place, true)?;
            let (waiting_for, mut ladder) = (self.title(), Ladder::default());
            // Portals fill in their values after the page.
            let value = loop {
                let value = stage.browser.read(&target, &stage.until).await?;
                if !value.trim().is_empty() {
                    break value.trim().to_owned();
                }
                stage.until.climb(&mut ladder, &waiting_for).await?;
            };
            stage.redactor.add(&value);
            stage.values[READ][name.as_str()] = value.into();
        }
        Ok(())
    }
}
