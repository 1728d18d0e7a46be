//! The run folder from outside: what a clerk reads, what a stranger checks, what an attacker tries.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod attacks;
mod prune;
pub(crate) mod sample;

use std::path::Path;
use std::process::Command;

use ruku::base::{FaultKind, Lang, Message, Redactor};
use ruku::proof::{self, Event, OnceOutcome, RunFolder, RunResult, StepResult, state, verify};

use crate::golden::Golden;
use sample::{NAME, bound, start};

/// Compares with the file of a case.
fn golden(path: &str, text: &str) {
    let mut golden = Golden::default();
    golden.compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/proof").join(path), text);
    golden.close();
}

fn bash(folder: &Path, command: &str) -> (bool, String) {
    let out = Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
}

/// Every file of a folder, whole.
fn all_bytes(folder: &Path) -> Vec<u8> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { all_bytes(&path) } else { std::fs::read(path).unwrap() }
        })
        .collect()
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[test]
fn a_sealed_run_passes_our_check() {
    let dir = tempfile::tempdir().unwrap();
    for (name, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
        let sealed = bound(dir.path(), name, &sample::redactor()).seal(lang).unwrap();
        let verification = verify::verify(&sealed.path);
        assert!(verification.ok(), "{}", verification.text(Lang::En));
        let head = proof::read(&sealed.path).unwrap().pop().unwrap();
        assert_eq!((head.seq, head.sha256), (sealed.head.seq, sealed.head.sha256));
        for asked in [Lang::Zh, Lang::En] {
            let report = std::fs::read_to_string(proof::write_report(&sealed.path, asked).unwrap()).unwrap();
            assert!(report.contains(&format!("<html lang=\"{}\">", asked.tag())), "a sealed run's report is found, not made");
        }
        assert!(verify::verify(&sealed.path).ok(), "and asking for it changes nothing");
    }
}

#[test]
fn a_parked_run_shows_what_was_issued_and_asked() {
    let dir = tempfile::tempdir().unwrap();
    let sealed = sample::parked(dir.path(), "parked", &sample::redactor()).seal(Lang::Zh).unwrap();
    assert!(verify::verify(&sealed.path).ok(), "{}", verify::verify(&sealed.path).text(Lang::En));
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/proof/parked/data/log.jsonl");
    if std::env::var_os("RUKU_BLESS").is_some() && !case.exists() {
        std::fs::create_dir_all(case.parent().unwrap()).unwrap();
        std::fs::copy(sealed.path.join("data/log.jsonl"), &case).unwrap();
    }
    let report = std::fs::read_to_string(&sealed.report).unwrap();
    for words in ["挂起（等待平台）", "ZT2020-000731", "主体库信息已提交", "没有办成", "经确认的第 2 次申报"]
    {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn every_command_of_how_to_verify_works() {
    let dir = tempfile::tempdir().unwrap();
    let sealed = bound(dir.path(), "sample", &sample::redactor()).seal(Lang::Zh).unwrap();
    let text = std::fs::read_to_string(sealed.path.join("data/HOW-TO-VERIFY.txt")).unwrap();
    let first_words = ["sha256sum ", "diff ", "find ", "jq ", "tail ", "(prev=", "grep "];
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| first_words.iter().any(|word| line.starts_with(word)))
        .collect();
    assert_eq!(commands.len(), 10, "{commands:?}");
    for command in &commands {
        let (ok, out) = bash(&sealed.path, &format!("set -o pipefail; {command}"));
        assert!(ok, "{command}\n{out}");
        if ["diff ", "find "].iter().any(|word| command.starts_with(word))
            || command.ends_with("log.jsonl") && command.contains("cmp")
        {
            assert_eq!(out, "", "{command}");
        }
    }
    let chain = commands.iter().find(|command| command.starts_with("(prev=")).unwrap();
    let (_, counted) = bash(&sealed.path, chain);
    let (_, said) = bash(&sealed.path, "grep '^Log-' bag-info.txt");
    assert_eq!(counted, said);

    // And they can fail: one byte of the journal.
    let log = sealed.path.join("data/log.jsonl");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    assert!(!bash(&sealed.path, "sha256sum --strict -c manifest-sha256.txt").0);
    assert!(!bash(&sealed.path, chain).0 || bash(&sealed.path, chain).1 != said);
}

#[test]
fn the_redactor_stands_before_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    // The positive control: without a registered value the name is there to be found.
    let open = bound(dir.path(), "open", &Redactor::default()).seal(Lang::Zh).unwrap();
    assert!(holds(&all_bytes(&open.path), NAME));
    let closed = bound(dir.path(), "closed", &sample::redactor()).seal(Lang::Zh).unwrap();
    let bytes = all_bytes(&closed.path);
    assert!(!holds(&bytes, NAME) && !holds(&bytes, "13800001234") && !holds(&bytes, "ticket-of-the-session"));
    assert!(holds(&bytes, "▇▇▇"));
    assert!(verify::verify(&closed.path).ok(), "{}", verify::verify(&closed.path).text(Lang::En));
    let fault = RunFolder::create(dir.path(), "13800001234", sample::redactor()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "nor may the folder be named after a person");
}

