//! The whole guide: full onboarding of a fictitious applicant by one command, twice, and each playbook alone.

use serde_json::{Value, json};

use crate::world::{Running, UNSEEN, World, find_words, holds, rand_seed, raw};
use crate::{record, registry};

/// What must have happened, and how often.
fn acts(world: &World) -> Value {
    let counters = world.store()["counters"].clone();
    ["bind", "authorise", "submit", "seal", "sync", "unbind"].iter().map(|name| counters[name].clone()).collect()
}

fn onboarding(world: &World, more: &[&str]) -> (i32, String, Vec<Value>) {
    let mut command = world.run_of(&["onboarding"]);
    command.args(more);
    Running::start(command).end()
}

#[test]
fn full_onboarding_does_everything_once_the_second_time_nothing_and_changes_once_more() {
    let mut world = World::start(rand_seed());
    let (code, said, events) = onboarding(&world, &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(acts(&world), json!([1, 2, 1, 2, 1, 0]), "bind, authorise, submit, seal, sync, unbind: {said}");
    let milestones: Vec<&str> =
        events.iter().filter(|event| event["type"] == "milestone").map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(milestones, ["registry.verified", "member.synced"]);
    let run = world.newest_run();
    let verified = ruku::proof::verify::verify(&run);
    assert!(verified.ok(), "{:#?}", verified.checks);
    // A picture of every step.
    let steps = |kind: &str| -> std::collections::BTreeSet<u64> {
        events.iter().filter(|event| event["type"] == kind).filter_map(|event| event["step"].as_u64()).collect()
    };
    assert_eq!(steps("shot"), steps("step.start"));

    // Nothing personal, and no PIN, in the run folder or in what was printed.
    let words = personal(&world);
    assert_eq!(find_words(&run, &words), []);
    let printed = format!("{said}{}", serde_json::to_string(&events).unwrap());
    assert_eq!(words.iter().filter(|word| holds(printed.as_bytes(), word)).collect::<Vec<_>>(), [""; 0]);
    registry::everything_was_handed_in(&world, &events);

    let (code, said, events) = onboarding(&world, &UNSEEN);
    assert_eq!(code, 0, "{said}");
    assert_eq!(acts(&world), json!([1, 2, 1, 2, 1, 0]), "the second time nothing more: {said}");
    let entered = |event: &&Value| event["type"] == "step.start" && ["fill", "upload"].iter().any(|act| event["action"] == *act);
    assert_eq!(events.iter().filter(entered).count(), 0, "nor is anything entered again");

    record::changes_are_synced_again(&mut world);
}

/// Personal values of p1 and of the legal representative, PINs included.
pub(crate) fn personal(world: &World) -> Vec<String> {
    let person = &world.instance()["applicants"][0];
    let mut values: Vec<String> = ["姓名", "手机号", "身份证号", "企业名称", "统一社会信用代码", "pin"]
        .map(|key| person[key].as_str().unwrap().to_owned())
        .into();
    values.extend(["name", "id_number", "pin"].map(|key| person["legal"][key].as_str().unwrap().to_owned()));
    values
}

/// Each playbook alone: refused with these words without its precondition, done from it.
#[test]
fn each_playbook_alone_needs_its_precondition() {
    let world = World::start(61);
    let mut table = String::from("\n流程      单独执行（前提条件不满足）\n");
    for (playbook, words) in [
        ("2.2", "在同一条命令里先执行：ruku run 2.1.1 2.2，或 ruku run 2.1.2 2.2"),
        ("3.1", "未绑定"),
        ("3.2", "在同一条命令里先执行：ruku run 3.1 3.2（"),
        ("4.1", "未绑定"),
        ("4.2.2", "在同一条命令里先执行：ruku run 4.1 4.2.2，或 ruku run 4.2.1 4.2.2"),
        ("change-and-resync", "ruku run 3.1 change-and-resync"),
        ("completeness", "ruku run 4.2.1 completeness"),
    ] {
        let (code, said, _) = Running::start(world.unpictured(&[playbook])).end();
        assert_eq!(code, 6, "{playbook}: {said}");
        assert!(said.contains(words), "{playbook}: {said}");
        let last = said.lines().rev().find(|line| line.contains(words)).unwrap_or_default().trim();
        table.push_str(&format!("{playbook:<18}{last}\n"));
    }
    raw(&table);
    assert_eq!(acts(&world), json!([0, 0, 0, 0, 0, 0]));
}
