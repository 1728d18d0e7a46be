//! The lock floor and the training agent over real PC/SC: a private pcscd with virtual cards, everything in processes of its own.
//!
//! The client library reads the socket's name once per process, so what is tested runs as `ruku lock-watch` and `ruku training-agent`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use ruku::base::{Message, Secret, Until, http};
use ruku::pki;
use ruku::training::agent::AgentProcess;
use ruku::training::cards::{CardHost, Mode, make_card};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const PIN: &str = "482913";
const ORIGIN: &str = "http://ca-mutual.localhost:8000";

fn exe() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ruku"))
}

fn until() -> Until {
    Until::after(Duration::from_secs(120), Default::default())
}

/// A private card service with the cards `p1` 张三 and `p2` 李四.
struct Bench {
    dir: tempfile::TempDir,
    host: CardHost,
}

impl Bench {
    async fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let ca = pki::TrainingCa::create().unwrap();
        for (name, holder) in [("p1", "张三"), ("p2", "李四")] {
            let subject = pki::PersonSubject { holder: holder.into(), organisation: "青城试验公司".into(), valid_days: 30 };
            make_card(dir.path(), name, &ca.issue(&subject).unwrap(), &Secret::new(PIN), 3).unwrap();
        }
        let host = CardHost::start(dir.path(), exe()).await.unwrap();
        Bench { dir, host }
    }

    fn socket(&self) -> PathBuf {
        self.host.pcsc_socket()
    }

    async fn tries(&self, slot: usize) -> u8 {
        self.host.state().await.unwrap()[slot].tries.unwrap()
    }

    async fn agent(&self) -> Agent {
        let dir = self.dir.path().join("agent");
        let process = AgentProcess::start(exe(), &dir, (0, 0), &[ORIGIN.to_owned()], &self.socket(), &until()).await.unwrap();
        Agent(process)
    }

    fn watch(&self, agents: &[String]) -> Watched {
        let mut command = Command::new(exe());
        command.arg("lock-watch").arg("--drivers").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers"));
        for agent in agents {
            command.arg("--agent").arg(agent);
        }
        command.env("PCSCLITE_CSOCK_NAME", self.socket());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Watched { child, lines, seen: Vec::new() }
    }
}

/// A running `ruku lock-watch`.
struct Watched {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    seen: Vec<Value>,
}

impl Watched {
    /// Reads snapshots until one is as wanted.
    async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let reading = async {
            loop {
                let line = self.lines.next_line().await.unwrap().expect("the watch ended");
                let snapshot: Value = serde_json::from_str(&line).unwrap();
                self.seen.push(snapshot.clone());
                if wanted(&snapshot) {
                    return snapshot;
                }
            }
        };
        let found = until().run(&Message::same(what), reading).await;
        found.unwrap_or_else(|fault| panic!("{fault}; seen:\n{:#?}", self.seen))
    }

    async fn holders(&mut self, wanted: &[&str]) -> Value {
        self.until(&format!("{wanted:?}"), |snapshot| holders(snapshot) == wanted).await
    }

    async fn end(mut self) {
        drop(self.child.stdin.take());
        let ended = until().run(&Message::same("the watch to end"), self.child.wait()).await;
        assert!(ended.unwrap().unwrap().success());
    }
}

fn holders(snapshot: &Value) -> Vec<&str> {
    let locks = snapshot["locks"].as_array().unwrap().iter();
    locks.map(|lock| lock["certificate"]["holder"].as_str().unwrap_or("?")).collect()
}

struct Agent(AgentProcess);

