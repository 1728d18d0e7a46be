//! `compare`: two collections field by field, and whether what is required is there.
//!
//! Never says complete without a list of what is required, nor where a page does not have a field of it: then the answer is 无法判断.
//! Never shows or keeps a value, only what became of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::collect::{Collected, collected};
use super::site::folded;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Message};
use crate::proof::Event;

/// `compare: { left: 主体库, right: 呼市, required: 诚信库 }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// 以哪一组为准（collect 的名称） · The collection that counts.
    pub left: Words,
    /// 检查哪一组 · The collection that is checked.
    pub right: Words,
    /// 平台配置 required 中的清单 · The site profile's list of what is required.
    pub required: Words,
}

/// What became of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Same,
    Different,
    RightMissing,
    LeftMissing,
    RequiredMissing,
    BothMissing,
    Unknown,
}

impl Verdict {
    fn of(left: Option<&str>, right: Option<&str>, required: bool) -> Verdict {
        let (Some(left), Some(right)) = (left, right) else { return Verdict::Unknown };
        match (left.is_empty(), right.is_empty()) {
            (true, true) if required => Verdict::RequiredMissing,
            (true, true) => Verdict::BothMissing,
            (true, false) => Verdict::LeftMissing,
            (false, true) => Verdict::RightMissing,
            (false, false) if folded(left) == folded(right) => Verdict::Same,
            (false, false) => Verdict::Different,
        }
    }

    fn words(self, left: &str, right: &str) -> Message {
        match self {
            Verdict::Same => crate::say!("一致", "the same"),
            Verdict::Different => crate::say!("不一致", "different"),
            Verdict::RightMissing => crate::say!("{right}缺失", "missing in {right}"),
            Verdict::LeftMissing => crate::say!("{left}缺失", "missing in {left}"),
            Verdict::RequiredMissing => crate::say!("必填未填", "required and not filled in"),
            Verdict::BothMissing => crate::say!("均未填", "in neither"),
            Verdict::Unknown => crate::say!("无法判断（页面没有这一栏）", "cannot be told, the page has no such field"),
        }
    }
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    name: String,
    verdict: Verdict,
    required: bool,
}

impl Action for Compare {
    const WORD: &'static str = "compare";
    const DOC: (&'static str, &'static str) =
        ("逐项比较两组值，并检查必填栏目", "Compare two collections field by field, and what is required");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        crate::say!("逐项比较{}与{}", "compare {} and {} field by field", self.left.value, self.right.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        [&self.left, &self.right, &self.required].into_iter().for_each(|name| inspect.words(name));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let group = |name: &Words| collected(stage.values, name).ok_or_else(|| nothing_read(name));
        let (left, right) = (group(&self.left)?, group(&self.right)?);
        let list = stage.site.required.get(self.required.as_str()).filter(|list| !list.is_empty()).cloned();
        let rows = table(&left, &right, list.as_deref().unwrap_or_default());
        self.tell(stage, &rows)?;
        let Some(_) = list else { return self.unknown(stage) };
        let required = || rows.iter().filter(|row| row.required && row.verdict != Verdict::Same);
        let bad: Vec<&Row> = required().filter(|row| row.verdict != Verdict::Unknown).collect();
        let untold = names(required().filter(|row| row.verdict == Verdict::Unknown));
        if bad.is_empty() && !untold.is_empty() {
            let message = crate::say!(
                "是否完善：无法判断。页面没有这些必填栏目：{untold}。请在网页上自行检查。",
                "complete or not: cannot be told; the page does not have these required fields: {untold}; check them yourself"
            );
            stage.operator.tell(&message);
            return stage.warn(message);
        }
        if bad.is_empty() {
            let message =
                crate::say!("必填栏目齐全，且与{}一致。", "everything required is there and the same as in {}", self.left.value);
            stage.operator.tell(&message);
            return Ok(());
        }
        Err(self.incomplete(&bad))
    }
}

impl Compare {
    /// The table to the person and, as verdicts without values, to the record.
    fn tell(&self, stage: &mut Stage<'_>, rows: &[Row]) -> Result<(), Fault> {
        let (left, right) = (&self.left.value, &self.right.value);
        let (mut zh, mut en) = (format!("{left} ↔ {right}"), format!("{left} ↔ {right}"));
        let mut values = BTreeMap::new();
        for row in rows {
            let words = row.verdict.words(left, right);
            let (mark_zh, mark_en) = if row.required { ("（必填）", " (required)") } else { ("", "") };
            zh.push_str(&format!("\n  {}{mark_zh}：{}", row.name, words.zh));
            en.push_str(&format!("\n  {}{mark_en}: {}", row.name, words.en));
            // The record has one text for readers of either language.
            values.insert(row.name.clone(), format!("{} · {}", words.zh, words.en));
        }
        stage.operator.tell(&Message::new(zh, en));
        let step = stage.step;
        stage.record(Event::Receipt { step: Some(step), values })?;
        use Verdict::{Different, LeftMissing, RequiredMissing, RightMissing, Unknown};
        for verdict in [Different, RightMissing, LeftMissing, RequiredMissing, Unknown] {
            let names = names(rows.iter().filter(|row| row.verdict == verdict));
            if !names.is_empty() {
                let words = verdict.words(left, right);
                stage.warn(Message::new(format!("{}：{names}", words.zh), format!("{}: {names}", words.en)))?;
            }
        }
        Ok(())
    }

