//! Situations of the seal, and of the portal that asks for it.

use serde_json::{Value, json};

use super::{bound, scripted, sentence};
use crate::world::{Running, World};

/// A training whose p1 only has to seal and sync.
fn ready(seed: u64, switches: &Value) -> World {
    let world = bound(seed);
    let registry = json!({ "status": "verified", "values": { "company": "虚构公司" } });
    world.admin("/prepare", &json!({ "applicant": "p1", "activated": true, "registry": registry }));
    world.admin("/member/switch", switches);
    world
}

fn under_way(world: &World) -> Running {
    Running::start(world.unpictured(&["4.2.1", "4.2.2"]))
}

/// How often 签章 was pressed.
fn presses(events: &[Value]) -> usize {
    let steps: Vec<&Value> = events.iter().filter(|event| event["type"] == "step.start" && event["action"] == "seal").collect();
    let pressed = |event: &&Value| event["type"] == "target" && steps.iter().any(|step| step["step"] == event["step"]);
    events.iter().filter(pressed).count()
}

fn warned(event: &Value, words: &str) -> bool {
    event["message"]["zh"].as_str().is_some_and(|text| text.contains(words))
}

pub(super) fn legal() -> String {
    let world = ready(741, &json!({ "legal_seal": true }));
    let (code, said, events) = scripted(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, world.counter("seal"), world.counter("sync")), (0, 2, 1), "{said}");
    let seals = world.store()["member"]["applicants"]["p1"]["seals"].clone();
    let person = &world.instance()["applicants"][0];
    assert_eq!((&seals["commitment"]["holder"], &seals["notice"]["holder"]), (&person["姓名"], &person["legal"]["name"]));
    assert_eq!(presses(&events), 2);
    assert!(events.iter().any(|event| event["type"] == "gate.open" && event["kind"] == "swap-lock"));
    let name = person["legal"]["name"].as_str().unwrap();
    sentence(&said, "须由法定代表人").replace(name, "××")
}

pub(super) fn none() -> String {
    let world = ready(742, &json!({ "no_seal": true }));
    let (code, said, events) = scripted(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, world.counter("seal"), world.counter("sync")), (6, 0, 0), "{said}");
    assert_eq!(presses(&events), 1, "no second try");
    let outcome = events.iter().rfind(|event| event["type"] == "once.outcome").unwrap();
    assert_eq!(outcome["outcome"], "not-done", "{outcome}");
    sentence(&said, "制章")
}

pub(super) fn elsewhere() -> String {
    let world = ready(743, &json!({ "needs_ie": true }));
    let mut run = under_way(&world);
    let warning = run.wait_for("warning", |event| warned(event, "IE"));
    world.admin("/member/seal/elsewhere", &json!({ "applicant": "p1", "document": "commitment" }));
    run.wait_for("step.start", |event| event["title"]["zh"].as_str().unwrap().contains("平台使用告知书"));
    run.wait_for("gate.open", |event| event["kind"] == "seal");
    world.admin("/member/seal/elsewhere", &json!({ "applicant": "p1", "document": "notice" }));
    let (code, said, events) = run.end();
    assert_eq!((code, world.counter("seal"), world.counter("sync"), presses(&events)), (0, 2, 1, 2), "{said}");
    warning["message"]["zh"].as_str().unwrap().to_owned()
}

pub(super) fn nothing_opens() -> String {
    let world = ready(744, &json!({ "popup_blocked": true }));
    let mut run = under_way(&world);
    let warning = run.wait_for("warning", |event| warned(event, "任务栏"));
    assert_eq!(world.counter("seal"), 0);
    world.admin("/member/switch", &json!({ "popup_blocked": false }));
    world.admin("/member/seal/open", &json!({}));
    let (code, said, events) = run.end();
    assert_eq!((code, world.counter("seal"), world.counter("sync"), presses(&events)), (0, 2, 1, 2), "{said}");
    warning["message"]["zh"].as_str().unwrap().to_owned()
}

pub(super) fn maintenance_and_notice() -> String {
    let world = ready(745, &json!({ "maintenance": true }));
    let (code, said, _) = scripted(&world, &["4.2.1"]);
    assert_eq!(code, 6, "{said}");
    let maintenance = sentence(&said, "稍后再办");
    world.admin("/member/switch", &json!({ "maintenance": false, "notice": true }));
    let (code, said, events) = scripted(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, world.counter("sync")), (0, 1), "{said}");
    let read = events.iter().find(|event| event["type"] == "gate.open" && event["kind"] == "read").expect("somebody reads it");
    format!("{maintenance}；公告：{}", read["message"]["zh"].as_str().unwrap())
}
