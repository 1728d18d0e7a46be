//! The training portals over real HTTP: what a browser, a trainer and a stranger's page may do, and what the store says afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod sign_on;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use ruku::base::{Fault, FaultKind, Secret, challenge, http};
use ruku::pki::{PersonSubject, TrainingCa};
use ruku::training::people::Applicant;
use ruku::training::serve::listen;
use ruku::training::store::Store;
use ruku::training::{Instance, ServeOptions, Serving, Site, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::told::{Told, libraries};

const PATIENCE: Duration = Duration::from_secs(60);

struct Training {
    dir: tempfile::TempDir,
    ca: TrainingCa,
    locks: Arc<Told>,
    serving: Serving,
    cancel: CancellationToken,
}

async fn up(
    dir: &Path,
    ca: &TrainingCa,
    locks: Arc<Told>,
    seed: Option<u64>,
    cancel: &CancellationToken,
) -> Result<Serving, Fault> {
    let options = ServeOptions {
        listener: listen(0, dir).await?,
        dir: dir.to_owned(),
        store: Store::open(dir, seed, 3)?,
        agent_ports: [1, 2],
        ca_der: ca.der().to_vec(),
        agents: locks.clone(),
        locks,
        assets_dir: dir.join("assets"),
        pcsc_socket: None,
    };
    serve(options, cancel.clone()).await
}

impl Training {
    async fn start() -> Training {
        let dir = tempfile::tempdir().unwrap();
        libraries(&dir.path().join("assets"));
        let (ca, locks, cancel) = (TrainingCa::create().unwrap(), Arc::new(Told::default()), CancellationToken::new());
        let serving = up(dir.path(), &ca, locks.clone(), Some(11), &cancel).await.unwrap();
        Training { dir, ca, locks, serving, cancel }
    }

    fn instance(&self) -> &Instance {
        &self.serving.instance
    }

    /// Base64 of a certificate for the `n`th applicant.
    fn certificate(&self, n: usize) -> String {
        let person = &self.instance().applicants[n];
        base64_of(&self.ca, &person.name, &person.company)
    }

    async fn admin(&self, method: &str, path: &str, body: serde_json::Value) -> http::Answer {
        let bearer = format!("Bearer {}", self.instance().token.expose());
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.to_string().into_bytes();
        http::request(method, self.instance().port, Site::Admin.host(), path, &headers, body, PATIENCE).await.unwrap()
    }

    async fn store(&self) -> serde_json::Value {
        self.admin("GET", "/store", serde_json::Value::Null).await.json().unwrap()
    }
}

fn base64_of(ca: &TrainingCa, holder: &str, organisation: &str) -> String {
    let subject = PersonSubject { holder: holder.into(), organisation: organisation.into(), valid_days: 30 };
    base64::engine::general_purpose::STANDARD.encode(ca.issue(&subject).unwrap().der)
}

pub(crate) struct Page {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':').unwrap().1.trim())
    }
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }
}

/// A visitor with a cookie, as a browser is one; `base::http` keeps no headers.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) port: u16,
    pub(crate) host: &'static str,
    pub(crate) cookie: String,
    pub(crate) origin: Option<String>,
}

impl Visitor {
    fn of(training: &Training, site: Site) -> Visitor {
        let port = training.instance().port;
        Visitor { port, host: site.host(), cookie: String::new(), origin: Some(site.origin(port)) }
    }

    pub(crate) async fn ask(&mut self, method: &str, path: &str, kind: &str, body: impl AsRef<[u8]>) -> Page {
        let body = body.as_ref();
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let (host, port, cookie, length) = (self.host, self.port, &self.cookie, body.len());
        let origin = self.origin.as_ref().filter(|_| method == "POST").map(|o| format!("origin: {o}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncookie: {cookie}\r\n{origin}content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(&[request.as_bytes(), body].concat()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let page = Page { status, head: head.to_owned(), body: body.to_owned() };
        if let Some(cookie) = page.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        page
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, "text/plain", "").await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask("POST", path, "application/x-www-form-urlencoded", &body).await
    }

    /// Opens 自然人绑定 and returns its CSRF token.
    async fn token(&mut self) -> String {
        let page = self.get("/bind/person").await;
        let after = page.body.split("_common_hidden_viewdata\" value=\"").nth(1).expect("a token in the page");
        after.split('"').next().unwrap().to_owned()
    }
}

/// Reads a certificate in a new session: the visitor, its token and the serial number.
async fn reader(training: &Training, certificate: &str) -> (Visitor, String, String) {
    let mut visitor = Visitor::of(training, Site::CaMutual);
    let token = visitor.token().await;
    let fields = [("_common_hidden_viewdata", token.as_str()), ("certBase64", certificate)];
    let read = visitor.post("/rest/bindAction/readCertificate", &fields).await.json();
    assert_eq!(read["code"], "0000", "{read}");
    let status = visitor.post("/rest/bindAction/bindStatus", &fields).await.json();
    assert_eq!(status["code"], "0000", "{status}");
    let serial = read["data"]["serial"].as_str().unwrap().to_owned();
    (visitor, token, serial)
}

fn form<'a>(person: &'a Applicant, token: &'a str, serial: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("_common_hidden_viewdata", token),
        ("cert_sn", serial),
        ("person_name", &person.name),
        ("id_kind", "居民身份证"),
        ("id_number", &person.id_number),
        ("mobile", &person.mobile),
        ("company", &person.company),
        ("credit_code", &person.credit_code),
        ("email", ""),
        ("agreed", "true"),
    ]
}

