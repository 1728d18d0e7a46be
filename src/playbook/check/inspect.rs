//! What the actions show of themselves, checked as it comes by.

use std::ops::Range;

use super::Check;
use crate::actions::condition::Seen;
use crate::actions::place::LongPlace;
use crate::actions::{Act, Inspect, Words};
use crate::say;

/// What an action has shown: its texts, for rules about the step as a whole.
pub(super) struct Inspection {
    pub(super) words: Vec<Words>,
}

struct Inspector<'c, 'a> {
    check: &'c mut Check<'a>,
    at: &'c Range<usize>,
    words: Vec<Words>,
}

impl Inspect for Inspector<'_, '_> {
    fn words(&mut self, words: &Words) {
        self.check.template(words);
        self.words.push(words.clone());
    }

    fn site(&mut self, name: &Words) {
        self.check.site_name(name);
    }

    fn site_text(&mut self, name: &Words) {
        self.check.site_text_name(name);
    }

    fn target(&mut self, place: &LongPlace) {
        let blank =
            [&place.text, &place.label, &place.css, &place.xpath].into_iter().flatten().find(|words| words.trim().is_empty());
        // Something that was cut out for a fault of its own may have been the target.
        if (place.is_empty() && !self.check.partial) || blank.is_some() {
            let at = blank.map(|words| &words.span).filter(|span| !span.is_empty()).unwrap_or(self.at);
            self.check.error(
                "empty-target",
                say!("没有写指的是页面上的什么。", "nothing says which element of the page is meant"),
                at,
                say!("写上页面上看到的文字，如 text: 登录。", "write the words seen on the page, such as text: 登录"),
            );
        }
    }

    fn condition(&mut self, seen: &Seen) {
        let blank = seen.text.as_ref().filter(|text| text.trim().is_empty());
        if seen.is_empty() || blank.is_some() {
            let at = blank.map(|words| &words.span).filter(|span| !span.is_empty()).unwrap_or(self.at);
            let at = at.clone();
            self.check.empty_condition("", &at);
        }
    }
}

impl<'a> Check<'a> {
    pub(super) fn inspect_act(&mut self, act: &Act, at: &Range<usize>) -> Inspection {
        let mut inspector = Inspector { check: self, at, words: Vec::new() };
        act.inspect(&mut inspector);
        Inspection { words: inspector.words }
    }

    /// Checks a condition of control flow; `at` is where to point when it is empty.
    pub(super) fn condition(&mut self, seen: &Seen, at: &Range<usize>) {
        let mut inspector = Inspector { check: self, at, words: Vec::new() };
        seen.inspect(&mut inspector);
        let words = inspector.words;
        self.no_secret(&words);
    }

    pub(super) fn empty_condition(&mut self, key: &str, at: &Range<usize>) {
        // Something that was cut out for a fault of its own may have been the condition.
        if self.partial && key == "when" {
            return;
        }
        self.error(
            "empty-condition",
            say!("条件是空的，任何时候都成立。", "the condition is empty and would always hold"),
            at,
            say!(
                "写明看到什么，如 {{ text: 绑定成功 }} 或 {{ site_text: bind.success }}。",
                "say what must be seen, such as {{ text: 绑定成功 }} or {{ site_text: bind.success }}"
            ),
        );
    }
}
