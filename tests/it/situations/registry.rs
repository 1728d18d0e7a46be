//! Situations of the registry: what its form, its verification and its pages may bring.

use serde_json::{Value, json};

use super::{bound, scripted, sentence};
use crate::world::World;

/// A training whose p1 is bound, with a registry that behaves like this.
fn ready(seed: u64, switches: &Value) -> World {
    let world = bound(seed);
    world.admin("/registry/switch", switches);
    world
}

/// What the registry has of p1.
fn entry(world: &World) -> Value {
    world.store()["registry"]["entries"]["p1"].clone()
}

pub(super) fn maintenance_and_notice() -> String {
    let world = ready(781, &json!({ "maintenance": true }));
    let (code, said, _) = scripted(&world, &["3.1"]);
    assert_eq!(code, 6, "{said}");
    let maintenance = sentence(&said, "稍后再办");
    world.admin("/registry/switch", &json!({ "maintenance": false, "notice": true }));
    // Nothing is left to do but to read.
    world.admin("/prepare", &json!({ "applicant": "p1", "registry": { "status": "verified", "values": {} } }));
    let (code, said, events) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!((code, world.counter("submit")), (0, 0), "{said}");
    let read = events.iter().find(|event| event["type"] == "gate.open" && event["kind"] == "read").expect("somebody reads it");
    assert_eq!(entry(&world)["notice_read"], true);
    format!("{maintenance}；公告：{}", read["message"]["zh"].as_str().unwrap())
}

pub(super) fn somebody_else_and_another_name() -> String {
    let world = ready(782, &json!({ "activated_by_other": true }));
    let (code, said, _) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!(code, 6, "{said}");
    let other = sentence(&said, "已由他人激活");
    world.admin("/registry/switch", &json!({ "activated_by_other": false, "renamed": true }));
    let (code, said, _) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!((code, world.counter("submit")), (6, 0), "{said}");
    format!("{other}；{}", sentence(&said, "更名"))
}

pub(super) fn sent_back() -> String {
    let world = ready(783, &json!({ "verdict": "reject", "reasons": ["营业执照扫描件不清晰", "注册地址有误"] }));
    let (code, said, _) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!((code, world.counter("submit")), (6, 1), "{said}");
    let reasons = sentence(&said, "营业执照扫描件不清晰；注册地址有误");
    let report = std::fs::read_to_string(world.newest_run().join("data/report.html")).unwrap();
    assert!(report.contains("营业执照扫描件不清晰"), "the report says why");
    world.admin("/registry/switch", &json!({ "verdict": "pass" }));
    let (code, said, events) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!((code, world.counter("submit")), (0, 2), "{said}");
    let intent = events.iter().rfind(|event| event["type"] == "once.intent").unwrap();
    assert_eq!((&intent["revision"], &entry(&world)["status"]), (&json!(2), &json!("verified")));
    assert!(
        events.iter().any(|event| event["type"] == "gate.open" && event["message"]["zh"].as_str().unwrap().contains("重新申报"))
    );
    reasons
}

pub(super) fn expired_in_the_form() -> String {
    let world = ready(784, &json!({ "expire_in_form": true }));
    let (code, said, events) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!((code, world.counter("submit")), (0, 1), "{said}");
    let pins = events.iter().filter(|event| event["type"] == "step.start" && event["action"] == "enter_pin").count();
    assert_eq!(pins, 2, "logged in again, once");
    assert_eq!(entry(&world)["values"]["phone"], world.instance()["applicants"][0]["profile"]["固定电话"]);
    "登录超时后重新登录，按原资料接着填写，只提交一次".to_owned()
}
