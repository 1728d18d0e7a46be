//! The 会员端: what its server takes and refuses, and the runs of 4.2.1 and 4.2.2 by the real program.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::portals::{Page, Visitor};
use crate::world::{Running, World, block_on, call, find_words, holds, rand_seed, until};

/// A training whose p1 is bound, activated and verified by the registry.
fn ready(seed: u64) -> World {
    let world = World::start(seed);
    verified(&world, json!({ "company": "虚构公司", "bank": "虚构银行" }));
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true, "activated": true }));
    world
}

/// The registry has verified these values, as a new revision.
fn verified(world: &World, values: Value) {
    world.admin("/prepare", &json!({ "applicant": "p1", "registry": { "status": "verified", "values": values } }));
}

fn run(world: &World, playbooks: &[&str]) -> (i32, String, Vec<Value>) {
    Running::start(world.unpictured(playbooks)).end()
}

/// What the 会员端 has of p1.
fn standing(world: &World) -> Value {
    world.store()["member"]["applicants"]["p1"].clone()
}

fn acts(world: &World) -> [u64; 2] {
    [world.counter("seal"), world.counter("sync")]
}

/// The documents whose 签章 was asked for, in order.
fn sealed_in(events: &[Value]) -> Vec<&str> {
    let seals = events.iter().filter(|event| event["type"] == "step.start" && event["action"] == "seal");
    seals.map(|event| event["title"]["zh"].as_str().unwrap()).collect()
}

#[test]
fn each_document_is_sealed_once_the_record_synced_once_and_again_after_a_change() {
    let world = ready(rand_seed());
    let (code, said, events) = run(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, acts(&world)), (0, [2, 1]), "{said}");
    assert_eq!(sealed_in(&events), ["在「诚信承诺书」处签章", "在「平台使用告知书」处签章"]);
    let milestone = events.iter().find(|event| event["type"] == "milestone").unwrap();
    assert_eq!((&milestone["name"], &milestone["message"]["zh"]), (&json!("member.synced"), &json!("诚信入库完成")));
    assert_eq!(standing(&world)["synced"]["values"]["bank"], "虚构银行");

    let person = &world.instance()["applicants"][0];
    let words = ["姓名", "手机号", "身份证号", "企业名称", "pin"].map(|key| person[key].as_str().unwrap().to_owned());
    assert_eq!(find_words(&world.newest_run(), &words), []);
    let printed = format!("{said}{}", serde_json::to_string(&events).unwrap());
    assert_eq!(words.iter().filter(|word| holds(printed.as_bytes(), word)).collect::<Vec<_>>(), [""; 0]);

    let (code, said, events) = run(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, acts(&world)), (0, [2, 1]), "nothing more: {said}");
    assert_eq!(events.last().unwrap()["result"], "finished");

    verified(&world, json!({ "company": "虚构公司", "bank": "另一家虚构银行" }));
    let (code, said, events) = run(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, acts(&world)), (0, [2, 2]), "{said}");
    assert_eq!(sealed_in(&events), [""; 0]);
    assert_eq!(standing(&world)["synced"]["values"]["bank"], "另一家虚构银行");
}

#[test]
fn the_two_buttons_are_told_apart_by_their_rows() {
    let world = ready(81);
    world.admin("/member/seal/elsewhere", &json!({ "applicant": "p1", "document": "commitment" }));
    let (code, said, events) = run(&world, &["4.2.1", "4.2.2"]);
    assert_eq!((code, acts(&world)), (0, [2, 1]), "{said}");
    assert_eq!(sealed_in(&events), ["在「平台使用告知书」处签章"]);
    let seals = &standing(&world)["seals"];
    assert!(seals["commitment"]["holder"].is_null() && seals["notice"]["holder"].is_string(), "{seals}");
}

#[test]
fn nothing_is_sealed_before_the_registry_has_verified() {
    let world = ready(82);
    for status in ["draft", "pending", "rejected"] {
        world.admin("/prepare", &json!({ "applicant": "p1", "registry": { "status": status } }));
        let (code, said, _) = run(&world, &["4.2.1", "4.2.2"]);
        assert_eq!((code, acts(&world)), (6, [0, 0]), "{status}: {said}");
        assert!(said.contains("主体库还没有验证通过") && said.contains("3.2"), "{said}");
    }
}

