//! `Redactor`: replaces personal and secret values wherever they show up in text that is kept or printed.
//!
//! Never lets a registered value through: matching ignores white space and full-width forms, as portals re-format values.

use std::sync::{Arc, RwLock};

use super::text::Message;

/// What stands where a value was.
pub const BLOCK: &str = "▇▇▇";

/// A shared, growing set of values to hide. Clones see the same set.
#[derive(Clone, Default)]
pub struct Redactor {
    values: Arc<RwLock<Vec<String>>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor(***)")
    }
}

/// Folds a character as people read it: full-width ASCII becomes ASCII, letters become lower case.
fn fold(c: char) -> char {
    let folded = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    folded.to_ascii_lowercase()
}

fn significant(c: char) -> bool {
    !c.is_whitespace() && c != '\u{200b}' && c != '-' && c != '－'
}

/// Numbers with fewer digits than this are hidden only where they stand alone: 50 employees must not blank the middle of every date.
const WHOLE_FROM: usize = 6;

/// Whether more digits stand right beside this part of a text.
fn inside_a_number(text: &str, start: usize, end: usize) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| fold(c).is_ascii_digit());
    digit(text[..start].chars().next_back()) || digit(text[end..].chars().next())
}

impl Redactor {
    /// Adds a value. Values shorter than two significant characters are not hidden: they would blank whole pages.
    /// Returns whether the value is now hidden.
    pub fn add(&self, value: &str) -> bool {
        let folded: String = value.chars().filter(|c| significant(*c)).map(fold).collect();
        if folded.chars().count() < 2 {
            return false;
        }
        let mut values = self.values.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !values.contains(&folded) {
            values.push(folded);
            // Longest first, so that a value inside a longer one does not leave the rest readable.
            values.sort_by_key(|value| std::cmp::Reverse(value.chars().count()));
        }
        true
    }

    /// The values, folded (no white space, no dashes, half-width, lower case), longest first.
    pub fn values(&self) -> Vec<String> {
        self.values.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// `text` with every registered value replaced by [`BLOCK`].
    pub fn hide(&self, text: &str) -> String {
        let values = self.values();
        if values.is_empty() {
            return text.to_owned();
        }
        let kept: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| significant(*c)).collect();
        let folded: Vec<char> = kept.iter().map(|(_, c)| fold(*c)).collect();
        let mut holes: Vec<(usize, usize)> = Vec::new();
        for value in &values {
            let value: Vec<char> = value.chars().collect();
            let small = value.len() < WHOLE_FROM && value.iter().all(char::is_ascii_digit);
            let mut at = 0;
            while at + value.len() <= folded.len() {
                if folded[at..at + value.len()] == value[..] {
                    let (last, c) = kept[at + value.len() - 1];
                    let (start, end) = (kept[at].0, last + c.len_utf8());
                    if !(small && inside_a_number(text, start, end)) {
                        holes.push((start, end));
                    }
                    at += value.len();
                } else {
                    at += 1;
                }
            }
        }
        holes.sort_unstable();
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (start, end) in holes {
            if start >= from {
                out.push_str(&text[from..start]);
                out.push_str(BLOCK);
            }
            from = from.max(end);
        }
        out.push_str(&text[from..]);
        out
    }

    /// Both sentences of a message, hidden.
    pub fn hide_message(&self, message: &Message) -> Message {
        Message { zh: self.hide(&message.zh), en: self.hide(&message.en) }
    }

    /// Every string inside a JSON value, hidden; keys are left alone.
    pub fn hide_json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.hide(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.hide_json(item)),
            serde_json::Value::Object(map) => map.values_mut().for_each(|item| self.hide_json(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hidden_however_the_page_spaces_them() {
        let redactor = Redactor::default();
        assert!(redactor.add("13800001234"));
        assert!(redactor.add("云 小鹿"));
        assert!(!redactor.add("x"), "one character would blank whole pages");
        assert_eq!(redactor.hide("您好，云小鹿！138 0000-1234，１３８００００１２３４"), "您好，▇▇▇！▇▇▇，▇▇▇");
        assert_eq!(redactor.hide("没有个人信息"), "没有个人信息");
    }

    #[test]
    fn a_value_inside_a_longer_one_leaves_nothing_readable() {
        let redactor = Redactor::default();
        redactor.add("小鹿");
        redactor.add("云小鹿");
        assert_eq!(redactor.hide("云小鹿"), BLOCK);
    }

    #[test]
    fn a_small_number_is_hidden_where_it_stands_alone() {
        let redactor = Redactor::default();
        redactor.add("50");
        redactor.add("48291");
        redactor.add("482913");
        assert_eq!(redactor.hide("从业人数 50 人，受理编号 20261125000014829"), "从业人数 ▇▇▇ 人，受理编号 20261125000014829");
        assert_eq!(redactor.hide("48291、1482913"), "▇▇▇、1▇▇▇", "six digits are hidden wherever they stand");
    }

    proptest::proptest! {
        #[test]
        fn nothing_registered_survives(before in ".{0,20}", value in "[0-9]{6,18}", after in ".{0,20}") {
            let redactor = Redactor::default();
            redactor.add(&value);
            let hidden = redactor.hide(&format!("{before}{value}{after}"));
            proptest::prop_assert!(!hidden.contains(&value));
        }
    }
}
