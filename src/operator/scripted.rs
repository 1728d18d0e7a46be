//! The scripted operator: stands in for a person on the training portals, and only there.
//!
//! Never works on a real site: it can only be made for a training instance on loopback that answers a challenge with the key
//! of its own 0600 file.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Answer, Gate, GateKind, Operator};
use crate::base::{Fault, FaultKind, Lang, Message, Secret, Until, challenge, http};

/// How long the training instance may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the instance file of a training says about reaching it.
#[derive(Debug, Clone)]
pub struct Access {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Bearer token of the admin interface.
    pub token: Secret,
    /// Key of the challenge, 64 hex digits.
    pub key: Secret,
}

/// Answers gates as a trained person would: inserts the applicant's own lock, confirms, and never guesses.
#[derive(Debug)]
pub struct Scripted {
    access: Access,
    person: Person,
    /// Whether the legal representative's lock is the one that is in.
    legal: AtomicBool,
    lang: Lang,
}

/// The fictitious person that the scripted operator stands in for: names of training locks, and a PIN that opens nothing else.
#[derive(Debug, Clone)]
pub struct Person {
    /// The person's own lock.
    pub card: String,
    /// Its PIN.
    pub pin: Secret,
    /// The lock of the company's legal representative.
    pub legal_card: String,
    /// Its PIN.
    pub legal_pin: Secret,
}

impl Scripted {
    /// Checks that `access` leads to a living training instance, then takes the place of `person`.
    ///
    /// # Errors
    /// `Refused` when the challenge is not answered rightly; `Gone` when nobody answers.
    pub async fn admit(access: Access, person: Person, lang: Lang) -> Result<Scripted, Fault> {
        challenge::prove(access.port, &access.key, PATIENCE).await?;
        Ok(Scripted { access, person, legal: AtomicBool::new(false), lang })
    }

    async fn insert(&self, legal: bool) -> Result<(), Fault> {
        let card = if legal { &self.person.legal_card } else { &self.person.card };
        let body = serde_json::json!({ "card": card }).to_string();
        if self.legal.load(Ordering::Relaxed) != legal {
            // One reader, one lock: the other one comes out first, unless somebody has pulled it already.
            post(&self.access, "/locks/0/pull", b"{}".to_vec()).await?;
        }
        // Known before the answer: the lock may be seen before that arrives, and whoever sees it drops this future.
        self.legal.store(legal, Ordering::Relaxed);
        let answer = post(&self.access, "/locks/0/insert", body.into_bytes()).await?;
        if answer.status == 200 {
            return Ok(());
        }
        if self.is_in(card).await {
            return Ok(());
        }
        let status = answer.status;
        Err(Fault::new(
            FaultKind::Card,
            crate::say!(
                "模拟平台没能插入模拟 CA 锁（HTTP {status}）。读卡器里可能已有别的锁，请拔出后再试。",
                "the training could not insert the virtual lock (HTTP {status}); another one may be in the reader: pull it and try again"
            ),
        ))
    }

    /// Whether that lock is in already: an insertion whose answer nobody waited for has been done all the same.
    async fn is_in(&self, card: &str) -> bool {
        let slots =
            call(&self.access, "GET", "/locks", Vec::new()).await.ok().and_then(|answer| answer.json().ok()).unwrap_or_default();
        slots[0]["card"] == card
    }

    /// Hands the PIN of the lock that is in to the training's own window, as a person would type it there.
    async fn type_into(&self, path: &str) -> Result<(), Fault> {
        let pin = if self.legal.load(Ordering::Relaxed) { &self.person.legal_pin } else { &self.person.pin };
        let body = format!("{{\"pin\":\"{}\"}}", pin.expose());
        expect_done(post(&self.access, path, body.into_bytes()).await?).map(drop)
    }

    /// The address that the stand-in for 新点检测工具 opens.
    async fn tool_address(&self) -> Result<String, Fault> {
        let answer = expect_done(post(&self.access, "/tool", b"{}".to_vec()).await?)?;
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(told["address"].as_str().unwrap_or_default().to_owned())
    }
}

fn expect_done(answer: http::Answer) -> Result<http::Answer, Fault> {
    if answer.status == 200 {
        return Ok(answer);
    }
    let (status, told) = (answer.status, answer.json().unwrap_or_default());
    let why = told["msg"].as_str().unwrap_or_default();
    Err(Fault::new(
        FaultKind::Refused,
        crate::say!("模拟平台没有照办（HTTP {status}，{why}）", "the training did not do as it was told (HTTP {status}, {why})"),
    ))
}

async fn post(access: &Access, path: &str, body: Vec<u8>) -> Result<http::Answer, Fault> {
    call(access, "POST", path, body).await
}

async fn call(access: &Access, method: &str, path: &str, body: Vec<u8>) -> Result<http::Answer, Fault> {
    let bearer = zeroize::Zeroizing::new(format!("Bearer {}", access.token.expose()));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    http::request(method, access.port, "admin.localhost", path, &headers, body, PATIENCE).await
}

impl Operator for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn forget(&self) {}

    fn ask<'a>(&'a self, gate: &'a Gate, until: &'a Until) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            match gate.kind {
                GateKind::InsertLock | GateKind::ReinsertLock => {
                    self.insert(false).await?;
                    // The lock itself is the answer; this future is dropped when it is seen.
                    let waiting_for = crate::say!("模拟 CA 锁被识别", "the virtual lock to be seen");
                    until.run(&waiting_for, std::future::pending::<Answer>()).await
                }
                GateKind::SwapLock => {
                    self.insert(true).await?;
                    let waiting_for = crate::say!("换上的模拟 CA 锁被识别", "the other virtual lock to be seen");
                    until.run(&waiting_for, std::future::pending::<Answer>()).await
                }
                GateKind::Seal => {
                    self.type_into("/member/seal/finish").await?;
                    // The seal on the page is the answer.
                    let waiting_for = crate::say!("模拟平台显示已签章", "the training to show the seal");
                    until.run(&waiting_for, std::future::pending::<Answer>()).await
                }
                // The training's portals enforce every precondition themselves.
                GateKind::Confirm | GateKind::Read | GateKind::Precondition => Ok(Answer::Go),
                GateKind::Address => self.tool_address().await.map(Answer::Text),
                // A script must not decide for a person.
                GateKind::PickLock | GateKind::Unsure | GateKind::Pin | GateKind::Captcha | GateKind::Act => Ok(Answer::Stop),
            }
        })
    }

    fn is_person(&self) -> bool {
        false
    }

    fn pin(&self) -> Option<Secret> {
        Some(self.person.pin.clone())
    }

    fn type_pin(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.type_into("/agent/type-pin"))
    }

    fn tell(&self, message: &Message) {
        // A closed terminal must not stop a run that is in the middle of something.
        let _ = writeln!(std::io::stderr().lock(), "{}", message.get(self.lang));
    }
}
