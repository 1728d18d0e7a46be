//! Two languages, both written where they are used.
//!
//! There are no key files: a [`Message`] holds both sentences, so the compiler sees that neither is missing.

use serde::{Deserialize, Serialize};

/// The language a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Simplified Chinese, the language of the guide and the portals.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language for a POSIX locale such as `zh_CN.UTF-8`; everything that is not Chinese reads English.
    pub fn from_locale(locale: &str) -> Lang {
        if locale.to_ascii_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En }
    }

    /// The language of this process: `LC_ALL`, then `LC_MESSAGES`, then `LANG`, then what Windows is set to. With none of them: Chinese.
    pub fn of_process() -> Lang {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
        set.into_iter().find(|value| !value.is_empty()).or_else(of_system).map_or(Lang::Zh, |value| Lang::from_locale(&value))
    }

    /// The BCP 47 tag for HTML and browsers.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
}

/// The language that Windows shows its own windows in, such as `zh-CN`: it stands in no variable.
#[cfg(windows)]
fn of_system() -> Option<String> {
    sys_locale::get_locale()
}

/// Elsewhere the variables say it.
#[cfg(not(windows))]
fn of_system() -> Option<String> {
    None
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Message {
    /// A message from its two sentences.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Message {
        Message { zh: zh.into(), en: en.into() }
    }

    /// The same words in both languages: for words of a page, names and values.
    pub fn same(words: impl Into<String>) -> Message {
        let words = words.into();
        Message { zh: words.clone(), en: words }
    }

    /// The sentences without their full stops, to stand inside of another.
    pub fn phrase(&self) -> Message {
        Message::new(self.zh.trim_end_matches('。'), self.en.trim_end_matches('.'))
    }

    /// The sentence in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// Builds a [`Message`] from a Chinese and an English format string, which share the arguments in scope or those given.
#[macro_export]
macro_rules! say {
    ($zh:literal, $en:literal $(, $($args:tt)*)?) => {
        $crate::base::Message { zh: format!($zh $(, $($args)*)?), en: format!($en $(, $($args)*)?) }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_both_sentences() {
        let who = "张三";
        let message = say!("您好，{who}", "Hello, {who}");
        assert_eq!((message.get(Lang::Zh), message.get(Lang::En)), ("您好，张三", "Hello, 张三"));
    }

    #[test]
    fn locales_that_are_not_chinese_read_english() {
        assert_eq!(Lang::from_locale("zh_CN.UTF-8"), Lang::Zh);
        assert_eq!(Lang::from_locale("zh-Hans-CN"), Lang::Zh);
        assert_eq!(Lang::from_locale("C.UTF-8"), Lang::En);
    }
}
