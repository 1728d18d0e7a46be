//! What a run must not do: press twice, press for the wrong person, press what a stranger's playbook slips in, forget how it ended.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::world::{Running, World, find_words, folders_with, holds, until};

const BINDING: &str = include_str!("../../playbooks/2.2-ca-binding.yaml");
const APPLY: &str = "  - click: { on: 确认申请, answer: 确定 }\n";
const ONCE: &str = "    once: { id: bind, done_when: { site_text: bind.success } }\n";
const INSERT_LOCK: &str = "  - insert_lock: { holder: \"{{ 姓名 }}\" }\n";
const CHECK_HOLDER: &str = "  - check_holder: { shown: { label: 证书持有人 }, expected: \"{{ 姓名 }}\" }\n";

/// Playbook 2.2 as a stranger might hand it on: each passage replaced by another.
fn stranger(world: &World, changes: &[(&str, &str)]) -> String {
    let text = changes.iter().fold(BINDING.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "once in the playbook: {from}");
        text.replace(from, to)
    });
    world.write("stranger.yaml", &text)
}

/// 2.1.1 and then this playbook, with the scripted operator.
fn run(world: &World, playbook: &str) -> Running {
    Running::start(world.unpictured(&["2.1.1", playbook]))
}

/// 2.1.1 and 2.2 with p1's lock in place and a person at the terminal.
fn attended(world: &World) -> Running {
    world.training(&["insert", "p1"]);
    world.run(&["--operator", "terminal"], None)
}

fn of<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

fn sealed(folder: &Path) {
    let verified = ruku::proof::verify::verify(folder);
    assert!(verified.ok(), "{:#?}", verified.checks);
}

/// The run until the person is asked what became of the request whose answer was lost.
fn unsure(world: &World) -> Running {
    world.admin("/fail-once", &json!({ "path": "/rest/bindAction/apply", "status": 502, "after": true }));
    let mut run = attended(world);
    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    run.type_line("");
    let gate = run.wait_for("gate.open", |_| true);
    assert_eq!(gate["kind"], "unsure", "{gate}");
    assert!(gate["message"]["zh"].as_str().unwrap().contains("结果待核实"), "{gate}");
    run
}

#[test]
fn a_lost_answer_stays_unsure_and_is_never_pressed_again() {
    let world = World::start(41);
    let mut run = unsure(&world);
    run.type_line("3");
    let (code, said, events) = run.end();
    assert_eq!(code, 5, "{said}");
    // After the question, too: it is the last word of the run.
    assert!(said.rsplit("或 q 停止：").next().unwrap().contains("结果待核实"), "{said}");
    assert_eq!((world.counter("bind"), world.counter("bind_requests")), (1, 1));
    let outcomes: BTreeSet<_> = of(&events, "once.outcome").iter().map(|event| event["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, BTreeSet::from(["unsure"]));
    assert_eq!(of(&events, "once.intent").len(), 1);
    assert_eq!(of(&events, "step.end").last().unwrap()["result"], "unsure");
    let end = events.last().unwrap();
    assert_eq!((&end["type"], &end["result"], &end["exit_code"]), (&json!("run.end"), &json!("unsure"), &json!(5)));
    assert!(end["why"]["zh"].as_str().unwrap().contains("结果待核实"), "{end}");
    sealed(&world.newest_run());
}

#[test]
fn a_lost_answer_is_done_when_the_person_has_seen_it_at_the_portal() {
    let world = World::start(42);
    let mut run = unsure(&world);
    run.type_line("1");
    let (code, said, events) = run.end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(of(&events, "once.outcome").last().unwrap()["outcome"], "done");
    assert_eq!((world.counter("bind"), world.counter("bind_requests")), (1, 1));
    sealed(&world.newest_run());
}

#[test]
fn nothing_is_pressed_when_the_sign_of_success_shows_before() {
    let world = World::start(43);
    let already = ONCE.replace("site_text: bind.success", "text: 未绑定");
    let (code, said, events) = run(&world, &stranger(&world, &[(ONCE, &already)])).end();
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("没有点击"), "{said}");
    assert_eq!(world.counter("bind_requests"), 0);
    assert_eq!(of(&events, "once.intent").len(), 0);
    sealed(&world.newest_run());
}

/// A playbook that presses 确认申请 as if it could be taken back. The lock is checked and everything is filled in, so nothing else
/// keeps it from being pressed.
fn without_once(seed: u64, click: &str, codes: &[i32]) {
    let world = World::start(seed);
    let hidden = format!("  - click: {{ on: {click}, answer: 确定 }}\n");
    let (code, said, _) = run(&world, &stranger(&world, &[(APPLY, &hidden), (ONCE, "")])).end();
    assert_eq!(world.counter("bind_requests"), 0, "pressed: {said}");
    assert!(codes.contains(&code), "{code}: {said}");
    assert!(said.contains("once"), "the remedy is named: {said}");
}

#[test]
fn a_space_in_the_words_does_not_make_a_press_harmless() {
    without_once(44, "\"确认 申请\"", &[2]);
}

#[test]
fn a_selector_does_not_make_a_press_harmless() {
    without_once(45, "{ css: \"[data-name=confirm_apply]\" }", &[6]);
}

#[test]
fn nothing_irreversible_without_a_look_at_the_holder() {
    let world = World::start(46);
    world.training(&["insert", "p1"]);
    let from = BINDING.find("  - when: { seen: { site_text: lock.many } }").unwrap();
    let many = &BINDING[from..BINDING.find("  - expect: { site_text: bind.known }").unwrap()];
    let playbook = stranger(&world, &[(INSERT_LOCK, ""), (CHECK_HOLDER, ""), (many, "")]);
    let (code, said, events) = run(&world, &playbook).end();
    assert_eq!(world.counter("bind_requests"), 0, "pressed: {said}");
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("check_holder"), "the remedy is named: {said}");
    assert_eq!(of(&events, "once.intent").len(), 0);
}

