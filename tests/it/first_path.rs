//! The first path: guide 2.1.1 and 2.2, end to end, with real Chromium, real pcscd and the virtual lock.

use std::collections::BTreeSet;

use crate::world::{Running, World, find_words, holds, rand_seed, ruku, shell};

/// Personal values of p1: what the instance file holds, and the serial of the certificate with which it is bound.
fn personal(world: &World) -> Vec<String> {
    let person = &world.instance()["applicants"][0];
    let store = world.store();
    let serial = &store["applicants"]["p1"]["binding"]["serial"];
    let values = ["姓名", "手机号", "身份证号", "企业名称", "统一社会信用代码", "pin"].map(|key| &person[key]);
    values.into_iter().chain([serial]).map(|value| value.as_str().expect("a value").to_owned()).collect()
}

/// The step numbers of all events of a type.
fn steps(events: &[serde_json::Value], kind: &str) -> BTreeSet<u64> {
    events.iter().filter(|event| event["type"] == kind).map(|event| event["step"].as_u64().unwrap()).collect()
}

#[test]
fn binds_once_and_a_second_run_says_why_it_stops() {
    let world = World::start(rand_seed());
    let (code, errors, events) = world.run(&[], None).end();
    assert_eq!(code, 0, "{errors}");
    assert_eq!(world.counter("bind"), 1);
    let run = world.newest_run();

    // At least one picture of every executed step, all distinct, and the journal's hashes agree: as a stranger would check.
    let started = steps(&events, "step.start");
    let shots: Vec<&str> =
        events.iter().filter(|event| event["type"] == "shot").map(|event| event["sha256"].as_str().unwrap()).collect();
    assert!(started.len() >= 8, "{started:?}");
    assert_eq!(steps(&events, "shot"), started, "steps with a picture, and steps");
    assert_eq!(shots.iter().collect::<BTreeSet<_>>().len(), shots.len(), "two pictures are the same");
    let check = r#"jq -r 'select(.type=="shot")|.sha256+"  "+.file' data/log.jsonl | sha256sum --strict -c"#;
    for line in [check, "sha256sum --strict -c manifest-sha256.txt", "sha256sum --strict -c tagmanifest-sha256.txt"] {
        let output = shell(&run, line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let verified = ruku::proof::verify::verify(&run);
    assert!(verified.ok(), "{:#?}", verified.checks);

    // Intent and outcome are there, in this order.
    let once: Vec<&str> = events.iter().filter_map(|e| e["type"].as_str()).filter(|kind| kind.starts_with("once.")).collect();
    assert_eq!(once, ["once.intent", "once.outcome"]);

    // Nothing personal anywhere in the run folder, nor in what was printed. That every word can be found is shown by the training's
    // own folder.
    let words = personal(&world);
    assert_eq!(find_words(&run, &words), []);
    let printed = format!("{errors}{}", serde_json::to_string(&events).unwrap());
    assert_eq!(words.iter().filter(|word| holds(printed.as_bytes(), word)).collect::<Vec<_>>(), [""; 0]);
    let known: BTreeSet<String> =
        find_words(&world.folder.path().join("training"), &words).into_iter().map(|(_, word)| word).collect();
    assert_eq!(known, words.into_iter().collect(), "the search finds every word where it is");

    let (code, errors, events) = world.run(&[], None).end();
    assert_eq!(code, 0, "{errors}");
    assert_eq!(world.counter("bind"), 1, "a second run must not bind again");
    let end = events.last().unwrap();
    assert_eq!((&end["type"], &end["result"]), (&"run.end".into(), &"finished".into()));
    assert!(end["why"]["zh"].as_str().unwrap().contains("绑定"), "{end}");
}

#[test]
fn a_portal_that_dies_leaves_a_complete_run_folder() {
    let mut world = World::start(7);
    let mut run = world.run(&[], None);
    run.wait_for("step.end", |event| event["step"] == 3);
    world.kill_portals();
    let (code, errors, events) = run.end();
    assert_ne!(code, 0, "{errors}");
    assert_eq!(events.last().unwrap()["type"], "run.end");
    let folder = world.newest_run();
    for file in ["bagit.txt", "manifest-sha256.txt", "data/report.html", "data/log.jsonl"] {
        assert!(folder.join(file).is_file(), "{file} is missing");
    }
    let verified = ruku::proof::verify::verify(&folder);
    assert!(verified.ok(), "{:#?}", verified.checks);
}

#[test]
fn playbook_2_2_alone_is_refused_with_its_precondition() {
    let world = World::start(8);
    let (code, said, _) = Running::start(world.run_of(&["2.2"])).end();
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("前提条件不满足") && said.contains("互认"), "{said}");
    assert_eq!(world.counter("bind_requests"), 0);
}

#[test]
fn a_real_run_without_addresses_is_refused() {
    let runs = tempfile::tempdir().unwrap();
    let mut command = ruku();
    command.args(["run", "2.1.1", "--runs"]).arg(runs.path());
    let (code, said, _) = Running::start(command).end();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("address") && said.contains("填写"), "{said}");
}