#[test]
fn the_first_login_by_the_ca_system_activates_and_only_then_the_own_entrance_lets_in() {
    let world = World::start(83);
    let (code, said, _) = run(&world, &["4.2.1"]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("2.2"), "not bound: {said}");
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true }));
    let (code, said, _) = run(&world, &["4.2.1"]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("激活") && said.contains("4.1"), "{said}");
    assert!(standing(&world)["activated"].is_null());
    let (code, said, _) = run(&world, &["4.2.1-member-login-by-ca"]);
    assert_eq!(code, 0, "{said}");
    assert!(standing(&world)["activated"].is_string());
    let (code, said, events) = run(&world, &["4.2.1"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(events.iter().filter(|event| event["type"] == "step.start" && event["action"] == "enter_pin").count(), 1);
}

#[test]
fn a_login_that_may_activate_is_agreed_to_first() {
    // An earlier run stopped between 确认授权 and 确认登录.
    let world = World::start(84);
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true, "authorised": ["member"] }));
    let (code, said, events) = run(&world, &["4.1"]);
    assert_eq!(code, 0, "{said}");
    assert!(standing(&world)["activated"].is_string());
    let place = |wanted: &dyn Fn(&Value) -> bool| events.iter().position(wanted);
    let says = |event: &Value, key: &str, words: &str| event[key]["zh"].as_str().is_some_and(|text| text.contains(words));
    let asked = place(&|event| event["type"] == "gate.open" && event["kind"] == "confirm" && says(event, "message", "激活"));
    let pressed = place(&|event| event["type"] == "step.start" && says(event, "title", "点击「确认登录」"));
    assert!(asked.is_some() && asked < pressed, "{said}");
}

/// A visitor of the 会员端, in by a ticket as the sign-on gives one, with the token of its pages.
struct Member {
    visitor: Visitor,
    token: String,
    agent: u16,
}

impl Member {
    fn enter(world: &World, applicant: &str) -> Member {
        let instance = world.instance();
        let port = u16::try_from(instance["port"].as_u64().unwrap()).unwrap();
        let agent = u16::try_from(instance["agent_ports"][0].as_u64().unwrap()).unwrap();
        let origin = format!("http://member.localhost:{port}");
        let visitor = Visitor { port, host: "member.localhost", cookie: String::new(), origin: Some(origin) };
        let mut member = Member { visitor, token: String::new(), agent };
        if applicant.is_empty() {
            member.look("/login");
            return member;
        }
        let ticket = world.ticket("member", applicant);
        let ticket = ticket["ticket"].as_str().unwrap();
        member.look(&format!("/sso/entry?ticket={ticket}"));
        let entered = member.post("/sso/confirm", &[("ticket", ticket)]);
        assert_eq!(entered.status, 303);
        member
    }

    fn look(&mut self, path: &str) -> Page {
        let page = block_on(self.visitor.get(path));
        if let Some(after) = page.body.split("_common_hidden_viewdata\" value=\"").nth(1) {
            self.token = after.split('"').next().unwrap().to_owned();
        }
        page
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("_common_hidden_viewdata", self.token.clone())];
        all.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        block_on(self.visitor.post(path, &all))
    }

    fn code(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        self.post(path, fields).json()["code"].as_str().unwrap().to_owned()
    }

    fn agent(&self, name: &str, fields: &[(&str, &str)]) -> Value {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let patience = std::time::Duration::from_secs(30);
        let answer = call("POST", self.agent, "127.0.0.1", &format!("/{name}"), &headers, body.as_bytes(), patience);
        answer.expect("the agent answers").json().unwrap()
    }

    /// Waits until the agent sees the lock of this holder, and no other.
    fn insert(&self, world: &World, card: &str, holder: &Value) {
        world.training(&["insert", card]);
        let wanted = format!("{}||", holder.as_str().unwrap());
        let listed = || self.agent("RS_GetUserList", &[])["data"]["userlist"].as_str().unwrap_or_default().to_owned();
        until("the agent sees the lock", || listed().starts_with(&wanted));
    }

    /// Certificate and signature of the lock that is in, over what the portal asks at `path`.
    fn signed(&mut self, path: &str, key: &str, pin: &str) -> (String, String) {
        let asked = self.post(path, &[("key", key)]).json();
        let certificate = self.agent("RS_GetCertBase64String", &[("certType", "1")])["data"]["certBase64"].clone();
        assert_eq!(self.agent("RS_CertLogin", &[("password", pin)])["code"], "0000");
        let challenge = asked["data"]["challenge"].as_str().unwrap();
        let signature = self.agent("RS_KeySignByP1", &[("asn1Msg", challenge)])["data"]["signature"].clone();
        (certificate.as_str().unwrap().to_owned(), signature.as_str().unwrap().to_owned())
    }
}

