//! A playbook as data: what the file says, typed, with places. Never knows a browser, a run or a person.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::node::{Node, number};
use crate::actions::{Condition, Words};
use crate::base::Message;
use crate::base::spanned::{Form, Spanned};

pub use crate::actions::Bilingual;

pub use super::input::{Input, InputType, Inputs, Privacy};

/// One procedure of the guide.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// 手册章节号 · Section of the guide.
    pub guide: Words,
    /// 手册版本 · Edition of the guide.
    pub edition: Words,
    /// 流程名称 · Name of the procedure.
    pub title: Form<Bilingual>,
    /// 基本功能 · What it is for.
    #[serde(default)]
    pub purpose: Option<Form<Bilingual>>,
    /// 注 · The guide's notes.
    #[serde(default)]
    pub notes: Vec<Form<Bilingual>>,
    /// 咨询电话 · Whom to call.
    #[serde(default)]
    pub contact: Option<Words>,
    /// 前提条件 · What must hold before step 1.
    #[serde(default)]
    pub requires: Vec<Spanned<Fact>>,
    /// 办完后成立的事实 · What holds when it is done.
    #[serde(default)]
    pub gives: Vec<Spanned<Fact>>,
    /// 办理所需资料 · What the run has to be given.
    #[serde(default)]
    pub inputs: Inputs,
    /// 随时可能出现的提示及其处理 · Things that may show up at any time, and what to do then.
    #[serde(default)]
    pub handlers: Vec<Handler>,
    /// 步骤 · The steps.
    #[serde(default)]
    pub steps: Vec<Node>,
    /// 依次执行的其他流程，代替 steps · Other playbooks to go through in this order, in place of steps.
    #[serde(default)]
    pub sequence: Vec<Words>,
    /// What could not be read, so that its absence is no further fault.
    #[serde(skip)]
    pub unread: Unread,
}

impl Playbook {
    /// Gives every node its number, from 1: steps first, then handlers.
    pub(super) fn renumber(&mut self) {
        let mut last = number(&mut self.steps, 0);
        for handler in &mut self.handlers {
            last = number(&mut handler.then, last);
        }
    }
}

/// What a file named but could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Whether anything at all could not be read.
    pub any: bool,
    /// Names of all inputs the file declares, read or not.
    pub inputs: BTreeSet<String>,
}

/// A list of steps that several playbooks share: `parts/<name>.yaml`, taken in by `run: <name>`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// 名称 · Name of the part.
    pub title: Form<Bilingual>,
    /// 步骤 · The steps; templates read the inputs of the playbook that takes the part in.
    pub steps: Vec<Node>,
}

/// Something that holds between playbooks: one gives it, another requires it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fact {
    /// 已访问某平台 · The current window is at this site.
    Entered(Words),
    /// 已在某平台绑定 · The person is bound at this site.
    Bound(Words),
    /// 已登录某平台 · The current window is at this site, inside the login.
    #[serde(rename = "logged_in")]
    LoggedIn(Words),
}

/// The name of the site profile's texts that are seen only inside the login of `site`.
pub fn inside(site: &str) -> String {
    format!("{site}.inside")
}

impl Fact {
    /// The site it speaks of.
    pub fn site(&self) -> &Words {
        match self {
            Fact::Entered(site) | Fact::Bound(site) | Fact::LoggedIn(site) => site,
        }
    }

    /// Whether the page tells, rather than the person.
    pub fn is_on_the_page(&self) -> bool {
        matches!(self, Fact::Entered(_) | Fact::LoggedIn(_))
    }

    /// The fact in words, with the site called `site`.
    pub fn message(&self, site: &Message) -> Message {
        match self {
            Fact::Entered(_) => Message::new(format!("已经访问{}", site.zh), format!("{} has been entered", site.en)),
            Fact::LoggedIn(_) => Message::new(format!("已登录{}", site.zh), format!("the person is logged in at {}", site.en)),
            Fact::Bound(_) => Message::new(format!("已在{}绑定", site.zh), format!("the person is bound at {}", site.en)),
        }
    }
}

/// What to do when something shows up that is no step of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// 出现什么 · What shows up.
    pub when_seen: Condition,
    /// 怎么处理 · What to do then.
    pub then: Vec<Node>,
    /// 最多处理几次 · How often at most; a notice that comes back for ever stops the run.
    #[serde(default = "three")]
    pub times: u32,
}

fn three() -> u32 {
    3
}
