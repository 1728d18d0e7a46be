//! The CA sign-on over real HTTP: who gets in, who does not, and what is counted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ruku::pki::{Issued, PersonSubject, TrainingCa, read, sign_digest};
use ruku::training::Site;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Page, Training, Visitor, form, reader};

/// A certificate with its key for the first applicant.
fn lock(training: &Training, ca: &TrainingCa, valid_days: i64) -> Issued {
    let person = &training.instance().applicants[0];
    ca.issue(&PersonSubject { holder: person.name.clone(), organisation: person.company.clone(), valid_days }).unwrap()
}

/// Binds a certificate as its holder would.
async fn bind(training: &Training, lock: &Issued) {
    let (mut visitor, token, serial) = reader(training, &STANDARD.encode(&lock.der)).await;
    let person = training.instance().applicants[0].clone();
    let bound = visitor.post("/rest/bindAction/apply", &form(&person, &token, &serial)).await.json();
    assert_eq!(bound["code"], "0000", "{bound}");
}

/// A visitor of the sign-on, with the token of its page.
struct Guest {
    visitor: Visitor,
    token: String,
}

impl Guest {
    async fn of(training: &Training) -> Guest {
        Guest::at(training, Site::CaAuth, "/login").await
    }

    async fn at(training: &Training, site: Site, path: &str) -> Guest {
        let mut visitor = Visitor::of(training, site);
        let page = visitor.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let token = page.body.split("_common_hidden_viewdata\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Guest { visitor, token }
    }

    async fn call(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token.clone();
        let fields: Vec<_> = [("_common_hidden_viewdata", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.visitor.post(&format!("/rest/{action}"), &fields).await
    }

    async fn challenge(&mut self) -> Vec<u8> {
        let answer = self.call("loginAction/challenge", &[]).await.json();
        STANDARD.decode(answer["data"]["challenge"].as_str().unwrap()).unwrap()
    }

    async fn log_in(&mut self, certificate: &[u8], signature: &[u8]) -> Value {
        let (certificate, signature) = (STANDARD.encode(certificate), STANDARD.encode(signature));
        self.call("loginAction/login", &[("certBase64", &certificate), ("signature", &signature)]).await.json()
    }

    /// Signs a fresh challenge with this lock.
    async fn sign_on(&mut self, lock: &Issued) -> Value {
        let challenge = self.challenge().await;
        self.log_in(&lock.der, &sign(lock, &challenge)).await
    }

    async fn choose(&mut self, platform: &str) -> Value {
        self.call("platformAction/choose", &[("platform", platform)]).await.json()
    }

    async fn authorise(&mut self, platform: &str) -> Value {
        self.call("platformAction/authorise", &[("platform", platform)]).await.json()
    }

    /// Whether the pages behind the login are shown.
    async fn is_in(&mut self) -> bool {
        self.visitor.get("/platforms").await.status == 200
    }
}

fn sign(lock: &Issued, message: &[u8]) -> Vec<u8> {
    sign_digest(&lock.key_pkcs8, &Sha256::digest(message)).unwrap()
}

#[tokio::test]
async fn nobody_gets_in_without_a_signature_of_this_challenge_by_a_bound_certificate() {
    let training = Training::start().await;
    let own = lock(&training, &training.ca, 30);
    bind(&training, &own).await;
    let mut guest = Guest::of(&training).await;
    assert!(!guest.is_in().await);

    let stranger = lock(&training, &training.ca, 30);
    let first = guest.challenge().await;
    assert_eq!(guest.log_in(&own.der, &sign(&stranger, &first)).await["code"], "9201", "the key of another certificate");
    assert_eq!(guest.log_in(&own.der, &sign(&own, &first)).await["code"], "9203", "a challenge is used up by a failed answer");
    guest.challenge().await;
    assert_eq!(guest.log_in(&own.der, &sign(&own, &first)).await["code"], "9201", "the signature of an earlier challenge");
    let mut other = Guest::of(&training).await;
    let theirs = other.challenge().await;
    guest.challenge().await;
    assert_eq!(guest.log_in(&own.der, &sign(&own, &theirs)).await["code"], "9201", "the challenge of another visitor");
    for (certificate, signature) in [(&b""[..], &b""[..]), (b"x", b"x"), (&own.der, b""), (&own.der, b"30")] {
        guest.challenge().await;
        assert_eq!(guest.log_in(certificate, signature).await["code"], "9201");
    }
    let foreign = TrainingCa::create().unwrap();
    assert_eq!(guest.sign_on(&lock(&training, &foreign, 30)).await["code"], "9202", "another CA of the same name");
    let unknown = PersonSubject { holder: "别人".into(), organisation: "别的公司".into(), valid_days: 30 };
    let unbound = guest.sign_on(&training.ca.issue(&unknown).unwrap()).await;
    assert_eq!((&unbound["code"], unbound["msg"].as_str().unwrap().contains("未绑定")), (&json!("9204"), true));
    assert!(!guest.is_in().await);

    let challenge = guest.challenge().await;
    let signature = sign(&own, &challenge);
    assert_eq!(guest.log_in(&own.der, &signature).await["code"], "0000");
    assert!(guest.is_in().await);
    let page = guest.visitor.get("/certificate").await.body;
    assert!(page.contains(&training.instance().applicants[0].name) && page.contains("进入授权") && page.contains("即将过期"));
    assert_eq!(guest.log_in(&own.der, &signature).await["code"], "9203", "replayed");
    assert!(!guest.is_in().await, "a failed login ends the one before");

    assert_eq!(guest.sign_on(&own).await["code"], "0000");
    assert_eq!(training.admin("POST", "/session", json!({"expire": true})).await.status, 200);
    let away = guest.visitor.get("/platforms").await;
    assert_eq!((away.status, away.header("location")), (303, Some("/login?ended")));
    assert!(guest.visitor.get("/login?ended").await.body.contains("登录已超时"));
}

#[tokio::test]
async fn expired_and_renewed_certificates_get_no_further() {
    let training = Training::start().await;
    let own = lock(&training, &training.ca, 400);
    bind(&training, &own).await;
    let mut guest = Guest::of(&training).await;
    assert_eq!(guest.sign_on(&own).await["code"], "0000");
    assert!(!guest.visitor.get("/certificate").await.body.contains("即将过期"));

    assert_eq!(guest.sign_on(&lock(&training, &training.ca, -2)).await["code"], "0000");
    let page = guest.visitor.get("/certificate").await.body;
    assert!(page.contains("证书已过期") && !page.contains("进入授权"), "{page}");
    assert!(!guest.is_in().await);
    assert_eq!(guest.authorise("registry").await["code"], "4003");

    let renewed = lock(&training, &training.ca, 400);
    let answer = guest.sign_on(&renewed).await;
    let serials = [&own, &renewed].map(|lock| read(&lock.der).unwrap().serial);
    assert_eq!((&answer["code"], &answer["data"]), (&json!("9205"), &json!({"bound": serials[0], "current": serials[1]})));
    assert!(!guest.is_in().await);
}

#[tokio::test]
async fn a_platform_is_authorised_once_and_its_tickets_are_good_once() {
    let training = Training::start().await;
    let own = lock(&training, &training.ca, 400);
    bind(&training, &own).await;
    let mut guest = Guest::of(&training).await;
    assert_eq!(guest.choose("registry").await["code"], "4003", "nobody is logged in");
    guest.sign_on(&own).await;
    for decoy in ["registry-test", "member-old", "baotou", "nowhere"] {
        assert_ne!(guest.authorise(decoy).await["code"], "0000", "{decoy}");
    }
    assert_eq!(guest.choose("registry").await["data"]["address"], Value::Null);
    assert!(guest.visitor.get("/authorise/registry").await.body.contains("确认授权"));
    assert_eq!(guest.visitor.get("/entering/registry").await.header("location"), Some("/platforms"));

    // What another site's page sends, or without the token, is nobody's will.
    let mut elsewhere = Visitor { origin: Some("http://evil.example".into()), ..guest.visitor.clone() };
    let fields = [("_common_hidden_viewdata", guest.token.as_str()), ("platform", "registry")];
    assert_eq!(elsewhere.post("/rest/platformAction/authorise", &fields).await.status, 403);
    assert_eq!(guest.visitor.post("/rest/platformAction/authorise", &[("platform", "registry")]).await.status, 403);
    assert_eq!(training.store().await["counters"]["authorise"], 0);

    let first = guest.authorise("registry").await;
    let again = guest.authorise("registry").await;
    assert_eq!((&first["code"], &again["code"]), (&json!("0000"), &json!("0000")));
    let store = training.store().await;
    assert_eq!((&store["counters"]["authorise"], &store["per_applicant"]["p1"]["authorise"]), (&json!(1), &json!(1)));
    assert!(store["sign_on"]["authorised"]["p1"]["registry"].is_string());
    assert_eq!(guest.visitor.get("/authorise/registry").await.header("location"), Some("/entering/registry"));

    // The ticket shows whom it is for as often as it likes, and lets in once, at its own platform only.
    let chosen = guest.choose("registry").await;
    let address = chosen["data"]["address"].as_str().unwrap();
    let path = address.strip_prefix(&training.instance().origin(Site::Registry)).unwrap();
    let ticket = path.split("ticket=").nth(1).unwrap();
    let mut strange = Visitor::of(&training, Site::Member);
    assert_eq!(strange.get(path).await.status, 403, "the ticket of another platform");
    let mut person = Guest::at(&training, Site::Registry, path).await;
    let page = person.visitor.get(path).await.body;
    let own_name = &training.instance().applicants[0].name;
    assert!(page.contains("第三方交易平台信息确认") && page.contains(own_name) && page.contains("主体信息库"));
    let token = person.token.clone();
    let fields = [("_common_hidden_viewdata", token.as_str()), ("ticket", ticket)];
    let mut foreign = Visitor { origin: Some(training.instance().origin(Site::CaAuth)), ..person.visitor.clone() };
    assert_eq!(foreign.post("/sso/confirm", &fields).await.status, 403);
    assert_eq!(person.visitor.post("/sso/confirm", &fields).await.header("location"), Some("/"));
    assert_eq!(person.visitor.post("/sso/confirm", &fields).await.status, 403);
    assert_eq!(person.visitor.get(path).await.status, 403);
}

#[tokio::test]
async fn the_switches_change_the_page_and_only_the_trainer_turns_them() {
    let training = Training::start().await;
    let own = lock(&training, &training.ca, 400);
    bind(&training, &own).await;
    let mut guest = Guest::of(&training).await;
    let switch = async |value: Value| training.admin("POST", "/ca-auth/switch", value).await.status;
    assert!(guest.visitor.get("/login").await.body.contains("CA锁密码</label>"));
    assert_eq!(guest.visitor.ask("POST", "/switch", "application/json", "{}").await.status, 404);
    assert_eq!(switch(json!({"pin_windows": true})).await, 422, "misspelt");
    assert_eq!(switch(json!({"pin_window": true, "confirm": "native"})).await, 200);
    let page = guest.visitor.get("/login").await.body;
    assert!(!page.contains("type=\"password\"") && page.contains("互认助手弹出的窗口"));

    assert_eq!(switch(json!({"pin_window": false, "captcha": true})).await, 200);
    assert_eq!(training.store().await["sign_on"]["confirm"], "native", "what is not named stays");
    assert_eq!(guest.sign_on(&own).await["code"], "9207");
    assert!(guest.visitor.get("/captcha.svg").await.body.starts_with("<svg"));
    assert_eq!(guest.call("loginAction/captcha", &[("captcha", "x")]).await.json()["code"], "9207");
    guest.visitor.get("/captcha.svg").await;
    let answer = training.store().await["sign_on"]["captcha_answer"].as_str().unwrap().to_owned();
    assert_eq!(guest.call("loginAction/captcha", &[("captcha", &answer)]).await.json()["code"], "0000");
    assert_eq!(guest.sign_on(&own).await["code"], "0000");
    guest.visitor.get("/captcha.svg").await;
    assert_eq!(training.admin("POST", "/ca-auth/solve", json!({})).await.status, 200);
    assert_eq!(guest.call("loginAction/captcha", &[("captcha", "")]).await.json()["code"], "0000");

    assert_eq!(switch(json!({"captcha": false, "stop_words": true})).await, 200);
    assert!(guest.sign_on(&own).await["msg"].as_str().unwrap().contains("风险提示"));
    assert!(!guest.is_in().await);
    assert_eq!(training.admin("POST", "/reset", Value::Null).await.status, 200);
    let switches = training.store().await["sign_on"].clone();
    assert_eq!((&switches["stop_words"], &switches["confirm"]), (&json!(false), &json!("layer")));
}

#[tokio::test]
async fn who_is_unbound_is_unbound_once_by_the_code_that_was_sent() {
    let training = Training::start().await;
    let own = lock(&training, &training.ca, 400);
    bind(&training, &own).await;
    let person = training.instance().applicants[0].clone();
    let mut guest = Guest::at(&training, Site::CaMutual, "/unbind").await;
    let page = guest.visitor.get("/unbind").await.body;
    assert!(page.contains("流程说明") && page.contains("找不到原绑定的 CA 锁") && !page.contains("解绑成功"));
    let fields = |code: &str| {
        [
            ("person_name", person.name.clone()),
            ("id_number", person.id_number.clone()),
            ("mobile", person.mobile.clone()),
            ("sms_code", code.to_owned()),
            ("reason", "CA 锁遗失".to_owned()),
            ("promised", "true".to_owned()),
        ]
    };
    let sent = guest.call("unbindAction/sendCode", &[("mobile", &person.mobile)]).await;
    let code = training.store().await["sign_on"]["sms"]["code"].as_str().unwrap().to_owned();
    assert!(sent.status == 200 && !sent.body.contains(&code));
    let apply = async |guest: &mut Guest, fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        guest.call("unbindAction/apply", &fields).await.json()
    };
    let wrong = apply(&mut guest, &fields("1")).await;
    assert_eq!((&wrong["code"], &wrong["data"][0]["field"]), (&json!("9402"), &json!("sms_code")));
    let mut other = fields(&code);
    other[0].1 = "别人".into();
    assert_eq!(apply(&mut guest, &other).await["code"], "9403");
    let mut forged = Guest { token: "forged".into(), visitor: guest.visitor.clone() };
    assert_eq!(apply(&mut forged, &fields(&code)).await["code"], "4003");
    assert_eq!(training.store().await["counters"]["unbind"], 0);

    assert_eq!(apply(&mut guest, &fields(&code)).await["msg"], "解绑成功");
    assert_eq!(apply(&mut guest, &fields(&code)).await["code"], "9402", "the code is used up");
    let store = training.store().await;
    assert_eq!((&store["counters"]["unbind"], &store["applicants"]["p1"]["bound"]), (&json!(1), &json!(false)));
    bind(&training, &lock(&training, &training.ca, 400)).await;
}