#[tokio::test]
async fn only_the_trainings_own_names_are_answered() {
    let training = Training::start().await;
    for host in ["evil.example", "127.0.0.1", "localhost", "xhohhot.localhost"] {
        let answer = http::request("GET", training.instance().port, host, "/", &[], Vec::new(), PATIENCE).await.unwrap();
        assert_eq!(answer.status, 421, "{host}");
    }
}

#[tokio::test]
async fn every_link_leads_somewhere_and_every_page_says_that_it_is_fictitious() {
    let training = Training::start().await;
    for site in [Site::Hohhot, Site::CaMutual, Site::CaAuth] {
        let mut visitor = Visitor::of(&training, site);
        let (mut seen, mut todo) = (BTreeSet::new(), vec!["/".to_owned()]);
        while let Some(path) = todo.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let page = visitor.get(&path).await;
            assert!(page.status < 400, "{} {path}", page.status);
            if !page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                continue;
            }
            assert!(page.body.contains("training-watermark") && page.body.contains("虚构"), "{path}");
            for attribute in ["href=\"/", "src=\"/", "data-open=\"/"] {
                for rest in page.body.split(attribute).skip(1) {
                    todo.push(format!("/{}", rest.split('"').next().unwrap()));
                }
            }
        }
        assert!(seen.len() > 12, "{seen:?}");
        assert_eq!(visitor.get("/nowhere").await.status, 404);
    }
}

#[tokio::test]
async fn the_bureaus_entrance_hops_to_the_other_origin() {
    let training = Training::start().await;
    let mut bureau = Visitor::of(&training, Site::Hohhot);
    let home = bureau.get("/").await.body;
    assert!(home.contains("统一登陆") && home.contains("互认平台") && home.contains("会员登陆"));
    let hop = bureau.get("/sso/jump?to=ca-mutual").await;
    assert_eq!(hop.header("location"), Some(format!("{}/sso/entry", training.instance().origin(Site::CaMutual)).as_str()));
    assert_eq!(bureau.get("/sso/jump?to=https://evil.example/").await.status, 404, "no open redirect");
    let mut mutual = Visitor::of(&training, Site::CaMutual);
    assert_eq!(mutual.get("/sso/entry").await.header("location"), Some("/"));
    let home = mutual.get("/").await.body;
    for words in ["绑定/登陆", "CA 证书解绑", "主体登录", "点击确认申请", "绑定成功"] {
        assert!(home.contains(words), "{words}");
    }
    assert!(mutual.get("/closed/legal").await.body.contains("本次模拟暂未开放"));
    let found = bureau.get("/search?q=%E8%AF%9A%E4%BF%A1%E5%BA%93").await.body;
    assert!(found.contains("诚信库入库流程说明") && !found.contains("敕勒川"));
}