#[test]
fn a_short_registered_value_does_not_break_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    for value in ["00", "da", "ta", "ot", "run", "png", "done", "log"] {
        assert!(redactor.add(value));
    }
    let sealed = bound(dir.path(), "s1", &redactor).seal(Lang::Zh).unwrap();
    assert!(verify::verify(&sealed.path).ok(), "{}", verify::verify(&sealed.path).text(Lang::En));
}

#[test]
fn a_run_that_failed_is_complete_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = sample::opened(dir.path(), "failed", &Redactor::default());
    let message =
        Message::new("页面没有出现“读取证书”。请检查网络后重试。", "“读取证书” did not appear; check the network and try again");
    folder.record(Event::Fault { step: Some(1), kind: FaultKind::TimedOut, message: message.clone() }).unwrap();
    folder.record(Event::StepEnd { step: 1, result: StepResult::Failed, why: Some(message) }).unwrap();
    folder.end(RunResult::Failed, None, 3).unwrap();
    let sealed = folder.seal(Lang::Zh).unwrap();
    assert!(verify::verify(&sealed.path).ok(), "{}", verify::verify(&sealed.path).text(Lang::En));
    let report = std::fs::read_to_string(&sealed.report).unwrap();
    assert!(report.contains("办理未成功") && report.contains("请检查网络后重试"), "the remedy is in the report");
}

#[test]
fn a_run_killed_before_the_seal_is_incomplete_and_can_be_closed() {
    let dir = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    let mut folder = sample::opened(dir.path(), "killed", &redactor);
    let path = folder.path().to_owned();
    folder
        .record(Event::OnceIntent {
            step: 1, key: "ca-mutual/p1/bind".into(), action: Message::same("确认申请"), revision: 0
        })
        .unwrap();
    drop(folder);
    // Killed in mid-line, and with a picture on disk that the journal does not name yet.
    let log = path.join("data/log.jsonl");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend_from_slice(br#"{"evidence":{"en":"bou"#);
    std::fs::write(&log, bytes).unwrap();
    std::fs::write(path.join("data/shots/0002.png"), b"half a pict").unwrap();

    let verification = verify::verify(&path);
    let failed: Vec<&str> = verification.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
    assert_eq!(failed, ["sealed", "canonical", "ending", "pictures"]);
    assert!(verification.text(Lang::Zh).contains("不完整") && verification.text(Lang::En).contains("incomplete"));

    let log = proof::read_log(&path).unwrap();
    assert_eq!((log.torn, log.records.len()), (22, 6));
    let state = state::fold(&log.records);
    assert_eq!(state.once["ca-mutual/p1/bind"].outcome, OnceOutcome::Unsure);
    let report = std::fs::read_to_string(proof::write_report(&path, Lang::Zh).unwrap()).unwrap();
    assert!(report.contains("结果待核实") && report.contains("这份记录不完整") && report.contains("切勿再次点击"));

    let mut folder = RunFolder::reopen(&path, redactor.clone()).unwrap();
    assert!(folder.record(start()).is_err(), "a run begins once");
    let sealed = folder.seal(Lang::En).unwrap();
    let verification = verify::verify(&path);
    assert!(verification.ok(), "{}", verification.text(Lang::En));
    let state = state::fold(&proof::read(&path).unwrap());
    assert_eq!(state.result(), Some(RunResult::Interrupted));
    assert!(state.is_unsure() && state.troubles[1].message.en.contains("22 bytes"), "{:?}", state.troubles);
    assert_eq!(sealed.path, path);
    assert_eq!(RunFolder::reopen(&path, redactor).unwrap_err().kind, FaultKind::Refused, "a sealed bag is never edited");
}

#[test]
fn killed_at_any_byte_the_journal_reads_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let folder = bound(dir.path(), "whole", &Redactor::default());
    let whole = std::fs::read(folder.path().join("data/log.jsonl")).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let path = dir.path().join("cut");
    for cut in (first..whole.len()).step_by(257) {
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("data/shots")).unwrap();
        std::fs::create_dir_all(path.join("data/playbooks")).unwrap();
        std::fs::write(path.join("data/log.jsonl"), &whole[..cut]).unwrap();
        let log = proof::read_log(&path).unwrap();
        assert!(log.torn as usize <= cut && whole.starts_with(&whole[..cut - log.torn as usize]));
        if log.records.last().is_some_and(|record| matches!(record.event, Event::RunEnd { .. })) {
            continue;
        }
        RunFolder::reopen(&path, Redactor::default()).unwrap().seal(Lang::Zh).unwrap();
        let failed: Vec<_> = verify::verify(&path).checks.into_iter().filter(|check| !check.ok).collect();
        // Only what this test has not copied, pictures and playbooks, is missed.
        assert!(failed.iter().all(|check| ["pictures", "playbooks"].contains(&check.name)), "{cut}: {failed:?}");
    }
}

