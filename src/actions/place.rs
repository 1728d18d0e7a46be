//! A target as a playbook writes it: what a person sees, with alternatives.
//!
//! Words may hold `{{ }}`; they are rendered just before the step, never earlier.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Inspect;
use crate::base::Message;
use crate::base::spanned::{Form, FromShort, Spanned};

/// A text of the playbook, which may hold `{{ 姓名 }}`, and where it stood.
pub type Words = Spanned<String>;

/// Words for people in both languages; one plain text means the same in both.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// 中文 · Chinese.
    pub zh: Words,
    /// 英文 · English.
    pub en: Words,
}

impl FromShort for Bilingual {
    fn from_short(short: Words) -> Bilingual {
        Bilingual { zh: short.clone(), en: short }
    }
}

impl Bilingual {
    /// Both sentences, without their places.
    pub fn message(&self) -> Message {
        Message::new(self.zh.value.clone(), self.en.value.clone())
    }
}

/// How a step points at an element. The short form is the text that a person sees.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongPlace {
    /// 页面上看到的文字 · The text that a person sees.
    #[serde(default)]
    pub text: Option<Words>,
    /// 输入框旁的标签 · The label of a field.
    #[serde(default)]
    pub label: Option<Words>,
    /// 角色（button、link、textbox…） · The ARIA role.
    #[serde(default)]
    pub role: Option<Words>,
    /// CSS 选择器，仅用于没有文字的元素 · A CSS selector, for what has no words.
    #[serde(default)]
    pub css: Option<Words>,
    /// XPath，仅用于没有文字的元素 · An XPath, for what has no words.
    #[serde(default)]
    pub xpath: Option<Words>,
    /// 须一字不差（不算空格和全半角），名称相近的不算 · The words must be all of its text; longer ones that hold them do not count.
    #[serde(default)]
    pub whole: bool,
    /// 所在行包含的文字 · A text in the same table row or list item.
    #[serde(default)]
    pub row: Option<Words>,
    /// 位于这段文字之前 · It stands before this text.
    #[serde(default)]
    pub before: Option<Words>,
    /// 位于这段文字之后 · It stands after this text.
    #[serde(default)]
    pub after: Option<Words>,
    /// 备选写法，按顺序尝试 · Alternatives, tried in order.
    #[serde(default)]
    pub any: Vec<Form<LongPlace>>,
}

impl FromShort for LongPlace {
    fn from_short(short: Words) -> LongPlace {
        LongPlace { text: Some(short), ..LongPlace::default() }
    }
}

/// A target, in short or long form.
pub type Place = Form<LongPlace>;

impl LongPlace {
    /// Every text in it, for the check of templates.
    pub fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.target(self);
        let own = [&self.text, &self.label, &self.role, &self.css, &self.xpath, &self.row, &self.before, &self.after];
        own.into_iter().flatten().for_each(|words| inspect.words(words));
        self.any.iter().for_each(|place| place.inspect(inspect));
    }

    /// Whether it points at nothing.
    pub fn is_empty(&self) -> bool {
        let own = [&self.text, &self.label, &self.role, &self.css, &self.xpath];
        own.into_iter().all(Option::is_none) && self.any.is_empty()
    }

    /// The place in the words of the playbook, for titles and messages.
    pub fn words(&self) -> &str {
        let own = [&self.text, &self.label, &self.css, &self.xpath, &self.role].into_iter().flatten().next();
        match own {
            Some(words) => words,
            None => self.any.first().map_or("?", |place| place.words()),
        }
    }
}