#[test]
fn the_certificate_of_another_on_the_page_stops_the_run() {
    let world = World::start(47);
    world.training(&["insert", "p2", "--slot", "0"]);
    world.training(&["insert", "p1", "--slot", "1"]);
    let instance = world.instance();
    let other = instance["applicants"][1]["姓名"].as_str().unwrap();
    let playbook = stranger(&world, &[("click: \"{{ lock.serial }}\"", &format!("click: {other}"))]);
    let mut command = world.run_of(&["2.1.1", &playbook]);
    command.args(["--operator", "terminal"]);
    let mut run = Running::start(command);
    run.wait_for("gate.open", |event| event["kind"] == "pick-lock");
    // The person picks rightly; it is the playbook that reads the other one. Which number it has is up to the readers.
    run.type_line("2");
    let (code, said, events) = run.end();
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("没有提交任何内容"), "{said}");
    assert!(of(&events, "step.start").iter().any(|event| event["action"] == "check_holder"), "stopped at the page: {said}");
    assert_eq!(world.counter("bind_requests"), 0);
    sealed(&world.newest_run());
}

#[test]
fn ctrl_c_at_a_gate_leaves_a_sealed_folder_and_nothing_pressed() {
    let world = World::start(48);
    let mut run = attended(&world);
    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    run.signal(Signal::INT);
    let (code, said, events) = run.end();
    assert_eq!(code, 130, "{said}");
    assert_eq!(events.last().unwrap()["result"], "stopped");
    assert_eq!(world.counter("bind_requests"), 0);
    sealed(&world.newest_run());
}

#[test]
fn a_run_that_nobody_listens_to_any_more_goes_on_to_its_end() {
    let world = World::start(49);
    let mut run = world.run(&[], None);
    run.wait_for("run.start", |_| true);
    run.stop_listening();
    let (code, said, _) = run.end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(world.counter("bind"), 1);
    sealed(&world.newest_run());
}

/// The programs whose command line names a folder: driver, browser, renderers, crash handlers.
fn programs_of(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let named = |path: &Path| -> Option<String> {
        let bytes = |name: &str| std::fs::read(path.join(name)).ok();
        let line = String::from_utf8_lossy(&bytes("cmdline")?).replace('\0', " ");
        let environment = String::from_utf8_lossy(&bytes("environ")?).into_owned();
        // A zombie has no command line any more. Others know the folder by TMPDIR.
        (!line.trim().is_empty() && (line.contains(&folder) || environment.contains(&folder))).then_some(line)
    };
    processes.filter_map(|path| named(&path)).collect()
}

