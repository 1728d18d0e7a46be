//! Something that can be seen on the page: for `expect`, `finish_when`, `when` and `done_when`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Inspect;
use super::place::{Place, Words};
use crate::base::Message;
use crate::base::spanned::{Form, FromShort};

/// What must be seen. All that is given must hold; the short form is a text of the page.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// 页面或提示中出现这段文字 · This text shows on the page or in a message.
    #[serde(default)]
    pub text: Option<Words>,
    /// 平台配置中的一组文字，出现其一即可 · One of the texts that the site profile lists under this name.
    #[serde(default)]
    pub site_text: Option<Words>,
    /// 上述文字须一字不差地出现在含有这段文字的行里，别处的同样字样不算 · These texts count only whole, and in the table row or list item
    /// that holds this text.
    #[serde(default)]
    pub row: Option<Words>,
    /// 页面上有这个元素 · This element is on the page.
    #[serde(default)]
    pub target: Option<Place>,
    /// 当前窗口在这个平台上 · The current window is at this site.
    #[serde(default)]
    pub at: Option<Words>,
}

/// What must be seen, in short or long form.
pub type Condition = Form<Seen>;

impl FromShort for Seen {
    fn from_short(short: Words) -> Seen {
        Seen { text: Some(short), ..Seen::default() }
    }
}

impl Seen {
    /// Shows everything checkable to `inspect`.
    pub fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.condition(self);
        self.text.iter().for_each(|words| inspect.words(words));
        self.site_text.iter().for_each(|name| inspect.site_text(name));
        self.row.iter().for_each(|words| inspect.words(words));
        self.target.iter().for_each(|place| place.inspect(inspect));
        self.at.iter().for_each(|name| inspect.site(name));
    }

    /// Whether nothing at all is asked: such a condition would always hold.
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.site_text.is_none() && self.target.is_none() && self.at.is_none()
    }

    /// The condition in words.
    pub fn title(&self) -> Message {
        let mut parts = Vec::new();
        if let Some(text) = &self.text {
            parts.push(crate::say!("「{}」", "“{}”", text.value));
        }
        if let Some(name) = &self.site_text {
            parts.push(crate::say!("平台文字「{}」", "site text “{}”", name.value));
        }
        if let (Some(row), Some(part)) = (&self.row, parts.last_mut()) {
            part.zh = format!("“{}”为{}", row.value, part.zh);
            part.en = format!("{} beside “{}”", part.en, row.value);
        }
        if let Some(place) = &self.target {
            parts.push(crate::say!("「{}」", "“{}”", place.words()));
        }
        let (zh, en): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.zh, part.en)).unzip();
        let (zh, en) = (zh.join("和"), en.join(" and "));
        match &self.at {
            Some(site) if zh.is_empty() => crate::say!("平台「{}」的网页", "a page of site “{}”", site.value),
            Some(site) => crate::say!("{zh}（在平台「{}」）", "{en} (at site “{}”)", site.value),
            None => Message::new(zh, en),
        }
    }
}
