//! A run that was killed goes on: nothing twice, nothing lost, and in the same browser where that still lives.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::faults::{binds, row};
use crate::world::{Running, World, find_words, until};

fn of<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

/// Runs 2.1.1 and 2.2 until such an event and kills it there.
fn killed_at(world: &World, kind: &str, wanted: impl Fn(&Value) -> bool) -> std::path::PathBuf {
    let mut run = Running::start(world.unpictured(&["2.1.1", "2.2"]));
    run.wait_for(kind, wanted);
    run.signal(Signal::KILL);
    assert_eq!(run.end().0, -1);
    world.newest_run()
}

fn attended(world: &World, run: &std::path::Path) -> Running {
    Running::start(world.resume(run))
}

/// What is kept to go on, beside the folders.
fn kept(world: &World) -> Vec<String> {
    let names = std::fs::read_dir(world.folder.path().join("runs")).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".resume")).collect()
}

#[test]
fn a_killed_run_goes_on_in_its_browser() {
    let world = World::start(101);
    let killed = killed_at(&world, "step.start", |event| event["action"] == "fill");
    let person = &world.instance()["applicants"][0];
    let words: Vec<String> = ["姓名", "手机号", "身份证号", "pin"].map(|key| person[key].as_str().unwrap().to_owned()).into();
    assert_eq!(kept(&world).len(), 1);
    assert_eq!(find_words(&world.folder.path().join("runs"), &words), [], "what is kept is sealed");

    let (code, said, events) = attended(&world, &killed).end();
    assert_eq!((code, world.counter("bind"), world.counter("bind_requests")), (0, 1, 1), "{said}");
    assert!(said.contains("接着用上次的浏览器"), "{said}");
    let start = of(&events, "run.start")[0];
    assert_eq!(start["continues"]["run"], killed.file_name().unwrap().to_str().unwrap());
    assert!(of(&events, "step.start").iter().all(|step| step["playbook"] == "2.2"), "2.1.1 was done");
    assert_eq!(kept(&world), [""; 0], "gone with the end");
    for run in [&killed, &world.newest_run()] {
        let verified = ruku::proof::verify::verify(run);
        assert!(verified.ok(), "{:#?}", verified.checks);
    }
    let told = ruku::proof::read(&killed).unwrap().last().unwrap().sha256.clone();
    assert_eq!(start["continues"]["head"], told);
    assert_eq!(
        ruku::proof::state::fold(&ruku::proof::read(&killed).unwrap()).end.unwrap().result,
        ruku::proof::RunResult::Interrupted
    );

    let (code, said, _) = attended(&world, &killed).end();
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("没有可继续的内容"), "{said}");
}

#[test]
fn a_press_whose_end_is_unknown_is_asked_about_and_never_repeated_by_itself() {
    let world = World::start(102);
    // The answer to the press is lost after the portal has done it; Ruku is killed while it waits.
    world.admin("/fail-once", &json!({ "path": "/rest/bindAction/apply", "status": 502, "after": true }));
    let mut run = Running::start(world.unpictured(&["2.1.1", "2.2"]));
    run.wait_for("once.intent", |_| true);
    until("the portal has done it", || world.counter("bind") == 1);
    run.signal(Signal::KILL);
    run.end();
    let killed = world.newest_run();
    // Whoever only starts again is told as well: the page says that it is bound.
    let (code, said, events) = attended(&world, &killed).end();
    assert_eq!((code, world.counter("bind"), world.counter("bind_requests")), (0, 1, 1), "{said}");
    assert_eq!(of(&events, "run.end")[0]["result"], "finished", "{said}");
    let told = said.lines().find(|line| line.contains("已绑定")).unwrap_or_else(|| panic!("{said}"));
    row("Ruku 被强行结束，平台已办理", &format!("ruku resume：{}", told.trim()), &binds(&world), code);

    // The intent is on disk, and the portal has done nothing, whether or not the press got out: nobody but the person can know.
    let world = World::start(103);
    world.admin("/hold", &json!({ "path": "/rest/bindAction/apply", "after": false }));
    let killed = killed_at(&world, "once.intent", |_| true);
    let (code, said, _) = attended(&world, &killed).end();
    assert_eq!((code, world.counter("bind_requests")), (5, 0), "{said}");
    assert!(said.contains("结果待核实") && said.contains("切勿重复点击"), "{said}");
    // A new run is no way around it.
    let (code, said, _) = Running::start(world.unpictured(&["2.1.1", "2.2"])).end();
    assert_eq!((code, world.counter("bind_requests")), (5, 0), "{said}");
    // The browser that may have asked is gone with that run.
    world.admin("/release", &json!({}));
    let mut command = world.unpictured(&["2.1.1", "2.2"]);
    command.args(["--operator", "terminal"]);
    let mut run = Running::start(command);
    run.wait_for("gate.open", |event| event["kind"] == "unsure");
    run.type_line("2");
    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    run.type_line("");
    let (code, said, _) = run.end();
    assert_eq!((code, world.counter("bind"), world.counter("bind_requests")), (0, 1, 1), "{said}");
}

