use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::base::spanned::Spanned;
use crate::base::text::Lang;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    name: Spanned<String>,
    #[serde(default)]
    count: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    title: Spanned<String>,
    #[serde(default)]
    items: Vec<Item>,
    #[serde(default)]
    named: BTreeMap<String, Item>,
}

fn codes(text: &str) -> (Option<Root>, Vec<&'static str>) {
    let reading = read::<Root>("t.yaml", text.as_bytes(), |_, _| None);
    (reading.value, reading.diagnostics.iter().map(|diagnostic| diagnostic.code).collect())
}

#[test]
fn spans_are_byte_ranges_of_what_was_written() {
    let text = "title: 甲乙 # 注\nitems:\n  - name: \"丙\"\n    count: 3\n";
    let (root, faults) = codes(text);
    let root = root.unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(&text[root.title.span.clone()], "甲乙");
    assert_eq!(&text[root.items[0].name.span.clone()], "\"丙\"");
    assert_eq!(root.items[0].count, Some(3));
}

#[test]
fn every_fault_is_told_and_the_rest_is_read() {
    let (root, faults) =
        codes("title: 甲\nitems:\n  - nmae: 乙\n    count: x\n  - name: 丙\n  - name: [1]\nnamed:\n  a: {count: 1}\n  b: 3\n");
    assert_eq!(faults, ["unknown-key", "wrong-shape", "wrong-shape", "missing-key", "wrong-shape"]);
    let root = root.unwrap();
    // The misspelt item is read as it was meant.
    assert_eq!(root.items.iter().map(|item| item.name.value.as_str()).collect::<Vec<_>>(), ["乙", "丙"]);
    assert_eq!(root.title.value, "甲");
    assert!(root.named.is_empty());
}

#[test]
fn broken_lines_do_not_hide_each_other() {
    let (root, faults) =
        codes("title: 甲\nitems:\n  - name: a: b\n  - name: 好\n\t- name: 丙\n  - name: \"x\" y\n    count: 2\n");
    assert_eq!(faults, ["not-yaml", "tab", "not-yaml"]);
    assert_eq!(root.unwrap().items.iter().map(|item| item.name.value.as_str()).collect::<Vec<_>>(), ["好"]);
    // Tabs throughout, one a level, are told and read.
    let (root, faults) = codes("title: 甲\nitems:\n\t- name: 好\n\t- name: 丙\n");
    assert_eq!((root.unwrap().items.len(), faults), (2, vec!["tab", "tab"]));
}

#[test]
fn wrong_files_say_what_they_are() {
    let told = |bytes: &[u8]| {
        let reading = read::<Root>("t.yaml", bytes, |_, _| None);
        assert!(reading.value.is_none());
        (reading.diagnostics[0].code, reading.diagnostics[0].message.get(Lang::En).to_owned())
    };
    assert_eq!(told(b"").0, "empty-file");
    assert_eq!(told(b"# only a comment\n").0, "empty-file");
    assert!(told(b"title: x\nname: \xD0\xD5\xC3\xFB\n").1.contains("line 2"));
    assert_eq!(told(b"\xFF\xFEt\0").0, "not-utf-8");
    assert_eq!(told(&vec![b'#'; MAX_BYTES + 1]).0, "too-large");
    assert_eq!(told(b"just words").0, "wrong-shape");
    let (root, faults) = codes("\u{feff}title: 甲\r\nitems:\r\n  - name: 乙\r\n");
    assert!(faults.is_empty() && root.unwrap().items[0].name.value == "乙");
}

#[test]
fn bombs_are_refused() {
    let bomb = format!("title: &a [x]\nitems: [{}]\n", "*a, ".repeat(3));
    assert!(codes(&bomb).1.contains(&"alias"));
    assert!(codes(&format!("title: {}", "[".repeat(5000))).1.iter().all(|code| ["too-deep", "not-yaml"].contains(code)));
    assert!(
        codes(&(0..5000).fold(String::from("title: x\nitems:\n"), |text, i| text + &" ".repeat(i % 200) + "- \n")).0.is_none()
    );
    let many = format!("title: x\nitems: [{}]", "1,".repeat(MAX_NODES + 5));
    assert!(codes(&many).1.contains(&"too-large"));
}

#[test]
fn a_key_written_twice_is_told_each_time() {
    assert_eq!(codes("title: a\ntitle: b\nitems:\n  - {name: x, name: y}\n").1, ["duplicate-key", "duplicate-key"]);
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        read::<Root>("t.yaml", &bytes, |_, _| None);
    }

    #[test]
    fn yaml_like_text_never_panics(text in "[ \\-:{}\\[\\]\"'|>#&*!%@`,?\\n\\tabc甲：]{0,200}") {
        let reading = read::<Root>("t.yaml", text.as_bytes(), |_, _| None);
        for diagnostic in &reading.diagnostics {
            let _ = crate::base::diagnostic::render(&reading.source, std::slice::from_ref(diagnostic), Lang::Zh);
        }
    }
}
