//! `Redactor`: replaces personal and secret values, and numbers that are somebody's by their looks, wherever they show up in text that is
//! kept or printed.
//!
//! Never lets a registered value through: matching ignores white space, full-width forms and what stands between the digits of numbers and
//! dates, as portals re-format values, and reads what addresses spell with `%`.

use std::ops::Range;
use std::sync::{Arc, RwLock};

use super::letters::{self, Letter};
use super::net;
use super::text::Message;

/// What stands where a value was.
pub const BLOCK: &str = "▇▇▇";

/// A shared, growing set of values to hide, over the net that is always there. Clones see the same set.
#[derive(Clone, Default)]
pub struct Redactor {
    values: Arc<RwLock<Vec<String>>>,
    /// Numbers that look personal and are public.
    shown: Arc<RwLock<Vec<String>>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor(***)")
    }
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

/// Whether more digits stand right beside this part of the letters.
fn inside_a_number(letters: &[Letter], part: Range<usize>) -> bool {
    let digit = |letter: Option<&Letter>| letter.is_some_and(|letter| letter.c.is_ascii_digit());
    digit(letters[..part.start].last()) || digit(letters.get(part.end))
}

/// A value as it is compared: what counts of it, folded.
fn folded(value: &str) -> String {
    letters::plain(value).iter().filter(|letter| letter.counts()).map(|letter| letter.c).collect()
}

impl Redactor {
    /// Adds a value. Values shorter than two significant characters are not hidden: they would blank whole pages.
    /// Returns whether the value is now hidden.
    pub fn add(&self, value: &str) -> bool {
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

    /// Lets a number through the net for good: the site profile calls it public. A value that was [added](Redactor::add) stays hidden.
    pub fn show(&self, value: &str) {
        let own = folded(value);
        let mut shown = self.shown.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !own.is_empty() && !shown.contains(&own) {
            shown.push(own);
        }
    }

    /// The values that the net lets through, folded as in [`Redactor::values`].
    pub fn shown(&self) -> Vec<String> {
        self.shown.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Whether there is nothing in `text` to hide.
    pub fn is_clean(&self, text: &str) -> bool {
        self.holes(text).is_empty()
    }

    /// `text` with every registered value, every number of the net, and what is spelled in an encoding that nobody can read here replaced by
    /// [`BLOCK`].
    pub fn hide(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (start, end) in self.holes(text) {
            if start >= from {
                out.push_str(&text[from..start]);
                // What touches is one block: encoded bytes come one by one.
                if start > from || start == 0 {
                    out.push_str(BLOCK);
                }
            }
            from = from.max(end);
        }
        out.push_str(&text[from..]);
        out
    }

    /// The parts to be hidden, in order; they may overlap.
    fn holes(&self, text: &str) -> Vec<(usize, usize)> {
        let mut holes = self.found(&letters::plain(text));
        // Both readings: a percent sign before a number is not always an address's.
        if text.contains('%') {
            let (letters, unreadable) = letters::decoded(text);
            holes.extend(self.found(&letters));
            holes.extend(unreadable);
        }
        holes.sort_unstable();
        holes
    }

    fn found(&self, letters: &[Letter]) -> Vec<(usize, usize)> {
        let mut holes = Vec::new();
        let all: Vec<char> = letters.iter().map(|letter| letter.c).collect();
        let span = |part: Range<usize>| (letters[part.start].start, letters[part.end - 1].end);
        let shown = self.shown();
        for part in net::find(&all) {
            let own: String = letters[part.clone()].iter().filter(|letter| letter.counts()).map(|letter| letter.c).collect();
            if !shown.iter().any(|value| value.contains(&own)) {
                holes.push(span(part));
            }
        }
        let kept: Vec<usize> = (0..letters.len()).filter(|at| letters[*at].counts()).collect();
        let compared: Vec<char> = kept.iter().map(|at| all[*at]).collect();
        for value in &self.values() {
            let value: Vec<char> = value.chars().collect();
            let small = value.len() < WHOLE_FROM && value.iter().all(char::is_ascii_digit);
            let mut at = 0;
            while at + value.len() <= compared.len() {
                if compared[at..at + value.len()] == value[..] {
                    let part = kept[at]..kept[at + value.len() - 1] + 1;
                    if !(small && inside_a_number(letters, part.clone())) {
                        holes.push(span(part));
                    }
                    at += value.len();
                } else {
                    at += 1;
                }
            }
        }
        holes
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
    fn what_an_address_spells_is_hidden() {
        let redactor = Redactor::default();
        redactor.add("云小鹿");
        let hidden = |text| redactor.hide(text);
        assert_eq!(hidden("http://x/?n=%E4%BA%91%E5%B0%8F%E9%B9%BF&a=1"), "http://x/?n=▇▇▇&a=1");
        assert_eq!(hidden("http://x/%25E4%25BA%2591+%25E5%25B0%258F%25E9%25B9%25BF.pdf"), "http://x/▇▇▇.pdf", "spelled twice");
        assert_eq!(hidden("http://x/?n=%E4%BA%91"), "http://x/?n=%E4%BA%91");
        assert_eq!(
            hidden("http://x/?n=%D4%C6%D0%A1%C2%B9&a=1"),
            "http://x/?n=▇▇▇&a=1",
            "nobody knows what another encoding says"
        );
        assert_eq!(hidden("http://x/?m=%31%33800001234"), "http://x/?m=▇▇▇");
        assert_eq!(hidden("100%，50%"), "100%，50%");
    }

    #[test]
    fn a_number_is_nobody_s_where_it_is_public_and_hidden_where_it_is_an_input() {
        let redactor = Redactor::default();
        assert_eq!(redactor.hide("91350100M000100Y43"), BLOCK);
        redactor.show("91350100M000100Y43");
        assert_eq!(redactor.hide("代码 91350100M000100Y43，手机 13900001234"), "代码 91350100M000100Y43，手机 ▇▇▇");
        redactor.add("91350100M000100Y43");
        assert_eq!(redactor.hide("91350100M000100Y43"), BLOCK, "one says public, another private: private");
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
