//! What serde reports while a tree is read, kept as data until it becomes a diagnostic in two languages.

use std::fmt::Display;
use std::ops::Range;

use serde::de;

use super::Guess;
use crate::base::diagnostic::{Diagnostic, closest};
use crate::base::text::Message;
use crate::say;

/// Separates the parts of a message that passes through [`de::Error::custom`], which takes one string only.
const PART: char = '\u{1}';

/// One fault met while reading a tree. Made by serde's own hooks and by [`wrong`].
#[derive(Debug, Clone)]
pub struct Wrong {
    pub(super) span: Option<Range<usize>>,
    /// Indices from the fault's node up to the root, innermost first.
    pub(super) path: Vec<usize>,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    /// A key that is not among those allowed.
    Key { word: String, allowed: &'static [&'static str] },
    /// A value that is not among those allowed.
    Choice { word: String, allowed: &'static [&'static str] },
    /// A key that must be there; `told` when it was there and has been cut out.
    Missing { key: &'static str, told: bool },
    /// Said elsewhere already.
    Known,
    /// Anything else.
    Said { code: &'static str, words: Box<(Message, Option<Message>)> },
}

impl Wrong {
    pub(super) fn said(code: &'static str, message: Message, help: Option<Message>, span: &Range<usize>) -> Wrong {
        Wrong { span: Some(span.clone()), path: Vec::new(), what: What::Said { code, words: Box::new((message, help)) } }
    }

    /// The same, at `span` unless a closer place is known.
    pub(super) fn at(mut self, span: &Range<usize>) -> Wrong {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    /// The same, one level further out.
    pub(super) fn under(mut self, index: usize) -> Wrong {
        self.path.push(index);
        self
    }

    /// The allowed word that was most likely meant.
    pub(super) fn suggestion(&self, guess: Guess) -> Option<&'static str> {
        match &self.what {
            What::Key { word, allowed } | What::Choice { word, allowed } => meant(word, allowed, guess),
            _ => None,
        }
    }

    /// The diagnostic; none when the fault follows from one already told.
    pub(super) fn diagnostic(self, guess: Guess) -> Option<Diagnostic> {
        let (code, message, help) = match self.what {
            What::Key { word, allowed } => (
                "unknown-key",
                say!("这里不能写「{word}」。", "“{word}” is not allowed here"),
                Some(instead(&word, allowed, guess)),
            ),
            What::Choice { word, allowed } => {
                let message = say!("不认识「{word}」。", "“{word}” is not one of the choices");
                ("unknown-choice", message, Some(instead(&word, allowed, guess)))
            }
            What::Known | What::Missing { told: true, .. } => return None,
            What::Missing { key, .. } => {
                let message = say!("缺少「{key}」。", "“{key}” is missing");
                ("missing-key", message, Some(say!("请补上一行：{key}: …", "add a line: {key}: …")))
            }
            What::Said { code, words } => (code, words.0, words.1),
        };
        let diagnostic = Diagnostic::error(code, message, self.span);
        Some(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }
}

fn meant(word: &str, allowed: &'static [&'static str], guess: Guess) -> Option<&'static str> {
    guess(word, allowed).or_else(|| closest(word, allowed.iter().copied()))
}

fn instead(word: &str, allowed: &'static [&'static str], guess: Guess) -> Message {
    match meant(word, allowed, guess) {
        Some(known) => say!("是不是想写「{known}」？", "did you mean “{known}”?"),
        None if allowed.is_empty() => say!("请删去。", "remove it"),
        None => say!("这里可以写：{}。", "allowed here: {}", allowed.join("、")),
    }
    .with_english_commas()
}

impl Message {
    /// Lists are joined once, for both languages; English reads commas.
    fn with_english_commas(mut self) -> Message {
        self.en = self.en.replace('、', ", ");
        self
    }
}

