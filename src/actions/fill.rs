//! `fill`: types values into fields found by their labels.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::place::LongPlace;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, Message};

/// `fill: { 标签: 值, … }`, typed in the order of the labels' appearance in the file.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub struct Fill {
    /// Label and value, in the order written.
    #[schemars(with = "BTreeMap<String, String>")]
    pub fields: Vec<(Words, Words)>,
}

impl<'de> Deserialize<'de> for Fill {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fill;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of labels and values")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fill, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fill { fields })
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl Action for Fill {
    const WORD: &'static str = "fill";
    const DOC: (&'static str, &'static str) = ("按标签填写输入框", "Type values into fields, found by their labels");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        let labels = |gap: &str| self.fields.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>().join(gap);
        Message::new(format!("填写{}", labels("、")), format!("fill in {}", labels(", ")))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        for (label, value) in &self.fields {
            inspect.words(label);
            inspect.words(value);
        }
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        for (label, value) in &self.fields {
            let label = LongPlace { label: Some(label.clone()), ..LongPlace::default() };
            let (target, value) = (stage.target(&label, true)?, stage.render(value)?);
            let found = stage.browser.fill(&target, &value, &stage.until).await?;
            stage.matched(&found)?;
        }
        Ok(())
    }
}
