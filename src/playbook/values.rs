//! The file of inputs: names and values as a person wrote them. Every value stays text, so that no digit is lost.

use std::collections::BTreeMap;

use super::guess;
use crate::base::{Diagnostic, Source, tree};

/// Reads a file of inputs, `name: value`. Faults name the place; the source that comes back shows the names there and no value.
pub fn read_inputs(source_name: &str, bytes: &[u8]) -> (BTreeMap<String, String>, Vec<Diagnostic>, Source) {
    let reading = tree::read::<BTreeMap<String, String>>(source_name, bytes, guess::guess);
    let source = Source { text: withheld(&reading.source.text), ..reading.source };
    (reading.value.unwrap_or_default(), reading.diagnostics, source)
}

/// The text with a sign of the same length, in bytes, for each letter and digit that may belong to a value: spans still fit. What a fault
/// says may end in a file or a call for help, and a person's number is nobody's there. Names stay: what is before the first colon of a
/// line (a full-width one is a common slip), without its digits.
fn withheld(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let name = line.find([':', '：']).unwrap_or(0);
        shown.extend(line.char_indices().map(|(at, sign)| match sign.len_utf8() {
            _ if !sign.is_alphanumeric() || (at < name && !sign.is_numeric()) => sign,
            1 => '*',
            2 => '×',
            3 => '▇',
            _ => '\u{1F7E6}',
        }));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive() {
        let (inputs, faults, _) =
            read_inputs("inputs.yaml", "手机号: 13900000000\n身份证号: 11010519491231002X\n编号: 007\n".as_bytes());
        assert!(faults.is_empty());
        assert_eq!((inputs["手机号"].as_str(), inputs["编号"].as_str()), ("13900000000", "007"));
    }

    #[test]
    fn a_fault_shows_names_and_no_value() {
        let wrong = "姓名：张三\n手机号: [13900000000]\n\t身份证号: 11010519491231002X\n13900001234: [x]\n- \u{20BB7}田\n";
        let (_, faults, source) = read_inputs("inputs.yaml", wrong.as_bytes());
        assert!(!faults.is_empty());
        let told = crate::base::diagnostic::render(&source, &faults, crate::base::Lang::Zh);
        for value in ["张三", "139", "110105", "002X", "田"] {
            assert!(wrong.contains(value) && !told.contains(value) && !source.text.contains(value), "{value}: {told}");
        }
        assert!(source.text.starts_with("姓名：▇▇\n手机号: [***********]\n\t身份证号: ***"), "{}", source.text);
    }

    #[test]
    fn places_fit_what_is_shown() {
        proptest::proptest!(|(text in "[a-z0-9张é\u{20BB7}:： \\[\\]\"'#\n\t-]{0,60}")| {
            let shown = withheld(&text);
            proptest::prop_assert_eq!(shown.len(), text.len());
            proptest::prop_assert!(text.char_indices().map(|(at, _)| at).eq(shown.char_indices().map(|(at, _)| at)));
        });
    }

    #[test]
    fn a_wrong_line_does_not_take_the_others_along() {
        let (inputs, faults, _) = read_inputs("inputs.yaml", "姓名: [甲]\n手机号: 1\n".as_bytes());
        assert_eq!((inputs.len(), faults.len()), (1, 1));
    }
}