    /// Without a list nobody can tell.
    fn unknown(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let (site, list) = (&stage.site.name, &self.required.value);
        let message = crate::say!(
            "是否完善：无法判断。平台配置「{site}」没有「{list}」的必填清单（required）；请对照上表自行检查。",
            "complete or not: cannot be told; the site profile “{site}” has no list “{list}” of what is required; check the table yourself"
        );
        stage.operator.tell(&message);
        stage.warn(message)
    }

    fn incomplete(&self, bad: &[&Row]) -> Fault {
        let (left, right) = (&self.left.value, &self.right.value);
        let lines = |of: fn(&Message) -> &str, colon: &str, gap: &str| {
            let mut by: BTreeMap<Verdict, Vec<&str>> = BTreeMap::new();
            bad.iter().for_each(|row| by.entry(row.verdict).or_default().push(&row.name));
            let one = |(verdict, names): (&Verdict, &Vec<&str>)| {
                format!("{}{colon}{}", of(&verdict.words(left, right)), names.join("、"))
            };
            by.iter().map(one).collect::<Vec<_>>().join(gap)
        };
        let (zh, en) = (lines(|m| &m.zh, "：", "；"), lines(|m| &m.en, ": ", "; "));
        Fault::new(
            FaultKind::Business,
            Message::new(
                format!(
                    "{right}的诚信库信息不完善。{zh}。请到{left}补齐并提交，验证通过后登录呼市平台重新同步（办理流程 3.2、change-and-resync）。"
                ),
                format!(
                    "the record at {right} is not complete: {en}; complete it in {left}, wait until it is verified, then sync again (playbooks 3.2, change-and-resync)"
                ),
            ),
        )
    }
}

fn names<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    rows.map(|row| row.name.as_str()).collect::<Vec<_>>().join("、")
}

/// Every field of either side, then what is required and in neither.
fn table(left: &[Collected], right: &[Collected], required: &[String]) -> Vec<Row> {
    let mut order: Vec<&str> = Vec::new();
    let all = left.iter().chain(right).map(|(name, _)| name).chain(required);
    for name in all {
        if !order.contains(&name.as_str()) {
            order.push(name);
        }
    }
    fn value<'s>(side: &'s [Collected], name: &str) -> Option<&'s str> {
        side.iter().find(|(own, _)| own == name).and_then(|(_, value)| value.as_deref())
    }
    let row = |name: &str| {
        let required = required.iter().any(|own| own == name);
        Row { name: name.to_owned(), verdict: Verdict::of(value(left, name), value(right, name), required), required }
    };
    order.into_iter().map(row).collect()
}

fn nothing_read(name: &Words) -> Fault {
    Fault::new(
        FaultKind::Precondition,
        crate::say!(
            "还没有读取「{}」，无法比较。请在前面加一步 collect。",
            "“{}” was not collected, so there is nothing to compare; put a `collect` before",
            name.value
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(pairs: &[(&str, &str)]) -> Vec<Collected> {
        let value = |value: &str| (value != "无栏").then(|| value.to_owned());
        pairs.iter().map(|(name, own)| ((*name).to_owned(), value(own))).collect()
    }

    #[test]
    fn every_verdict_has_its_reason() {
        let left = side(&[("同", "甲 乙"), ("异", "1"), ("右缺", "1"), ("左缺", ""), ("无", ""), ("必", ""), ("栏", "1")]);
        let right = side(&[("同", "甲乙"), ("异", "2"), ("右缺", ""), ("左缺", "1"), ("无", ""), ("必", ""), ("栏", "无栏")]);
        let rows = table(&left, &right, &["必".to_owned(), "不知".to_owned()]);
        let verdicts: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.verdict, row.required)).collect();
        assert_eq!(
            verdicts,
            [
                ("同", Verdict::Same, false),
                ("异", Verdict::Different, false),
                ("右缺", Verdict::RightMissing, false),
                ("左缺", Verdict::LeftMissing, false),
                ("无", Verdict::BothMissing, false),
                ("必", Verdict::RequiredMissing, true),
                ("栏", Verdict::Unknown, false),
                ("不知", Verdict::Unknown, true),
            ]
        );
    }
}
