//! The record after it was synced: changed in the registry and synced again, and the check whether it is complete.

use std::process::Command;

use serde_json::{Value, json};

use crate::world::{Running, UNSEEN, World, find_words, shell};

fn run(world: &World, playbooks: &[&str]) -> (i32, String, Vec<Value>) {
    Running::start(world.unpictured(playbooks)).end()
}

/// A training whose p1 has everything behind them but the seals, with these values in the registry.
fn verified(seed: u64, values: &Value) -> World {
    let world = World::start(seed);
    let person = &world.instance()["applicants"][0];
    let mut values = values.clone();
    values["company"] = person["企业名称"].clone();
    values["credit_code"] = person["统一社会信用代码"].clone();
    let registry = json!({ "status": "verified", "values": values });
    let sites = ["registry", "member"];
    let prepared = json!({ "applicant": "p1", "bound": true, "authorised": sites, "activated": true, "registry": registry });
    world.admin("/prepare", &prepared);
    world
}

/// Values of every field that the site profile calls required, but those that the registry has from the certificate.
fn filled() -> Value {
    json!({
        "unit_kind": "民营企业", "industry": "建筑业", "founded": "2010-01-31", "capital": "500", "address": "虚构路1号",
        "contact": "联系人甲", "contact_mobile": "19900000001", "email": "a@example.test", "legal_name": "沐甲",
        "bank": "虚构银行", "account": "1234567890123456",
    })
}

/// What became of each field, as the record has it.
fn verdicts(events: &[Value]) -> &Value {
    let last = events.iter().rfind(|event| event["type"] == "receipt");
    &last.expect("a table")["values"]
}

/// After the full onboarding: the record is whole, and only a change in the registry is handed in and synced once more.
pub(crate) fn changes_are_synced_again(world: &mut World) {
    let acts = |world: &World| ["submit", "seal", "sync"].map(|name| world.counter(name));
    assert_eq!(acts(world), [1, 2, 1]);

    let (code, said, events) = run(world, &["4.2.1", "completeness"]);
    assert_eq!(code, 0, "{said}");
    let table = verdicts(&events).as_object().unwrap();
    assert!(table.len() >= 20 && table.values().all(|verdict| verdict == "一致 · the same"), "{table:?}");

    let (code, said, _) = run(world, &["3.1", "change-and-resync"]);
    assert_eq!((code, acts(world)), (0, [1, 2, 1]), "nothing was changed: {said}");

    let mut instance = world.instance();
    instance["applicants"][0]["profile"]["固定电话"] = json!("0471-7654321");
    let other = world.folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("training.json"), instance.to_string()).unwrap();
    world.file = other.join("training.json");
    let (code, said, events) = run(world, &["3.1", "change-and-resync"]);
    assert_eq!((code, acts(world)), (0, [2, 2, 2]), "{said}");
    let milestones: Vec<&str> =
        events.iter().filter(|event| event["type"] == "milestone").map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(milestones, ["registry.verified", "member.synced"]);
    assert_eq!(world.store()["member"]["applicants"]["p1"]["synced"]["values"]["phone"], "0471-7654321");
    assert_eq!(find_words(&world.newest_run(), &["0471-7654321".to_owned()]), [], "old and new are hidden");
}

#[test]
fn what_is_missing_at_hohhot_is_named_with_what_to_do() {
    let world = verified(91, &filled());
    world.admin("/member/switch", &json!({ "gaps": ["bank", "email"] }));
    let (code, said, events) = run(&world, &["4.2.1", "4.2.2", "completeness"]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("呼市缺失：电子邮箱、基本户开户银行"), "{said}");
    assert!(said.contains("3.2") && said.contains("change-and-resync"), "{said}");
    let table = verdicts(&events);
    let seen = ["基本户开户银行", "注册地址", "固定电话"].map(|name| &table[name]);
    assert_eq!(seen, ["呼市缺失 · missing in 呼市", "一致 · the same", "均未填 · in neither"]);
    assert_eq!(world.counter("submit"), 0, "it only looks");
    assert_eq!(world.store()["registry"]["entries"]["p1"]["status"], "verified");
    let personal = ["虚构路1号", "联系人甲", "1234567890123456"].map(str::to_owned);
    assert_eq!(find_words(&world.newest_run(), &personal), []);
    without_a_list_of_what_is_required_nobody_can_tell(&world);
}

/// The same record.
fn without_a_list_of_what_is_required_nobody_can_tell(world: &World) {
    // Ruku's own folder again, with a profile that has no such list.
    let own = env!("CARGO_MANIFEST_DIR");
    let copy = format!("mkdir home && cp -r {own}/playbooks home/ && ln -s {own}/drivers home/drivers");
    let cut = "sed -i '/^required:/,$d' home/playbooks/sites/training.yaml";
    assert!(shell(world.folder.path(), &format!("{copy} && {cut}")).status.success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruku"));
    command.env_remove("DISPLAY").env_remove("PCSCLITE_CSOCK_NAME").env("TMPDIR", world.temporary());
    command.args(["--lang", "zh", "--home"]).arg(world.folder.path().join("home"));
    command.args(["run", "4.2.1", "completeness", "--json"]).args(UNSEEN).arg("--training-at").arg(&world.file);
    command.arg("--runs").arg(world.folder.path().join("runs"));
    let (code, said, events) = Running::start(command).end();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("无法判断"), "{said}");
    assert!(events.iter().any(|event| event["type"] == "warning" && event.to_string().contains("无法判断")));
}