#[test]
fn nobody_is_in_without_a_signature_over_this_very_challenge() {
    let world = ready(84);
    let pin = world.instance()["applicants"][0]["pin"].as_str().unwrap().to_owned();
    let mut member = Member::enter(&world, "");
    assert_eq!((member.look("/").header("location"), member.look("/unit").status), (Some("/login"), 303));
    member.insert(&world, "p1", &world.instance()["applicants"][0]["姓名"]);
    let challenge = "/rest/memberLoginAction/challenge";
    let login = "/rest/memberLoginAction/login";
    let (certificate, signature) = member.signed(challenge, "", &pin);
    let forged = STANDARD.encode([0x30, 6, 2, 1, 1, 2, 1, 1]);
    assert_eq!(member.code(login, &[("certBase64", &certificate), ("signature", &forged)]), "9201");
    assert_eq!(
        member.code(login, &[("certBase64", &certificate), ("signature", &signature)]),
        "9203",
        "the challenge is used up"
    );
    let (_, other) = member.signed(challenge, "", &pin);
    member.post(challenge, &[]);
    assert_eq!(member.code(login, &[("certBase64", &certificate), ("signature", &other)]), "9201", "of an earlier challenge");
    let (certificate, signature) = member.signed(challenge, "", &pin);
    assert_eq!(member.code(login, &[("certBase64", &certificate), ("signature", &signature)]), "0000");
    assert_eq!(member.look("/unit").status, 200);
    world.admin("/session", &json!({ "expire": true }));
    assert_eq!(member.look("/unit").status, 303);
}

#[test]
fn a_seal_takes_the_right_lock_and_two_presses_and_a_record_takes_both_seals() {
    let world = ready(85);
    world.admin("/member/switch", &json!({ "legal_seal": true, "gaps": ["bank"] }));
    let instance = world.instance();
    let pin = |person: &Value| person["pin"].as_str().unwrap().to_owned();
    let (own, legal) = (pin(&instance["applicants"][0]), pin(&instance["applicants"][0]["legal"]));
    let mut member = Member::enter(&world, "p1");
    let (sync, stamp, complete) = ("/rest/unitAction/sync", "/rest/sealAction/stamp", "/rest/sealAction/complete");
    member.look("/unit");
    assert_eq!(member.code(sync, &[]), "9501", "not sealed");

    let window = |member: &mut Member, document: &str| {
        let page = member.look(&format!("/seal/window?document={document}"));
        page.body.split("data-key=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let person = &instance["applicants"][0];
    member.insert(&world, "p1", &person["姓名"]);
    let key = window(&mut member, "commitment");
    assert_eq!(member.code(complete, &[("key", &key)]), "9406", "nothing was set");
    let (certificate, signature) = member.signed("/rest/sealAction/challenge", &key, &own);
    let notice = window(&mut member, "notice");
    let posted = [("key", notice.as_str()), ("certBase64", &certificate), ("signature", &signature)];
    assert_eq!(member.code(stamp, &posted), "9203", "a signature of another window");
    let posted = [("key", key.as_str()), ("certBase64", &certificate), ("signature", &signature)];
    assert_eq!(member.code(stamp, &posted), "0000");
    assert_eq!(acts(&world), [0, 0], "set, and not completed");
    let mut stranger = Member::enter(&world, "p2");
    stranger.look("/unit");
    assert_eq!(stranger.post(complete, &[("key", &key)]).status, 403, "of another person");
    assert_eq!([member.code(complete, &[("key", &key)]), member.code(complete, &[("key", &key)])], ["0000", "0000"]);
    assert_eq!(acts(&world), [1, 0]);

    let (certificate, signature) = member.signed("/rest/sealAction/challenge", &notice, &own);
    let posted = [("key", notice.as_str()), ("certBase64", &certificate), ("signature", &signature)];
    assert_eq!(member.code(stamp, &posted), "9405", "the legal representative's lock is wanted");
    world.training(&["pull"]);
    member.insert(&world, "p1-legal", &person["legal"]["name"]);
    let (certificate, signature) = member.signed("/rest/sealAction/challenge", &notice, &legal);
    let posted = [("key", notice.as_str()), ("certBase64", &certificate), ("signature", &signature)];
    assert_eq!([member.code(stamp, &posted), member.code(complete, &[("key", &notice)])], ["0000", "0000"]);

    assert_eq!([member.code(sync, &[]), member.code(sync, &[])], ["0000", "9503"], "the second has nothing to do");
    assert_eq!(acts(&world), [2, 1]);
    assert_eq!(standing(&world)["synced"]["values"], json!({ "company": "虚构公司" }), "with its gap");
    world.admin("/prepare", &json!({ "applicant": "p1", "registry": { "status": "pending" } }));
    assert_eq!(member.code(sync, &[]), "9502");
    member.visitor.origin = Some("http://evil.localhost".to_owned());
    assert_eq!(member.post(sync, &[]).status, 403);
}
