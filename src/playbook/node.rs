//! The nodes of a playbook: leaf steps and control flow.
//!
//! A node is a map with one leading key (a verb, `when`, `repeat`, `finish_when` or `run`) and the keys that go with it. The
//! loop in `run/` walks this tree; nothing here is ever carried out.

use std::ops::Range;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Bilingual;
use crate::actions::{Act, Condition, Words};
use crate::base::Message;
use crate::base::spanned::Form;
use crate::base::tree;
use crate::say;

/// One item of `steps`.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its number in the plan, from 1, in the order written, control flow included.
    pub number: u32,
    /// Where its leading key stands.
    pub span: Range<usize>,
    /// A name for people, instead of the one made from what it does.
    pub name: Option<Bilingual>,
    /// A note for people.
    pub note: Option<Bilingual>,
    /// What it does.
    pub work: Work,
}

/// What a node does.
#[derive(Debug, Clone)]
pub enum Work {
    /// A leaf verb.
    Step(Box<Step>),
    /// One of two lists, by what is seen or by an expression over inputs and facts.
    When(When),
    /// A list again and again.
    Repeat(Repeat),
    /// The end of the playbook, early and well, when something is seen.
    FinishWhen(FinishWhen),
    /// The end of the run when the page shows why it cannot go on.
    RefuseWhen(RefuseWhen),
    /// A wait for the portal that may outlast the run.
    Park(Park),
    /// A shared list of steps.
    Run(RunPart),
}

/// A leaf verb and what every leaf verb allows beside it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The verb.
    pub act: Act,
    /// How long it may take; the loop's own limit when not written.
    pub within: Option<Within>,
    /// It must never happen twice.
    pub once: Option<Once>,
    /// Whether a picture is kept; yes unless written.
    pub keep_picture: bool,
}

/// `once: { done_when: …, revision: … }`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Once {
    /// 看到什么才算已办成；按下之前必须看不到 · What is seen when it has happened; must be unseen before.
    #[serde(default)]
    pub done_when: Condition,
    /// 这件事的名称，在各流程中相同；不写则按步骤位置 · Name of the act, the same in every playbook; its place when not written.
    #[serde(default)]
    pub id: Option<Words>,
    /// 办成之后能否再办：first 只办一次；next 每次都是新的一次（如被退回后重新申报） · Whether it may be done again once it was done: never, or each time as the next one.
    #[serde(default)]
    pub revision: Revision,
    /// 按下之后看到什么即为平台拒绝、没有办成 · Seen after the press, it means that the portal refused and nothing happened.
    #[serde(default)]
    pub refused_when: Option<Condition>,
}

/// Whether an act may be done again once it was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revision {
    /// 只办一次 · It is done once.
    #[default]
    First,
    /// 每次都是新的一次 · Each time is the next one, confirmed as such.
    Next,
}

/// `when: { seen: …, expr: … }`, `then: […]`, `else: […]`. What is written must all hold.
#[derive(Debug, Clone)]
pub struct When {
    /// The test.
    pub test: Test,
    /// The steps if it holds.
    pub then: Vec<Node>,
    /// The steps if it does not.
    pub otherwise: Vec<Node>,
}

/// The test of a `when`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// 页面上看到什么（立即判断，不等待） · What is seen, now, without waiting.
    #[serde(default)]
    pub seen: Option<Condition>,
    /// 对资料和办理情况的判断式 · An expression over inputs and facts of the run.
    #[serde(default)]
    pub expr: Option<Words>,
}

/// `repeat: { times: …, until: … }`, `steps: […]`.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// How often and until when.
    pub limits: Limits,
    /// The steps.
    pub steps: Vec<Node>,
}

/// How often a list is repeated.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// 最多几次 · How often at most.
    pub times: u32,
    /// 看到什么就停 · Ends as soon as this is seen; when written and never seen, the step fails.
    #[serde(default)]
    pub until: Option<Condition>,
}

/// `finish_when: …`, `reason: …`.
#[derive(Debug, Clone)]
pub struct FinishWhen {
    /// What is seen.
    pub seen: Condition,
    /// Why the playbook ends, for people.
    pub reason: Option<Bilingual>,
    /// How long to wait for it; a short look when not written.
    pub within: Option<Within>,
}

/// `refuse_when: …`, `kind: …`, `reason: …`.
#[derive(Debug, Clone)]
pub struct RefuseWhen {
    /// What is seen.
    pub seen: Condition,
    /// What kind of refusal it is.
    pub kind: Refusal,
    /// Why the run cannot go on and what to do, for people.
    pub reason: Option<Bilingual>,
    /// How long to look for it; a short look when not written.
    pub within: Option<Within>,
}

/// What kind of refusal a page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Refusal {
    /// 前提条件不满足 · Something has to be done first.
    #[default]
    Precondition,
    /// 业务原因，须联系相关单位 · A reason outside of this run; somebody has to be asked.
    Business,
    /// CA 锁或证书的原因 · The lock or its certificate.
    Card,
}

/// `park: { until: …, every: … }`, `within: …`, `reason: …`, `steps: […]`.
#[derive(Debug, Clone)]
pub struct Park {
    /// What is waited for, and how often.
    pub wait: Wait,
    /// How long this run waits; then it is parked.
    pub within: Option<Within>,
    /// What is waited for, for people.
    pub reason: Option<Bilingual>,
    /// The steps between two looks, such as refreshing the page.
    pub steps: Vec<Node>,
}

