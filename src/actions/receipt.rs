//! `receipt`: keeps what the portal issued, such as 受理编号 and the time, in the record.
//!
//! Never takes an empty place for a value, nor what a stranger's frame shows. Never keeps a value in clear whose label the site profile does not list, whatever the playbook names.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::labelled;
use super::read::shown;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::redact::BLOCK;
use crate::base::{Fault, Message, Redactor};
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
            let value = shown(stage, &stage.target(&labelled(label), true)?, &self.title()).await?;
            values.insert(label.value.clone(), kept(&stage.site.receipts, &stage.redactor, label, &value));
        }
        let step = stage.step;
        stage.record(Event::Receipt { step: Some(step), values })
    }
}

/// The value as the record keeps it.
fn kept(receipts: &[String], redactor: &Redactor, label: &str, value: &str) -> String {
    if receipts.iter().any(|own| own == label) {
        redactor.show(value);
        return value.to_owned();
    }
    // Too short to be hidden wherever it shows up, it is hidden here.
    if redactor.add(value) { value.to_owned() } else { BLOCK.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_profile_lists_stays_in_clear() {
        let (redactor, receipts) = (Redactor::default(), ["受理编号".to_owned()]);
        let recorded = |label: &str, value: &str| redactor.hide(&kept(&receipts, &redactor, label, value));
        assert_eq!(recorded("受理编号", "NM2020"), "NM2020");
        assert_eq!(recorded("受理编号", "6222021234567890128"), "6222021234567890128", "by its looks a bank card");
        assert_eq!(recorded("证件号码", "15010519900101"), BLOCK);
        assert_eq!(recorded("姓", "云"), BLOCK);
    }
}