#[test]
fn the_browser_of_a_killed_run_is_ended_by_the_next_one() {
    let world = World::start(50);
    let temporary = world.temporary();
    let work_folders = || folders_with(&temporary, "alive.lock");
    let mut run = world.run(&[], None);
    run.wait_for("step.end", |event| event["step"] == 3);
    let running = programs_of(&temporary);
    for program in ["chromedriver", "--type=renderer"] {
        assert!(running.iter().any(|line| line.contains(program)), "{program} is seen while it runs: {running:#?}");
    }
    run.signal(Signal::KILL);
    let (code, _, _) = run.end();
    assert_eq!(code, -1);
    assert!(!programs_of(&temporary).is_empty(), "for `resume`, and not for ever");

    let killed = world.newest_run();
    let verified = ruku::proof::verify::verify(&killed);
    let failed: Vec<_> = verified.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
    assert!(failed.contains(&"sealed"), "{:#?}", verified.checks);
    let kept = ["journal", "canonical", "chain", "pictures"];
    assert!(!failed.iter().any(|name| kept.contains(name)), "readable up to the end: {:#?}", verified.checks);

    let left = work_folders();
    assert_eq!(left.len(), 1, "{left:?}");
    let (code, said, _) = world.run(&[], None).end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(work_folders(), [] as [PathBuf; 0]);
    until("no program of either run is left", || programs_of(&temporary).is_empty());
    assert_eq!(world.counter("bind"), 1);
    assert_eq!(programs_of(&temporary), [""; 0]);
}

#[test]
fn numbers_of_people_and_companies_are_hidden_whatever_a_playbook_says() {
    let world = World::start(51);
    let person = &world.instance()["applicants"][0];
    let inputs = [
        ("证件", "cn-id", person["身份证号"].as_str().unwrap()),
        ("电话", "cn-mobile", person["手机号"].as_str().unwrap()),
        ("代码", "credit-code", person["统一社会信用代码"].as_str().unwrap()),
        ("信箱", "email", "nobody-at-all@example.cn"),
        ("暗语", "text", "天王盖地虎"),
    ];
    // The control: the playbook's own words show up beside them, so the search can find what is not hidden.
    let own = "宝塔镇河妖";
    let mut playbook = String::from("guide: \"2.1.1\"\nedition: \"V1.0 2020-12-01\"\ntitle: 陌生人的流程\ninputs:\n");
    for (name, kind, _) in inputs {
        playbook.push_str(&format!("  {name}: {{ type: {kind}, privacy: public }}\n"));
    }
    playbook.push_str("steps:\n  - open: hohhot\n");
    let places: String = inputs.iter().map(|(name, ..)| format!("{{ text: \"{{{{ {name} }}}}\" }}, ")).collect();
    playbook.push_str(&format!("  - click: {{ on: {{ any: [{places}{{ text: {own} }}] }} }}\n    within: 2s\n"));
    let values: String = inputs.iter().map(|(name, _, value)| format!("{name}: \"{value}\"\n")).collect();
    let playbook = world.write("stranger.yaml", &playbook);
    let mut command = world.unpictured(&[&playbook]);
    command.arg("--inputs").arg(world.write("inputs.yaml", &values));
    let (code, said, events) = Running::start(command).end();
    assert_eq!(code, 3, "the page shows none of it: {said}");
    // Standard error is no screen here, so what it says may end up in a log.
    let printed = format!("{said}{}", serde_json::to_string(&events).unwrap());
    let run = world.newest_run();
    // The playbook itself is kept as it came, so the control is looked for in the journal.
    let journal = std::fs::read(run.join("data/log.jsonl")).unwrap();
    assert!(holds(printed.as_bytes(), own) && holds(&journal, own), "{printed}");
    let values: Vec<String> = inputs.iter().map(|(.., value)| (*value).to_owned()).collect();
    assert_eq!(find_words(&run, &values), []);
    assert_eq!(values.iter().filter(|value| holds(printed.as_bytes(), value)).collect::<Vec<_>>(), [""; 0], "{printed}");
}
