//! What the world may say, as a person reads it: every kind of fault from a real cause, in both languages.
//!
//! `tests/cases/faults/<kind>-<cause>.txt`: exit code and what may happen next, then the Chinese, then the English sentence. With
//! RUKU_BLESS=1 they are written anew: read them aloud before keeping them. Place, what is wrong, what to do next: each must be there.

mod lock;
mod machine;
mod page;
mod progress;
mod runs;

use std::path::{Path, PathBuf};

use ruku::base::{Fault, FaultKind};

use crate::golden::Golden;

/// The causes that have a case. A new kind does not compile without its arm, and does not pass without a cause.
fn causes(kind: FaultKind) -> &'static [&'static str] {
    match kind {
        FaultKind::NotFound => &["absent", "hidden", "column", "box-button"],
        FaultKind::Many => &["buttons", "rows"],
        FaultKind::NotReady => &["disabled", "moving", "read-only"],
        FaultKind::Covered => &["mask", "slid-under"],
        FaultKind::Dialog => &["open", "other-buttons"],
        FaultKind::TimedOut => &["page", "expect", "repeat", "seen-by-person"],
        FaultKind::Gone => &["driver", "driver-silent", "window"],
        FaultKind::Refused => &[
            "address",
            "box-says-other",
            "frame-unknown",
            "handler",
            "no-holder",
            "no-once",
            "password-field",
            "portal-unknown",
            "stop-words",
            "upload-no-folder",
            "upload-outside",
            "upload-portal",
        ],
        FaultKind::Unsure => &["moved-away", "no-sign"],
        FaultKind::Stopped => &["cancelled", "no-consent", "silence"],
        FaultKind::Card => &["blocked", "few-tries", "reader-taken", "wrong-pin"],
        FaultKind::WrongHolder => &["page"],
        FaultKind::Precondition => &["already-done", "inputs-missing", "not-entered", "page-says"],
        FaultKind::Business => &["no-seal", "option", "portal-refused"],
        FaultKind::Mask => &["restless"],
        FaultKind::Io => &["below-a-file", "no-record"],
        FaultKind::Setup => &["browser-missing", "driver-missing", "npm-missing", "port-taken"],
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/faults")
}

/// The kinds as serde knows them: all there are.
fn kinds() -> Vec<FaultKind> {
    let named = serde_json::from_str::<FaultKind>("\"no such kind\"").unwrap_err().to_string();
    let names = named.split('`').skip(1).step_by(2).filter(|name| !name.contains(' '));
    names.map(|name| serde_json::from_value(name.into()).unwrap()).collect()
}

fn word(kind: FaultKind) -> String {
    serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned()
}

/// The faults of one test, compared with their cases.
#[derive(Default)]
struct Book(Golden);

impl Book {
    /// A fault of this cause.
    fn fault(&mut self, cause: &str, fault: &Fault) {
        self.replaced(cause, fault, &[]);
    }

    /// The same, where parts that differ from machine to machine stand in the case under another name.
    fn replaced(&mut self, cause: &str, fault: &Fault, parts: &[(&str, &str)]) {
        let kind = word(fault.kind);
        assert!(causes(fault.kind).contains(&cause), "{kind}-{cause} is not among the causes: {fault:?}");
        let next = serde_json::to_value(fault.next()).unwrap();
        let (zh, en) = (&fault.message.zh, &fault.message.en);
        let mut told = format!("exit code {}, next: {}\n\n{zh}\n\n{en}\n", fault.exit_code(), next.as_str().unwrap());
        for (part, name) in parts {
            assert!(told.contains(part), "{part} is not in {told}");
            told = told.replace(part, name);
        }
        self.0.compare(&folder().join(format!("{kind}-{cause}.txt")), &told);
    }

    fn close(self) {
        self.0.close();
    }
}

#[test]
fn every_kind_of_fault_has_a_case() {
    let kinds = kinds();
    assert!(kinds.len() >= 17, "{kinds:?}");
    let mut listed = Vec::new();
    for kind in kinds {
        assert!(!causes(kind).is_empty(), "{kind:?} has no cause");
        listed.extend(causes(kind).iter().map(|cause| format!("{}-{cause}.txt", word(kind))));
    }
    listed.sort();
    let mut there: Vec<String> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    assert_eq!(listed, there, "causes, and files of cases");
}

#[test]
fn every_case_speaks_to_a_person() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let [_, zh, en] = text.split("\n\n").collect::<Vec<_>>()[..] else { panic!("{file:?}: three parts: {text}") };
        assert!(chinese(zh) && zh.trim_end().ends_with(['。', '）']), "{file:?} ends as a sentence does: {zh}");
        for doubled in ["。。", "。；", "。，", "；；", ". ;", ";;", " ,"] {
            assert!(!text.contains(doubled), "{file:?}: {doubled}");
        }
        assert!(en.split_whitespace().count() > 4, "{file:?}: {en}");
    }
}
