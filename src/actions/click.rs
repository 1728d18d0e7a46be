//! `click`: presses what a person would press, once.

use schemars::JsonSchema;
use serde::Deserialize;

use super::place::LongPlace;
use super::{Action, Inspect, Risk, Words};
use crate::base::Message;
use crate::base::spanned::{Form, FromShort};

/// `click: 文字`, or with `on` and `answer`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Click(pub Form<LongClick>);

/// The long form of `click`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongClick {
    /// 点击哪个元素 · What to press.
    pub on: Form<LongPlace>,
    /// 平台随后弹出的确认框中要点的按钮 · The button of the page's own confirm box that follows, native or drawn.
    #[serde(default)]
    pub answer: Option<Words>,
}

impl FromShort for LongClick {
    fn from_short(short: Words) -> LongClick {
        LongClick { on: Form(LongPlace::from_short(short)), answer: None }
    }
}

impl Action for Click {
    const WORD: &'static str = "click";
    const DOC: (&'static str, &'static str) = ("点击按钮、链接或菜单", "Press a button, link or menu item");
    const RISK: Risk = Risk::Press;

    fn title(&self) -> Message {
        crate::say!("点击「{}」", "click “{}”", self.0.on.words())
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.on.inspect(inspect);
        self.0.answer.iter().for_each(|words| inspect.words(words));
    }
}
