//! `Redactor`: replaces personal and secret values wherever they show up in text that is kept or printed.
//!
//! Never lets a registered value through: matching ignores white space, full-width forms and what stands between the digits of numbers and
//! dates, as portals re-format values.

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

/// Whether a character counts. Portals put white space, invisible marks, dashes, commas and slashes into what was entered without them.
/// `js/mask.js` ignores the same.
fn significant(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(fold(c), '-' | ',' | '/' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{feff}')
}

/// The other ways in which portals write a date like 1970-01-31: with dots or in words, with and without zeros, and without zeros where
/// slashes or dashes stand between. Its own digits stand for 1970/01/31.
fn other_forms(value: &str) -> Vec<String> {
    let parts: Vec<&str> = value.trim().split('-').collect();
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let &[year, month, day] = &parts[..] else { return Vec::new() };
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return Vec::new();
    }
    let forms = |month: &str, day: &str| {
        [format!("{year}年{month}月{day}日"), format!("{year}.{month}.{day}"), format!("{year}{month}{day}")]
    };
    [forms(month, day), forms(month.trim_start_matches('0'), day.trim_start_matches('0'))].concat()
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
        let folded = |value: &str| -> String { value.chars().filter(|c| significant(*c)).map(fold).collect() };
        let own = folded(value);
        if own.chars().count() < 2 {
            return false;
        }
        let mut values = self.values.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        for form in std::iter::once(own).chain(other_forms(value).iter().map(|form| folded(form))) {
            if !values.contains(&form) {
                values.push(form);
            }
        }
        // Longest first, so that a value inside a longer one does not leave the rest readable.
        values.sort_by_key(|value| std::cmp::Reverse(value.chars().count()));
        true
    }

    /// The values, folded (no white space, dashes, commas or slashes, half-width, lower case), longest first.
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
    fn numbers_and_dates_are_hidden_however_the_page_writes_them() {
        let redactor = Redactor::default();
        for value in ["5000000", "1970-01-31", "2010-03-05", "内蒙古自治区 / 新城区"] {
            redactor.add(value);
        }
        for shown in [
            "5,000,000",
            "５，０００，０００",
            "1970/01/31",
            "1970年01月31日",
            "1970年1月31日",
            "1970.01.31",
            "1970—01—31",
            "1970/1/31",
            "2010-3-5",
            "2010年3月5日",
            "2010.3.5",
            "内蒙古自治区新城区",
            "5\u{200c}0\u{200d}0\u{ad}0\u{feff}000",
        ] {
            assert_eq!(redactor.hide(shown), BLOCK, "{shown}");
        }
        assert_eq!(redactor.hide("1970-02-28，1,000,000"), "1970-02-28，1,000,000");
        assert!(!redactor.add("—/—"), "nothing of it counts");
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