#[test]
fn what_was_done_and_does_not_show_is_not_done_again_by_itself() {
    let world = World::start(104);
    let (code, said, _) = Running::start(world.unpictured(&["2.1.1", "2.2"])).end();
    assert_eq!(code, 0, "{said}");
    // The portals forget, the installation does not.
    let ledger = world.folder.path().join("training/visitors/once.jsonl");
    let known = std::fs::read(&ledger).unwrap();
    world.admin("/reset", &json!({}));
    assert!(!ledger.exists(), "a training that forgets makes everybody forget");
    std::fs::create_dir(ledger.parent().unwrap()).unwrap();
    std::fs::write(&ledger, known).unwrap();
    let (code, said, _) = Running::start(world.unpictured(&["2.1.1", "2.2"])).end();
    assert_eq!((code, world.counter("bind_requests")), (6, 0), "{said}");
    assert!(said.contains("本机记录") && said.contains("没有再点"), "{said}");

    let wanted_again = || {
        let mut command = world.unpictured(&["2.1.1", "2.2"]);
        command.args(["--operator", "terminal"]);
        let mut run = Running::start(command);
        let gate = run.wait_for("gate.open", |event| event["kind"] == "unsure");
        assert!(gate["message"]["zh"].as_str().unwrap().contains("本机记录"), "{gate}");
        run.type_line("2");
        let gate = run.wait_for("gate.open", |event| event["kind"] == "confirm");
        assert!(gate["message"]["zh"].as_str().unwrap().contains("第 2 次"), "{gate}");
        run.type_line("");
        run
    };
    // Wanted again and not got: who comes later is asked anew.
    world.admin("/fail-once", &json!({ "path": "/rest/bindAction/apply", "status": 502, "after": false }));
    let mut run = wanted_again();
    run.wait_for("gate.open", |event| event["kind"] == "unsure");
    run.type_line("2");
    let (code, said, _) = run.end();
    assert_eq!((code, world.counter("bind")), (3, 0), "{said}");
    let (code, said, _) = wanted_again().end();
    assert_eq!((code, world.counter("bind")), (0, 1), "{said}");
}

#[test]
fn a_line_that_a_power_cut_tore_is_cut_off() {
    let world = World::start(105);
    let killed = killed_at(&world, "step.start", |event| event["action"] == "fill");
    let log = killed.join("data/log.jsonl");
    let lines = std::fs::read(&log).unwrap();
    std::fs::write(&log, &lines[..lines.len() - 20]).unwrap();
    let (code, said, _) = attended(&world, &killed).end();
    assert_eq!((code, world.counter("bind"), world.counter("bind_requests")), (0, 1, 1), "{said}");
    let verified = ruku::proof::verify::verify(&killed);
    assert!(verified.ok(), "{:#?}", verified.checks);
    let told = said.lines().find(|line| line.contains("接着用上次的浏览器")).unwrap_or_else(|| panic!("{said}"));
    row("断电，日志最后一行只写了一半", &format!("ruku resume：{}", told.trim()), &binds(&world), code);
}