#[tokio::test]
async fn a_person_binds_once() {
    let training = Training::start().await;
    let person = training.instance().applicants[0].clone();
    let certificate = training.certificate(0);
    let (mut visitor, token, serial) = reader(&training, &certificate).await;
    let before = visitor.get("/bind/person").await.body;
    assert!(before.contains(&format!("您好，{}", person.name)) && before.contains("确认申请"));
    assert!(!before.contains("已绑定") && !before.contains("绑定成功"), "the signs of success come after the act only");

    let form = form(&person, &token, &serial);
    let done = visitor.post("/rest/bindAction/apply", &form).await.json();
    assert_eq!((&done["code"], &done["msg"]), (&"0000".into(), &"绑定成功".into()));
    let after = visitor.get("/bind/person").await.body;
    assert!(after.contains("已绑定") && after.contains("无需重复申请") && !after.contains("确认申请"), "{after}");

    assert_eq!(visitor.post("/rest/bindAction/apply", &form).await.json()["code"], "9103");
    let left = visitor.post("/rest/bindAction/leave", &[("_common_hidden_viewdata", &token)]).await.json();
    assert_eq!(left["code"], "0000");
    assert!(!visitor.get("/bind/person").await.body.contains(&person.name), "who has left is greeted no more");
    let store = training.store().await;
    assert_eq!((&store["counters"]["bind"], &store["counters"]["bind_requests"]), (&1.into(), &2.into()));
    assert_eq!((&store["applicants"]["p1"]["bound"], &store["applicants"]["p2"]["bound"]), (&true.into(), &false.into()));
    assert_eq!(store["per_applicant"]["p1"]["bind"], 1);

    let mut stranger = Visitor::of(&training, Site::CaMutual);
    let token = stranger.token().await;
    let fields = [("_common_hidden_viewdata", token.as_str()), ("certBase64", certificate.as_str())];
    let status = stranger.post("/rest/bindAction/bindStatus", &fields).await.json();
    assert_eq!(status["data"]["bound"], true, "a later visitor with the same lock is told");
}

