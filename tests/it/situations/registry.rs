//! Situations of the registry: what its form, its verification and its pages may bring.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{attended, bound, scripted, sentence};
use crate::screen::Eyes;
use crate::world::{World, until};

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

/// What the registry has of a kind of file.
fn hashes(world: &World, category: &str) -> Vec<Value> {
    let files = entry(world)["files"].as_array().unwrap().clone();
    files.iter().filter(|file| file["category"] == category).map(|file| file["sha256"].clone()).collect()
}

/// The person logs in: types the PIN into the page, and presses.
fn log_in(world: &World) {
    let pin = world.instance()["applicants"][0]["pin"].as_str().unwrap().to_owned();
    let script = format!(
        "(() => {{ const field = document.querySelector('input[type=password]'); if (!field) return false; field.value = '{pin}';
          [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === '立即登录').click(); return true; }})()"
    );
    let eyes = Eyes::of(&world.temporary(), "ca-auth.localhost");
    until("the page that wants the PIN", || eyes.see(&script) == true);
}

/// The person deletes the licence in the open 电子件管理.
fn delete_license(world: &World) {
    let eyes = Eyes::of(&world.temporary(), "registry.localhost");
    let pressed =
        |script: &str| eyes.see(&format!("(() => {{ const one = {script}; one?.click(); return Boolean(one); }})()")) == true;
    let remove = "[...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument?.querySelector('tr[data-category=license] .mini-uploader-remove')).find(Boolean)";
    until("the licence to be there", || pressed(remove));
    until("the question whether to delete it", || pressed("document.querySelector('.mini-messagebox .mini-button')"));
    until("the licence to be gone", || hashes(world, "license").is_empty());
    until("the page to say so", || eyes.see(&format!("!({remove})")) == true);
}

pub(super) fn sent_back() -> String {
    let world = ready(783, &json!({ "verdict": "reject", "reasons": ["营业执照扫描件不清晰", "注册地址有误"] }));
    let (code, said, _) = scripted(&world, &["3.1", "3.2"]);
    assert_eq!((code, world.counter("submit")), (6, 1), "{said}");
    let reasons = sentence(&said, "营业执照扫描件不清晰；注册地址有误");
    let report = std::fs::read_to_string(world.newest_run().join("data/report.html")).unwrap();
    assert!(report.contains("营业执照扫描件不清晰"), "the report says why");
    world.admin("/registry/switch", &json!({ "verdict": "pass" }));
    // A better scan lies in the place of the old one.
    let papers = world.folder.path().join("training/files/p1");
    let scan = std::fs::read_dir(&papers).unwrap().map(|file| file.unwrap().path());
    let scan = scan.into_iter().find(|path| path.display().to_string().contains("营业执照")).expect("a licence to upload");
    let better = [std::fs::read(&scan).unwrap(), b"in better light".to_vec()].concat();
    std::fs::write(&scan, &better).unwrap();
    let (before, others) = (hashes(&world, "license"), ["legal_id", "permit", "qualification"].map(|kind| hashes(&world, kind)));

    let mut run = attended(&world, &["3.1", "3.2"]);
    let mut acts = 0;
    loop {
        let event = run.wait_until(|event| event["type"] == "gate.open" || event["type"] == "run.end");
        match event["kind"].as_str() {
            _ if event["type"] == "run.end" => break,
            Some("pin") => {
                log_in(&world);
                continue;
            }
            Some("act") => {
                assert!(event["message"]["zh"].as_str().unwrap().contains("删除"), "{event}");
                delete_license(&world);
                acts += 1;
            }
            _ => {}
        }
        run.type_line("");
    }
    let (code, said, events) = run.end();
    assert_eq!((code, acts, world.counter("submit")), (0, 1, 2), "{said}");
    let intent = events.iter().rfind(|event| event["type"] == "once.intent").unwrap();
    assert_eq!((&intent["revision"], &entry(&world)["status"]), (&json!(2), &json!("verified")));
    let asked = |words: &str| {
        events.iter().any(|event| event["type"] == "gate.open" && event["message"]["zh"].as_str().unwrap().contains(words))
    };
    assert!(asked("重新申报"));
    assert_ne!(hashes(&world, "license"), before, "the better scan was handed in");
    assert_eq!(hashes(&world, "license"), [json!(hex::encode(Sha256::digest(&better)))]);
    // What was not deleted stays, and is told.
    assert_eq!(["legal_id", "permit", "qualification"].map(|kind| hashes(&world, kind)), others);
    assert!(asked("保持原样：法定代表人身份证、开户许可证、资质证书"), "{said}");
    let left = events.iter().filter(|event| event["type"] == "warning" && event.to_string().contains("已有，未上传"));
    assert_eq!(left.count(), 3);
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
