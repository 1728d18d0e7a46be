//! `collect`: reads many labelled values of the current page at once, to be compared with another portal's.
//!
//! Never makes a value up: an empty field stays empty, and a label that the page does not have is no empty field. Every value is hidden
//! from then on.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::labelled;
use super::press::in_portal;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::spanned::{Form, FromShort};
use crate::base::{Fault, Ladder, Message};
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
        self.wait_for_one(stage).await?;
        let (mut empty, mut absent, mut read) = (Vec::new(), Vec::new(), 0_usize);
        for field in &self.fields {
            let (label, target) = (field.label.as_str(), stage.target(&labelled(&field.label), true)?);
            let there = stage.browser.look(&target, Purpose::See, &stage.until).await?;
            there.iter().try_for_each(|found| in_portal(stage.site, found))?;
            let value =
                if there.is_some() { Some(stage.browser.read(&target, &stage.until).await?.trim().to_owned()) } else { None };
            match value.as_deref() {
                None => absent.push(label),
                Some("") => empty.push(label),
                Some(value) => {
                    stage.redactor.add(value);
                    read += 1;
                }
            }
            keep(stage.values, &self.name, field.name.as_ref().unwrap_or(&field.label), value.as_deref());
        }
        let mut told = format!("读到 {read} 项 · {read} read");
        for (names, words) in [(empty, "未填 · empty"), (absent, "页面没有这一栏 · not on the page")] {
            if !names.is_empty() {
                told.push_str(&format!("；{words}：{}", names.join("、")));
            }
        }
        let step = stage.step;
        stage.record(Event::Receipt { step: Some(step), values: [(self.name.value.clone(), told)].into() })
    }
}

impl Collect {
    /// Waits until the page has one of the fields: one that has just opened has none of them yet.
    async fn wait_for_one(&self, stage: &Stage<'_>) -> Result<(), Fault> {
        let (waiting_for, mut ladder) = (self.title(), Ladder::default());
        let until = stage.until.awaiting(&waiting_for);
        loop {
            for field in &self.fields {
                let target = stage.target(&labelled(&field.label), true)?;
                match stage.browser.look(&target, Purpose::See, &until).await {
                    Ok(Some(_)) => return Ok(()),
                    Ok(None) => {}
                    Err(fault) if stage.passing(&fault) => {}
                    Err(fault) => return Err(fault),
                }
            }
            until.climb(&mut ladder, &waiting_for).await?;
        }
    }
}

/// Keeps a value in the order of reading, none where the page has no such field; a later one that says more takes the place of an
/// earlier one.
fn keep(values: &mut Value, group: &str, name: &str, value: Option<&str>) {
    let all = &mut values[COLLECTED][group];
    if all.is_null() {
        *all = json!([]);
    }
    let Some(all) = all.as_array_mut() else { return };
    match all.iter_mut().find(|pair| pair[0] == name) {
        Some(pair) if pair[1].is_null() || value.is_some_and(|value| !value.is_empty()) => pair[1] = value.into(),
        Some(_) => {}
        None => all.push(json!([name, value])),
    }
}

/// A field and its value: empty where it is not filled in, none where the page does not have it.
pub(super) type Collected = (String, Option<String>);

/// What was collected under a name, in the order of reading. None when nothing was.
pub(super) fn collected(values: &Value, group: &str) -> Option<Vec<Collected>> {
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str().map(str::to_owned)));
    values[COLLECTED][group].as_array().map(|all| all.iter().filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_add_to_each_other_and_a_missing_value_takes_none_away() {
        let mut values = json!({});
        let told = [("乙", Some("2")), ("甲", Some("")), ("甲", Some("1")), ("乙", Some("")), ("乙", None), ("丙", None)];
        for (name, value) in told {
            keep(&mut values, "库", name, value);
        }
        let pairs = [("乙", Some("2")), ("甲", Some("1")), ("丙", None)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        assert_eq!(collected(&values, "库"), Some(pairs.to_vec()));
        assert_eq!(collected(&values, "别的"), None);
    }
}
