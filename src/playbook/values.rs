//! The file of inputs: names and values as a person wrote them. Every value stays text, so that no digit is lost.

use std::collections::BTreeMap;

use super::guess;
use crate::base::{Diagnostic, Message, Source, tree};

/// Reads a file of inputs, `name: value`. Faults name the place; neither they nor the source that comes back show a value, only names.
pub fn read_inputs(source_name: &str, bytes: &[u8]) -> (BTreeMap<String, String>, Vec<Diagnostic>, Source) {
    let reading = tree::read::<BTreeMap<String, String>>(source_name, bytes, guess::guess);
    let text = &reading.source.text;
    let values = values(text);
    let quiet = |message: Message| Message::new(without(&message.zh, &values), without(&message.en, &values));
    let diagnostics = reading.diagnostics.into_iter().map(|fault| Diagnostic {
        message: quiet(fault.message),
        help: fault.help.map(quiet),
        ..fault
    });
    let (diagnostics, shown) = (diagnostics.collect(), withheld(text));
    (reading.value.unwrap_or_default(), diagnostics, Source { text: shown, ..reading.source })
}

/// The name that a line gives a value to: what is before the first colon (a full-width one is a common slip) of a line that is not indented,
/// where no value of another line goes on. A name has no digits.
fn name(line: &str) -> Option<&str> {
    let name = &line[..line.find([':', '：'])?];
    let plain =
        !name.is_empty() && name.chars().all(|sign| sign.is_alphabetic() || matches!(sign, '_' | '-' | '/' | '（' | '）'));
    plain.then_some(name)
}

/// The text with a sign of the same length, in bytes, for each letter and digit that may belong to a value: spans still fit. What a fault
/// says may end in a file or a call for help, and a person's number is nobody's there.
fn withheld(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let named = name(line).map_or(0, str::len);
        shown.extend(line.char_indices().map(|(at, sign)| match sign.len_utf8() {
            _ if at < named || !sign.is_alphanumeric() => sign,
            1 => '*',
            2 => '×',
            3 => '▇',
            _ => '\u{1F7E6}',
        }));
    }
    shown
}

/// The text without its names: whatever is a value, or may be.
fn values(text: &str) -> String {
    let rest = |line: &str| line[name(line).map_or(0, str::len)..].to_owned();
    text.lines().map(rest).collect::<Vec<_>>().join("\n")
}

/// Whether words that a sentence quotes are out of a value: something in them of more than one sign stands there.
fn are_of(words: &str, values: &str) -> bool {
    words.split(|sign: char| !sign.is_alphanumeric()).any(|part| part.chars().nth(1).is_some() && values.contains(part))
}

/// A sentence without what it quotes from a value.
fn without(sentence: &str, values: &str) -> String {
    let (mut out, mut rest) = (String::new(), sentence);
    while let Some((at, open)) = rest.char_indices().find(|(_, sign)| "「“\"`‘".contains(*sign)) {
        let close = match open {
            '「' => '」',
            '“' => '”',
            '‘' => '’',
            same => same,
        };
        let inside = at + open.len_utf8();
        out.push_str(&rest[..inside]);
        let end = rest[inside..].find(close).map_or(rest.len(), |end| inside + end);
        let words = &rest[inside..end];
        out.push_str(if are_of(words, values) { "…" } else { words });
        rest = &rest[end..];
        if let Some(sign) = rest.chars().next() {
            out.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
    }
    out + rest
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
        for (wrong, shown, values) in [
            ("姓名：张三\n手机号: [13900000000]\n", "姓名：", &["张三", "139"][..]),
            ("手机号: [x]\n\t身份证号: 11010519491231002X\n", "手机号", &["110105", "002X"]),
            ("13900001234: [x]\n- \u{20BB7}田\n", "", &["139", "田"]),
            ("手机号: !13900000000\n密码: !Abc123\n", "手机号", &["139", "Abc"]),
            ("密码: Abc123: x\n密码: Abc124\n", "密码", &["Abc"]),
            ("备注: 找张三\n  李四转: 办公室\n", "", &["张三", "李四", "办公室"]),
            ("姓名: *张三\n", "姓名", &["张三"]),
            ("姓名: \"张三\n", "", &["张三"]),
            ("姓名: {张三: 李四}\n", "姓名", &["张三", "李四"]),
        ] {
            let (_, faults, source) = read_inputs("inputs.yaml", wrong.as_bytes());
            assert!(!faults.is_empty(), "{wrong}");
            for lang in [crate::base::Lang::Zh, crate::base::Lang::En] {
                let told = crate::base::diagnostic::render(&source, &faults, lang);
                assert!(told.contains(shown), "{shown}: {told}");
                for value in values {
                    assert!(wrong.contains(value) && !told.contains(value) && !source.text.contains(value), "{value}: {told}");
                }
            }
        }
    }

    #[test]
    fn what_a_sentence_quotes_is_left_out_when_it_is_of_a_value() {
        let values = values("姓名: 张三\n手机号: 13900000000\n");
        for (sentence, shown) in [
            ("「姓名」写了两次，值是“张三”", "「姓名」写了两次，值是“…”"),
            ("invalid type: string \"张三\", and `13900000000", "invalid type: string \"…\", and `…"),
            ("应写成 `姓名: \"张三\"`", "应写成 `…`"),
            ("冒号要用半角「:」，写成「名称: 值」", "冒号要用半角「:」，写成「名称: 值」"),
            ("用“另存为”，编码选“UTF-8”", "用“另存为”，编码选“UTF-8”"),
        ] {
            assert_eq!(without(sentence, &values), shown);
        }
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
