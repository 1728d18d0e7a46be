//! How a step points at an element, in the words of the person who wrote it.
//!
//! Never an address inside the page alone: CSS and XPath are there for what has no words.

use std::fmt;

use crate::base::Message;
use crate::say;

/// One element, given by one or more places in order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Alternatives; the first that matches anything wins.
    pub any: Vec<Place>,
}

/// One way to find the element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is called.
    pub by: By,
    /// The words must be all that it is called: longer texts that hold them do not count.
    pub whole: bool,
    /// It must also have this ARIA role (given or by its tag), such as `button`.
    pub role: Option<String>,
    /// It stands in the table row or list item that holds this text.
    pub row: Option<String>,
    /// It stands before this text; the nearest one is meant.
    pub before: Option<String>,
    /// It stands after this text; the nearest one is meant.
    pub after: Option<String>,
}

/// What an element is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The words on it; for a field, the words of its label.
    Text(String),
    /// The words of its label.
    Label(String),
    /// Its ARIA role.
    Role(String),
    /// A CSS selector, applied in the document and in every open shadow root.
    Css(String),
    /// An XPath 1.0 expression.
    Xpath(String),
}

/// What the element is wanted for; it decides which elements count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be pressed: buttons, links, tabs, labels, whatever takes clicks. Hidden ones never count.
    Press,
    /// To be filled: fields a person types in.
    Fill,
    /// To be ticked: check boxes, radio buttons; lists count as well.
    Choose,
    /// To be chosen from: lists of all kinds, drawn ones and groups of radio buttons among them.
    List,
    /// To be given files: file fields, which portals hide behind buttons.
    Upload,
    /// To be read.
    See,
}

/// Left, top, width and height in CSS pixels.
pub type Rect = (f64, f64, f64, f64);

/// One element of a page, as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What matched, for people: its words and its kind.
    pub words: String,
    /// Which alternative of the target matched; 0 is the first.
    pub alternative: usize,
    /// Where it is in the window's viewport.
    pub rect: Rect,
    /// The text a person reads in it, or the value of a field; empty for a password field.
    pub text: String,
    /// Whose document it is in, which may be a frame's: scheme, host and port; `null` where it is nobody's.
    pub document: String,
    pub(super) context: String,
    pub(super) key: u64,
}

impl Found {
    /// What matched as a person at the page knows it: its words, without the kind of element that they stand on.
    pub fn plain(&self) -> &str {
        self.words.rsplit_once('(').map_or(self.words.as_str(), |(words, _)| words)
    }
}

impl Target {
    /// One place and no alternatives.
    pub fn one(by: By) -> Target {
        Target { any: vec![Place::of(by)] }
    }

    /// The words on it.
    pub fn text(words: impl Into<String>) -> Target {
        Target::one(By::Text(words.into()))
    }

    /// The words of its label.
    pub fn label(words: impl Into<String>) -> Target {
        Target::one(By::Label(words.into()))
    }

    /// The target in words, for sentences.
    pub fn words(&self) -> Message {
        let mut out = Message::same("");
        for (at, place) in self.any.iter().enumerate() {
            let words = place.words();
            let (zh, en) = if at == 0 { ("", "") } else { (" 或 ", " or ") };
            out = Message::new(out.zh + zh + &words.zh, out.en + en + &words.en);
        }
        out
    }
}

impl Place {
    /// A place with nothing but what it is called.
    pub fn of(by: By) -> Place {
        Place { by, whole: false, role: None, row: None, before: None, after: None }
    }

    /// The place in words.
    pub fn words(&self) -> Message {
        let mut out = self.by.words();
        let mut add = |more: Message| out = Message::new(out.zh.clone() + &more.zh, out.en.clone() + &more.en);
        if let Some(role) = &self.role {
            add(say!("（类型 {role}）", " (role {role})"));
        }
        if let Some(row) = &self.row {
            add(say!("（“{row}”所在行）", " (in the row of “{row}”)"));
        }
        if let Some(before) = &self.before {
            add(say!("（在“{before}”之前）", " (before “{before}”)"));
        }
        if let Some(after) = &self.after {
            add(say!("（在“{after}”之后）", " (after “{after}”)"));
        }
        out
    }

    /// What the page script reads.
    pub(super) fn json(&self) -> serde_json::Value {
        let (by, words) = match &self.by {
            By::Text(words) => ("text", words),
            By::Label(words) => ("label", words),
            By::Role(words) => ("role", words),
            By::Css(words) => ("css", words),
            By::Xpath(words) => ("xpath", words),
        };
        serde_json::json!({
            "by": by, "words": words, "whole": self.whole, "role": self.role, "row": self.row, "before": self.before, "after": self.after,
        })
    }
}

impl By {
    fn words(&self) -> Message {
        match self {
            By::Text(words) => say!("「{words}」", "“{words}”"),
            By::Label(words) => say!("标签为「{words}」的栏目", "the field “{words}”"),
            By::Role(role) => say!("类型为 {role} 的元素", "the element of role {role}"),
            By::Css(css) => say!("CSS「{css}」", "CSS “{css}”"),
            By::Xpath(xpath) => say!("XPath「{xpath}」", "XPath “{xpath}”"),
        }
    }
}

impl Purpose {
    /// The word of the page script.
    pub(super) fn name(self) -> &'static str {
        match self {
            Purpose::Press => "press",
            Purpose::Fill => "fill",
            Purpose::Choose => "choose",
            Purpose::List => "list",
            Purpose::Upload => "upload",
            Purpose::See => "see",
        }
    }
}

/// In Chinese, the language of the portals; sentences take [`Target::words`].
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().zh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_reads_as_a_sentence_part() {
        let mut target = Target::text("删除");
        target.any[0].row = Some("云小鹿".into());
        target.any.push(Place::of(By::Css("#del".into())));
        assert_eq!(target.to_string(), "「删除」（“云小鹿”所在行） 或 CSS「#del」");
        assert_eq!(target.words().en, "“删除” (in the row of “云小鹿”) or CSS “#del”");
    }
}