/// An error for a hand-written `Deserialize` that speaks both languages when a tree is read.
pub fn wrong<E: de::Error>(message: &Message, help: Option<&Message>) -> E {
    let mut parts = vec![message.zh.as_str(), message.en.as_str()];
    parts.extend(help.into_iter().flat_map(|help| [help.zh.as_str(), help.en.as_str()]));
    E::custom(parts.join(&PART.to_string()))
}

/// The same for one entry of the map being read: its index in the order written, and the place of its key.
pub fn wrong_at<E: de::Error>(index: usize, span: &Range<usize>, message: &Message, help: Option<&Message>) -> E {
    let place = format!("{index} {} {}", span.start, span.end);
    let mut parts = vec![message.zh.as_str(), message.en.as_str()];
    parts.extend(help.into_iter().flat_map(|help| [help.zh.as_str(), help.en.as_str()]));
    parts.push(&place);
    E::custom(parts.join(&PART.to_string()))
}

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.clone().diagnostic(|_, _| None) {
            Some(diagnostic) => f.write_str(&diagnostic.message.en),
            None => f.write_str("incomplete"),
        }
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: Display>(text: T) -> Wrong {
        let text = text.to_string();
        let mut parts: Vec<&str> = text.split(PART).collect();
        let mut wrong = Wrong { span: None, path: Vec::new(), what: What::Known };
        // Two sentences, or two and a remedy; an odd one at the end is a place.
        if parts.len() > 1 && parts.len() % 2 == 1 {
            let place: Vec<usize> = parts.pop().unwrap_or_default().split(' ').filter_map(|number| number.parse().ok()).collect();
            if let [index, start, end] = place[..] {
                wrong.path.push(index);
                wrong.span = Some(start..end);
            }
        }
        let (message, help) = match parts.as_slice() {
            [zh, en] => (Message::new(*zh, *en), None),
            [zh, en, help_zh, help_en] => (Message::new(*zh, *en), Some(Message::new(*help_zh, *help_en))),
            _ => (Message::new(format!("这里写得不对：{text}"), text.clone()), None),
        };
        wrong.what = What::Said { code: "wrong-value", words: Box::new((message, help)) };
        wrong
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Wrong {
        let (found, wanted) = (found(unexpected), wanted(&expected.to_string()));
        let help = Some(say!("可用的写法见 ruku schema actions。", "the ways to write it: ruku schema actions"));
        let message = Message::new(
            format!("这里应写{}，但写的是{}。", wanted.0, found.0),
            format!("this should be {}, but is {}", wanted.1, found.1),
        );
        Wrong { span: None, path: Vec::new(), what: What::Said { code: "wrong-shape", words: Box::new((message, help)) } }
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Wrong {
        Wrong::invalid_type(unexpected, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong { span: None, path: Vec::new(), what: What::Key { word: field.to_owned(), allowed: expected } }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong { span: None, path: Vec::new(), what: What::Choice { word: variant.to_owned(), allowed: expected } }
    }

    fn missing_field(field: &'static str) -> Wrong {
        Wrong { span: None, path: Vec::new(), what: What::Missing { key: field, told: false } }
    }
}

fn found(unexpected: de::Unexpected<'_>) -> (String, String) {
    let (zh, en) = match unexpected {
        de::Unexpected::Unit => ("空值", "nothing"),
        de::Unexpected::Seq => ("一个列表", "a list"),
        de::Unexpected::Map => ("几行「键: 值」", "a group of “key: value”"),
        de::Unexpected::Str(text) => return (format!("「{text}」"), format!("“{text}”")),
        other => return (other.to_string(), other.to_string()),
    };
    (zh.to_owned(), en.to_owned())
}

/// The words of serde and of the hand-written visitors for what they expect.
fn wanted(expected: &str) -> (String, String) {
    let (zh, en) = match expected {
        "a string or a map" => ("一段文字，或几行「键: 值」", "a text or a group of “key: value”"),
        other => (other, other),
    };
    (zh.to_owned(), en.to_owned())
}
