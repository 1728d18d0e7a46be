//! The network and the portals fail.

use serde_json::json;

use super::{at_the_bind, binds, ended, goes_on, row};
use crate::world::{Running, World};

fn start(world: &World) -> Running {
    Running::start(world.unpictured(&["2.1.1", "2.2"]))
}

#[test]
fn the_network_is_gone() {
    let mut world = World::start(910);
    let mut run = start(&world);
    run.wait_for("step.end", |event| event["step"] == 1);
    world.kill_portals();
    let (code, said, events) = run.end();
    row("网络断开", &super::fault(&events, &said), "（平台不在，没有办理）", code);
    let store = std::fs::read_to_string(world.folder.path().join("training/store.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&store).unwrap()["counters"]["bind"], 0);
}

/// A failure of the next request below `path`.
fn failing(name: &str, seed: u64, failure: serde_json::Value) {
    let world = World::start(seed);
    world.admin("/fail-once", &failure);
    ended(name, start(&world), &world);
    if world.counter("bind") == 0 {
        goes_on(&world);
    }
}

#[test]
fn a_page_does_not_come() {
    failing("打开网页时平台返回 500", 911, json!({ "path": "/bind/person", "status": 500 }));
}

/// In good order: of one whose connection breaks the browser shows this half or nothing, as its parser happens to have got.
#[test]
fn a_page_comes_by_half() {
    failing("网页只来了一半", 912, json!({ "path": "/bind/person", "cut": "short" }));
}

#[test]
fn the_answer_to_the_press_is_lost() {
    failing("点击后平台返回 502，已办理", 913, json!({ "path": "/rest/bindAction/apply", "status": 502, "after": true }));
}

#[test]
fn half_an_answer_to_the_press_comes() {
    failing("点击后只收到半个回音，已办理", 914, json!({ "path": "/rest/bindAction/apply", "cut": "half" }));
}

/// The browser itself then sends the request a second time, which Ruku cannot help; the portal binds once.
#[test]
fn the_connection_breaks_after_the_press() {
    failing("点击后连接中断，已办理", 917, json!({ "path": "/rest/bindAction/apply", "cut": "all" }));
}

#[test]
fn the_portals_are_slow() {
    let world = World::start(915);
    world.admin("/slow", &json!({ "millis": 1500 }));
    let (code, said, _) = start(&world).end();
    row("平台很慢", said.lines().find(|line| line.contains("办理完成")).unwrap(), &binds(&world), code);
}

#[test]
fn the_login_ends() {
    let world = World::start(916);
    let mut run = at_the_bind(&world);
    world.admin("/session", &json!({ "expire": true }));
    run.type_line("");
    let gate = run.wait_for("gate.open", |event| event["kind"] == "unsure");
    // The person looks at the portal: it was not done.
    run.type_line("2");
    let (code, said, _) = run.end();
    assert_eq!(world.counter("bind_requests"), 0, "{said}");
    row("登录超时", gate["message"]["zh"].as_str().unwrap(), &binds(&world), code);
    goes_on(&world);
}
