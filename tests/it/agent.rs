//! The training's agents, certificates and detection tool, as a run, a trainer and a person meet them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Running, World, call, ruku, until};

/// No call of a test takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// One call to the training's own agent; none when it does not answer within `allowed`.
fn agent(world: &World, path: &str, form: &str, allowed: Duration) -> Option<Value> {
    let port = u16::try_from(world.instance()["agent_ports"][0].as_u64().unwrap()).unwrap();
    call("POST", port, "127.0.0.1", path, &[], form.as_bytes(), allowed)?.json().ok()
}

/// `RS_CertLogin` by the agent's window, answered from a thread of its own.
fn login(world: &World, allowed: Duration) -> std::thread::JoinHandle<Option<String>> {
    let port = u16::try_from(world.instance()["agent_ports"][0].as_u64().unwrap()).unwrap();
    std::thread::spawn(move || {
        let answer = call("POST", port, "127.0.0.1", "/RS_CertLogin", &[], b"window=1", allowed)?;
        Some(answer.json().ok()?["code"].as_str()?.to_owned())
    })
}

fn tries(world: &World) -> Value {
    world.training(&["locks"])[0]["tries"].clone()
}

fn listed(world: &World, code: &str) {
    until("the agent to list the lock", || {
        agent(world, "/RS_GetUserList", "", PATIENCE).is_some_and(|answer| answer["code"] == code)
    });
}

#[test]
fn the_agents_window_takes_one_pin_and_makes_one_try() {
    let world = World::start(41);
    let pin = world.instance()["applicants"][0]["pin"].as_str().unwrap().to_owned();
    world.training(&["insert", "p1"]);
    listed(&world, "0000");

    // A wrong one: exactly one try. The order waits for the window.
    let answer = login(&world, PATIENCE);
    world.admin("/agent/type-pin", &json!({"pin": "000000"}));
    assert_eq!(answer.join().unwrap().as_deref(), Some("9011"));
    assert_eq!(tries(&world), 5);

    // A page that hangs up shuts the window: nobody is there to take a PIN, and no try is made. The next page has a window of its own.
    assert_eq!(login(&world, Duration::from_millis(500)).join().unwrap(), None);
    until("the window of the page that hung up to be shut", || {
        login(&world, Duration::from_millis(700)).join().unwrap().as_deref() != Some("9008")
    });
    assert_eq!(tries(&world), 5);

    // A lock that is pulled ends the wait.
    let answer = login(&world, PATIENCE);
    world.training(&["pull"]);
    assert_eq!(answer.join().unwrap().as_deref(), Some("9008"));
    world.training(&["insert", "p1"]);
    listed(&world, "0000");

    let answer = login(&world, PATIENCE);
    world.admin("/agent/type-pin", &json!({"pin": pin}));
    assert_eq!(answer.join().unwrap().as_deref(), Some("0000"));
    assert_eq!(tries(&world), 6, "the right one restores the count");
}

#[test]
fn an_agent_that_is_stopped_is_absent_and_comes_back_on_its_ports() {
    let world = World::start(42);
    world.training(&["insert", "p1"]);
    listed(&world, "0000");
    world.admin("/agent/stop", &json!({}));
    assert!(agent(&world, "/RS_GetUserList", "", PATIENCE).is_none());
    world.training(&["agent", "start"]);
    listed(&world, "0000");
}

#[test]
fn a_second_agent_is_seen_by_whoever_looks_for_locks() {
    let world = World::start(43);
    world.training(&["agent", "second"]);
    let port = world.instance()["second_agent"].as_u64().unwrap();
    let mut watch = ruku();
    watch.args(["lock-watch", "--drivers", concat!(env!("CARGO_MANIFEST_DIR"), "/drivers"), "--agent"]);
    let mut watch = Running::start({
        watch.arg(format!("training-second={port}"));
        watch
    });
    watch.wait_until(|seen| seen["agents"][0]["answers"] == true);
    world.training(&["agent", "no-second"]);
    watch.wait_until(|seen| seen["agents"][0]["answers"] == false);
    assert_eq!(world.instance()["second_agent"], Value::Null);
}

