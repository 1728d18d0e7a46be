//! Situations of the lock, its certificate and its PIN.

use serde_json::json;

use super::{attended, bound, scripted, sentence};
use crate::faults::row;

pub(super) fn two_locks() -> String {
    let world = bound(701);
    world.training(&["insert", "p2", "--slot", "0"]);
    world.training(&["insert", "p1", "--slot", "1"]);
    let mut run = attended(&world, &["3.1"]);
    run.wait_for("gate.open", |event| event["kind"] == "precondition");
    run.type_line("");
    let gate = run.wait_for("gate.open", |event| event["kind"] == "pick-lock");
    run.type_line("q");
    let (code, _, _) = run.end();
    assert_eq!((code, world.counter("authorise")), (130, 0));
    format!("列出两把锁，请本人选择：{}", gate["message"]["zh"].as_str().unwrap().lines().next().unwrap())
}

pub(super) fn renewed() -> String {
    let world = bound(702);
    world.admin("/locks/renew", &json!({ "card": "p1" }));
    let (code, said, _) = scripted(&world, &["3.1"]);
    assert_eq!((code, world.counter("authorise"), world.counter("unbind")), (6, 0, 0), "{said}");
    assert!(!said.contains("2.3"), "{said}");
    sentence(&said, "证书已更新")
}

pub(super) fn expired() -> String {
    let world = bound(703);
    world.admin("/locks/validity", &json!({ "card": "p1", "days": -1 }));
    world.training(&["insert", "p1"]);
    let mut run = attended(&world, &["3.1"]);
    run.wait_for("gate.open", |event| event["kind"] == "precondition");
    run.type_line("");
    let gate = run.wait_for("gate.open", |event| event["kind"] == "insert-lock");
    run.type_line("q");
    let (code, said, _) = run.end();
    assert_eq!((code, world.counter("authorise")), (6, 0), "a reason outside of the run, not a whim: {said}");
    let words = gate["message"]["zh"].as_str().unwrap();
    assert!(words.contains("过期") && words.contains("延期"), "{words}");
    words.to_owned()
}

pub(super) fn expires_soon() -> String {
    let world = bound(704);
    world.admin("/locks/validity", &json!({ "card": "p1", "days": 10 }));
    world.admin("/reset", &json!({}));
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true }));
    let (_, said, events) = scripted(&world, &["3.1"]);
    let gate =
        events.iter().find(|event| event["type"] == "gate.open" && event["message"]["zh"].as_str().unwrap().contains("即将过期"));
    assert!(gate.is_some(), "the person is asked: {said}");
    assert_eq!(world.counter("authorise"), 1, "and it goes on: {said}");
    sentence(&said, "尽快办理延期")
}

pub(super) fn blocked() -> String {
    let world = bound(705);
    let instance = world.instance();
    let port = instance["agent_ports"][0].as_u64().unwrap();
    world.training(&["insert", "p1"]);
    // Six wrong PINs, as somebody did on another day.
    for _ in 0..6 {
        let call = format!("curl -s http://127.0.0.1:{port}/RS_CertLogin -d password=000000");
        assert!(crate::world::shell(world.folder.path(), &call).status.success());
    }
    let tries = || world.ask("/locks")[0]["tries"].clone();
    assert_eq!(tries(), 0);
    let (code, said, _) = scripted(&world, &["3.1"]);
    assert_eq!((code, tries()), (4, json!(0)), "{said}");
    assert!(!said.contains("400-998-0000"), "the portal's telephone cannot help: {said}");
    let told = sentence(&said, "锁定");
    row("CA 锁密码已锁定", told.trim_start_matches("错误："), "授权 0 次", code);
    told
}

pub(super) fn captcha() -> String {
    let world = bound(706);
    world.admin("/ca-auth/switch", &json!({ "captcha": true }));
    world.training(&["insert", "p1"]);
    let mut run = attended(&world, &["3.1"]);
    run.wait_for("gate.open", |event| event["kind"] == "precondition");
    run.type_line("");
    let gate = run.wait_for("gate.open", |event| event["kind"] == "captcha");
    run.type_line("q");
    let (code, _, _) = run.end();
    assert_eq!((code, world.counter("authorise")), (130, 0));
    row("图形验证码", gate["message"]["zh"].as_str().unwrap(), "授权 0 次", code);
    format!("立即交给本人：{}", gate["message"]["zh"].as_str().unwrap())
}

pub(super) fn risk() -> String {
    let world = bound(707);
    world.admin("/ca-auth/switch", &json!({ "stop_words": true }));
    let (code, said, events) = scripted(&world, &["3.1"]);
    assert_eq!((code, world.counter("authorise")), (6, 0), "{said}");
    let last = events.iter().rev().find(|event| event["type"] == "step.start").unwrap();
    assert_ne!(last["action"], "click", "nothing was pressed after it: {last}");
    let told = sentence(&said, "风险提示");
    row("风险提示", told.trim_start_matches("错误："), "授权 0 次", code);
    told
}
