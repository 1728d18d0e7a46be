//! `collect`: reads many labelled values of the current page at once, to be compared with another portal's.
//!
//! Never makes a value up: a label that the page does not have, or an empty field, stays missing. Every value is hidden from then on.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::labelled;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::spanned::{Form, FromShort};
use crate::base::{Fault, Message};
use crate::browser::page::Purpose;
use crate::proof::Event;

/// Where the values are kept; no input may be called so.
pub(crate) const COLLECTED: &str = "collected";

/// `collect: { as: 主体库, fields: [单位名称, { label: 账号, as: 基本户账号 }, …] }`. The same name again adds to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// 这一组值的名称 · What the values are called together.
    #[serde(rename = "as")]
    pub name: Words,
    /// 读取哪些标签 · Labels of the page.
    pub fields: Vec<Form<Field>>,
}

/// A label of the page, and another name for its value where two portals call it differently.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CollectedField")]
pub struct Field {
    /// 页面上的标签 · The label on the page.
    pub label: Words,
    /// 比较时用的名称；不写即标签 · Its name for the comparison; the label unless written.
    #[serde(rename = "as", default)]
    pub name: Option<Words>,
}

impl FromShort for Field {
    fn from_short(short: Words) -> Field {
        Field { label: short, name: None }
    }
}

impl Action for Collect {
    const WORD: &'static str = "collect";
    const DOC: (&'static str, &'static str) =
        ("读取页面上多个栏目的值，供 compare 比较", "Read many labelled values of the page for `compare`");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        let count = self.fields.len();
        crate::say!("读取{}的 {count} 个栏目", "read {count} fields of {}", self.name.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.name);
        for field in &self.fields {
            inspect.words(&field.label);
            field.name.iter().for_each(|name| inspect.words(name));
        }
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        let (mut missing, mut read) = (Vec::new(), 0_usize);
        for field in &self.fields {
            let target = stage.target(&labelled(&field.label), true)?;
            let there = stage.browser.look(&target, Purpose::See, &stage.until).await?.is_some();
            let value = if there { stage.browser.read(&target, &stage.until).await?.trim().to_owned() } else { String::new() };
            if value.is_empty() {
                missing.push(field.label.value.clone());
            } else {
                stage.redactor.add(&value);
                read += 1;
            }
            keep(stage.values, &self.name, field.name.as_ref().unwrap_or(&field.label), &value);
        }
        let told = if missing.is_empty() {
            format!("{read} 项")
        } else {
            format!("{read} 项；没有或为空：{}", missing.join("、"))
        };
        let step = stage.step;
        stage.record(Event::Receipt { step: Some(step), values: [(self.name.value.clone(), told)].into() })
    }
}

/// Keeps a value in the order of reading; a later one that is not empty takes the place of an earlier one.
fn keep(values: &mut Value, group: &str, name: &str, value: &str) {
    let all = &mut values[COLLECTED][group];
    if all.is_null() {
        *all = json!([]);
    }
    let Some(all) = all.as_array_mut() else { return };
    match all.iter_mut().find(|pair| pair[0] == name) {
        Some(pair) if !value.is_empty() => pair[1] = value.into(),
        Some(_) => {}
        None => all.push(json!([name, value])),
    }
}

/// What was collected under a name, in the order of reading: field and value, empty where it was missing. None when nothing was.
pub(super) fn collected(values: &Value, group: &str) -> Option<Vec<(String, String)>> {
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    values[COLLECTED][group].as_array().map(|all| all.iter().filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_add_to_each_other_and_a_missing_value_takes_none_away() {
        let mut values = json!({});
        for (name, value) in [("乙", "2"), ("甲", ""), ("甲", "1"), ("乙", "")] {
            keep(&mut values, "库", name, value);
        }
        let pairs = [("乙", "2"), ("甲", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(collected(&values, "库"), Some(pairs.to_vec()));
        assert_eq!(collected(&values, "别的"), None);
    }
}
