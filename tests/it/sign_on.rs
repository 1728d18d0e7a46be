//! The sign-on as the real program goes through it: in once, refused with the right words, a PIN used once and no more.

use serde_json::{Value, json};

use crate::screen::{Eyes, Screen};
use crate::world::{Running, UNSEEN, World, find_words, holds, rand_seed, ruku_in, shell, until};

fn run(world: &World, playbooks: &[&str]) -> (i32, String, Vec<Value>) {
    Running::start(world.unpictured(playbooks)).end()
}

/// The titles of the steps that were begun.
fn begun(events: &[Value]) -> Vec<&str> {
    events.iter().filter(|event| event["type"] == "step.start").map(|event| event["title"]["zh"].as_str().unwrap()).collect()
}

fn counters(world: &World) -> Value {
    let counters = world.store()["counters"].clone();
    json!([counters["bind"], counters["authorise"]])
}

/// The tries left of p1's lock.
fn tries(world: &World) -> u64 {
    let card = world.folder.path().join("training/cards/p1.json");
    serde_json::from_slice::<Value>(&std::fs::read(card).unwrap()).unwrap()["tries"].as_u64().unwrap()
}

#[test]
fn a_platform_is_authorised_once_and_later_runs_pass_that_page_over() {
    let world = World::start(rand_seed());
    let (code, said, events) = run(&world, &["2.1.1", "2.2", "3.1"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(counters(&world), json!([1, 1]), "bind, authorise");
    assert!(begun(&events).contains(&"点击「确认授权」，授权给自治区公共资源交易主体信息库"));
    assert!(world.store()["sign_on"]["authorised"]["p1"]["registry"].is_string());

    let person = &world.instance()["applicants"][0];
    let words = ["姓名", "手机号", "身份证号", "企业名称", "pin"].map(|key| person[key].as_str().unwrap().to_owned());
    assert_eq!(find_words(&world.newest_run(), &words), []);
    let printed = format!("{said}{}", serde_json::to_string(&events).unwrap());
    assert_eq!(words.iter().filter(|word| holds(printed.as_bytes(), word)).collect::<Vec<_>>(), [""; 0]);

    // The other ways the portal may go about it: the agent's own window asks for the PIN, the browser itself asks "are you sure".
    world.admin("/ca-auth/switch", &json!({ "pin_window": true, "confirm": "native" }));
    let (code, said, events) = run(&world, &["3.1", "4.1"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(counters(&world), json!([1, 2]), "only the other platform");
    assert_eq!(begun(&events).iter().filter(|title| title.starts_with("点击「确认授权」")).count(), 1);
}

#[test]
fn another_platform_than_the_wanted_one_is_not_authorised() {
    let world = World::start(76);
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true }));
    // The page asks for the registry, where the playbook wants another platform authorised.
    let (own, folder) = (env!("CARGO_MANIFEST_DIR"), world.folder.path());
    let line = format!(
        "mkdir home && cp -r {own}/playbooks home && ln -s {own}/drivers home/drivers && sed -i s/authorise.registry/authorise.member/ home/playbooks/parts/into-registry.yaml"
    );
    assert!(shell(folder, &line).status.success());
    let mut command = ruku_in("zh", &folder.join("home"));
    command.env("TMPDIR", world.temporary()).args(["run", "3.1", "--json"]).args(UNSEEN).arg("--training-at").arg(&world.file);
    command.arg("--runs").arg(folder.join("runs"));
    let (code, said, events) = Running::start(command).end();
    assert_ne!(code, 0, "{said}");
    assert!(begun(&events).iter().any(|title| title.starts_with("核对申请授权的是")), "{said}");
    assert_eq!(world.counter("authorise"), 0, "{said}");
}

#[test]
fn a_wrong_pin_costs_one_try_and_is_not_used_again() {
    let mut world = World::start(71);
    let mut instance = world.instance();
    let right = instance["applicants"][0]["pin"].as_str().unwrap();
    let wrong: String = right.chars().map(|digit| if digit == '1' { '2' } else { '1' }).collect();
    instance["applicants"][0]["pin"] = json!(wrong);
    let other = world.folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("training.json"), instance.to_string()).unwrap();
    let before = tries(&world);
    world.file = other.join("training.json");
    let (code, said, events) = run(&world, &["3.1"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("不再使用密码"), "{said}");
    assert_eq!(tries(&world), before - 1);
    let warned = |words: &str| events.iter().any(|event| event["type"] == "warning" && event.to_string().contains(words));
    assert!(warned("剩余次数：5"), "the portal's words are in the record");
    assert_eq!(find_words(&world.newest_run(), &[wrong]), []);
}

#[test]
fn who_is_not_bound_is_told_what_to_do_and_nothing_is_authorised() {
    let world = World::start(72);
    let (code, said, _) = run(&world, &["3.1"]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("未绑定") && said.contains("2.2"), "{said}");

    world.admin("/ca-auth/switch", &json!({ "stop_words": true }));
    let (code, said, _) = run(&world, &["2.1.1", "2.2", "3.1"]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("风险提示") && said.contains("不再点击"), "{said}");

    world.admin("/ca-auth/switch", &json!({ "stop_words": false }));
    world.admin("/locks/renew", &json!({ "card": "p1" }));
    let (code, said, _) = run(&world, &["3.1"]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("证书已更新") && said.contains("CA 机构") && !said.contains("2.3"), "{said}");
    assert_eq!(counters(&world), json!([1, 0]));
}

#[test]
fn a_captcha_is_the_persons_and_so_is_the_pin() {
    let world = World::start(73);
    world.admin("/ca-auth/switch", &json!({ "captcha": true }));
    let (code, said, _) = run(&world, &["3.1"]);
    assert_eq!(code, 130, "a script solves none: {said}");

    let mut command = world.unpictured(&["3.1"]);
    command.args(["--operator", "terminal"]);
    let mut run = Running::start(command);
    run.wait_for("gate.open", |event| event["kind"] == "precondition");
    run.type_line("");
    run.wait_for("gate.open", |event| event["kind"] == "captcha");
    world.admin("/ca-auth/solve", &json!({}));
    run.type_line("");
    let before = tries(&world);
    run.wait_for("gate.open", |event| event["kind"] == "pin");
    run.type_line("q");
    let (code, said, _) = run.end();
    assert_eq!(code, 130, "{said}");
    assert_eq!((tries(&world), counters(&world)), (before, json!([0, 0])));
}

#[test]
fn unbinding_is_explained_and_never_pressed() {
    let world = World::start(74);
    let (code, said, events) = run(&world, &["2.1.1", "2.3"]);
    assert_eq!(code, 130, "a script does not unbind: {said}");
    let of_it = events.iter().filter(|event| event["type"] == "step.start" && event["playbook"] == "2.3");
    let acts: Vec<&str> = of_it.map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(acts, ["confirm", "confirm", "confirm", "person"]);
    assert_eq!(world.counter("unbind"), 0);
    let text = include_str!("../../playbooks/2.3-ca-unbinding.yaml");
    let verbs = ["click", "fill", "tick", "choose", "upload", "once", "dialog"];
    let found: Vec<_> = verbs.iter().filter(|verb| text.contains(&format!("{verb}:"))).collect();
    assert_eq!(found, [&""; 0]);
}

/// The last element whose words are these.
fn reads(words: &str) -> String {
    format!(
        "[...document.querySelectorAll('a,td,label,span')].filter(e => e.textContent.trim() === '{words}' && e.offsetParent).pop()"
    )
}

/// The field of a form in the shape of MiniUI.
fn field(name: &str) -> String {
    format!("document.querySelector('[data-name={name}] input.mini-textbox-input, [data-name={name}] .mini-buttonedit-border')")
}

#[test]
fn the_person_unbinds_and_the_run_ends_when_the_portal_says_so() {
    let screen = Screen::start();
    let world = World::start(75);
    let (code, said, _) = world.run(&[], None).end();
    assert_eq!(code, 0, "{said}");
    let mut command = world.unpictured(&["2.1.1", "2.3"]);
    command.args(["--operator", "terminal", "--headed"]).env("DISPLAY", &screen.display);
    let mut run = Running::start(command);
    for _ in 0..3 {
        run.wait_for("gate.open", |event| event["kind"] == "confirm");
        run.type_line("");
    }
    run.wait_for("gate.open", |event| event["kind"] == "act");
    let eyes = Eyes::of(&world.temporary(), "ca-mutual.localhost");
    screen.click(eyes.place(&reads("CA 证书解绑")));
    let gate = run.wait_for("gate.open", |event| event["kind"] == "read");
    assert!(gate["message"]["zh"].as_str().unwrap().contains("填写手机收到的短信验证码"), "the portal's own words: {gate}");
    run.type_line("");
    run.wait_for("gate.open", |event| event["kind"] == "act");

    let person = world.instance()["applicants"][0].clone();
    let value = |key: &str| person[key].as_str().unwrap().to_owned();
    let put = |name: &str, text: &str| {
        screen.click(eyes.place(&field(name)));
        screen.type_text(text);
        until(name, || eyes.see(&format!("{}.value", field(name))) == text);
    };
    screen.focus_window("CA 互认系统");
    // A name is put in by an input method, which this display does not have.
    eyes.see(&format!("mini.named('person_name').setValue('{}')", value("姓名")));
    put("id_number", &value("身份证号"));
    put("mobile", &value("手机号"));
    screen.click(eyes.place(&reads("获取验证码")));
    until("the code was sent", || world.store()["sign_on"]["sms"]["code"].is_string());
    put("sms_code", world.store()["sign_on"]["sms"]["code"].as_str().unwrap());
    screen.click(eyes.place(&field("reason")));
    screen.click(eyes.place(&reads("CA 锁遗失")));
    screen.click(eyes.place("document.querySelector('[data-name=promised] label')"));
    screen.click(eyes.place(&reads("提交解绑申请")));
    screen.click(eyes.place("document.querySelector('.layui-layer-btn0')"));
    let (code, said, events) = run.end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(world.counter("unbind"), 1);
    assert_eq!(world.store()["applicants"]["p1"]["bound"], false);
    let of_it = events.iter().filter(|event| event["type"] == "step.start" && event["playbook"] == "2.3");
    let acts: Vec<&str> = of_it.map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(acts, ["confirm", "confirm", "confirm", "person", "read", "person", "person"], "Ruku pressed nothing");
}
