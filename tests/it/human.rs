//! Runs with a person at the terminal: the lock goes in and out by command, the person picks and stops.

use serde_json::json;

use crate::faults::{binds, row};
use crate::screen::Screen;
use crate::world::World;

#[test]
fn the_run_goes_on_by_itself_when_the_lock_is_in_and_pauses_when_it_is_pulled() {
    let (world, screen) = (World::start(21), Screen::start());
    world.admin("/slow", &json!({ "millis": 1500, "path": "/rest/bindAction/" }));
    let mut run = world.run(&["--operator", "terminal"], Some(&screen.display));

    let gate = run.wait_for("gate.open", |_| true);
    assert_eq!(gate["kind"], "insert-lock");
    world.training(&["insert", "p1"]);
    let closed = run.wait_for("gate.close", |_| true);
    assert_eq!(closed["answer"], "seen", "nobody pressed a key");

    // Pulled while the certificate is read, which the slow portal draws out: a pause, a message, and on after it is back.
    run.wait_for("step.start", |event| event["title"]["zh"].as_str().unwrap().contains("读取证书"));
    world.training(&["pull"]);
    let gate = run.wait_for("gate.open", |_| true);
    assert_eq!(gate["kind"], "reinsert-lock", "{gate}");
    assert!(gate["message"]["zh"].as_str().unwrap().contains("重新插入"), "{gate}");
    let told = gate["message"]["zh"].as_str().unwrap().to_owned();
    assert!(!run.seen.iter().any(|event| event["action"] == "fill"), "paused in the step in which it was pulled, or after it");
    world.admin("/slow", &json!({ "millis": 0 }));
    world.training(&["insert", "p1"]);
    run.wait_for("lock", |event| event["change"] == "inserted");

    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    assert_eq!(world.counter("bind_requests"), 0, "nothing is submitted before the person confirms");
    run.type_line("");
    let (code, errors, _) = run.end();
    assert_eq!(code, 0, "{errors}");
    row("CA 锁被拔出", &told, &binds(&world), code);
}

#[test]
fn with_two_locks_the_person_picks() {
    let world = World::start(22);
    world.training(&["insert", "p2", "--slot", "0"]);
    world.training(&["insert", "p1", "--slot", "1"]);
    let mut run = world.run(&["--operator", "terminal"], None);
    run.wait_for("gate.open", |event| event["kind"] == "pick-lock");
    // The wrong person's lock is refused, whatever was picked; then the right one.
    run.type_line("1");
    run.wait_for("gate.open", |event| event["kind"] == "pick-lock");
    run.type_line("2");
    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    run.type_line("");
    let (code, errors, _) = run.end();
    assert_eq!(code, 0, "{errors}");
    assert_eq!(world.store()["per_applicant"]["p1"]["bind"], 1);
    assert_eq!(world.counter("bind"), 1);
}

#[test]
fn the_wrong_persons_lock_is_stopped_before_anything_is_submitted() {
    let world = World::start(23);
    world.training(&["insert", "p2"]);
    let mut run = world.run(&["--operator", "terminal"], None);
    let gate = run.wait_for("gate.open", |event| event["kind"] == "insert-lock");
    assert!(gate["message"]["zh"].as_str().unwrap().contains("换上正确的锁"), "{gate}");
    run.type_line("q");
    let (code, errors, _) = run.end();
    assert_eq!(code, 130, "who stops has stopped: {errors}");
    assert_eq!(world.counter("bind_requests"), 0);
}
