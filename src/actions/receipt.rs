//! `receipt`: keeps what the portal issued, such as 受理编号 and the time, in the record.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::labelled;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, Message};
use crate::proof::Event;

/// `receipt: [受理编号, 提交时间]`: labels of the page.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Receipt(pub Vec<Words>);

impl Action for Receipt {
    const WORD: &'static str = "receipt";
    const DOC: (&'static str, &'static str) =
        ("把平台出具的编号、时间等记入办理日志", "Keep what the portal issued, such as a number and a time, in the record");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        let labels = |gap: &str| self.0.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(gap);
        Message::new(format!("记录{}", labels("、")), format!("record {}", labels(", ")))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.iter().for_each(|label| inspect.words(label));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let mut values = std::collections::BTreeMap::new();
        for label in &self.0 {
            let value = stage.browser.read(&stage.target(&labelled(label), true)?, &stage.until).await?;
            values.insert(label.value.clone(), value.trim().to_owned());
        }
        let step = stage.step;
        stage.record(Event::Receipt { step: Some(step), values })
    }
}