impl Agent {
    async fn call(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, json) = self.call_from(ORIGIN, path, form).await;
        assert_eq!(status, 200, "{path}");
        json
    }

    async fn call_from(&self, origin: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin)];
        let (crypto, info) = self.0.ports();
        let port = if path.ends_with("Version") { info } else { crypto };
        let answer =
            http::request("POST", port, "127.0.0.1", path, &headers, body.into_bytes(), Duration::from_secs(60)).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    async fn code(&self, path: &str, form: &[(&str, &str)]) -> String {
        self.call(path, form).await["code"].as_str().unwrap().to_owned()
    }

    /// Asks for the list again and again until it is as wanted: `[(holder, container)]`.
    async fn listed(&self, wanted: &[&str]) -> Vec<(String, String)> {
        let (until, what) = (until(), Message::same(format!("the agent to list {wanted:?}")));
        loop {
            let list = self.call("/RS_GetUserList", &[]).await;
            let text = list["data"]["userlist"].as_str().unwrap_or_default();
            let users: Vec<_> = text.split("&&&").filter_map(|user| user.split_once("||")).collect();
            if users.iter().map(|(holder, _)| *holder).eq(wanted.iter().copied()) {
                assert_eq!(list["code"], if wanted.is_empty() { "9001" } else { "0000" });
                return users.into_iter().map(|(holder, container)| (holder.to_owned(), container.to_owned())).collect();
            }
            until.pause(Duration::from_millis(50), &what).await.unwrap();
        }
    }

    async fn sign(&self, message: &[u8]) -> Value {
        self.call("/RS_KeySignByP1", &[("asn1Msg", &Base64::encode_string(message))]).await
    }

    async fn certificate(&self) -> Vec<u8> {
        let reply = self.call("/RS_GetCertBase64String", &[("certType", "1")]).await;
        Base64::decode_vec(reply["data"]["certBase64"].as_str().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn insertion_certificate_two_locks_and_removal_are_seen() {
    let bench = Bench::new().await;
    let mut watch = bench.watch(&[]);
    let empty = watch.until("two empty readers", |s| s["service"]["ready"].as_array().is_some_and(|r| r.len() == 2)).await;
    assert_eq!(empty["locks"], json!([]));

    bench.host.insert(0, "p1").await.unwrap();
    let one = watch.holders(&["张三"]).await;
    let lock = &one["locks"][0];
    assert_eq!((&lock["kind"], &lock["trouble"], &lock["reading"]), (&json!("training"), &Value::Null, &json!(false)));
    assert_eq!(lock["certificate"]["organisation"], "青城试验公司");
    assert!(watch.seen.iter().any(|s| s["locks"][0]["reading"] == true), "presence is told before the certificate is read");

    bench.host.insert(1, "p2").await.unwrap();
    let two = watch.holders(&["张三", "李四"]).await;
    assert_eq!(two["locks"][0]["id"], lock["id"], "the id stays while the lock stays in");

    bench.host.pull(0).await.unwrap();
    watch.holders(&["李四"]).await;
    bench.host.insert(0, "p1").await.unwrap();
    let again = watch.holders(&["张三", "李四"]).await;
    assert_ne!(again["locks"][0]["id"], lock["id"], "another insertion is another id");
    assert_eq!(bench.tries(0).await, 3);
    watch.end().await;
    bench.host.end().await;
}

#[tokio::test]
async fn a_slow_lock_holds_nobody_up_and_a_dying_one_is_gone() {
    let bench = Bench::new().await;
    let mut watch = bench.watch(&[]);
    bench.host.mode(0, Mode::Slow).await.unwrap();
    bench.host.insert(0, "p1").await.unwrap();
    bench.host.insert(1, "p2").await.unwrap();
    watch.holders(&["张三", "李四"]).await;
    bench.host.pull(0).await.unwrap();
    watch.holders(&["李四"]).await;

    bench.host.mode(0, Mode::Dies).await.unwrap();
    let seen = watch.seen.len();
    // The host may see the card leave again before it was seen to come: both answers are right.
    let _ = bench.host.insert(0, "p1").await;
    bench.host.pull(1).await.unwrap();
    watch.holders(&[]).await;
    assert!(watch.seen[seen..].iter().all(|s| !holders(s).contains(&"张三")), "it never came to its certificate");
    bench.host.pull(0).await.unwrap();
    bench.host.mode(0, Mode::Normal).await.unwrap();
    bench.host.insert(0, "p1").await.unwrap();
    watch.holders(&["张三"]).await;
    bench.host.end().await;
}

#[tokio::test]
async fn a_killed_card_service_is_told_and_found_again() {
    let bench = Bench::new().await;
    let mut watch = bench.watch(&[]);
    bench.host.insert(0, "p1").await.unwrap();
    let before = watch.holders(&["张三"]).await;
    // Ends the whole pid namespace, so pcscd dies by SIGKILL.
    bench.host.end().await;
    let gone = watch.until("the service to be gone", |s| s["service"]["absent"].is_object()).await;
    assert_eq!(gone["locks"], json!([]));
    assert!(gone["service"]["absent"]["zh"].as_str().unwrap().contains("pcscd"), "{gone}");

    let host = CardHost::start(bench.dir.path(), exe()).await.unwrap();
    host.insert(0, "p1").await.unwrap();
    let after = watch.holders(&["张三"]).await;
    assert_ne!(after["locks"][0]["id"], before["locks"][0]["id"], "a new power-up is a new sighting");
    host.end().await;
}

#[tokio::test]
async fn a_look_leaves_the_pin_session_of_another_program_alone() {
    let bench = Bench::new().await;
    bench.host.insert(0, "p1").await.unwrap();
    let agent = bench.agent().await;
    agent.listed(&["张三"]).await;
    assert_eq!(agent.sign(b"before").await["code"], "9013");
    assert_eq!(agent.code("/RS_CertLogin", &[("password", PIN)]).await, "0000");

    // Our look at a card whose PIN is verified through another program's connection.
    for _ in 0..3 {
        let mut watch = bench.watch(&[]);
        watch.holders(&["张三"]).await;
        watch.end().await;
    }
    let (message, certificate) = ("质询 1".as_bytes(), agent.certificate().await);
    let signed = agent.sign(message).await;
    assert_eq!(signed["code"], "0000", "the PIN session survived");
    let signature = Base64::decode_vec(signed["data"]["signature"].as_str().unwrap()).unwrap();
    assert!(pki::verify(&certificate, message, &signature));
    assert!(!pki::verify(&certificate, b"another message", &signature));

    // The control: a program that resets the card does end it, so the test above can fail.
    let reset = Command::new("opensc-tool").arg("--reset").env("PCSCLITE_CSOCK_NAME", bench.socket()).output().await.unwrap();
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    assert_eq!(agent.sign(message).await["code"], "9028");
    assert_eq!(bench.tries(0).await, 3);
    agent.0.end().await.unwrap();
    bench.host.end().await;
}

#[tokio::test]
async fn a_wrong_pin_costs_exactly_one_try_and_a_locked_one_none() {
    let bench = Bench::new().await;
    bench.host.insert(0, "p1").await.unwrap();
    let agent = bench.agent().await;
    agent.listed(&["张三"]).await;
    assert_eq!(agent.code("/RS_CertLogin", &[]).await, "9010");
    assert_eq!(agent.code("/RS_CertLogin", &[("password", "123456789")]).await, "9008", "a PIN that cannot be one is not tried");
    for left in [2, 1, 0] {
        assert_eq!(agent.code("/RS_CertLogin", &[("password", "000000")]).await, "9011");
        assert_eq!(bench.tries(0).await, left);
        assert_eq!(agent.call("/RS_GetPinRetryCount", &[]).await["data"]["retryCount"], left);
        assert_eq!(bench.tries(0).await, left, "asking costs nothing");
    }
    assert_eq!(agent.code("/RS_CertLogin", &[("password", PIN)]).await, "9999", "locked");
    assert_eq!(agent.sign(b"x").await["code"], "9028");
    agent.0.end().await.unwrap();
    bench.host.end().await;
}

#[tokio::test]
async fn a_card_that_burns_tries_is_never_sent_the_pin() {
    let bench = Bench::new().await;
    bench.host.mode(0, Mode::BurningVerify).await.unwrap();
    bench.host.insert(0, "p1").await.unwrap();
    let agent = bench.agent().await;
    agent.listed(&["张三"]).await;
    assert_eq!(agent.code("/RS_CertLogin", &[("password", PIN)]).await, "9999");
    assert_eq!(bench.tries(0).await, 2, "the question itself burned one; a right PIN would have set it to three");
    agent.0.end().await.unwrap();
    bench.host.end().await;
}

#[tokio::test]
async fn pages_list_choose_log_in_and_sign_and_removal_ends_the_session() {
    let bench = Bench::new().await;
    let agent = bench.agent().await;
    agent.listed(&[]).await;
    for path in ["/RS_GetVersion", "/RS_GetHRZSVersion"] {
        assert!(agent.call(path, &[]).await["data"]["version"].as_str().unwrap().starts_with("training"));
    }
    bench.host.insert(0, "p1").await.unwrap();
    bench.host.insert(1, "p2").await.unwrap();
    let users = agent.listed(&["张三", "李四"]).await;
    assert_eq!(agent.call("/buffer", &[]).await.as_array().unwrap().len(), 2);
    assert_eq!(agent.code("/RS_CertLogin", &[("password", PIN)]).await, "9002");
    let li = users[1].1.as_str();
    let login = agent.call("/RS_CertLogin", &[("containerId", li), ("password", PIN)]).await;
    assert_eq!(login["data"]["containerId"], li);
    assert_eq!(agent.call("/RS_GetPinRetryCount", &[("containerId", li)]).await["data"]["retryCount"], 3);
    let sign = [("containerId", li), ("asn1Msg", "aGk=")];
    assert_eq!(agent.code("/RS_KeySignByP1", &sign).await, "0000");
    assert_eq!(agent.code("/RS_KeySignByP1", &[("containerId", users[0].1.as_str()), ("asn1Msg", "aGk=")]).await, "9013");

    bench.host.pull(1).await.unwrap();
    agent.listed(&["张三"]).await;
    assert_eq!(agent.code("/RS_KeySignByP1", &sign).await, "9004");
    bench.host.insert(1, "p2").await.unwrap();
    agent.listed(&["张三", "李四"]).await;
    assert_eq!(agent.code("/RS_KeySignByP1", &sign).await, "9013", "a new insertion needs a new login");
    agent.0.end().await.unwrap();
    bench.host.end().await;
}

#[tokio::test]
async fn a_lock_seen_by_reader_and_agent_is_one_lock() {
    let bench = Bench::new().await;
    let agent = bench.agent().await;
    let mut watch = bench.watch(&[format!("training={}", agent.0.ports().0)]);
    watch.until("the agent to answer", |s| s["agents"][0]["answers"] == true).await;
    bench.host.insert(0, "p1").await.unwrap();
    let both = watch.until("both detectors", |s| s["locks"][0]["also"] == json!([{"agent": "training"}])).await;
    assert_eq!(holders(&both), ["张三"]);

    // Without the card service the agent still speaks for itself; an absent agent is no fault either.
    agent.0.end().await.unwrap();
    let alone = watch.until("the agent to be gone", |s| s["agents"][0]["answers"] == false).await;
    assert_eq!((holders(&alone), &alone["agents"][0]["trouble"]), (vec!["张三"], &Value::Null));
    bench.host.end().await;
}

#[tokio::test]
async fn no_reader_does_not_mean_no_lock() {
    let bench = Bench::new().await;
    bench.host.insert(0, "p1").await.unwrap();
    let agent = bench.agent().await;
    let elsewhere = Bench { dir: tempfile::tempdir().unwrap(), ..bench };
    let nowhere = elsewhere.dir.path().join("no-socket");
    let mut command = Command::new(exe());
    command.args(["lock-watch", "--agent", &format!("training={}", agent.0.ports().0), "--drivers"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers")).env("PCSCLITE_CSOCK_NAME", nowhere);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut watch = Watched { child, lines, seen: Vec::new() };
    let seen = watch.holders(&["张三"]).await;
    assert!(seen["service"]["absent"].is_object());
    assert_eq!(seen["locks"][0]["seen_by"], json!({"agent": "training"}));
    agent.0.end().await.unwrap();
    elsewhere.host.end().await;
}

#[tokio::test]
async fn a_foreign_page_gets_nothing_and_spends_nothing() {
    let bench = Bench::new().await;
    bench.host.insert(0, "p1").await.unwrap();
    let agent = bench.agent().await;
    agent.listed(&["张三"]).await;
    for origin in ["http://evil.localhost:8000", "https://ca-mutual.localhost:8000", "null"] {
        for path in ["/RS_GetUserList", "/RS_CertLogin", "/buffer", "/RS_GetVersion"] {
            assert_eq!(agent.call_from(origin, path, &[("password", "000000")]).await, (403, Value::Null), "{origin} {path}");
        }
    }
    assert_eq!(bench.tries(0).await, 3);
    agent.0.end().await.unwrap();
    bench.host.end().await;
}

#[tokio::test]
async fn a_certificate_that_is_not_of_the_training_is_never_touched() {
    let bench = Bench::new().await;
    foreign_card(bench.dir.path());
    bench.host.insert(0, "foreign").await.unwrap();
    bench.host.insert(1, "p2").await.unwrap();
    let agent = bench.agent().await;
    let mut watch = bench.watch(&[]);
    watch.holders(&["王五", "李四"]).await;
    let users = agent.listed(&["李四"]).await;
    let foreign: String = hex::encode_upper(sha2_of_foreign(bench.dir.path())).chars().take(32).collect();
    assert_eq!(agent.code("/RS_CertLogin", &[("containerId", &foreign), ("password", "000000")]).await, "9004");
    assert_eq!(agent.code("/RS_CertLogin", &[("password", PIN)]).await, "0000", "only the training lock counts");
    assert_eq!(users.len(), 1);
    assert_eq!((bench.tries(0).await, bench.tries(1).await), (3, 3));
    agent.0.end().await.unwrap();
    bench.host.end().await;
}

/// Turns the card of 张三 into one of a CA that is not the training CA.
fn foreign_card(dir: &Path) {
    use std::str::FromStr;
    use x509_cert::builder::{Builder, CertificateBuilder, Profile};
    use x509_cert::der::Encode;
    use x509_cert::name::Name;
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let public = x509_cert::spki::SubjectPublicKeyInfoOwned::from_key(*key.verifying_key()).unwrap();
    let name = Name::from_str("CN=王五,O=别家 CA,C=CN").unwrap();
    let validity = x509_cert::time::Validity::from_now(Duration::from_secs(86_400)).unwrap();
    let builder = CertificateBuilder::new(Profile::Root, 7u32.into(), validity, name, public, &key).unwrap();
    let der = builder.build::<p256::ecdsa::DerSignature>().unwrap().to_der().unwrap();
    assert!(!pki::is_training(&pki::read(&der).unwrap()));
    let mut card: Value = serde_json::from_slice(&std::fs::read(dir.join("cards/p1.json")).unwrap()).unwrap();
    card["certificate"] = hex::encode(der).into();
    std::fs::write(dir.join("cards/foreign.json"), card.to_string()).unwrap();
}

fn sha2_of_foreign(dir: &Path) -> Vec<u8> {
    let card: Value = serde_json::from_slice(&std::fs::read(dir.join("cards/foreign.json")).unwrap()).unwrap();
    let der = hex::decode(card["certificate"].as_str().unwrap()).unwrap();
    hex::decode(pki::read(&der).unwrap().sha256).unwrap()
}

#[tokio::test]
async fn an_agent_ends_when_its_parent_is_killed() {
    let bench = Bench::new().await;
    // The parent holds the other end of the pipe; the system closes it however the parent dies.
    let mut parent = Command::new("sleep").arg("600").stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let pipe: Stdio = parent.stdout.take().unwrap().try_into().unwrap();
    let mut agent = Command::new(exe());
    agent.arg("training-agent").arg("--dir").arg(bench.dir.path()).args(["--ports=0,0", "--origins="]);
    let agent = agent.env("PCSCLITE_CSOCK_NAME", bench.socket()).stdin(pipe).stdout(Stdio::piped()).kill_on_drop(true);
    let mut agent = agent.spawn().unwrap();
    drop(parent.stdin.take());
    let line = BufReader::new(agent.stdout.take().unwrap()).lines().next_line().await.unwrap().unwrap();
    assert!(line.contains("ports"), "{line}");
    parent.kill().await.unwrap();
    let ended = until().run(&Message::same("the agent to end"), agent.wait()).await.unwrap().unwrap();
    assert!(ended.success());
    bench.host.end().await;
}

#[tokio::test]
async fn a_taken_port_is_told_with_a_remedy() {
    let bench = Bench::new().await;
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ports = (taken.local_addr().unwrap().port(), 0);
    let fault = AgentProcess::start(exe(), bench.dir.path(), ports, &[], &bench.socket(), &until()).await.err().unwrap();
    assert!(fault.kind == ruku::base::FaultKind::Setup && fault.message.zh.contains("另选端口"), "{fault}");
    bench.host.end().await;
}