#[tokio::test]
async fn two_quick_submits_count_once_and_both_are_seen() {
    let training = Training::start().await;
    let person = training.instance().applicants[1].clone();
    let (visitor, token, serial) = reader(&training, &training.certificate(1)).await;
    let form = form(&person, &token, &serial);
    let (mut one, mut two) = (visitor.clone(), visitor);
    let (one, two) = tokio::join!(one.post("/rest/bindAction/apply", &form), two.post("/rest/bindAction/apply", &form));
    let codes: BTreeSet<String> = [one, two].iter().map(|p| p.json()["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, BTreeSet::from(["0000".to_owned(), "9103".to_owned()]));
    let counters = training.store().await["counters"].clone();
    assert_eq!((&counters["bind"], &counters["bind_requests"]), (&1.into(), &2.into()));
}

#[tokio::test]
async fn wrong_forms_and_wrong_certificates_bind_nobody() {
    let training = Training::start().await;
    let [person, other, ..] = &training.instance().applicants[..] else { panic!("people") };
    let (mut visitor, token, serial) = reader(&training, &training.certificate(0)).await;

    let mut wrong = form(person, &token, &serial);
    wrong[2].1 = &other.name;
    wrong[5].1 = "123";
    let answer = visitor.post("/rest/bindAction/apply", &wrong).await.json();
    assert_eq!(answer["code"], "9104");
    let fields: Vec<_> = answer["data"].as_array().unwrap().iter().map(|w| w["field"].as_str().unwrap().to_owned()).collect();
    assert_eq!(fields, ["person_name", "mobile"]);

    assert_eq!(visitor.post("/rest/bindAction/apply", &form(person, "forged", &serial)).await.status, 403);
    let mut foreign = Visitor { origin: Some("http://evil.example".into()), ..visitor.clone() };
    assert_eq!(foreign.post("/rest/bindAction/apply", &form(person, &token, &serial)).await.status, 403);
    assert_eq!(visitor.post("/rest/bindAction/apply", &form(person, &token, "00")).await.json()["code"], "9102");

    let impostor = base64_of(&TrainingCa::create().unwrap(), &person.name, &person.company);
    for certificate in [impostor.as_str(), "MIIB", "不是证书", ""] {
        let fields = [("_common_hidden_viewdata", token.as_str()), ("certBase64", certificate)];
        for call in ["readCertificate", "bindStatus"] {
            let answer = visitor.post(&format!("/rest/bindAction/{call}"), &fields).await.json();
            assert_eq!(answer["code"], "9101", "{call} {certificate}");
        }
    }
    let store = training.store().await;
    assert_eq!((&store["counters"]["bind"], &store["counters"]["bind_requests"]), (&0.into(), &1.into()));

    // A second certificate of a bound person is another matter than a bound certificate.
    assert_eq!(visitor.post("/rest/bindAction/apply", &form(person, &token, &serial)).await.json()["code"], "0000");
    let (mut renewed, token, serial) = reader(&training, &training.certificate(0)).await;
    assert_eq!(renewed.post("/rest/bindAction/apply", &form(person, &token, &serial)).await.json()["code"], "9105");
}

#[tokio::test]
async fn a_training_comes_back_where_it_was() {
    let Training { dir, ca, locks, serving, cancel } = Training::start().await;
    let before = serving.instance.clone();
    let training = Training { dir, ca, locks, serving, cancel };
    let person = before.applicants[0].clone();
    let (mut visitor, token, serial) = reader(&training, &training.certificate(0)).await;
    let sent = form(&person, &token, &serial);
    assert_eq!(visitor.post("/rest/bindAction/apply", &sent).await.json()["code"], "0000");
    let Training { dir, ca, locks, serving, cancel } = training;
    cancel.cancel();
    serving.ended().await.unwrap();
    let cancel = CancellationToken::new();
    let serving = up(dir.path(), &ca, locks.clone(), None, &cancel).await.unwrap();
    let training = Training { dir, ca, locks, serving, cancel };
    let after = training.instance();
    assert_eq!((after.port, after.token.expose()), (before.port, before.token.expose()));
    assert_eq!(after.applicants[0].name, person.name);
    assert_eq!(training.store().await["counters"]["bind"], 1);
    let expired = visitor.post("/rest/bindAction/apply", &sent).await;
    assert_eq!((expired.status, expired.json()["code"].as_str()), (403, Some("4003")));
}

#[tokio::test]
async fn troubles_come_when_ordered() {
    let training = Training::start().await;
    let person = training.instance().applicants[0].clone();
    let (mut visitor, token, serial) = reader(&training, &training.certificate(0)).await;
    let form = form(&person, &token, &serial);
    let fail = |after: bool| serde_json::json!({"path": "/rest/bindAction/apply", "status": 503, "after": after});

    assert_eq!(training.admin("POST", "/fail-once", fail(false)).await.status, 200);
    assert_eq!(visitor.get("/bind/person").await.status, 200, "other paths are spared");
    assert_eq!(visitor.post("/rest/bindAction/apply", &form).await.status, 503);
    assert_eq!(training.store().await["counters"]["bind"], 0);

    assert_eq!(training.admin("POST", "/fail-once", fail(true)).await.status, 200);
    assert_eq!(visitor.post("/rest/bindAction/apply", &form).await.status, 503);
    assert_eq!(training.store().await["counters"]["bind"], 1, "the answer was lost, not the act");

    let slow = |millis: u64| serde_json::json!({"millis": millis, "path": "/bind"});
    assert_eq!(training.admin("POST", "/slow", slow(700)).await.status, 200);
    let started = Instant::now();
    assert_eq!(visitor.get("/bind/person").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(700));
    assert_eq!(training.admin("POST", "/slow", slow(0)).await.status, 200);
    assert_eq!(training.store().await["trouble"]["slow"], serde_json::Value::Null);
    assert_eq!(training.admin("POST", "/fail-once", serde_json::json!({"path": "/", "status": 200})).await.status, 422);
}

#[tokio::test]
async fn the_trainers_interface_needs_its_token_and_its_own_page() {
    let training = Training::start().await;
    let mut visitor = Visitor::of(&training, Site::Admin);
    assert_eq!(visitor.get("/").await.status, 401);
    assert_eq!(visitor.get("/store").await.status, 401);
    assert_eq!(visitor.get("/?token=wrong").await.status, 401);
    let json = "application/json";
    assert_eq!(visitor.ask("POST", "/reset", json, "{}").await.status, 401);

    let address = training.instance().admin.expose().to_owned();
    let entered = visitor.get(&address[address.find("/?").unwrap()..]).await;
    assert_eq!((entered.status, entered.header("location")), (303, Some("/")));
    let page = visitor.get("/?lang=zh").await;
    assert!(page.body.contains("管理") && page.body.contains(&training.instance().applicants[2].company));
    assert!(visitor.get("/?lang=en").await.body.contains("Draw new applicants"));

    assert_eq!(visitor.ask("POST", "/locks/0/insert", json, r#"{"card":"p2"}"#).await.status, 200);
    assert_eq!(visitor.ask("POST", "/locks/0/mode", json, r#"{"mode":"slow"}"#).await.status, 200);
    assert_eq!(visitor.ask("POST", "/locks/0/pull", json, "{}").await.status, 200);
    assert_eq!(visitor.ask("POST", "/locks/0/insert", json, r#"{"card":"../../x"}"#).await.status, 404);
    assert_eq!(visitor.ask("POST", "/locks/0/mode", json, r#"{"mode":"explode"}"#).await.status, 422);
    for origin in [None, Some("http://evil.example".to_owned()), Some(training.instance().origin(Site::Hohhot))] {
        let mut other = Visitor { origin: origin.clone(), ..visitor.clone() };
        let status = other.ask("POST", "/reset", json, "{}").await.status;
        assert!(status == 401 || status == 403, "{origin:?} {status}");
    }
    assert_eq!(*training.locks.0.lock().unwrap(), ["insert 0 p2", "mode 0 slow", "pull 0"]);
}

#[tokio::test]
async fn agents_and_certificates_obey_the_trainer() {
    let training = Training::start().await;
    let orders = [
        ("/locks/renew", serde_json::json!({"card": "p1"}), 200),
        ("/locks/renew", serde_json::json!({"card": "../p1"}), 404),
        ("/locks/validity", serde_json::json!({"card": "p1-legal", "days": -1}), 200),
        ("/locks/validity", serde_json::json!({"card": "p1", "days": 1_000_000}), 422),
        ("/agent/stop", serde_json::Value::Null, 200),
        ("/agent/start", serde_json::Value::Null, 200),
        ("/agent/type-pin", serde_json::json!({"pin": "482913"}), 200),
        ("/agent/type-pin", serde_json::json!({"pin": "1"}), 409),
        ("/agent/second", serde_json::json!({"on": true}), 200),
    ];
    for (path, body, status) in orders {
        assert_eq!(training.admin("POST", path, body).await.status, status, "{path}");
    }
    assert_eq!(Instance::read(training.dir.path()).unwrap().second_agent, Some(7));
    assert_eq!(training.admin("POST", "/agent/second", serde_json::json!({"on": false})).await.status, 200);
    assert_eq!(Instance::read(training.dir.path()).unwrap().second_agent, None);
    let told = training.locks.0.lock().unwrap().join(", ");
    assert_eq!(told, "renew p1, validity p1-legal -1, stop, start, type true, type false, second true, second false");
}

#[tokio::test]
async fn the_detection_tools_address_is_good_once() {
    let training = Training::start().await;
    let told = training.admin("POST", "/tool", serde_json::Value::Null).await.json().unwrap();
    let address = told["address"].as_str().unwrap();
    let path = address.strip_prefix(&training.instance().origin(Site::CaMutual)).unwrap();
    let mut visitor = Visitor::of(&training, Site::CaMutual);
    assert_eq!(visitor.get(path).await.header("location"), Some("/"));
    for used in [path, "/sso/entry?from=tool&ticket=forged", "/sso/entry?from=tool"] {
        assert_eq!(visitor.get(used).await.status, 403, "{used}");
    }
}

#[tokio::test]
async fn new_people_get_their_locks_and_a_reset_forgets() {
    let training = Training::start().await;
    let answer = training.admin("POST", "/seed", serde_json::json!({"seed": 99})).await.json().unwrap();
    let file = Instance::read(training.dir.path()).unwrap();
    assert_eq!(answer["applicants"][0]["姓名"], file.applicants[0].name.as_str());
    assert_ne!(file.applicants[0].name, training.instance().applicants[0].name);
    assert_eq!(*training.locks.0.lock().unwrap(), ["issue 3"]);
    assert_eq!(training.store().await["seed"], 99);
    assert_eq!(training.admin("POST", "/confirm", serde_json::json!({"kind": "native"})).await.status, 200);
    let mut visitor = Visitor::of(&training, Site::CaMutual);
    assert!(visitor.get("/bind/person").await.body.contains("data-confirm=\"native\""));
    assert_eq!(training.admin("POST", "/reset", serde_json::Value::Null).await.status, 200);
    assert_eq!(training.store().await["confirm"], "layer");
}

#[tokio::test]
async fn a_training_proves_itself_and_an_impostor_does_not() {
    let training = Training::start().await;
    let instance = Instance::read(training.dir.path()).unwrap();
    challenge::prove(instance.port, &instance.key, PATIENCE).await.unwrap();
    let other = Instance { key: Secret::new("00".repeat(32)), ..instance };
    assert_eq!(challenge::prove(other.port, &other.key, PATIENCE).await.unwrap_err().kind, FaultKind::Refused);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(Instance::path(training.dir.path())).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    training.cancel.cancel();
    training.serving.ended().await.unwrap();
    assert_eq!(challenge::prove(other.port, &other.key, PATIENCE).await.unwrap_err().kind, FaultKind::Gone);
}

#[tokio::test]
async fn without_the_pages_libraries_nothing_starts() {
    let (dir, cancel) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let fault = up(dir.path(), &TrainingCa::create().unwrap(), Arc::default(), None, &cancel).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Setup);
    assert!(fault.message.en.contains("drivers/setup") && !Instance::path(dir.path()).exists());
}