/// What a `park` waits for.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// 等到看到什么 · What is waited for.
    pub until: Condition,
    /// 每隔多久再看一次 · How long between two looks.
    #[serde(default = "five_seconds")]
    pub every: Within,
}

fn five_seconds() -> Within {
    Within(Duration::from_secs(5))
}

/// `run: 名称`.
#[derive(Debug, Clone)]
pub struct RunPart {
    /// Name of the file in `parts/`, without `.yaml`.
    pub part: Words,
    /// The steps, once taken in by `playbook::take_in`.
    pub steps: Vec<Node>,
    /// Whether they have been taken in; without it the playbook does not pass the check.
    pub taken_in: bool,
}

/// A length of time: `30s`, `2m`, `500ms`, `1h`, `30秒`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within(pub Duration);

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Within;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a length of time")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Within, E> {
                length(text).map(Within).ok_or_else(|| {
                    tree::wrong(
                        &say!("「{text}」不是时间长度。", "“{text}” is not a length of time"),
                        Some(&say!("写成 30s、2m 或 1h；最长 24h。", "write 30s, 2m or 1h; 24h at most")),
                    )
                })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

fn length(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..at].parse().ok()?;
    let unit = match text[at..].trim() {
        "ms" | "毫秒" => 1,
        "s" | "秒" => 1_000,
        "m" | "min" | "分" | "分钟" => 60_000,
        "h" | "小时" => 3_600_000,
        _ => return None,
    };
    let millis = number.checked_mul(unit)?;
    (1..=86_400_000).contains(&millis).then(|| Duration::from_millis(millis))
}

impl JsonSchema for Within {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Within".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]+ *(ms|s|m|min|h|毫秒|秒|分|分钟|小时)$", "examples": ["30s", "2m"] })
    }
}

impl Node {
    /// The node in words: its name, or what it does, with templates as they stand.
    pub fn title(&self) -> Message {
        if let Some(name) = &self.name {
            return name.message();
        }
        match &self.work {
            Work::Step(step) => step.act.title(),
            Work::When(when) => when.test.title(),
            Work::Repeat(repeat) => {
                let times = repeat.limits.times;
                match &repeat.limits.until {
                    Some(until) => {
                        let seen = until.title();
                        Message::new(
                            format!("重复，直到出现{}（最多 {times} 次）", seen.zh),
                            format!("repeat until {} is seen (at most {times} times)", seen.en),
                        )
                    }
                    None => say!("重复 {times} 次", "repeat {times} times"),
                }
            }
            Work::FinishWhen(finish) => {
                let seen = finish.seen.title();
                Message::new(format!("若出现{}，到此结束", seen.zh), format!("finish here if {} is seen", seen.en))
            }
            Work::RefuseWhen(refuse) => {
                let seen = refuse.seen.title();
                Message::new(format!("若出现{}，停止办理", seen.zh), format!("stop if {} is seen", seen.en))
            }
            Work::Park(park) => {
                let until = park.wait.until.title();
                Message::new(format!("等待平台出现{}", until.zh), format!("wait for the portal to show {}", until.en))
            }
            Work::Run(run) => say!("共用步骤「{}」", "shared steps “{}”", run.part.value),
        }
    }

    /// The lists of nodes inside, in the order written.
    pub fn inner(&self) -> Vec<&[Node]> {
        match &self.work {
            Work::Step(_) | Work::FinishWhen(_) | Work::RefuseWhen(_) => Vec::new(),
            Work::When(when) => vec![&when.then, &when.otherwise],
            Work::Repeat(repeat) => vec![&repeat.steps],
            Work::Park(park) => vec![&park.steps],
            Work::Run(run) => vec![&run.steps],
        }
    }

    pub(super) fn inner_mut(&mut self) -> Vec<&mut Vec<Node>> {
        match &mut self.work {
            Work::Step(_) | Work::FinishWhen(_) | Work::RefuseWhen(_) => Vec::new(),
            Work::When(when) => vec![&mut when.then, &mut when.otherwise],
            Work::Repeat(repeat) => vec![&mut repeat.steps],
            Work::Park(park) => vec![&mut park.steps],
            Work::Run(run) => vec![&mut run.steps],
        }
    }
}

impl Test {
    fn title(&self) -> Message {
        match (&self.seen, &self.expr) {
            (Some(seen), None) => {
                let seen = seen.title();
                Message::new(format!("若出现{}", seen.zh), format!("if {} is seen", seen.en))
            }
            (Some(seen), Some(expr)) => {
                let seen = seen.title();
                Message::new(
                    format!("若出现{}，且 {}", seen.zh, expr.value),
                    format!("if {} is seen and {}", seen.en, expr.value),
                )
            }
            (None, Some(expr)) => say!("若 {}", "if {}", expr.value),
            (None, None) => say!("若", "if"),
        }
    }
}

/// Gives every node its number, depth first, in the order written; returns the last one.
pub(super) fn number(nodes: &mut [Node], mut last: u32) -> u32 {
    for node in nodes {
        last += 1;
        node.number = last;
        for list in node.inner_mut() {
            last = number(list, last);
        }
    }
    last
}

/// Calls `visit` for every node, depth first, in the order written.
pub fn walk<'a>(nodes: &'a [Node], visit: &mut dyn FnMut(&'a Node)) {
    for node in nodes {
        visit(node);
        node.inner().into_iter().for_each(|list| walk(list, visit));
    }
}

/// A name for people as it is written: a text, or both languages.
pub(super) type Named = Form<Bilingual>;