#[test]
fn there_is_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let folder = sample::opened(dir.path(), "one", &Redactor::default());
    let fault = RunFolder::reopen(folder.path(), Redactor::default()).unwrap_err();
    assert!(fault.message.en.contains("another Ruku"), "{fault}");
    assert!(RunFolder::create(dir.path(), "one", Redactor::default()).is_err());
    let path = folder.path().to_owned();
    drop(folder);
    assert!(RunFolder::reopen(&path, Redactor::default()).is_ok(), "a dead writer holds nothing");
}

#[test]
fn the_journal_begins_with_the_start_and_ends_with_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::create(dir.path(), "order", Redactor::default()).unwrap();
    let warning = || Event::Warning { step: None, message: Message::same("x") };
    assert!(folder.record(warning()).is_err());
    folder.record(start()).unwrap();
    folder.record(warning()).unwrap();
    let wrong_counts = Event::RunEnd { result: RunResult::Done, why: None, steps: 99, shots: 99, exit_code: 0 };
    folder.record_synced(wrong_counts).unwrap();
    assert!(folder.record(warning()).is_err());
    let end = state::fold(&proof::read(folder.path()).unwrap()).end.unwrap();
    assert_eq!((end.steps, end.shots), (0, 0), "the folder counts by itself");
}

#[test]
fn playbooks_of_any_name_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = sample::opened(dir.path(), "names", &Redactor::default());
    let mut kept = |name: &str| folder.keep_file(name, b"steps: []").unwrap();
    assert_eq!(kept("a.yaml"), "data/playbooks/a.yaml");
    assert_eq!(kept("A.yaml"), "data/playbooks/A-2.yaml", "names that differ only in case are one file on Windows");
    assert_eq!(kept("../../etc/x.yaml"), "data/playbooks/x.yaml");
    assert_eq!(kept("绑定.yaml"), "data/playbooks/__.yaml");
    assert_eq!(kept(""), "data/playbooks/-2");
    assert_eq!(kept("Aux.b.yaml"), "data/playbooks/_Aux.b.yaml", "a device on Windows");
    folder.end(RunResult::Done, None, 0).unwrap();
    let sealed = folder.seal(Lang::Zh).unwrap();
    assert!(verify::verify(&sealed.path).ok(), "{}", verify::verify(&sealed.path).text(Lang::En));
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_a_run_folder() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let sealed = bound(dir.path(), "private", &Redactor::default()).seal(Lang::Zh).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for folder in ["", "data", "data/shots"] {
        assert_eq!(mode(&sealed.path.join(folder)), 0o700, "{folder}");
    }
    for file in ["data/log.jsonl", "data/report.html", "data/shots/0001.png", "bagit.txt"] {
        assert_eq!(mode(&sealed.path.join(file)), 0o600, "{file}");
    }
}

#[test]
fn reports_are_as_in_the_cases() {
    for case in ["bound", "failed", "killed", "hostile", "parked"] {
        let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/proof").join(case);
        let records = proof::read(&run).unwrap();
        let state = state::fold(&records);
        for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
            let html = proof::report::html(&records, &state, lang).unwrap();
            assert!(!["<script", "<img src=x", "javascript:", "\"../"].iter().any(|bad| html.contains(bad)), "{case}");
            golden(&format!("{case}/report.{name}.html"), &html);
        }
    }
}