/// Serial number and last day of the certificate that the agent shows.
fn shown(world: &World) -> (String, jiff::Timestamp) {
    let certificate = agent(world, "/RS_GetCertBase64String", "", PATIENCE).unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("certBase64", certificate["data"]["certBase64"].as_str().unwrap_or_default())
        .finish();
    let info = agent(world, "/RS_GetCertInfo", &form, PATIENCE).unwrap()["data"].clone();
    let text = |name: &str| info[name].as_str().unwrap_or_default().to_owned();
    (text("serial"), text("notAfter").parse().unwrap_or_default())
}

#[test]
fn certificates_are_renewed_and_end_when_the_trainer_says() {
    let world = World::start(44);
    world.training(&["insert", "p1"]);
    listed(&world, "0000");
    let (serial, _) = shown(&world);
    // The lock is pulled and inserted again with its new certificate.
    world.training(&["renew", "p1"]);
    until("another serial number", || !shown(&world).0.is_empty() && shown(&world).0 != serial);
    let (serial, end) = shown(&world);
    world.training(&["validity", "p1", "-1"]);
    let now = jiff::Timestamp::now();
    until("an expired certificate", || shown(&world).1 != end && shown(&world).0 == serial);
    assert!(shown(&world).1 < now);
    world.training(&["validity", "p1", "10"]);
    until("a certificate that ends soon", || shown(&world).1 > now);
    assert_eq!(shown(&world).0, serial, "only its end has changed");
    assert_eq!(tries(&world), 6);
}

#[test]
fn the_detection_tools_address_is_opened_and_no_other() {
    let world = World::start(45);
    let (code, said, _) = Running::start(world.unpictured(&["2.1.2"])).end();
    assert_eq!(code, 0, "{said}");

    let mut command = world.unpictured(&["2.1.2"]);
    command.args(["--operator", "terminal"]);
    let mut run = Running::start(command);
    let port = world.instance()["port"].as_u64().unwrap();
    let wrong = [
        "http://evil.example/".to_owned(),
        format!("http://ca-mutual.localhost.evil.example:{port}/"),
        format!("http://ca-mutual.localhost:{}/", port + 1),
        format!("http://hohhot.localhost:{port}/"),
        "file:///etc/passwd".to_owned(),
    ];
    for address in &wrong {
        run.wait_for("gate.open", |event| event["kind"] == "address");
        run.type_line(address);
    }
    run.wait_for("gate.open", |event| event["kind"] == "address");
    let tool = ruku().args(["training", "tool", "--login", "--at"]).arg(&world.file).output().unwrap();
    let address = String::from_utf8(tool.stdout).unwrap();
    run.type_line(address.trim());
    let (code, said, events) = run.end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(said.matches("没有打开").count(), wrong.len(), "{said}");
    let kept = format!("{}{said}", serde_json::to_string(&events).unwrap());
    let ticket = address.trim().rsplit_once("ticket=").unwrap().1;
    assert!(!kept.contains(ticket), "the address lets its bearer in: it is not kept");
}

#[test]
fn the_detection_tool_shows_what_the_agent_says() {
    let world = World::start(46);
    let shown = || {
        let output = ruku().args(["training", "tool", "--at"]).arg(&world.file).stdin(std::process::Stdio::null()).output();
        String::from_utf8(output.unwrap().stderr).unwrap()
    };
    let text = shown();
    assert!(text.contains("未检测到 CA 锁") && text.contains("运行中") && text.contains("[登陆系统]"), "{text}");
    world.training(&["insert", "p1"]);
    listed(&world, "0000");
    assert!(shown().contains("1 把："), "{}", shown());
    world.training(&["agent", "stop"]);
    assert!(shown().contains("未运行"), "{}", shown());
}
