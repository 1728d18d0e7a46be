//! The doctor: facts in, exact findings out, in both languages (`tests/cases/doctor/<name>/`); and the real program on this machine.
//!
//! A case holds `facts.json`: what differs from the machine where all is well. With RUKU_BLESS=1 the answers are written anew: read them
//! aloud before keeping them.

mod causes;

use std::path::Path;

use ruku::doctor::{Facts, Finding, State, examine, render};
use serde_json::Value;

use crate::golden::{Golden, LANGUAGES, cases};
use crate::world::{Running, World, ruku};

fn json(case: &Path) -> serde_json::Map<String, Value> {
    serde_json::from_slice(&std::fs::read(case.join("facts.json")).unwrap()).unwrap()
}

fn findings(case: &Path) -> Vec<Finding> {
    let mut facts = json(&case.with_file_name("all-well"));
    facts.extend(json(case));
    examine(&serde_json::from_value::<Facts>(facts.into()).unwrap())
}

#[test]
fn findings_are_told_in_both_languages() {
    let mut golden = Golden::default();
    for case in cases("doctor") {
        for (lang, file) in LANGUAGES {
            golden.compare(&case.join(file), &render(&findings(&case), lang));
        }
    }
    golden.close();
}

#[test]
fn what_is_not_well_has_a_remedy_and_every_check_a_case() {
    let all: Vec<Finding> = cases("doctor").iter().flat_map(|case| findings(case)).collect();
    for finding in &all {
        assert_eq!(finding.state == State::Ok, finding.remedy.is_none(), "{finding:?}");
        assert!(finding.state == State::Ok || !finding.seen.zh.is_ascii(), "{finding:?}");
    }
    let well = findings(&cases("doctor")[0].with_file_name("all-well"));
    assert!(well.iter().all(|finding| finding.state == State::Ok), "{well:?}");
    for good in &well {
        assert!(all.iter().any(|finding| finding.id == good.id && finding.state > State::Ok), "{} never shows trouble", good.id);
    }
}

#[test]
fn the_training_passes_and_a_strange_browser_does_not() {
    let world = World::start(31);
    world.training(&["insert", "p1"]);
    let doctor = |browser: &str| {
        let mut command = causes::doctor(&world);
        if !browser.is_empty() {
            command.env("RUKU_BROWSER", browser);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.code().unwrap(), lines, text)
    };
    let (code, lines, text) = doctor("");
    assert_eq!(code, 0, "{text}");
    let state = |lines: &[Value], id: &str| {
        let line = lines.iter().find(|line| line["id"] == id).unwrap_or_else(|| panic!("no {id} in {text}"));
        line["state"].as_str().unwrap().to_owned()
    };
    for id in
        ["browser", "driver", "card-service", "readers", "lock", "certificate", "agent", "site", "clock", "disk", "temporary"]
    {
        assert_eq!(state(&lines, id), "ok", "{id}: {text}");
    }
    let name = world.instance()["applicants"][0]["姓名"].as_str().unwrap().to_owned();
    assert!(!text.contains(&name), "no name is told: {text}");

    let (code, lines, text) = doctor("/no/such/browser");
    assert_eq!((code, state(&lines, "browser").as_str()), (7, "failed"), "{text}");
}

#[test]
fn a_profile_without_addresses_fails_in_words() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = ruku().args(["doctor", "--site"]).arg(home.join("playbooks/sites/huhehaote.yaml")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(7), "{said}");
    let line = said.lines().find(|line| line.contains("平台网址")).unwrap();
    assert!(line.starts_with("不通过") && line.contains("还没有填写") && said.contains("→ 在平台配置中"), "{said}");
}

#[test]
fn playbook_1_checks_asks_to_read_and_confirms() {
    let world = World::start(32);
    let mut command = world.run_of(&["1"]);
    command.env("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22");
    let (code, said, events) = Running::start(command).end();
    assert_eq!(code, 0, "{said}");
    let warned = |words: &str| {
        let mut warnings = events.iter().filter(|event| event["type"] == "warning");
        warnings.any(|event| event["message"]["zh"].as_str().is_some_and(|zh| zh.contains(words)))
    };
    assert!(warned("请在插锁的电脑上操作"), "what was found is kept: {events:#?}");
    let gates: Vec<&Value> = events.iter().filter(|event| event["type"] == "gate.open").map(|event| &event["kind"]).collect();
    assert_eq!(gates, ["read", "confirm"]);
    let actions: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "step.start").map(|event| &event["action"]).collect();
    assert_eq!(actions, ["doctor", "person", "confirm"]);
    assert!(said.contains("系统配置操作手册"), "{said}");
}
